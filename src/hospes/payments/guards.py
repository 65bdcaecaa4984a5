"""What holds of money that is paid back whoever writes, in SQL."""

#: What is asked of the provider stays what it is; what a colleague is to pay gets less only, by what a bank took back of it.
LESS = """
CREATE FUNCTION payments_refund_gets_less_only() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  IF NEW.cents > OLD.cents OR OLD.state <> 'failed' OR NEW.state <> 'failed' THEN
    RAISE EXCEPTION 'what is paid back stays what it is, or gets less while it waits for a colleague'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'refund_gets_less_only', TABLE = 'payments_refund';
  END IF;
  RETURN NEW;
END $$;
REVOKE ALL ON FUNCTION payments_refund_gets_less_only() FROM PUBLIC;
CREATE TRIGGER refund_only_gets_less BEFORE UPDATE OF cents ON payments_refund
  FOR EACH ROW WHEN (NEW.cents IS DISTINCT FROM OLD.cents) EXECUTE FUNCTION payments_refund_gets_less_only();
"""

LESS_UNDO = "DROP FUNCTION payments_refund_gets_less_only() CASCADE"
