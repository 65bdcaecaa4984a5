from django.db import migrations

#: What a customer's own session may not make up: prices, VAT, totals, and how much is paid for an order. Staff may give a
#: price of their own; what follows from it (totals, the payment's amount) holds for everybody.
SQL = """
CREATE FUNCTION sales_line_has_its_price() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
  IF current_setting('role') !~ '_own$' THEN
    RETURN NEW;
  END IF;
  IF NEW.net_cents IS DISTINCT FROM (
       SELECT p.cents FROM catalogue_price p JOIN sales_quote q ON q.id = NEW.quote_id
        WHERE p.product_id = NEW.product_id AND p.months = NEW.months
          AND p.valid_from <= (q.made_at AT TIME ZONE 'Europe/Amsterdam')::date
        ORDER BY p.valid_from DESC LIMIT 1)
     OR NOT EXISTS (SELECT 1 FROM billing_vatrate r WHERE r.code = 'standard' AND r.basis_points = NEW.vat_basis_points) THEN
    RAISE EXCEPTION 'the price of this line is not the one in force' USING ERRCODE = 'check_violation',
      CONSTRAINT = 'line_has_its_price', TABLE = 'sales_quoteline';
  END IF;
  RETURN NEW;
END $$;

CREATE FUNCTION sales_order_is_as_quoted() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
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

CREATE FUNCTION payments_amount_is_the_orders() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
  IF TG_OP = 'INSERT' AND current_setting('role') ~ '_own$' AND (NEW.state <> 'open' OR NEW.paid_at IS NOT NULL) THEN
    RAISE EXCEPTION 'a payment begins open' USING ERRCODE = 'check_violation',
      CONSTRAINT = 'payment_begins_open', TABLE = 'payments_payment';
  END IF;
  IF NOT EXISTS (SELECT 1 FROM sales_order o
                  WHERE o.id = NEW.order_id AND o.customer_id = NEW.customer_id AND o.total_cents = NEW.cents) THEN
    RAISE EXCEPTION 'a payment is of the whole order' USING ERRCODE = 'check_violation',
      CONSTRAINT = 'payment_is_of_the_whole_order', TABLE = 'payments_payment';
  END IF;
  RETURN NEW;
END $$;

REVOKE ALL ON FUNCTION sales_line_has_its_price(), sales_order_is_as_quoted(), payments_amount_is_the_orders() FROM PUBLIC;
CREATE TRIGGER line_has_its_price BEFORE INSERT OR UPDATE ON sales_quoteline
  FOR EACH ROW EXECUTE FUNCTION sales_line_has_its_price();
CREATE TRIGGER order_is_as_quoted BEFORE INSERT ON sales_order
  FOR EACH ROW EXECUTE FUNCTION sales_order_is_as_quoted();
CREATE TRIGGER payment_is_of_the_whole_order BEFORE INSERT OR UPDATE OF cents, order_id, customer_id ON payments_payment
  FOR EACH ROW EXECUTE FUNCTION payments_amount_is_the_orders();
"""

UNDO = """
DROP FUNCTION sales_line_has_its_price() CASCADE;
DROP FUNCTION sales_order_is_as_quoted() CASCADE;
DROP FUNCTION payments_amount_is_the_orders() CASCADE;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0004_work_list"),
        ("sales", "0002_work_list"),
        ("billing", "0001_initial"),
        ("catalogue", "0001_initial"),
    ]
    operations = [migrations.RunSQL(SQL, UNDO)]
