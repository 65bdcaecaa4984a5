from django.db import migrations

#: A payment is of a whole order, or of what is open on an invoice when it begins.
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
  ELSIF NOT EXISTS (SELECT 1 FROM sales_order o
                  WHERE o.id = NEW.order_id AND o.customer_id = NEW.customer_id AND o.total_cents = NEW.cents) THEN
    RAISE EXCEPTION 'a payment is of the whole order' USING ERRCODE = 'check_violation',
      CONSTRAINT = 'payment_is_of_the_whole_order', TABLE = 'payments_payment';
  END IF;
  RETURN NEW;
END $$;
DROP TRIGGER payment_is_of_the_whole_order ON payments_payment;
CREATE TRIGGER payment_is_of_the_whole_order BEFORE INSERT OR UPDATE OF cents, order_id, invoice_id, customer_id
  ON payments_payment FOR EACH ROW EXECUTE FUNCTION payments_amount_is_the_orders();
"""

#: P13 for both: the order was paid, or the invoice was paid with it.
AFTER_SUCCESS = """
CREATE OR REPLACE FUNCTION payments_only_after_success() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM payments_payment p LEFT JOIN sales_order o ON o.id = p.order_id
                  WHERE p.id = NEW.payment_id AND p.state = 'paid' AND p.customer_id = NEW.customer_id
                    AND (p.invoice_id IS NOT NULL OR o.state = 'paid')) THEN
    RAISE EXCEPTION 'payment data is stored only after the order was paid' USING ERRCODE = 'check_violation',
      CONSTRAINT = 'payment_data_only_after_success', TABLE = 'payments_paidfrom';
  END IF;
  RETURN NEW;
END $$;
"""

#: Never more goes back than came in, nor than the credit note gives back; also for two at once, who wait for each other here.
REFUNDS = """
CREATE FUNCTION payments_refund_has_its_limits() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
  note billing_invoice;
BEGIN
  SELECT * INTO note FROM billing_invoice WHERE id = NEW.credit_note_id FOR UPDATE;
  IF note.kind <> 'credit_note' OR note.customer_id <> NEW.customer_id OR note.total_cents - note.set_off_cents <
       NEW.cents + (SELECT coalesce(sum(cents), 0) FROM payments_refund WHERE credit_note_id = NEW.credit_note_id AND id <> NEW.id) THEN
    RAISE EXCEPTION 'more is paid back than the credit note gives back' USING ERRCODE = 'check_violation',
      CONSTRAINT = 'refund_is_of_its_credit_note', TABLE = 'payments_refund';
  END IF;
  IF NEW.payment_id IS NOT NULL AND NEW.state <> 'failed' AND NEW.paid_on IS NULL THEN
    PERFORM FROM payments_payment WHERE id = NEW.payment_id FOR UPDATE;
    IF NOT EXISTS (
         SELECT FROM payments_payment p WHERE p.id = NEW.payment_id AND p.state = 'paid' AND p.customer_id = NEW.customer_id
            AND p.cents - p.surplus_cents >= NEW.cents + (
              SELECT coalesce(sum(r.cents), 0) FROM payments_refund r
               WHERE r.payment_id = p.id AND r.id <> NEW.id AND r.state <> 'failed' AND r.paid_on IS NULL)) THEN
      RAISE EXCEPTION 'more is paid back than was paid' USING ERRCODE = 'check_violation',
        CONSTRAINT = 'refund_is_of_its_payment', TABLE = 'payments_refund';
    END IF;
  END IF;
  RETURN NEW;
END $$;
REVOKE ALL ON FUNCTION payments_refund_has_its_limits() FROM PUBLIC;
CREATE TRIGGER refund_has_its_limits BEFORE INSERT OR UPDATE ON payments_refund
  FOR EACH ROW EXECUTE FUNCTION payments_refund_has_its_limits();
"""

#: What was sold stands on the lines that were invoiced before that was kept.
SOLD = """
ALTER TABLE billing_invoiceline DISABLE TRIGGER issued_stays;
UPDATE billing_invoiceline l SET sold_as = 'quote_line:' || q.id
  FROM billing_invoice i, sales_order o, sales_quoteline q
 WHERE i.id = l.invoice_id AND i.origin = 'order:' || o.id AND q.quote_id = o.quote_id AND q.label = l.details
   AND left(l.description, length(q.description)) = q.description AND l.sold_as = '';
ALTER TABLE billing_invoiceline ENABLE TRIGGER issued_stays;
"""

UNDO = "DROP FUNCTION payments_refund_has_its_limits() CASCADE"


class Migration(migrations.Migration):
    dependencies = [("payments", "0011_invoices_and_refunds"), ("sales", "0008_what_each_term_costs")]
    operations = [
        migrations.RunSQL(AMOUNT, migrations.RunSQL.noop),
        migrations.RunSQL(AFTER_SUCCESS, migrations.RunSQL.noop),
        migrations.RunSQL(REFUNDS, UNDO),
        migrations.RunSQL(SOLD, migrations.RunSQL.noop),
    ]
