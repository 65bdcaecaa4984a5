"""What holds of chargebacks whoever writes, in SQL: never more is taken back than was paid, nor paid back besides."""

#: Of a payment is left what came in, without what goes back and what was taken back; also for two at once, who wait here.
GUARDS = """
CREATE FUNCTION payments_chargeback_has_its_limits() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM FROM payments_payment WHERE id = NEW.payment_id FOR UPDATE;
  IF NOT EXISTS (SELECT FROM payments_payment p WHERE p.id = NEW.payment_id AND p.customer_id = NEW.customer_id
                    AND p.state IN ('paid', 'surplus')) THEN
    RAISE EXCEPTION 'only what was paid is charged back' USING ERRCODE = 'check_violation',
      CONSTRAINT = 'chargeback_is_of_its_payment', TABLE = 'payments_chargeback';
  END IF;
  RETURN NEW;
END $$;
REVOKE ALL ON FUNCTION payments_chargeback_has_its_limits() FROM PUBLIC;
CREATE TRIGGER chargeback_has_its_limits BEFORE INSERT ON payments_chargeback
  FOR EACH ROW EXECUTE FUNCTION payments_chargeback_has_its_limits();

CREATE OR REPLACE FUNCTION payments_refund_has_its_limits() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
  note billing_invoice;
BEGIN
  SELECT * INTO note FROM billing_invoice WHERE id = NEW.credit_note_id FOR UPDATE;
  IF note.kind <> 'credit_note' OR note.customer_id <> NEW.customer_id
     OR note.total_cents - note.set_off_cents <
        NEW.cents + (SELECT coalesce(sum(cents), 0) FROM payments_refund
                      WHERE credit_note_id = NEW.credit_note_id AND id <> NEW.id) THEN
    RAISE EXCEPTION 'more is paid back than the credit note gives back' USING ERRCODE = 'check_violation',
      CONSTRAINT = 'refund_is_of_its_credit_note', TABLE = 'payments_refund';
  END IF;
  -- What is on its way already is not stopped by what a bank took back meanwhile.
  IF NEW.payment_id IS NOT NULL AND NEW.state <> 'failed' AND NEW.paid_on IS NULL THEN
    PERFORM FROM payments_payment WHERE id = NEW.payment_id FOR UPDATE;
    IF NOT EXISTS (
         SELECT FROM payments_payment p WHERE p.id = NEW.payment_id AND p.state = 'paid' AND p.customer_id = NEW.customer_id
            AND p.cents - p.surplus_cents >= NEW.cents + (
              SELECT coalesce(sum(r.cents), 0) FROM payments_refund r
               WHERE r.payment_id = p.id AND r.id <> NEW.id AND r.state <> 'failed' AND r.paid_on IS NULL)
            + CASE WHEN TG_OP = 'UPDATE' THEN 0 ELSE (
              SELECT coalesce(sum(c.cents - c.from_balance_cents), 0) FROM payments_chargeback c
               WHERE c.payment_id = p.id AND c.reversed_at IS NULL) END) THEN
      RAISE EXCEPTION 'more is paid back than was paid' USING ERRCODE = 'check_violation',
        CONSTRAINT = 'refund_is_of_its_payment', TABLE = 'payments_refund';
    END IF;
  END IF;
  RETURN NEW;
END $$;
"""

UNDO = "DROP FUNCTION payments_chargeback_has_its_limits() CASCADE"
