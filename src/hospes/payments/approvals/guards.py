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

UNDO = "DROP FUNCTION payments_decision_is_ones_own() CASCADE"
