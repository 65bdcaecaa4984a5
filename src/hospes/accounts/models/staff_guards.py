"""
What the database itself holds about staff, whoever writes and whatever the code forgets.

- Who takes on colleagues, lets them go or says what roles may do has the power to, at that moment. The door lets in who was
  invited, and nobody else. Retention removes who left.
- Somebody always remains who manages the staff. Of two who are let go at the same time, the second waits and is refused.

That somebody acts as a colleague is the word of acting(); what that colleague may is looked up here.
"""

from typing import Final

#: Whether somebody (NULL: anybody, for good) has a power now. Called by the two below, with the rights of the owner.
_HOLDS: Final = """
BEGIN
  RETURN EXISTS (
    SELECT FROM public.accounts_staffmember m
      JOIN public.customers_person p ON p.id = m.person_id AND p.is_active
      JOIN public.accounts_staffpost post ON post.member_id = m.person_id
      JOIN public.accounts_staffrole r ON r.key = post.role_id AND power = ANY (r.powers)
     WHERE m.joined_at IS NOT NULL
       AND (CASE WHEN who IS NULL THEN m.until IS NULL
                 ELSE m.person_id = who AND (m.until IS NULL OR m.until > clock_timestamp()) END));
END
"""

_MAY: Final = """
DECLARE
  kind text := coalesce(current_setting('hospes.actor_kind', true), '');
  who bigint := nullif(current_setting('hospes.actor', true), '')::bigint;
  may boolean := false;
BEGIN
  -- Nobody acts: the owner, with its own hands. The system: a command on the machine.
  may := kind IN ('', 'system') OR (kind = 'staff' AND public.accounts_staff_holds(who, 'manage'));
  IF NOT may AND TG_TABLE_NAME = 'accounts_staffmember' AND TG_OP = 'UPDATE' THEN
    IF OLD.joined_at IS NULL AND NEW.joined_at IS NOT NULL THEN
      -- Takes up an invitation: that and nothing else.
      OLD.joined_at := NEW.joined_at;
      may := NEW IS NOT DISTINCT FROM OLD AND NEW.until IS NULL;
    ELSIF NEW.joined_at IS NULL AND kind = 'staff' AND who <> OLD.person_id THEN
      -- Invites somebody anew who works here.
      OLD.joined_at := NULL;
      OLD.invited_at := NEW.invited_at;
      OLD.invited_until := NEW.invited_until;
      may := NEW IS NOT DISTINCT FROM OLD AND public.accounts_staff_holds(who, 'reset');
    END IF;
  ELSIF NOT may AND TG_OP = 'DELETE' AND kind = 'job' THEN
    -- Of colleagues only retention has the right to delete, and hospes_keep_row holds it to the period.
    may := TG_TABLE_NAME = 'accounts_staffmember' OR (TG_TABLE_NAME = 'accounts_staffpost' AND NOT EXISTS (
      SELECT FROM public.accounts_staffmember m WHERE to_jsonb(m) ->> 'person_id' = to_jsonb(OLD) ->> 'member_id'));
  END IF;
  IF NOT may THEN
    RAISE EXCEPTION 'permission denied for table %: who acts (%) does not manage the staff', TG_TABLE_NAME, kind
      USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF TG_OP = 'DELETE' THEN
    RETURN OLD;
  END IF;
  RETURN NEW;
END
"""

_KEEP: Final = """
DECLARE
  had boolean;
BEGIN
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    RAISE EXCEPTION 'permission denied for table %: not with an old view of who manages the staff', TG_TABLE_NAME
      USING ERRCODE = 'insufficient_privilege';
  END IF;
  -- A command on the machine has somebody who lost everything begin anew: they come back by the link that it prints.
  IF TG_TABLE_NAME = 'accounts_staffmember' AND TG_OP = 'UPDATE' AND current_setting('hospes.actor_kind', true) = 'system' THEN
    IF NEW.until IS NULL AND NEW.joined_at IS NULL AND NEW.invited_until > clock_timestamp() THEN
      RETURN NULL;
    END IF;
  END IF;
  PERFORM pg_advisory_xact_lock(hashtextextended('accounts_staff', 0));
  IF public.accounts_staff_holds(NULL, 'manage') THEN
    RETURN NULL;
  END IF;
  -- Nobody is left. Was it this that took the last one away, or was there none?
  had := CASE TG_TABLE_NAME
    WHEN 'accounts_staffmember' THEN EXISTS (
      SELECT FROM public.accounts_staffpost post JOIN public.accounts_staffrole r ON r.key = post.role_id
       WHERE post.member_id = (to_jsonb(OLD) ->> 'person_id')::bigint AND 'manage' = ANY (r.powers))
    WHEN 'accounts_staffpost' THEN EXISTS (
      SELECT FROM public.accounts_staffmember m, public.accounts_staffrole r
       WHERE m.person_id = (to_jsonb(OLD) ->> 'member_id')::bigint AND m.joined_at IS NOT NULL AND m.until IS NULL
         AND r.key = to_jsonb(OLD) ->> 'role_id' AND 'manage' = ANY (r.powers))
    WHEN 'accounts_staffrole' THEN EXISTS (
      SELECT FROM public.accounts_staffmember m JOIN public.accounts_staffpost post ON post.member_id = m.person_id
       WHERE post.role_id = to_jsonb(OLD) ->> 'key' AND m.joined_at IS NOT NULL AND m.until IS NULL)
    ELSE EXISTS (
      SELECT FROM public.accounts_staffmember m JOIN public.accounts_staffpost post ON post.member_id = m.person_id
        JOIN public.accounts_staffrole r ON r.key = post.role_id AND 'manage' = ANY (r.powers)
       WHERE m.person_id = (to_jsonb(OLD) ->> 'id')::bigint AND m.joined_at IS NOT NULL AND m.until IS NULL)
    END;
  IF had THEN
    RAISE EXCEPTION 'somebody has to remain who manages the staff'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'staff_keep_an_administrator', TABLE = TG_TABLE_NAME;
  END IF;
  RETURN NULL;
END
"""

INSTALL: Final = f"""
CREATE OR REPLACE FUNCTION public.accounts_staff_holds(who bigint, power text) RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $${_HOLDS}$$;
CREATE OR REPLACE FUNCTION public.accounts_guard_staff() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $${_MAY}$$;
CREATE OR REPLACE FUNCTION public.accounts_keep_an_administrator() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $${_KEEP}$$;
REVOKE ALL ON FUNCTION public.accounts_staff_holds(bigint, text) FROM PUBLIC;
REVOKE ALL ON FUNCTION public.accounts_guard_staff() FROM PUBLIC;
REVOKE ALL ON FUNCTION public.accounts_keep_an_administrator() FROM PUBLIC;

CREATE TRIGGER guard_staff BEFORE INSERT OR UPDATE OR DELETE ON public.accounts_staffmember
  FOR EACH ROW EXECUTE FUNCTION public.accounts_guard_staff();
CREATE TRIGGER guard_staff BEFORE INSERT OR UPDATE OR DELETE ON public.accounts_staffpost
  FOR EACH ROW EXECUTE FUNCTION public.accounts_guard_staff();
CREATE TRIGGER guard_staff BEFORE INSERT OR UPDATE OR DELETE ON public.accounts_staffrole
  FOR EACH ROW EXECUTE FUNCTION public.accounts_guard_staff();
CREATE TRIGGER keep_an_administrator AFTER UPDATE OR DELETE ON public.accounts_staffmember
  FOR EACH ROW WHEN (OLD.joined_at IS NOT NULL AND OLD.until IS NULL)
  EXECUTE FUNCTION public.accounts_keep_an_administrator();
CREATE TRIGGER keep_an_administrator AFTER UPDATE OR DELETE ON public.accounts_staffpost
  FOR EACH ROW EXECUTE FUNCTION public.accounts_keep_an_administrator();
CREATE TRIGGER keep_an_administrator AFTER UPDATE OR DELETE ON public.accounts_staffrole
  FOR EACH ROW WHEN ('manage' = ANY (OLD.powers)) EXECUTE FUNCTION public.accounts_keep_an_administrator();
CREATE TRIGGER keep_an_administrator AFTER UPDATE OF is_active ON public.customers_person
  FOR EACH ROW WHEN (OLD.is_active AND NOT NEW.is_active) EXECUTE FUNCTION public.accounts_keep_an_administrator();
"""

REMOVE: Final = """
DROP TRIGGER keep_an_administrator ON customers_person;
DROP TRIGGER keep_an_administrator ON accounts_staffrole;
DROP TRIGGER keep_an_administrator ON accounts_staffpost;
DROP TRIGGER keep_an_administrator ON accounts_staffmember;
DROP TRIGGER guard_staff ON accounts_staffrole;
DROP TRIGGER guard_staff ON accounts_staffpost;
DROP TRIGGER guard_staff ON accounts_staffmember;
DROP FUNCTION accounts_keep_an_administrator();
DROP FUNCTION accounts_guard_staff();
DROP FUNCTION accounts_staff_holds(bigint, text);
"""
