"""What holds of differences whoever writes, in SQL: what was closed stays so, and nobody closes one in another one's name."""

#: What it is about never changes. A colleague closes it in their own name; that it closed by itself no colleague can say.
GUARDS = """
CREATE FUNCTION reconciling_difference_is_kept() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
  who bigint := nullif(current_setting('hospes.actor', true), '')::bigint;
  is_staff boolean := coalesce(current_setting('hospes.actor_kind', true), '') = 'staff';
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.closed_at IS NOT NULL THEN
      RAISE EXCEPTION 'a difference begins open' USING ERRCODE = 'check_violation',
        CONSTRAINT = 'difference_begins_open', TABLE = 'reconciling_difference';
    END IF;
    RETURN NEW;
  END IF;
  IF OLD.closed_at IS NOT NULL THEN
    RAISE EXCEPTION 'what was closed stays closed' USING ERRCODE = 'check_violation',
      CONSTRAINT = 'closed_difference_stays_closed', TABLE = 'reconciling_difference';
  END IF;
  IF (OLD.side, OLD.about, OLD.first_seen_at) IS DISTINCT FROM (NEW.side, NEW.about, NEW.first_seen_at) THEN
    RAISE EXCEPTION 'a difference stays about what it was about' USING ERRCODE = 'check_violation',
      CONSTRAINT = 'difference_stays_about_its_thing', TABLE = 'reconciling_difference';
  END IF;
  IF is_staff AND NEW.closed_at IS NOT NULL AND (NEW.closed <> 'person' OR NEW.closed_by_id IS DISTINCT FROM who) THEN
    RAISE EXCEPTION 'a colleague closes a difference in their own name' USING ERRCODE = 'check_violation',
      CONSTRAINT = 'difference_is_closed_in_ones_own_name', TABLE = 'reconciling_difference';
  END IF;
  RETURN NEW;
END $$;
REVOKE ALL ON FUNCTION reconciling_difference_is_kept() FROM PUBLIC;
CREATE TRIGGER difference_is_kept BEFORE INSERT OR UPDATE ON reconciling_difference
  FOR EACH ROW EXECUTE FUNCTION reconciling_difference_is_kept();

CREATE FUNCTION reconciling_stays() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  RAISE EXCEPTION 'permission denied for table %: what was reconciled stays (% refused)', TG_TABLE_NAME, TG_OP
    USING ERRCODE = 'insufficient_privilege';
END $$;
REVOKE ALL ON FUNCTION reconciling_stays() FROM PUBLIC;
CREATE TRIGGER reconciling_stays BEFORE UPDATE OR DELETE ON reconciling_settlementcost
  FOR EACH STATEMENT EXECUTE FUNCTION reconciling_stays();
CREATE TRIGGER reconciling_stays BEFORE UPDATE OF reference, made_at OR DELETE ON reconciling_settlement
  FOR EACH STATEMENT EXECUTE FUNCTION reconciling_stays();
CREATE TRIGGER reconciling_stays BEFORE DELETE ON reconciling_reconciledday
  FOR EACH STATEMENT EXECUTE FUNCTION reconciling_stays();
"""

UNDO = """
DROP FUNCTION reconciling_difference_is_kept() CASCADE;
DROP FUNCTION reconciling_stays() CASCADE;
DROP INDEX reconciling_refunds_by_reference;
DROP INDEX reconciling_balance_payouts_by_reference;
"""

#: By which the provider names them: they are looked for by it each day.
REFERENCES = """
CREATE INDEX reconciling_refunds_by_reference ON payments_refund (reference) WHERE reference <> '';
CREATE INDEX reconciling_balance_payouts_by_reference ON payments_payout (reference) WHERE reference <> '';
"""

#: What was found stays what it is, what was decided stays so, and nobody decides in another one's name. That it could not be paid
#: back after all, only the worker says.
STRAYS = """
CREATE FUNCTION reconciling_stray_is_kept() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
  who bigint := nullif(current_setting('hospes.actor', true), '')::bigint;
  is_staff boolean := coalesce(current_setting('hospes.actor_kind', true), '') = 'staff';
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.state <> 'waiting' THEN
      RAISE EXCEPTION 'what was found waits for a colleague' USING ERRCODE = 'check_violation',
        CONSTRAINT = 'stray_begins_waiting', TABLE = 'reconciling_stray';
    END IF;
    RETURN NEW;
  END IF;
  IF (OLD.reference, OLD.cents, OLD.method, OLD.paid_at, OLD.found_at) IS DISTINCT FROM
     (NEW.reference, NEW.cents, NEW.method, NEW.paid_at, NEW.found_at) THEN
    RAISE EXCEPTION 'what was found stays what it is' USING ERRCODE = 'check_violation',
      CONSTRAINT = 'stray_stays_what_it_is', TABLE = 'reconciling_stray';
  END IF;
  IF OLD.state IN ('customers', 'not_ours') AND NEW.state <> OLD.state OR is_staff AND OLD.state IN ('returning', 'returned') THEN
    RAISE EXCEPTION 'what was decided stays so' USING ERRCODE = 'check_violation',
      CONSTRAINT = 'decided_stray_stays_so', TABLE = 'reconciling_stray';
  END IF;
  IF is_staff AND (NEW.asked_by_id IS DISTINCT FROM OLD.asked_by_id AND NEW.asked_by_id IS NOT NULL AND NEW.asked_by_id <> who
                   OR NEW.decided_by_id IS DISTINCT FROM OLD.decided_by_id AND NEW.decided_by_id IS DISTINCT FROM who) THEN
    RAISE EXCEPTION 'a colleague decides in their own name' USING ERRCODE = 'check_violation',
      CONSTRAINT = 'stray_is_decided_in_ones_own_name', TABLE = 'reconciling_stray';
  END IF;
  RETURN NEW;
END $$;
REVOKE ALL ON FUNCTION reconciling_stray_is_kept() FROM PUBLIC;
CREATE TRIGGER stray_is_kept BEFORE INSERT OR UPDATE ON reconciling_stray
  FOR EACH ROW EXECUTE FUNCTION reconciling_stray_is_kept();
"""
UNDO_STRAYS = "DROP FUNCTION reconciling_stray_is_kept() CASCADE"
