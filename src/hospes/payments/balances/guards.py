"""What holds of balances whoever writes, in SQL: a balance is the sum of its entries, and those are only added to."""

GUARDS = """
CREATE FUNCTION payments_balance_is_the_sum() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
  -- An insert is refused by the balance's own limit before it knows of the row that is there: so that one first.
  UPDATE payments_balance SET cents = cents + NEW.cents WHERE customer_id = NEW.customer_id;
  IF NOT FOUND THEN
    INSERT INTO payments_balance (customer_id, cents) VALUES (NEW.customer_id, NEW.cents)
    ON CONFLICT (customer_id) DO UPDATE SET cents = payments_balance.cents + NEW.cents;
  END IF;
  RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION payments_balance_is_the_sum() FROM PUBLIC;
CREATE TRIGGER balance_is_the_sum AFTER INSERT ON payments_balanceentry
  FOR EACH ROW EXECUTE FUNCTION payments_balance_is_the_sum();
CREATE FUNCTION payments_balance_stays() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  IF TG_OP = 'DELETE' AND current_user ~ '_retention(_own)?$' THEN
    RETURN OLD;
  END IF;
  RAISE EXCEPTION 'what changed a balance stays: no % of %', TG_OP, TG_TABLE_NAME
    USING ERRCODE = 'check_violation', CONSTRAINT = 'balance_entries_stay', TABLE = TG_TABLE_NAME;
END $$;
REVOKE ALL ON FUNCTION payments_balance_stays() FROM PUBLIC;
CREATE TRIGGER balance_entries_stay BEFORE UPDATE OR DELETE ON payments_balanceentry
  FOR EACH ROW EXECUTE FUNCTION payments_balance_stays();
"""

UNDO = "DROP FUNCTION payments_balance_is_the_sum() CASCADE; DROP FUNCTION payments_balance_stays() CASCADE"
