"""What holds of mandates and collections whoever writes, in SQL."""

#: P13: payment data is stored after a successful order, not before; also not by code that forgets it, or by a session that is
#: not our code. An order on account was successful once something was paid on its invoice.
MANDATE = """
CREATE FUNCTION debits_mandate_is_signed_well() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
  may_change text[] := '{state,ended_at,ended_why,ended_code,last_used_on}'::text[];
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NOT EXISTS (SELECT FROM sales_order o WHERE o.customer_id = NEW.customer_id AND o.paid_at IS NOT NULL)
       AND NOT EXISTS (SELECT FROM billing_invoice i WHERE i.customer_id = NEW.customer_id AND i.paid_cents > 0
                         AND i.paid_with <> 'written_off') THEN
      RAISE EXCEPTION 'payment data is stored only after an order was paid' USING ERRCODE = 'check_violation',
        CONSTRAINT = 'mandate_only_after_success', TABLE = 'debits_mandate';
    END IF;
    IF (NEW.state, NEW.last_used_on) IS DISTINCT FROM ('active', NULL::date) THEN
      RAISE EXCEPTION 'a mandate begins in force' USING ERRCODE = 'check_violation',
        CONSTRAINT = 'mandate_begins_in_force', TABLE = 'debits_mandate';
    END IF;
    RETURN NEW;
  END IF;
  IF to_jsonb(OLD) - may_change <> to_jsonb(NEW) - may_change OR OLD.state = 'ended' AND NEW.state <> 'ended' THEN
    RAISE EXCEPTION 'what was signed stays as it is' USING ERRCODE = 'check_violation',
      CONSTRAINT = 'mandate_stays_as_signed', TABLE = 'debits_mandate';
  END IF;
  IF current_setting('role') ~ '_own$' AND NEW IS DISTINCT FROM OLD AND (NEW.ended_why, NEW.last_used_on, NEW.ended_code)
     IS DISTINCT FROM ('withdrawn'::text, OLD.last_used_on, ''::text) THEN
    RAISE EXCEPTION 'a customer withdraws a mandate, and changes nothing else of it' USING ERRCODE = 'check_violation',
      CONSTRAINT = 'mandate_is_withdrawn_only', TABLE = 'debits_mandate';
  END IF;
  RETURN NEW;
END $$;
REVOKE ALL ON FUNCTION debits_mandate_is_signed_well() FROM PUBLIC;
CREATE TRIGGER mandate_is_signed_well BEFORE INSERT OR UPDATE ON debits_mandate
  FOR EACH ROW EXECUTE FUNCTION debits_mandate_is_signed_well();
"""

ACCOUNT = """
CREATE FUNCTION debits_account_goes_with_its_mandate() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND NEW IS DISTINCT FROM OLD OR TG_OP = 'INSERT' AND NOT EXISTS (
       SELECT FROM debits_mandate m WHERE m.id = NEW.mandate_id AND m.customer_id = NEW.customer_id AND m.state = 'active'
          AND right(m.account, 4) = right(NEW.iban, 4) AND left(m.account, 2) = left(NEW.iban, 2)) THEN
    RAISE EXCEPTION 'an account number is that of its mandate, and stays' USING ERRCODE = 'check_violation',
      CONSTRAINT = 'account_goes_with_its_mandate', TABLE = 'debits_mandateaccount';
  END IF;
  RETURN NEW;
END $$;
REVOKE ALL ON FUNCTION debits_account_goes_with_its_mandate() FROM PUBLIC;
CREATE TRIGGER account_goes_with_its_mandate BEFORE INSERT OR UPDATE ON debits_mandateaccount
  FOR EACH ROW EXECUTE FUNCTION debits_account_goes_with_its_mandate();
"""

#: A collection begins announced, of what is open on an invoice of the customer whose mandate is in force, and that is not being
#: collected through the payment provider; less of it may be collected than was announced, never more. Only from a mandate in
#: force it gets into a file.
MOVES = """
CREATE FUNCTION debits_moves_on() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
  moves jsonb := '{"announced": ["batched", "withdrawn"], "batched": ["announced", "submitted"],
                   "submitted": ["announced", "collected", "rejected"], "collected": ["returned"],
                   "withdrawn": [], "rejected": [], "returned": []}';
  held debits_mandate;
BEGIN
  SELECT * INTO held FROM debits_mandate WHERE id = NEW.mandate_id;
  IF TG_OP = 'INSERT' THEN
    IF NEW.state <> 'announced' OR held.state <> 'active' OR held.customer_id <> NEW.customer_id OR NOT EXISTS (
         SELECT FROM billing_invoice i WHERE i.id = NEW.invoice_id AND i.customer_id = NEW.customer_id AND i.kind = 'invoice'
            AND i.total_cents - i.credited_cents - i.paid_cents = NEW.cents) THEN
      RAISE EXCEPTION 'a collection is of what is open on an invoice of a customer with a mandate'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'debit_is_of_what_is_open', TABLE = 'debits_debit';
    END IF;
    PERFORM FROM billing_invoice WHERE id = NEW.invoice_id FOR UPDATE;  -- who collects it in the other way waits
    IF EXISTS (SELECT FROM payments_collection c WHERE c.invoice_id = NEW.invoice_id AND c.state IN ('announced', 'begun')) THEN
      RAISE EXCEPTION 'an invoice is collected in one way' USING ERRCODE = 'check_violation',
        CONSTRAINT = 'invoice_is_collected_in_one_way', TABLE = 'debits_debit';
    END IF;
    RETURN NEW;
  END IF;
  IF NEW.cents > OLD.cents OR NEW.cents <> OLD.cents AND OLD.state <> 'announced'
     OR NEW.state <> OLD.state AND NOT moves -> OLD.state ? NEW.state
     OR NEW.state = 'batched' AND OLD.state <> 'batched' AND held.state <> 'active'
     OR (NEW.customer_id, NEW.invoice_id, NEW.mandate_id, NEW.end_to_end_id)
        IS DISTINCT FROM (OLD.customer_id, OLD.invoice_id, OLD.mandate_id, OLD.end_to_end_id) THEN
    RAISE EXCEPTION 'a collection does not go from % to % like this', OLD.state, NEW.state USING ERRCODE = 'check_violation',
      CONSTRAINT = 'debit_moves_on', TABLE = 'debits_debit';
  END IF;
  RETURN NEW;
END $$;
REVOKE ALL ON FUNCTION debits_moves_on() FROM PUBLIC;
CREATE TRIGGER debit_moves_on BEFORE INSERT OR UPDATE ON debits_debit
  FOR EACH ROW EXECUTE FUNCTION debits_moves_on();
"""

GUARDS = MANDATE + ACCOUNT + MOVES

UNDO = """
DROP FUNCTION debits_mandate_is_signed_well() CASCADE;
DROP FUNCTION debits_account_goes_with_its_mandate() CASCADE;
DROP FUNCTION debits_moves_on() CASCADE;
"""
