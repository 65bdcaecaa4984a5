"""What holds of collecting whoever writes, in SQL."""

#: P13: leave is kept after a payment that was made. A customer's own session only ends what is theirs: it gives no
#: leave anew, and makes nothing collected.
LEAVE = """
CREATE FUNCTION payments_leave_after_success() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
  IF TG_OP = 'INSERT' AND NOT EXISTS (
       SELECT FROM payments_payment p JOIN payments_collectwish w ON w.payment_id = p.id
        WHERE p.id = NEW.payment_id AND p.state = 'paid' AND p.customer_id = NEW.customer_id) THEN
    RAISE EXCEPTION 'leave to collect is kept only after a payment with which it was asked' USING ERRCODE = 'check_violation',
      CONSTRAINT = 'leave_only_after_success', TABLE = 'payments_providermandate';
  END IF;
  IF TG_OP = 'UPDATE' AND OLD.state = 'ended' AND NEW.state <> 'ended' THEN
    RAISE EXCEPTION 'leave that ended stays ended' USING ERRCODE = 'check_violation',
      CONSTRAINT = 'leave_stays_ended', TABLE = 'payments_providermandate';
  END IF;
  RETURN NEW;
END $$;
REVOKE ALL ON FUNCTION payments_leave_after_success() FROM PUBLIC;
CREATE TRIGGER leave_only_after_success BEFORE INSERT OR UPDATE ON payments_providermandate
  FOR EACH ROW EXECUTE FUNCTION payments_leave_after_success();
"""

#: What is begun holds the leave, so that who ends it comes before or after; never more than was announced, never before its day,
#: and never what the operator's own bank collects.
BEGUN = """
CREATE FUNCTION payments_collection_has_leave() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
  leave payments_providermandate;
BEGIN
  IF TG_OP = 'UPDATE' AND current_setting('role') ~ '_own$' AND NEW.state <> OLD.state
     AND NOT (OLD.state = 'announced' AND NEW.state = 'withdrawn') THEN
    RAISE EXCEPTION 'a customer only withdraws what was announced' USING ERRCODE = 'check_violation',
      CONSTRAINT = 'customer_only_withdraws', TABLE = 'payments_collection';
  END IF;
  IF TG_OP = 'UPDATE' AND OLD.state IN ('paid', 'failed', 'withdrawn') AND NEW.state <> OLD.state THEN
    RAISE EXCEPTION 'a collection that is over stays so' USING ERRCODE = 'check_violation',
      CONSTRAINT = 'collection_stays_over', TABLE = 'payments_collection';
  END IF;
  IF NEW.state IN ('announced', 'begun') AND (TG_OP = 'INSERT' OR OLD.state <> NEW.state) THEN
    SELECT * INTO leave FROM payments_providermandate WHERE id = NEW.mandate_id FOR UPDATE;
    IF leave.state <> 'active' OR leave.customer_id <> NEW.customer_id OR NOT EXISTS (
         SELECT FROM billing_invoice i
          WHERE i.id = NEW.invoice_id AND i.customer_id = NEW.customer_id AND i.kind = 'invoice') THEN
      RAISE EXCEPTION 'nothing is collected without leave' USING ERRCODE = 'check_violation',
        CONSTRAINT = 'collection_has_leave', TABLE = 'payments_collection';
    END IF;
    PERFORM FROM billing_invoice WHERE id = NEW.invoice_id FOR UPDATE;  -- who collects it in the other way waits
    IF EXISTS (SELECT FROM debits_debit d
                WHERE d.invoice_id = NEW.invoice_id AND d.state IN ('announced', 'batched', 'submitted')) THEN
      RAISE EXCEPTION 'an invoice is collected in one way' USING ERRCODE = 'check_violation',
        CONSTRAINT = 'invoice_is_collected_in_one_way', TABLE = 'payments_collection';
    END IF;
    IF NEW.state = 'begun' AND NOT EXISTS (
         SELECT FROM payments_payment p WHERE p.id = NEW.payment_id AND p.invoice_id = NEW.invoice_id AND p.cents <= NEW.cents
            AND (NEW.begun_at AT TIME ZONE 'Europe/Amsterdam')::date >= NEW.collect_on) THEN
      RAISE EXCEPTION 'no more than was announced is collected, nor before its day' USING ERRCODE = 'check_violation',
        CONSTRAINT = 'collection_is_as_announced', TABLE = 'payments_collection';
    END IF;
  END IF;
  RETURN NEW;
END $$;
REVOKE ALL ON FUNCTION payments_collection_has_leave() FROM PUBLIC;
CREATE TRIGGER collection_has_leave BEFORE INSERT OR UPDATE ON payments_collection
  FOR EACH ROW EXECUTE FUNCTION payments_collection_has_leave();
"""

GUARDS = LEAVE + BEGUN
UNDO = "DROP FUNCTION payments_leave_after_success() CASCADE; DROP FUNCTION payments_collection_has_leave() CASCADE"
