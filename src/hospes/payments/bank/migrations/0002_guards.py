from django.db import migrations

#: What holds whoever writes: of a line never more is divided than it is, and what was undone stays undone. The columns that these
#: keep are written by nobody else: no purpose may.
SQL = """
CREATE FUNCTION bank_line_begins_undivided() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  NEW.left_cents := NEW.cents;
  RETURN NEW;
END $$;
CREATE FUNCTION bank_allocation_takes() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
  taken bigint;
BEGIN
  IF TG_OP = 'INSERT' THEN
    taken := CASE WHEN NEW.undone_at IS NULL THEN NEW.cents ELSE 0 END;
  ELSIF OLD.undone_at IS NULL AND NEW.undone_at IS NOT NULL THEN
    taken := -NEW.cents;
  ELSIF OLD.undone_at IS DISTINCT FROM NEW.undone_at THEN
    RAISE EXCEPTION 'what was undone stays undone' USING ERRCODE = 'check_violation',
      CONSTRAINT = 'undone_bank_allocation_stays_undone', TABLE = 'bank_bankallocation';
  ELSE
    RETURN NULL;
  END IF;
  UPDATE bank_bankline SET left_cents = left_cents - taken WHERE id = NEW.line_id AND sign(cents) = sign(NEW.cents);
  IF NOT FOUND THEN
    RAISE EXCEPTION 'a part of a line goes the same way as the line' USING ERRCODE = 'check_violation',
      CONSTRAINT = 'bank_allocation_goes_the_way_of_its_line', TABLE = 'bank_bankallocation';
  END IF;
  RETURN NULL;
END $$;
CREATE FUNCTION bank_stays() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  RAISE EXCEPTION 'permission denied for table %: what the bank said stays (% refused)', TG_TABLE_NAME, TG_OP
    USING ERRCODE = 'insufficient_privilege';
END $$;
REVOKE ALL ON FUNCTION bank_line_begins_undivided(), bank_allocation_takes(), bank_stays() FROM PUBLIC;
CREATE TRIGGER bank_line_begins_undivided BEFORE INSERT ON bank_bankline
  FOR EACH ROW EXECUTE FUNCTION bank_line_begins_undivided();
CREATE TRIGGER bank_allocation_takes AFTER INSERT OR UPDATE ON bank_bankallocation
  FOR EACH ROW EXECUTE FUNCTION bank_allocation_takes();
CREATE TRIGGER bank_stays BEFORE UPDATE OF cents, booked_on, statement_id, position ON bank_bankline
  FOR EACH STATEMENT EXECUTE FUNCTION bank_stays();
CREATE TRIGGER bank_stays BEFORE UPDATE ON bank_bankstatement FOR EACH STATEMENT EXECUTE FUNCTION bank_stays();
CREATE TRIGGER bank_stays BEFORE UPDATE OF cents, line_id, kind, invoice_id, customer_id ON bank_bankallocation
  FOR EACH STATEMENT EXECUTE FUNCTION bank_stays();
"""

UNDO = """
DROP FUNCTION bank_line_begins_undivided() CASCADE;
DROP FUNCTION bank_allocation_takes() CASCADE;
DROP FUNCTION bank_stays() CASCADE;
"""


class Migration(migrations.Migration):
    dependencies = [("bank", "0001_initial")]
    operations = [migrations.RunSQL(SQL, UNDO)]
