from django.db import migrations

#: The VAT of a line that a customer's own session writes is of the kind that the product has on the day of the quote; a country
#: that has no such rate has its standard rate. Otherwise as before.
SQL = """
CREATE OR REPLACE FUNCTION sales_line_has_its_price() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
  price catalogue_price;
  held sales_quote;
  code catalogue_promotion;
  day date;
  steps record;
  chosen record;
  product catalogue_product;
BEGIN
  IF current_setting('role') !~ '_own$' THEN
    RETURN NEW;
  END IF;
  -- Held until the end: who accepts it at this very moment waits, and then sees this line, or this one sees that it was accepted.
  SELECT * INTO held FROM sales_quote WHERE id = NEW.quote_id FOR SHARE;
  IF held.state IS DISTINCT FROM 'open' OR EXISTS (SELECT FROM sales_order o WHERE o.quote_id = NEW.quote_id) THEN
    RAISE EXCEPTION 'nothing is added to a quote that was decided upon' USING ERRCODE = 'check_violation',
      CONSTRAINT = 'line_is_of_an_open_quote', TABLE = 'sales_quoteline';
  END IF;
  day := (held.made_at AT TIME ZONE 'Europe/Amsterdam')::date;
  SELECT * INTO price FROM catalogue_price p
   WHERE p.product_id = NEW.product_id AND p.months = NEW.months AND p.withdrawn_at IS NULL AND p.valid_from <= day
   ORDER BY p.valid_from DESC LIMIT 1;
  SELECT p.* INTO code FROM catalogue_promotion p JOIN customers_customer c ON c.id = held.customer_id
   WHERE p.id = held.promotion_id AND NOT p.stopped AND p.valid_from <= day AND (p.valid_until IS NULL OR p.valid_until >= day)
     AND p.customer_kind IN ('', c.kind) AND (p.months = '{}' OR NEW.months = ANY (p.months))
     AND (NOT EXISTS (SELECT FROM catalogue_promotionproduct x WHERE x.promotion_id = p.id)
          OR EXISTS (SELECT FROM catalogue_promotionproduct x WHERE x.promotion_id = p.id AND x.product_id = NEW.product_id));
  SELECT * INTO product FROM catalogue_product WHERE id = NEW.product_id;
  chosen := catalogue_chosen(NEW.product_id, NEW.months, day, NEW.choice_ids, NEW.choice_counts::integer[]);
  steps := catalogue_steps(price.cents, price.intro_cents, price.intro_terms, chosen.extra, NEW.quantity, code.basis_points, code.cents,
                           coalesce(code.forever, false));
  IF price.offered IS NOT TRUE OR product.for_sale IS NOT TRUE OR chosen.fits IS NOT TRUE
     OR NEW.quantity > product.most
     OR product.kind <> 'work' AND NEW.label = ''
     OR product.kind = 'domain' AND right(NEW.label, length(product.extension)) <> product.extension
     OR (product.kind = 'addon') <> (NEW.parent_id IS NOT NULL OR NEW.service_id IS NOT NULL)
     -- An addition goes with a line of this very quote, or with a service of this customer that runs.
     OR product.kind = 'addon' AND NOT EXISTS (
       SELECT FROM sales_quoteline x WHERE x.id = NEW.parent_id AND x.quote_id = NEW.quote_id AND x.label = NEW.label
          AND x.product_id = product.belongs_to_id)
       AND NOT EXISTS (
       SELECT FROM services_service s WHERE s.id = NEW.service_id AND s.customer_id = NEW.customer_id AND s.label = NEW.label
          AND s.product_id = product.belongs_to_id AND s.state IN ('pending', 'active', 'suspended') AND s.ends_on IS NULL)
     OR (NEW.setup_cents, NEW.steps_from, NEW.steps_cents)
        IS DISTINCT FROM (NEW.quantity * (price.setup_cents + chosen.setup), steps.steps_from::smallint[], steps.steps_cents)
     OR NEW.net_cents IS DISTINCT FROM NEW.setup_cents + steps.steps_cents[1]
     OR NOT EXISTS (
       SELECT FROM billing_taxstatus t WHERE t.customer_id = NEW.customer_id AND t.until IS NULL
          AND (t.category = CASE NEW.vat_category WHEN 'Z' THEN 'S' ELSE NEW.vat_category END AND t.rate_country = NEW.vat_country
               OR t.why = 'consumer_home_rate' AND NEW.vat_category IN ('S', 'Z') AND NEW.vat_country = t.place))
     OR NEW.vat_code IS DISTINCT FROM catalogue_vat_code(NEW.product_id, day)
     OR NEW.vat_category IN ('S', 'Z') AND (NEW.vat_category = 'Z') <> (NEW.vat_basis_points = 0)
     OR NEW.vat_basis_points IS DISTINCT FROM (CASE WHEN NEW.vat_category NOT IN ('S', 'Z') THEN 0 ELSE (
       SELECT r.basis_points FROM billing_vatrate r WHERE r.country = NEW.vat_country AND r.code IN (NEW.vat_code, 'standard')
          AND r.valid_from <= day ORDER BY r.code = 'standard', r.valid_from DESC LIMIT 1) END) THEN
    RAISE EXCEPTION 'the price of this line is not the one in force' USING ERRCODE = 'check_violation',
      CONSTRAINT = 'line_has_its_price', TABLE = 'sales_quoteline';
  END IF;
  RETURN NEW;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0015_orders_that_nobody_pays"),
        ("catalogue", "0009_vat_of_products"),
        ("sales", "0016_vat_of_lines"),
    ]
    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
