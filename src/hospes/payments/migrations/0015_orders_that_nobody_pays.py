from django.db import migrations

#: A customer's own session says of no order what becomes of it, but for this: one that waits for its payment is cancelled. Not while
#: the provider handles a payment of it, and not one that is invoiced afterwards. The moment is the database's, wherever a face has
#: logged in.
SQL = """
CREATE FUNCTION payments_cancel_order(wanted bigint, moment timestamptz) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  held sales_order;
BEGIN
  IF session_user ~ '_login_' AND moment NOT BETWEEN hospes_now() - interval '1 hour' AND hospes_now() + interval '1 hour' THEN
    RAISE EXCEPTION 'an order is cancelled when it is cancelled' USING ERRCODE = 'check_violation',
      CONSTRAINT = 'order_is_cancelled_now', TABLE = 'sales_order';
  END IF;
  SELECT o.* INTO held FROM sales_order o
   WHERE o.id = wanted AND o.customer_id = nullif(current_setting('hospes.customer', true), '')::bigint
     AND NOT EXISTS (SELECT FROM sales_quote q WHERE q.id = o.quote_id AND q.on_account)
     FOR UPDATE OF o;
  IF held.state IS DISTINCT FROM 'awaiting_payment' THEN
    RETURN 'not_awaited';
  END IF;
  IF EXISTS (SELECT FROM payments_payment p
              WHERE p.order_id = wanted AND p.state = 'pending' AND p.created_at > moment - interval '100 days') THEN
    RETURN 'being_paid';
  END IF;
  UPDATE sales_order SET state = 'cancelled', cancelled_at = moment, cancelled_why = 'customer' WHERE id = wanted;
  RETURN 'cancelled';
END $$;
REVOKE ALL ON FUNCTION payments_cancel_order(bigint, timestamptz) FROM PUBLIC;

-- Who cancels an order holds its row: a payment that is begun at this very moment waits for that, and is refused then.
CREATE FUNCTION payments_order_is_awaited() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
  IF NEW.order_id IS NOT NULL AND current_setting('role') ~ '_own$' THEN
    PERFORM FROM sales_order o WHERE o.id = NEW.order_id AND o.state = 'awaiting_payment' FOR SHARE;
    IF NOT FOUND THEN
      RAISE EXCEPTION 'this order does not wait for a payment' USING ERRCODE = 'check_violation',
        CONSTRAINT = 'payment_is_of_what_is_awaited', TABLE = 'payments_payment';
    END IF;
  END IF;
  RETURN NEW;
END $$;
REVOKE ALL ON FUNCTION payments_order_is_awaited() FROM PUBLIC;
CREATE TRIGGER order_is_awaited BEFORE INSERT ON payments_payment
  FOR EACH ROW EXECUTE FUNCTION payments_order_is_awaited();

-- How long an order waits is not the customer's to say.
CREATE FUNCTION sales_order_waits_as_long_as_others() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
  IF current_setting('role') ~ '_own$' THEN
    RAISE EXCEPTION 'an order says nothing of its end when it is placed' USING ERRCODE = 'check_violation',
      CONSTRAINT = 'order_waits_as_long_as_others', TABLE = 'sales_order';
  END IF;
  RETURN NEW;
END $$;
REVOKE ALL ON FUNCTION sales_order_waits_as_long_as_others() FROM PUBLIC;
CREATE TRIGGER waits_as_long_as_others BEFORE INSERT ON sales_order FOR EACH ROW
  WHEN (NEW.pay_until IS NOT NULL OR NEW.cancelled_at IS NOT NULL OR NEW.cancelled_why <> '' OR NEW.cancel_reason <> '')
  EXECUTE FUNCTION sales_order_waits_as_long_as_others();
"""

UNDO = """
DROP FUNCTION sales_order_waits_as_long_as_others() CASCADE;
DROP FUNCTION payments_order_is_awaited() CASCADE;
DROP FUNCTION payments_cancel_order(bigint, timestamptz);
"""


class Migration(migrations.Migration):
    dependencies = [("payments", "0014_orders_of_open_quotes"), ("sales", "0014_orders_that_nobody_pays")]
    operations = [migrations.RunSQL(SQL, UNDO)]
