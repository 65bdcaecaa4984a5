from django.db import migrations, models

CODES = [("standard", "standard rate"), ("reduced", "reduced rate"), ("zero", "zero rate")]


#: What is ordered has the VAT rate of the day on which its quote was accepted, of the kind that the product has by then; what has no
#: product, of the kind that staff chose. A country that has no such rate has its standard rate.
RATE = """
CREATE OR REPLACE FUNCTION sales_order_has_the_rate_of_its_day() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
  IF current_setting('role') <> 'none' AND EXISTS (
       SELECT FROM sales_quoteline l JOIN sales_quote q ON q.id = l.quote_id
        CROSS JOIN LATERAL (SELECT (q.decided_at AT TIME ZONE 'Europe/Amsterdam')::date AS day) d
        CROSS JOIN LATERAL (
          SELECT CASE WHEN l.product_id IS NULL THEN l.vat_code ELSE catalogue_vat_code(l.product_id, d.day) END AS code) c
        WHERE l.quote_id = NEW.quote_id AND q.decided_at IS NOT NULL AND l.vat_category IN ('S', 'Z')
          AND l.vat_basis_points IS DISTINCT FROM (
            SELECT r.basis_points FROM billing_vatrate r
             WHERE r.country = l.vat_country AND r.code IN (c.code, 'standard') AND r.valid_from <= d.day
             ORDER BY r.code = 'standard', r.valid_from DESC LIMIT 1)) THEN
    RAISE EXCEPTION 'another rate is in force than this quote says' USING ERRCODE = 'check_violation',
      CONSTRAINT = 'order_has_the_rate_of_its_day', TABLE = 'sales_order';
  END IF;
  RETURN NEW;
END $$;
"""


def kind_of_rate() -> models.CharField:
    return models.CharField(choices=CODES, default="standard", max_length=12, verbose_name="kind of VAT rate")


class Migration(migrations.Migration):
    dependencies = [("sales", "0015_drafts_with_options"), ("catalogue", "0009_vat_of_products")]
    operations = [
        migrations.AddField(model_name="quoteline", name="vat_code", field=kind_of_rate()),
        migrations.AddField(model_name="quotedraftline", name="vat_code", field=kind_of_rate()),
        migrations.AddConstraint(
            model_name="quoteline",
            constraint=models.CheckConstraint(
                condition=models.Q(("vat_code__in", ["reduced", "standard", "zero"])), name="quote_line_has_a_known_vat_code"
            ),
        ),
        migrations.AddConstraint(
            model_name="quotedraftline",
            constraint=models.CheckConstraint(
                condition=models.Q(("vat_code__in", ["reduced", "standard", "zero"])), name="draft_line_has_a_known_vat_code"
            ),
        ),
        migrations.RunSQL(RATE, migrations.RunSQL.noop),
    ]
