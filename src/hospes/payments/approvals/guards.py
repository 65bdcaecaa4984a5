"""What holds of decisions about money whoever writes, in SQL: nobody decides in another one's name, and it is decided once."""

GUARDS = """
CREATE FUNCTION payments_decision_is_ones_own() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
  who bigint := nullif(current_setting('hospes.actor', true), '')::bigint;
  is_staff boolean := coalesce(current_setting('hospes.actor_kind', true), '') = 'staff';
BEGIN
  IF TG_OP = 'INSERT' AND is_staff AND NEW.asked_by_id IS DISTINCT FROM who
     OR TG_OP = 'UPDATE' AND is_staff AND NEW.decided_by_id IS DISTINCT FROM OLD.decided_by_id
        AND NEW.decided_by_id IS DISTINCT FROM who THEN
    RAISE EXCEPTION 'nobody decides in the name of somebody else' USING ERRCODE = 'check_violation',
      CONSTRAINT = 'decision_is_ones_own', TABLE = 'payments_decision';
  END IF;
  IF NEW.kind = 'write_off' AND NEW.state = 'done' AND NEW.decided_by_id IS NULL AND NEW.limit_cents < NEW.cents + (
       SELECT coalesce(sum(d.cents), 0) FROM payments_decision d
        WHERE d.invoice_id = NEW.invoice_id AND d.kind = 'write_off' AND d.state = 'done' AND d.decided_by_id IS NULL
          AND d.id <> NEW.id) THEN
    RAISE EXCEPTION 'above the limit another one approves, also of several parts' USING ERRCODE = 'check_violation',
      CONSTRAINT = 'parts_above_the_limit_need_another_one', TABLE = 'payments_decision';
  END IF;
  IF TG_OP = 'UPDATE' AND OLD.state <> 'asked' THEN
    RAISE EXCEPTION 'a decision stays as it was taken' USING ERRCODE = 'check_violation',
      CONSTRAINT = 'decision_stays', TABLE = 'payments_decision';
  END IF;
  RETURN NEW;
END $$;
REVOKE ALL ON FUNCTION payments_decision_is_ones_own() FROM PUBLIC;
CREATE TRIGGER decision_is_ones_own BEFORE INSERT OR UPDATE ON payments_decision
  FOR EACH ROW EXECUTE FUNCTION payments_decision_is_ones_own();
"""

#: In parts it is as much: what one colleague alone wrote off of what a customer owes within thirty days, and what money they set
#: going back to a customer in those. Two at once wait for each other.
COUNTED = """
CREATE FUNCTION payments_decisions_count_together() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
  before bigint;
BEGIN
  IF NEW.state <> 'done' OR NEW.decided_by_id IS NOT NULL THEN
    RETURN NEW;
  END IF;
  PERFORM pg_advisory_xact_lock(hashtext('hospes decisions'), hashtext(NEW.customer_id::text));
  SELECT coalesce(sum(d.cents), 0) INTO before FROM payments_decision d
   WHERE d.customer_id = NEW.customer_id AND d.asked_by_id = NEW.asked_by_id AND d.state = 'done' AND d.decided_by_id IS NULL
     AND d.id <> NEW.id AND d.asked_at > NEW.asked_at - interval '30 days' AND (d.kind = 'write_off') = (NEW.kind = 'write_off')
     AND (NEW.refund_id IS NULL OR d.refund_id IS DISTINCT FROM NEW.refund_id)
     AND (NEW.payout_id IS NULL OR d.payout_id IS DISTINCT FROM NEW.payout_id);
  IF NEW.limit_cents < NEW.cents + before THEN
    RAISE EXCEPTION 'above the limit another one approves, also of several parts' USING ERRCODE = 'check_violation',
      CONSTRAINT = 'parts_above_the_limit_need_another_one', TABLE = 'payments_decision';
  END IF;
  RETURN NEW;
END $$;
REVOKE ALL ON FUNCTION payments_decisions_count_together() FROM PUBLIC;
CREATE TRIGGER decisions_count_together BEFORE INSERT OR UPDATE ON payments_decision
  FOR EACH ROW EXECUTE FUNCTION payments_decisions_count_together();
"""

#: What a colleague caused is asked of the provider once it was decided about, and not before.
WAITS = """
CREATE FUNCTION payments_refund_is_decided_about() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
  IF NEW.state NOT IN ('requested', 'sent', 'done') OR NEW.paid_on IS NOT NULL THEN
    RETURN NEW;
  END IF;
  IF TG_OP = 'INSERT' AND coalesce(current_setting('hospes.actor_kind', true), '') = 'staff'
     OR TG_OP = 'UPDATE' AND OLD.state = 'waits'
        AND NOT EXISTS (SELECT FROM payments_decision d
                         WHERE d.refund_id = NEW.id AND d.kind = 'give_back' AND d.state = 'done') THEN
    RAISE EXCEPTION 'what a colleague has paid back is decided about first' USING ERRCODE = 'check_violation',
      CONSTRAINT = 'refund_is_decided_about', TABLE = 'payments_refund';
  END IF;
  RETURN NEW;
END $$;
REVOKE ALL ON FUNCTION payments_refund_is_decided_about() FROM PUBLIC;
CREATE TRIGGER refund_is_decided_about BEFORE INSERT OR UPDATE ON payments_refund
  FOR EACH ROW EXECUTE FUNCTION payments_refund_is_decided_about();
"""

COUNTED_UNDO = "DROP FUNCTION payments_decisions_count_together() CASCADE"
WAITS_UNDO = "DROP FUNCTION payments_refund_is_decided_about() CASCADE"
UNDO = "DROP FUNCTION payments_decision_is_ones_own() CASCADE"
