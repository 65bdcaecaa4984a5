"""
What the database itself holds about looking at a customer's pages as the customer sees them.

- Who begins it acts as that very colleague, has the power to at that moment, and does so in an open session of their own
  in the office.
- It goes on only for that colleague; once it is over nothing of it changes.
- It is over when the session ends in which it was begun, however that ended.
"""

from typing import Final

_GUARD: Final = """
DECLARE
  kind text := coalesce(current_setting('hospes.actor_kind', true), '');
  who bigint := nullif(current_setting('hospes.actor', true), '')::bigint;
  may boolean := false;
BEGIN
  -- Nobody acts: the owner, with its own hands.
  IF TG_OP = 'INSERT' THEN
    may := kind = '' OR (
      kind = 'staff' AND NEW.staff_id = who AND NEW.ended_at IS NULL
      AND public.accounts_staff_holds(who, 'view')
      AND EXISTS (SELECT FROM public.accounts_opensession o
                   WHERE o.id = NEW.opened_id AND o.person_id = who AND o.face = 'office' AND o.ended = ''));
  ELSE
    may := NEW IS NOT DISTINCT FROM OLD OR (OLD.ended_at IS NULL AND (
      (NEW.pages = OLD.pages AND NEW.ended_at IS NOT NULL)
      OR (kind = 'staff' AND OLD.staff_id = who AND NEW.pages @> OLD.pages)));
  END IF;
  IF NOT may THEN
    RAISE EXCEPTION 'permission denied for table accounts_viewing: who acts (%) may not look as the customer does', kind
      USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END
"""

_END: Final = """
BEGIN
  UPDATE public.accounts_viewing v
     SET ended_at = greatest(v.started_at, least(NEW.expires_at, v.ends_at))
   WHERE v.opened_id = NEW.id AND v.ended_at IS NULL;
  RETURN NULL;
END
"""

INSTALL: Final = f"""
CREATE OR REPLACE FUNCTION public.accounts_guard_viewing() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $${_GUARD}$$;
CREATE OR REPLACE FUNCTION public.accounts_end_viewings() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $${_END}$$;
REVOKE ALL ON FUNCTION public.accounts_guard_viewing() FROM PUBLIC;
REVOKE ALL ON FUNCTION public.accounts_end_viewings() FROM PUBLIC;

CREATE TRIGGER guard_viewing BEFORE INSERT OR UPDATE ON public.accounts_viewing
  FOR EACH ROW EXECUTE FUNCTION public.accounts_guard_viewing();
CREATE TRIGGER end_viewings AFTER UPDATE OF ended ON public.accounts_opensession
  FOR EACH ROW WHEN (OLD.ended = '' AND NEW.ended <> '' AND NEW.face = 'office')
  EXECUTE FUNCTION public.accounts_end_viewings();
"""

REMOVE: Final = """
DROP TRIGGER end_viewings ON accounts_opensession;
DROP TRIGGER guard_viewing ON accounts_viewing;
DROP FUNCTION accounts_end_viewings();
DROP FUNCTION accounts_guard_viewing();
"""
