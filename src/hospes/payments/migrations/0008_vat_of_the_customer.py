from django.db import migrations

#: What a customer's own session may not make up: the price of a line, and now its VAT too, which is that of the customer as the
#: database has settled it (billing_taxstatus), or that of the customer's country where the threshold of the one-stop shop is near.
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
       SELECT p.cents FROM catalogue_price p WHERE p.product_id = NEW.product_id AND p.months = NEW.months
          AND p.valid_from <= quoted_on ORDER BY p.valid_from DESC LIMIT 1)
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
        ("payments", "0007_give_up"),
        ("sales", "0006_which_vat"),
        ("billing", "0008_treatment"),
    ]
    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
