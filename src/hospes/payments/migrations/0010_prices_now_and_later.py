from django.db import migrations

#: What a customer's own session may not make up: its VAT, what is due now, the set-up, and what each later term costs. It follows from
#: the price in force on the day of the quote, and from the promotion that the quote names, if that counts for the line.
SQL = """
CREATE OR REPLACE FUNCTION sales_line_has_its_price() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
  price catalogue_price;
  held sales_quote;
  code catalogue_promotion;
  day date;
  steps record;
BEGIN
  IF current_setting('role') !~ '_own$' THEN
    RETURN NEW;
  END IF;
  SELECT * INTO held FROM sales_quote WHERE id = NEW.quote_id;
  day := (held.made_at AT TIME ZONE 'Europe/Amsterdam')::date;
  SELECT * INTO price FROM catalogue_price p
   WHERE p.product_id = NEW.product_id AND p.months = NEW.months AND p.withdrawn_at IS NULL AND p.valid_from <= day
   ORDER BY p.valid_from DESC LIMIT 1;
  SELECT p.* INTO code FROM catalogue_promotion p JOIN customers_customer c ON c.id = held.customer_id
   WHERE p.id = held.promotion_id AND NOT p.stopped AND p.valid_from <= day AND (p.valid_until IS NULL OR p.valid_until >= day)
     AND p.customer_kind IN ('', c.kind) AND (p.months = '{}' OR NEW.months = ANY (p.months))
     AND (NOT EXISTS (SELECT FROM catalogue_promotionproduct x WHERE x.promotion_id = p.id)
          OR EXISTS (SELECT FROM catalogue_promotionproduct x WHERE x.promotion_id = p.id AND x.product_id = NEW.product_id));
  steps := catalogue_steps(price.cents, price.intro_cents, price.intro_terms, 0, 1, code.basis_points, code.cents,
                           coalesce(code.forever, false));
  IF price.offered IS NOT TRUE
     OR (NEW.setup_cents, NEW.steps_from, NEW.steps_cents)
        IS DISTINCT FROM (price.setup_cents, steps.steps_from::smallint[], steps.steps_cents)
     OR NEW.net_cents IS DISTINCT FROM price.setup_cents + steps.steps_cents[1]
     OR NOT EXISTS (
       SELECT FROM billing_taxstatus t WHERE t.customer_id = NEW.customer_id AND t.until IS NULL
          AND (t.category = CASE NEW.vat_category WHEN 'Z' THEN 'S' ELSE NEW.vat_category END AND t.rate_country = NEW.vat_country
               OR t.why = 'consumer_home_rate' AND NEW.vat_category IN ('S', 'Z') AND NEW.vat_country = t.place))
     OR NEW.vat_category IN ('S', 'Z') AND (NEW.vat_category = 'Z') <> (NEW.vat_basis_points = 0)
     OR NEW.vat_basis_points IS DISTINCT FROM (CASE WHEN NEW.vat_category NOT IN ('S', 'Z') THEN 0 ELSE (
       SELECT r.basis_points FROM billing_vatrate r WHERE r.country = NEW.vat_country AND r.code = 'standard'
          AND r.valid_from <= day ORDER BY r.valid_from DESC LIMIT 1) END) THEN
    RAISE EXCEPTION 'the price of this line is not the one in force' USING ERRCODE = 'check_violation',
      CONSTRAINT = 'line_has_its_price', TABLE = 'sales_quoteline';
  END IF;
  RETURN NEW;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0009_prices_that_are_withdrawn"),
        ("catalogue", "0003_prices_in_sql"),
        ("sales", "0008_what_each_term_costs"),
    ]
    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
