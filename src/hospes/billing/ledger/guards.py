"""What holds in the ledger whoever writes, in SQL: it balances, it is only added to, and closed months stay closed."""

#: All lines of an entry come in one statement, as positions 1 to n. Position 1 is there once, so nothing can be added later.
BALANCED = """
CREATE FUNCTION ledger_is_balanced() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
  wrong bigint;
BEGIN
  SELECT entry_id INTO wrong FROM added GROUP BY entry_id
  HAVING sum(debit_cents) <> sum(credit_cents) OR min(position) <> 1 OR max(position) <> count(*) LIMIT 1;
  IF wrong IS NOT NULL THEN
    RAISE EXCEPTION 'the lines of entry % do not balance, or are not all of its lines, from 1 on', wrong
      USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_entry_is_balanced', TABLE = 'billing_ledgerline';
  END IF;
  RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION ledger_is_balanced() FROM PUBLIC;
CREATE TRIGGER ledger_is_balanced AFTER INSERT ON billing_ledgerline REFERENCING NEW TABLE AS added
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_balanced();
"""

#: Who books holds the lock shared until the end of the transaction, who closes a month alone: so nothing that was begun before
#: ends up in a month that was closed meanwhile.
CLOSED = """
CREATE FUNCTION ledger_month_is_open() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
  open_from date;
  wrong date;
BEGIN
  PERFORM pg_advisory_xact_lock_shared(hashtext('hospes ledger'), hashtext('closing'));
  SELECT (max(month) + interval '1 month')::date INTO open_from FROM billing_ledgerclosing;
  SELECT min(booked_on) INTO wrong FROM added WHERE booked_on < open_from;
  IF wrong IS NOT NULL THEN
    RAISE EXCEPTION 'nothing is booked on % any more: months before % are closed', wrong, open_from
      USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_month_is_open', TABLE = 'billing_ledgerentry';
  END IF;
  RETURN NULL;
END $$;
CREATE FUNCTION ledger_closes_alone() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('hospes ledger'), hashtext('closing'));
  IF (NEW.closed_at AT TIME ZONE 'Europe/Amsterdam')::date < NEW.month + interval '1 month' THEN
    RAISE EXCEPTION 'the month of % is not over', NEW.month
      USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_month_is_over', TABLE = 'billing_ledgerclosing';
  END IF;
  RETURN NEW;
END $$;
REVOKE ALL ON FUNCTION ledger_month_is_open(), ledger_closes_alone() FROM PUBLIC;
CREATE TRIGGER ledger_month_is_open AFTER INSERT ON billing_ledgerentry REFERENCING NEW TABLE AS added
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_month_is_open();
CREATE TRIGGER ledger_closes_alone BEFORE INSERT ON billing_ledgerclosing
  FOR EACH ROW EXECUTE FUNCTION ledger_closes_alone();
"""

STAYS = """
CREATE FUNCTION ledger_stays() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  RAISE EXCEPTION 'permission denied for table %: the ledger is only added to (% refused)', TG_TABLE_NAME, TG_OP
    USING ERRCODE = 'insufficient_privilege';
END $$;
REVOKE ALL ON FUNCTION ledger_stays() FROM PUBLIC;
CREATE TRIGGER ledger_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON billing_ledgerentry
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_stays();
CREATE TRIGGER ledger_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON billing_ledgerline
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_stays();
CREATE TRIGGER ledger_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON billing_ledgerrelease
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_stays();
CREATE TRIGGER ledger_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON billing_ledgerclosing
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_stays();
"""

GUARDS = BALANCED + CLOSED + STAYS

UNDO = """
DROP FUNCTION ledger_is_balanced() CASCADE;
DROP FUNCTION ledger_month_is_open() CASCADE;
DROP FUNCTION ledger_closes_alone() CASCADE;
DROP FUNCTION ledger_stays() CASCADE;
DROP FUNCTION hospes_next_numbers(text, integer);
"""
