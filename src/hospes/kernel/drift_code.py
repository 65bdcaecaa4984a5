"""
How functions, triggers, rules, constraints and unique indexes of a live database differ from what the migrations made.

PostgreSQL reads a definition back in words of its own. So `note_code` keeps, beside the schema, what they were when migrations
had just made them, signed with the installation's key: who can change the database but has no key cannot change the note. Rights
and policies are noted as well: so what was changed by hand can be told from what a newer version wants otherwise (`by_hand`).
"""

import hashlib
import hmac
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from hospes.kernel.derived import FUNCTIONS, derived_grants, derived_policies, roles
from hospes.kernel.logins import LOGINS
from hospes.kernel.own_code import own_code
from hospes.kernel.secrets import blind_index, blind_indexes

_CONTEXT: Final = "hospes.kernel.drift_code:note"

#: What is said when there is no note.
NOTE_IS_GONE: Final = "the note about functions, triggers and constraints is missing or was changed by hand"

Digests = dict[str, str]
"""What something is called → the digest of its definition."""


@dataclass(frozen=True)
class Note:
    """What was noted: of which version and data map, and how everything was."""

    version: str
    code: Digests
    map_version: str = ""
    rights: Digests = field(default_factory=dict)
    server: int = 0


def signed(text: str, *, context: str) -> str:
    """Return the signature, with this installation's key, of a text for one place."""
    return blind_index(text, context=context).hex()


def is_signature(signature: str, text: str, *, context: str) -> bool:
    """Say whether it is one, with the key of now or one from before."""
    return any(hmac.compare_digest(known.hex(), signature) for known in blind_indexes(text, context=context))


# --- what there is ---

_LIVE: Final = """
SELECT 'function ' || p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')',
       pg_get_functiondef(p.oid) || (p.proowner = mine.owner)
  FROM pg_proc p
  CROSS JOIN (SELECT c.relowner AS owner FROM pg_class c WHERE c.oid = 'public.django_migrations'::regclass) mine
 WHERE p.pronamespace = 'public'::regnamespace AND p.prokind IN ('f', 'p')
   AND (p.proname = ANY (%(ours)s) OR p.proname LIKE 'procrastinate\\_%%')
UNION ALL
SELECT 'trigger ' || c.relname || '.' || t.tgname, pg_get_triggerdef(t.oid)
  FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
 WHERE NOT t.tgisinternal AND c.relnamespace = 'public'::regnamespace
UNION ALL
SELECT 'constraint ' || c.relname || '.' || k.conname, pg_get_constraintdef(k.oid)
  FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
 WHERE c.relnamespace = 'public'::regnamespace AND k.contype IN ('c', 'f', 'p', 'u', 'x')
UNION ALL
SELECT 'index ' || c.relname || '.' || i.relname, pg_get_indexdef(i.oid) || x.indisvalid
  FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class c ON c.oid = x.indrelid
 WHERE c.relnamespace = 'public'::regnamespace AND x.indisunique
"""


_LIVE_RIGHTS: Final = """
SELECT 'rights ' || c.relname, string_agg(a.text, ' ' ORDER BY a.text)
  FROM pg_class c CROSS JOIN LATERAL (
    SELECT 'all ' || acl::text FROM unnest(c.relacl) acl UNION ALL
    SELECT t.attname || ' ' || acl::text FROM pg_attribute t CROSS JOIN LATERAL unnest(t.attacl) acl
     WHERE t.attrelid = c.oid AND NOT t.attisdropped) a(text)
 WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') GROUP BY c.relname
UNION ALL
SELECT 'policies ' || p.tablename, string_agg(to_jsonb(p)::text, ' ' ORDER BY p.policyname) || bool_and(c.relrowsecurity)
  FROM pg_policies p JOIN pg_class c ON c.oid = (quote_ident(p.schemaname) || '.' || quote_ident(p.tablename))::regclass
 WHERE p.schemaname = 'public' GROUP BY p.tablename
UNION ALL
SELECT 'role ' || r.rolname,
       concat_ws(' ', r.rolsuper, r.rolinherit, r.rolcreaterole, r.rolcreatedb, r.rolreplication, r.rolbypassrls, r.rolcanlogin,
         (SELECT string_agg(g.rolname, ' ' ORDER BY g.rolname) FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid
           WHERE m.member = r.oid))
  FROM pg_roles r WHERE r.rolname = ANY (%(ours)s)
"""


def live_code(cursor: Any) -> Digests:
    """The functions, triggers, constraints and unique indexes that there are."""
    cursor.execute(_LIVE, {"ours": sorted(own_code().functions)})
    return {name: _digest(text) for name, text in cursor.fetchall() if is_known(name)}


def live_rights(cursor: Any) -> Digests:
    """The rights and policies on each table, and what each role of ours may and is a member of."""
    cursor.execute(_LIVE_RIGHTS, {"ours": roles()})
    return {name: _digest(text) for name, text in cursor.fetchall()}


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def is_known(name: str) -> bool:
    """Whether it may be there; of constraints and unique indexes there may be more than ours, they only refuse."""
    kind, _, thing = name.partition(" ")
    table, _, trigger = thing.partition(".")
    if kind != "trigger":
        return True
    return (table, trigger) in own_code().triggers or (
        table.startswith("procrastinate_") and trigger.startswith("procrastinate_")
    )


def is_ours(name: str) -> bool:
    """Whether this version of hospes still has to do with something that was noted."""
    kind, _, thing = name.partition(" ")
    function = thing.partition("(")[0]
    if kind == "function":
        return function in own_code().functions or function.startswith("procrastinate_")
    return kind != "role" or thing in roles() if kind != "trigger" else is_known(name)


# --- the note ---


def note_code(cursor: Any) -> None:
    """
    Note what everything is now; as the owner, right after migrations and `own_code.put_back`.

    While no migration came since the last time, what differs from the old note was done by hand: the note stays as it was there,
    and goes on being reported. What `put_back` makes is noted always.
    """
    now, live, old = version(cursor), live_code(cursor), read_note(cursor)
    if old is not None and old.version == now:
        made_now = {name for name in live if _is_made_by_put_back(name)}
        kept = {name: digest for name, digest in old.code.items() if is_known(name)}
        live = kept | {name: digest for name, digest in live.items() if name in made_now}
    noted = [now, live, map_version(), live_rights(cursor), server(cursor)]
    text = json.dumps(noted, sort_keys=True, separators=(",", ":"))
    note = f"hospes {signed(text, context=_CONTEXT)} {text}".replace("'", "''")
    cursor.execute(f"COMMENT ON SCHEMA public IS '{note}'")


def version(cursor: Any) -> str:
    """What the definitions depend on: the migrations, and the PostgreSQL that reads back."""
    parts = [str(server(cursor)), *sorted(own_code().migrations)]
    return _digest(" ".join(parts))


def server(cursor: Any) -> int:
    """The major version of PostgreSQL."""
    cursor.execute("SELECT current_setting('server_version_num')::integer / 10000")
    return int(cursor.fetchone()[0])


def map_version() -> str:
    """What follows from the data map and the code: rights, policies, memberships, functions and triggers."""
    code = own_code()
    parts = [
        *map(str, derived_grants()),
        *map(str, derived_policies()),
        *(login.role for login in LOGINS.values()),
    ]
    parts += [f"{login.role} {grantee.role}" for login in LOGINS.values() for grantee in login.may_act_as]
    return _digest(
        " ".join([*sorted(parts), *code.functions.values(), *code.triggers.values(), *code.changes])
    )


def read_note(cursor: Any) -> Note | None:
    """What was noted, or None when there is no note that we signed."""
    cursor.execute("SELECT coalesce(obj_description('public'::regnamespace, 'pg_namespace'), '')")
    word, _, rest = cursor.fetchone()[0].partition(" ")
    signature, _, text = rest.partition(" ")
    if word != "hospes" or not is_signature(signature, text, context=_CONTEXT):
        return None
    return Note(*json.loads(text))


def _is_made_by_put_back(name: str) -> bool:
    kind, _, thing = name.partition(" ")
    table, _, trigger = thing.partition(".")
    if kind == "function":
        return thing.partition("(")[0] in own_code().functions
    return kind == "trigger" and (table, trigger) in own_code().triggers


# --- drift ---


def code_drift(cursor: Any) -> Iterator[str]:
    """How functions, triggers, rules, constraints and unique indexes differ, a sentence each."""
    live, noted = live_code(cursor), read_note(cursor)
    if noted is None:
        yield NOTE_IS_GONE
    note = noted.code if noted else {}
    expected = set(note) | {f"trigger {table}.{name}" for table, name in own_code().triggers}
    outdated = set(_outdated(cursor))
    for name in sorted(expected | set(live)):
        kind, _, thing = name.partition(" ")
        if name not in live:
            yield f"{thing}: the {kind} is missing"
        elif note.get(name, live[name]) != live[name]:
            yield f"{thing}: the {kind} was changed by hand"
        elif name in outdated:
            yield f"{thing}: the function is not that of this version and its data map"
        elif kind in ("function", "trigger") and noted and name not in note:
            yield f"{thing}: the {kind} is not of the migrations"
    there = Counter(name.partition(" ")[2].partition("(")[0] for name in live if name.startswith("function "))
    for function in sorted(own_code().functions):
        if there[function] > 1:
            yield f"{function}: there is more than one function of this name"
        elif there[function] == 0 and not noted:
            yield f"{function}: the function is missing"
    yield from _unknown_code(cursor)


def _outdated(cursor: Any) -> Iterator[str]:
    """Functions of ours whose body is another than it should be now: periods follow from the map, which may have changed."""
    cursor.execute(
        "SELECT 'function ' || p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')', p.proname, p.prosrc"
        " FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace AND p.proname = ANY (%s)",
        [sorted(own_code().bodies)],
    )
    yield from (name for name, function, body in cursor.fetchall() if body != own_code().bodies[function])


def _unknown_code(cursor: Any) -> Iterator[str]:
    cursor.execute(
        "SELECT c.relname, t.tgname, t.tgenabled, t.tgisinternal FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
        " WHERE c.relnamespace = 'public'::regnamespace ORDER BY 1, 2"
    )
    for table, name, enabled, internal in cursor.fetchall():
        if not internal and not is_known(f"trigger {table}.{name}"):
            yield f"{table}.{name}: the trigger is not of the migrations"
        if enabled != "O":
            yield f"{table}.{name}: the trigger is switched off, or on at other times"
    cursor.execute(
        "SELECT c.relname, r.rulename FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class"
        " WHERE c.relnamespace = 'public'::regnamespace AND r.rulename <> '_RETURN' ORDER BY 1, 2"
    )
    yield from (f"{table}.{name}: a rule, and hospes has none" for table, name in cursor.fetchall())
    cursor.execute(
        "SELECT n.nspname, p.proname, p.oid::regprocedure::text, p.prorettype = 'trigger'::regtype"
        " FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE p.prosecdef ORDER BY 3"
    )
    for schema, name, signature, is_trigger in cursor.fetchall():
        ours = signature in FUNCTIONS or (is_trigger and name in own_code().functions)
        if schema != "public" or not ours:
            yield f"{signature}: a function with its owner's rights that hospes does not know"


def switch_on(cursor: Any) -> None:
    """Switch known triggers on again; those of foreign keys only as a superuser, since others may not."""
    cursor.execute(
        "SELECT c.relname, t.tgname, t.tgisinternal FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
        " WHERE c.relnamespace = 'public'::regnamespace AND t.tgenabled <> 'O' AND (NOT t.tgisinternal"
        " OR (SELECT r.rolsuper FROM pg_roles r WHERE r.rolname = current_user))"
    )
    for table, name, internal in cursor.fetchall():
        if internal or is_known(f"trigger {table}.{name}"):
            cursor.execute(f'ALTER TABLE public."{table}" ENABLE TRIGGER "{name}"')
