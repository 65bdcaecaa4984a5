from django.db import migrations

#: What a customer's own session may not order: at prices of a day that it says itself, what nobody offers any more (expired,
#: withdrawn, replaced), with a promotion that it does not use, or more than was accepted. The day is the database's, wherever a
#: face has logged in: who plays another time is the owner. A quote of a customer is valid for a year at most.
SQL = """
CREATE OR REPLACE FUNCTION sales_quote_is_begun_well() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
  IF current_setting('role') ~ '_own$' AND (NEW.state, NEW.version, NEW.made_by, NEW.on_account, NEW.intro)
     IS DISTINCT FROM ('open', 1, 'customer', false, '') THEN
    RAISE EXCEPTION 'this is no quote that a customer makes' USING ERRCODE = 'check_violation',
      CONSTRAINT = 'customers_make_plain_quotes', TABLE = 'sales_quote';
  END IF;
  -- Prices are those of the day of the quote, and hold as long as it is valid: neither is a customer's to choose.
  IF current_setting('role') ~ '_own$'
     AND (session_user ~ '_login_' AND NEW.made_at NOT BETWEEN hospes_now() - interval '1 hour' AND hospes_now() + interval '1 hour'
          OR NEW.valid_until < (NEW.made_at AT TIME ZONE 'Europe/Amsterdam')::date
          OR NEW.valid_until > (NEW.made_at AT TIME ZONE 'Europe/Amsterdam')::date + 366) THEN
    RAISE EXCEPTION 'a quote is of the day on which it is made' USING ERRCODE = 'check_violation',
      CONSTRAINT = 'quote_is_of_now', TABLE = 'sales_quote';
  END IF;
  IF NEW.version > 1 AND NOT EXISTS (
       SELECT FROM sales_quote q WHERE q.number = NEW.number AND q.version = NEW.version - 1
          AND q.customer_id = NEW.customer_id AND q.state IN ('replaced', 'withdrawn', 'expired', 'declined')) THEN
    RAISE EXCEPTION 'a version takes the place of the one before it' USING ERRCODE = 'check_violation',
      CONSTRAINT = 'version_replaces_the_one_before', TABLE = 'sales_quote';
  END IF;
  IF NEW.on_account AND NOT EXISTS (SELECT FROM customers_customer c WHERE c.id = NEW.customer_id AND c.kind = 'business') THEN
    RAISE EXCEPTION 'only companies order on account' USING ERRCODE = 'check_violation',
      CONSTRAINT = 'only_companies_order_on_account', TABLE = 'sales_quote';
  END IF;
  RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION sales_order_is_as_quoted() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
  quote sales_quote;
  net bigint;
  vat bigint;
BEGIN
  IF current_setting('role') ~ '_own$' AND (NEW.state <> 'awaiting_payment' OR NEW.paid_at IS NOT NULL) THEN
    RAISE EXCEPTION 'an order begins unpaid' USING ERRCODE = 'check_violation',
      CONSTRAINT = 'order_begins_unpaid', TABLE = 'sales_order';
  END IF;
  SELECT * INTO quote FROM sales_quote WHERE id = NEW.quote_id;
  IF current_setting('role') <> 'none' AND (
       quote.state IS DISTINCT FROM 'accepted'
       OR ((quote.decided_at AT TIME ZONE 'Europe/Amsterdam')::date <= quote.valid_until) IS NOT TRUE
       OR session_user ~ '_login_'
          AND (quote.decided_at BETWEEN hospes_now() - interval '1 hour' AND hospes_now() + interval '1 hour') IS NOT TRUE) THEN
    RAISE EXCEPTION 'a quote is ordered when it is accepted, while it is valid' USING ERRCODE = 'check_violation',
      CONSTRAINT = 'order_is_of_an_accepted_quote', TABLE = 'sales_order';
  END IF;
  IF current_setting('role') <> 'none' AND quote.promotion_id IS NOT NULL AND NOT EXISTS (
       SELECT FROM catalogue_promotionuse u WHERE u.origin = 'quote:' || quote.id AND u.promotion_id = quote.promotion_id
          AND u.customer_id = quote.customer_id AND u.given_back_on IS NULL
          AND (session_user !~ '_login_' OR abs(u.used_on - (hospes_now() AT TIME ZONE 'Europe/Amsterdam')::date) <= 1)) THEN
    RAISE EXCEPTION 'the promotion of this quote is not used' USING ERRCODE = 'check_violation',
      CONSTRAINT = 'order_uses_its_promotion', TABLE = 'sales_order';
  END IF;
  SELECT coalesce(sum(g.net), 0), coalesce(sum(round(g.net * g.rate / 10000.0)), 0) INTO net, vat
    FROM (SELECT vat_basis_points AS rate, sum(net_cents) AS net FROM sales_quoteline
           WHERE quote_id = NEW.quote_id AND customer_id = quote.customer_id GROUP BY 1) g;
  IF (quote.customer_id, quote.net_cents, quote.vat_cents, quote.total_cents)
     IS DISTINCT FROM (NEW.customer_id, net, vat, NEW.total_cents) THEN
    RAISE EXCEPTION 'this order is not what was quoted' USING ERRCODE = 'check_violation',
      CONSTRAINT = 'order_is_as_quoted', TABLE = 'sales_order';
  END IF;
  RETURN NEW;
END $$;

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
        ("payments", "0013_prices_with_options"),
        ("catalogue", "0007_numbers_of_options_are_numbers"),
        ("sales", "0012_so_many_of_each"),
    ]
    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
