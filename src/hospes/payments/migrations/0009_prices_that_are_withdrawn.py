from django.db import migrations

#: As before; a price that was withdrawn, or by which a term is sold no longer, is none that a customer's own session orders at.
SQL = """
CREATE OR REPLACE FUNCTION sales_line_has_its_price() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
  quoted_on date;
BEGIN
  IF current_setting('role') !~ '_own$' THEN
    RETURN NEW;
  END IF;
  SELECT (q.made_at AT TIME ZONE 'Europe/Amsterdam')::date INTO quoted_on FROM sales_quote q WHERE q.id = NEW.quote_id;
  IF NEW.net_cents IS DISTINCT FROM (
       SELECT CASE WHEN p.offered THEN p.cents END FROM catalogue_price p WHERE p.product_id = NEW.product_id
          AND p.months = NEW.months AND p.withdrawn_at IS NULL AND p.valid_from <= quoted_on ORDER BY p.valid_from DESC LIMIT 1)
     OR NOT EXISTS (
       SELECT FROM billing_taxstatus t WHERE t.customer_id = NEW.customer_id AND t.until IS NULL
          AND ((t.category, t.rate_country) = (NEW.vat_category, NEW.vat_country)
               OR t.why = 'consumer_home_rate' AND (NEW.vat_category, NEW.vat_country) = ('S', t.place)))
     OR NEW.vat_basis_points IS DISTINCT FROM (CASE WHEN NEW.vat_category <> 'S' THEN 0 ELSE (
       SELECT r.basis_points FROM billing_vatrate r WHERE r.country = NEW.vat_country AND r.code = 'standard'
          AND r.valid_from <= quoted_on ORDER BY r.valid_from DESC LIMIT 1) END) THEN
    RAISE EXCEPTION 'the price of this line is not the one in force' USING ERRCODE = 'check_violation',
      CONSTRAINT = 'line_has_its_price', TABLE = 'sales_quoteline';
  END IF;
  RETURN NEW;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0008_vat_of_the_customer"),
        ("catalogue", "0002_everything_that_is_sold"),
    ]
    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
