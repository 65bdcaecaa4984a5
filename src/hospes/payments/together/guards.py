"""What holds of payments of several invoices whoever writes, in SQL."""

#: A share is of what is open on an invoice of the same customer, and begins unpaid.
SHARE = """
CREATE FUNCTION payments_share_is_of_what_is_open() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
  IF NEW.paid_cents <> 0 OR NOT EXISTS (
       SELECT FROM billing_invoice i JOIN payments_payment p ON p.id = NEW.payment_id AND p.customer_id = NEW.customer_id
        WHERE i.id = NEW.invoice_id AND i.customer_id = NEW.customer_id AND i.kind = 'invoice' AND p.invoice_id IS NULL
          AND p.order_id IS NULL AND p.state = 'open' AND i.total_cents - i.credited_cents - i.paid_cents = NEW.cents) THEN
    RAISE EXCEPTION 'a share is of what is open on an invoice' USING ERRCODE = 'check_violation',
      CONSTRAINT = 'share_is_of_what_is_open', TABLE = 'payments_paymentshare';
  END IF;
  RETURN NEW;
END $$;
REVOKE ALL ON FUNCTION payments_share_is_of_what_is_open() FROM PUBLIC;
CREATE TRIGGER share_is_of_what_is_open BEFORE INSERT ON payments_paymentshare
  FOR EACH ROW EXECUTE FUNCTION payments_share_is_of_what_is_open();
"""

#: Asked at the end of the transaction, when the shares are there.
WHOLE = """
CREATE FUNCTION payments_shares_add_up() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
  which bigint := CASE TG_TABLE_NAME WHEN 'payments_payment' THEN NEW.id ELSE (to_jsonb(NEW) ->> 'payment_id')::bigint END;
BEGIN
  IF EXISTS (SELECT FROM payments_payment p WHERE p.id = which AND p.order_id IS NULL AND p.invoice_id IS NULL
                AND p.cents <> (SELECT coalesce(sum(s.cents), 0) FROM payments_paymentshare s WHERE s.payment_id = p.id)) THEN
    RAISE EXCEPTION 'the shares of a payment add up to it' USING ERRCODE = 'check_violation',
      CONSTRAINT = 'shares_add_up', TABLE = 'payments_payment';
  END IF;
  RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION payments_shares_add_up() FROM PUBLIC;
CREATE CONSTRAINT TRIGGER shares_add_up AFTER INSERT ON payments_payment DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW WHEN (NEW.order_id IS NULL AND NEW.invoice_id IS NULL) EXECUTE FUNCTION payments_shares_add_up();
CREATE CONSTRAINT TRIGGER shares_add_up AFTER INSERT ON payments_paymentshare DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION payments_shares_add_up();
"""

#: But for what came in and is of nothing of ours: all of that is surplus. A customer's own session begins payments only as open.
OF_NOTHING = """
CREATE OR REPLACE FUNCTION payments_shares_add_up() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
  which bigint := CASE TG_TABLE_NAME WHEN 'payments_payment' THEN NEW.id ELSE (to_jsonb(NEW) ->> 'payment_id')::bigint END;
BEGIN
  IF EXISTS (SELECT FROM payments_payment p WHERE p.id = which AND p.order_id IS NULL AND p.invoice_id IS NULL
                AND p.cents <> (SELECT coalesce(sum(s.cents), 0) FROM payments_paymentshare s WHERE s.payment_id = p.id)
                AND NOT (p.state = 'surplus'
                         AND NOT EXISTS (SELECT FROM payments_paymentshare s WHERE s.payment_id = p.id))) THEN
    RAISE EXCEPTION 'the shares of a payment add up to it' USING ERRCODE = 'check_violation',
      CONSTRAINT = 'shares_add_up', TABLE = 'payments_payment';
  END IF;
  RETURN NULL;
END $$;
"""

#: A payment is of a whole order, of what is open on an invoice when it begins, or of several invoices (see above).
AMOUNT = """
CREATE OR REPLACE FUNCTION payments_amount_is_the_orders() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
  IF TG_OP = 'INSERT' AND current_setting('role') ~ '_own$'
     AND (NEW.state <> 'open' OR NEW.paid_at IS NOT NULL OR NEW.surplus_cents <> 0) THEN
    RAISE EXCEPTION 'a payment begins open' USING ERRCODE = 'check_violation',
      CONSTRAINT = 'payment_begins_open', TABLE = 'payments_payment';
  END IF;
  IF NEW.invoice_id IS NOT NULL THEN
    IF NOT EXISTS (SELECT 1 FROM billing_invoice i
                    WHERE i.id = NEW.invoice_id AND i.customer_id = NEW.customer_id AND i.kind = 'invoice'
                      AND (TG_OP = 'UPDATE' OR i.total_cents - i.credited_cents - i.paid_cents = NEW.cents)) THEN
      RAISE EXCEPTION 'a payment is of what is open on the invoice' USING ERRCODE = 'check_violation',
        CONSTRAINT = 'payment_is_of_what_is_open', TABLE = 'payments_payment';
    END IF;
  ELSIF NEW.order_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM sales_order o
                  WHERE o.id = NEW.order_id AND o.customer_id = NEW.customer_id AND o.total_cents = NEW.cents) THEN
    RAISE EXCEPTION 'a payment is of the whole order' USING ERRCODE = 'check_violation',
      CONSTRAINT = 'payment_is_of_the_whole_order', TABLE = 'payments_payment';
  END IF;
  RETURN NEW;
END $$;
"""

#: P13: the order was paid, or invoices were paid with it.
AFTER_SUCCESS = """
CREATE OR REPLACE FUNCTION payments_only_after_success() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM payments_payment p LEFT JOIN sales_order o ON o.id = p.order_id
                  WHERE p.id = NEW.payment_id AND p.state = 'paid' AND p.customer_id = NEW.customer_id
                    AND (p.invoice_id IS NOT NULL OR o.state = 'paid' OR EXISTS (
                         SELECT FROM payments_paymentshare s WHERE s.payment_id = p.id AND s.paid_cents > 0))) THEN
    RAISE EXCEPTION 'payment data is stored only after the order was paid' USING ERRCODE = 'check_violation',
      CONSTRAINT = 'payment_data_only_after_success', TABLE = 'payments_paidfrom';
  END IF;
  RETURN NEW;
END $$;
"""

GUARDS = SHARE + WHOLE + AMOUNT + AFTER_SUCCESS
UNDO = "DROP FUNCTION payments_share_is_of_what_is_open() CASCADE; DROP FUNCTION payments_shares_add_up() CASCADE"
