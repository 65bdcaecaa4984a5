from django.db import migrations

#: A day that has begun keeps its rules, whoever writes; and who lets others begin has the power to (as in the catalogue). The
#: owner of the tables may with its own hands.
GUARD = """
CREATE FUNCTION billing_past_stays() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
  today date := (now() AT TIME ZONE 'Europe/Amsterdam')::date;
  stays boolean;
BEGIN
  IF current_setting('role') = 'none' THEN
    IF TG_OP = 'DELETE' THEN RETURN OLD; ELSE RETURN NEW; END IF;
  END IF;
  IF TG_OP = 'UPDATE' THEN
    -- Only the end of a book year is ever written.
    stays := least(OLD.ends_on, NEW.ends_on) < today;
  ELSIF TG_OP = 'DELETE' THEN
    stays := (to_jsonb(OLD) ->> TG_ARGV[0])::date <= today;
  ELSE
    stays := (to_jsonb(NEW) ->> TG_ARGV[0])::date <= today;
  END IF;
  IF stays THEN
    RAISE EXCEPTION 'a day that has begun keeps its rules: no % of %', TG_OP, TG_TABLE_NAME
      USING ERRCODE = 'check_violation', CONSTRAINT = 'past_stays', TABLE = TG_TABLE_NAME;
  END IF;
  IF TG_OP = 'DELETE' THEN RETURN OLD; ELSE RETURN NEW; END IF;
END $$;
REVOKE ALL ON FUNCTION billing_past_stays() FROM PUBLIC;
CREATE TRIGGER guard_rules BEFORE INSERT OR UPDATE OR DELETE ON billing_vatrate
  FOR EACH ROW EXECUTE FUNCTION catalogue_guard();
CREATE TRIGGER guard_rules BEFORE INSERT OR UPDATE OR DELETE ON billing_ossthreshold
  FOR EACH ROW EXECUTE FUNCTION catalogue_guard();
CREATE TRIGGER guard_rules BEFORE INSERT OR UPDATE OR DELETE ON billing_bookyear
  FOR EACH ROW EXECUTE FUNCTION catalogue_guard();
CREATE TRIGGER past_stays BEFORE INSERT OR DELETE ON billing_vatrate
  FOR EACH ROW EXECUTE FUNCTION billing_past_stays('valid_from');
CREATE TRIGGER past_stays BEFORE INSERT OR DELETE ON billing_ossthreshold
  FOR EACH ROW EXECUTE FUNCTION billing_past_stays('valid_from');
CREATE TRIGGER past_stays BEFORE INSERT OR UPDATE OR DELETE ON billing_bookyear
  FOR EACH ROW EXECUTE FUNCTION billing_past_stays('begins_on');
"""

UNDO = """
DROP FUNCTION billing_past_stays() CASCADE;
DROP TRIGGER guard_rules ON billing_vatrate;
DROP TRIGGER guard_rules ON billing_ossthreshold;
DROP TRIGGER guard_rules ON billing_bookyear;
"""


class Migration(migrations.Migration):
    dependencies = [("billing", "0014_exemptions_by_the_day"), ("catalogue", "0008_history_of_rules")]
    operations = [migrations.RunSQL(GUARD, UNDO)]
