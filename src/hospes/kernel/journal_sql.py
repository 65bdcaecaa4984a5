"""
The journal in the database: what writes the chain, and what keeps anyone from changing it.

Runs on PostgreSQL 15 to 18 with nothing but its core. A migration runs INSTALL after the tables of
`JournalLane` and `JournalEntry` exist; it may be run again, and has to be, by a new migration, after a change
here: `verify` reports guards that differ from these. The format of the chain:

    commitment = sha256(record_send(ROW(salt, value, ...)))
                 a salt of 16 random bytes; '' where there was no value; the browser is only in it where it
                 is known, so that entries from before it was written down stay as they were
    hash       = sha256(record_send(ROW(format, previous, lane, seq, id, at, recorded_at, action, purpose,
                 kind of actor, table, changed columns, commitments to actor, ip, about)))

record_send is PostgreSQL's binary form of a row: it keeps NULL from '' and ("ab", "c") from ("a", "bc"), and
doesn't depend on a session's TimeZone, DateStyle or extra_float_digits; texts go in as UTF-8 bytes, not in
the client's encoding.

The id of the thing is part of the commitment about whom, since "changed person 7" is about person 7.
"""

from typing import Final

from hospes.kernel.logins import LOGINS

FORGETTABLE: Final = {
    "actor": ("actor_id",),
    "ip": ("ip", "browser"),
    "about": ("customer_id", "person_id", "object_id"),
}
"""What can be taken out of an entry later without breaking the chain: the columns that go, with the salt."""

_TYPES: Final = {"ip": "inet"}

#: Values that came later, as bytes: of an entry without one the commitment is as it was before there were any.
_LATER: Final = {"browser": "pg_catalog.convert_to({}, 'UTF8')"}


_ENTRY, _LANE = "kernel_journalentry", "kernel_journallane"


def commitment(what: str, row: str) -> str:
    """Return the SQL that computes a commitment from a row's salt and values."""
    columns = FORGETTABLE[what]
    first = [f"{row}.{c}::pg_catalog.{_TYPES.get(c, 'int8')}" for c in columns if c not in _LATER]
    plain = _hashed(f"{row}.{what}_salt", first)
    for column in (c for c in columns if c in _LATER):
        whole = _hashed(f"{row}.{what}_salt", [*first, _LATER[column].format(f"{row}.{column}")])
        plain = f"(CASE WHEN {row}.{column} IS NULL THEN {plain} ELSE {whole} END)"
    return plain


def _hashed(salt: str, values: list[str]) -> str:
    return f"pg_catalog.sha256(pg_catalog.record_send(ROW({salt}, {', '.join(values)})))"


def is_empty(what: str, row: str) -> str:
    """Return the SQL that says whether all values under a commitment are NULL."""
    return "(" + " AND ".join(f"{row}.{column} IS NULL" for column in FORGETTABLE[what]) + ")"


def chain_hash(row: str) -> str:
    """Return the SQL that computes a row's hash."""
    text = "pg_catalog.convert_to({}, 'UTF8')".format
    fields = [
        text("'hospes journal 1'"),
        f"{row}.previous",
        f"{row}.lane::pg_catalog.int4",
        f"{row}.seq::pg_catalog.int8",
        f"{row}.id::pg_catalog.int8",
        f"{row}.at",
        f"{row}.recorded_at",
        *(text(f"{row}.{column}") for column in ("action", "purpose", "actor_kind", "object_table")),
        text(f"pg_catalog.array_to_string({row}.changed, ',')"),
        *(f"{row}.{what}_commitment" for what in FORGETTABLE),
    ]
    return f"pg_catalog.sha256(pg_catalog.record_send(ROW({', '.join(fields)})))"


def _refuse(message: str, *values: str, table: str = "kernel_journalentry") -> str:
    """Return the statement that ends a function as PostgreSQL's own refusals do."""
    said = f"'permission denied for table {table}: {message}'"
    return f"RAISE EXCEPTION {', '.join([said, *values])} USING ERRCODE = 'insufficient_privilege';"


def _commit(what: str) -> str:
    return f"""
  IF {is_empty(what, "NEW")} THEN
    NEW.{what}_salt := NULL;
    NEW.{what}_commitment := '';
  ELSE
    NEW.{what}_salt := uuid_send(gen_random_uuid());
    NEW.{what}_commitment := {commitment(what, "NEW")};
  END IF;"""


def _let_go(what: str) -> str:
    blank = "".join(f"kept.{column} := NULL; " for column in FORGETTABLE[what])
    return f"""
  IF {is_empty(what, "NEW")} AND NEW.{what}_salt IS NULL THEN
    {blank}kept.{what}_salt := NULL;
  END IF;"""


def _forget(what: str) -> str:
    values = ", ".join(f"{column} = NULL" for column in FORGETTABLE[what])
    return f"""
    WHEN '{what}' THEN
      UPDATE public.kernel_journalentry SET {values}, {what}_salt = NULL
       WHERE id = ANY (entry_ids) AND {what}_salt IS NOT NULL;"""


def _kinds() -> str:
    """Return the SQL for: the kinds of actors that the login of this session can be; NULL for none of our logins."""
    cases = "".join(
        f"\n    WHEN '{login.name}' THEN '{{{','.join(sorted(login.speaks_for))}}}'"
        for login in LOGINS.values()
    )
    return f"CASE substring(session_user::text from '_login_([a-z]+)$'){cases} END"


# Who acts, for what purpose and from where comes from what acting() set for the transaction, never from the
# INSERT; and the purpose must be that of the role that is really on, the kind of actor one that the login of
# this session can be, whatever it set. Which person of that kind is the application's word.
_CHAIN: Final = f"""
DECLARE
  mine public.kernel_journallane;
  role text := regexp_replace(current_setting('role'), '_own$', '');
  kinds text[] := {_kinds()};
  owner name := (SELECT pg_get_userbyid(c.relowner) FROM pg_class c WHERE c.oid = TG_RELID);
BEGIN
  NEW.purpose := coalesce(current_setting('hospes.purpose', true), '');
  IF NEW.purpose = '' OR right(role, length(NEW.purpose) + 1) <> '_' || NEW.purpose THEN
    {_refuse('nobody acts for the purpose "%" as role "%"', "NEW.purpose", "current_setting('role')")}
  END IF;
  NEW.actor_kind := coalesce(current_setting('hospes.actor_kind', true), '');
  IF NOT coalesce(NEW.actor_kind = ANY (kinds), pg_has_role(session_user, owner, 'MEMBER')) THEN
    {_refuse('% cannot act as a "%"', "session_user", "NEW.actor_kind")}
  END IF;
  NEW.actor_id := nullif(current_setting('hospes.actor', true), '')::bigint;
  NEW.ip := nullif(current_setting('hospes.ip', true), '')::inet;
  NEW.browser := nullif(current_setting('hospes.browser', true), '');
  IF NEW.actor_kind IN ('person', 'staff') AND NEW.actor_id IS NULL THEN
    {_refuse("a % acts, but not which one", "NEW.actor_kind")}
  END IF;
  {"".join(_commit(what) for what in FORGETTABLE)}
  mine := public.journal_take_lane();
  -- Within one statement the lane lags behind its entries; journal_head brings it up to date when that ends.
  SELECT e.seq, e.hash INTO NEW.seq, NEW.previous FROM public.kernel_journalentry e
   WHERE e.lane = mine.id AND e.seq > mine.seq ORDER BY e.seq DESC LIMIT 1;
  NEW.lane := mine.id;
  NEW.seq := coalesce(NEW.seq, mine.seq) + 1;
  NEW.previous := coalesce(NEW.previous, mine.head);
  NEW.id := nextval('public.journal_entry_id');
  NEW.recorded_at := clock_timestamp();
  NEW.hash := {chain_hash("NEW")};
  RETURN NEW;
END
"""

# The first free lane, locked until the transaction ends; a new one when all are taken. Nobody waits: SKIP
# LOCKED, and the lane that this transaction has already is not skipped. A snapshot that is older than the
# lane's last entry (REPEATABLE READ, SERIALIZABLE) cannot lock it: a new one as well. The setting says where
# the held lane's newest version is: looking it up by id would walk all versions that this transaction made
# before. A false setting changes nothing.
_TAKE_LANE: Final = """
DECLARE
  held tid := nullif(current_setting('hospes.journal_lane', true), '')::tid;
  place tid;
  free public.kernel_journallane;
BEGIN
  IF held IS NOT NULL THEN
    SELECT * INTO free FROM public.kernel_journallane l WHERE l.ctid = held FOR UPDATE SKIP LOCKED;
    IF FOUND THEN
      RETURN free;
    END IF;
  END IF;
  IF current_setting('transaction_isolation') = 'read committed' THEN
    SELECT * INTO free FROM public.kernel_journallane l ORDER BY l.id LIMIT 1 FOR UPDATE SKIP LOCKED;
  ELSE
    BEGIN
      SELECT * INTO free FROM public.kernel_journallane l ORDER BY l.id LIMIT 1 FOR UPDATE SKIP LOCKED;
    EXCEPTION WHEN serialization_failure THEN
      free := NULL;
    END;
  END IF;
  IF free.id IS NULL THEN
    INSERT INTO public.kernel_journallane (id, seq, head) VALUES (nextval('public.journal_lane_id'), 0, '')
    RETURNING * INTO free;
  END IF;
  SELECT l.ctid INTO place FROM public.kernel_journallane l WHERE l.id = free.id;
  PERFORM set_config('hospes.journal_lane', place::text, true);
  RETURN free;
END
"""

_HEAD: Final = """
DECLARE
  held tid := nullif(current_setting('hospes.journal_lane', true), '')::tid;
  place tid;
  newest record;
BEGIN
  FOR newest IN
    SELECT DISTINCT ON (a.lane) a.lane, a.seq, a.hash FROM added a ORDER BY a.lane, a.seq DESC
  LOOP
    UPDATE public.kernel_journallane l SET seq = newest.seq, head = newest.hash
     WHERE l.ctid = held AND l.id = newest.lane AND l.seq < newest.seq RETURNING l.ctid INTO place;
    IF NOT FOUND THEN
      UPDATE public.kernel_journallane l SET seq = newest.seq, head = newest.hash
       WHERE l.id = newest.lane AND l.seq < newest.seq RETURNING l.ctid INTO place;
    END IF;
    PERFORM set_config('hospes.journal_lane', place::text, true);
  END LOOP;
  RETURN NULL;
END
"""

# Not a definer function: current_user is who really changes the row. Only the table's owner may take
# something out, which is whom journal_forget runs as; a role that was given UPDATE by mistake still may not.
# And nobody may before the period of the data map has passed, by the clock of the database.
_KEEP: Final = f"""
DECLARE
  kept public.kernel_journalentry := OLD;
  owner name := (SELECT pg_get_userbyid(c.relowner) FROM pg_class c WHERE c.oid = TG_RELID);
BEGIN
  IF TG_OP <> 'UPDATE' OR current_user <> owner THEN
    {_refuse("the journal is append-only (% refused)", "TG_OP")}
  END IF;
  IF coalesce(OLD.recorded_at + public.hospes_kept('{_ENTRY}') > public.hospes_now(), true) THEN
    {_refuse("entry % is kept for % from when it was recorded", "OLD.id", f"public.hospes_kept('{_ENTRY}')")}
  END IF;
  {"".join(_let_go(what) for what in FORGETTABLE)}
  IF NEW IS DISTINCT FROM kept THEN
    {_refuse("only a value together with its salt can be taken out")}
  END IF;
  RETURN NEW;
END
"""

_KEEP_LANE: Final = f"""
BEGIN
  IF TG_OP IN ('DELETE', 'TRUNCATE') OR pg_trigger_depth() < 2 THEN
    {_refuse("only the journal moves its lanes (% refused)", "TG_OP", table="kernel_journallane")}
  END IF;
  RETURN NEW;
END
"""

_FORGET: Final = f"""
DECLARE
  forgotten bigint;
BEGIN
  CASE what{"".join(_forget(what) for what in FORGETTABLE)}
    ELSE RAISE EXCEPTION 'the journal can forget {", ".join(FORGETTABLE)}, not "%"', what
      USING ERRCODE = 'invalid_parameter_value';
  END CASE;
  GET DIAGNOSTICS forgotten = ROW_COUNT;
  RETURN forgotten;
END
"""

_DEFINER: Final = " SECURITY DEFINER"

FUNCTIONS: Final = {
    "journal_take_lane": ("()", "public.kernel_journallane", "", _TAKE_LANE),
    "journal_chain": ("()", "trigger", _DEFINER, _CHAIN),
    "journal_head": ("()", "trigger", _DEFINER, _HEAD),
    "journal_keep": ("()", "trigger", "", _KEEP),
    "journal_keep_lane": ("()", "trigger", "", _KEEP_LANE),
    "journal_forget": ("(entry_ids bigint[], what text)", "bigint", _DEFINER, _FORGET),
}
"""Name → arguments, result, rights, body; `verify` compares the bodies with what the database has."""

_WHOLE: Final = "FOR EACH STATEMENT"
TRIGGERS: Final = {
    "journal_chain": (_ENTRY, "BEFORE INSERT", "FOR EACH ROW", "journal_chain"),
    "journal_head": (_ENTRY, "AFTER INSERT", f"REFERENCING NEW TABLE AS added {_WHOLE}", "journal_head"),
    "journal_keep": (_ENTRY, "BEFORE UPDATE", "FOR EACH ROW", "journal_keep"),
    "journal_keep_all": (_ENTRY, "BEFORE DELETE OR TRUNCATE", _WHOLE, "journal_keep"),
    "journal_lane_keep": (_LANE, "BEFORE INSERT OR UPDATE", "FOR EACH ROW", "journal_keep_lane"),
    "journal_lane_keep_all": (_LANE, "BEFORE DELETE OR TRUNCATE", _WHOLE, "journal_keep_lane"),
}
"""Name → table, when, how often, function. Not ALWAYS: a logical replica takes over the chain as it is."""

_CHECKS: Final = {
    "journal_action_is_dotted": r"action ~ '^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+$'",
    "journal_actor_kind_is_known": "actor_kind IN ('person', 'staff', 'job', 'system', 'visitor')",
    "journal_changed_has_names_only": "string_to_array(array_to_string(changed, ','), ',') = changed"
    " AND array_to_string(changed, ',') ~ '^([a-z_][a-z0-9_]*(,[a-z_][a-z0-9_]*)*)?$'",
}


def _function(name: str) -> str:
    arguments, result, rights, body = FUNCTIONS[name]
    return (
        f"CREATE OR REPLACE FUNCTION public.{name}{arguments} RETURNS {result}\n"
        f"LANGUAGE plpgsql{rights} SET search_path = pg_catalog, pg_temp AS $journal${body}$journal$;\n"
        f"REVOKE ALL ON FUNCTION public.{name}{arguments} FROM PUBLIC;\n"
    )


def _trigger(name: str) -> str:
    table, when, how, function = TRIGGERS[name]
    call = f"EXECUTE FUNCTION public.{function}()"
    return f"CREATE OR REPLACE TRIGGER {name} {when} ON public.{table} {how} {call};\n"


def _no_check(name: str) -> str:
    return f"ALTER TABLE public.{_ENTRY} DROP CONSTRAINT IF EXISTS {name};\n"


def _check(name: str) -> str:
    return f"{_no_check(name)}ALTER TABLE public.{_ENTRY} ADD CONSTRAINT {name} CHECK ({_CHECKS[name]});\n"


# The id comes from the trigger: whoever may insert could otherwise take ids that are still to come, and
# block the journal. A lane is one small row that changes with every entry: room on its page keeps that
# cheap.
INSTALL: Final = (
    """
ALTER TABLE public.kernel_journalentry ALTER COLUMN id DROP IDENTITY IF EXISTS;
CREATE SEQUENCE IF NOT EXISTS public.journal_entry_id OWNED BY public.kernel_journalentry.id;
CREATE SEQUENCE IF NOT EXISTS public.journal_lane_id AS integer OWNED BY public.kernel_journallane.id;
ALTER TABLE public.kernel_journallane SET (fillfactor = 10);
"""
    + "".join(_check(name) for name in _CHECKS)
    + "".join(_function(name) for name in FUNCTIONS)
    + "".join(_trigger(name) for name in TRIGGERS)
)
"""What the migration runs after it made the two tables."""

REMOVE: Final = (
    "".join(f"DROP TRIGGER IF EXISTS {name} ON public.{TRIGGERS[name][0]};\n" for name in TRIGGERS)
    + "".join(f"DROP FUNCTION IF EXISTS public.{name};\n" for name in reversed(FUNCTIONS))
    + "".join(_no_check(name) for name in _CHECKS)
    + "DROP SEQUENCE IF EXISTS public.journal_entry_id, public.journal_lane_id;\n"
    + "ALTER TABLE public.kernel_journalentry ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY;\n"
)
"""The way back, for a migration that is undone before there are entries."""

WRITE: Final = """
INSERT INTO kernel_journalentry (at, action, object_table, changed, object_id, customer_id, person_id)
SELECT %s, %s, %s, %s::text[], about.thing, about.customer, about.person
  FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[]) AS about (thing, customer, person)
"""
