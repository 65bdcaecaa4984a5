"""How a live database differs from what the data map says: tables, grants, row policies, functions and roles."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

from hospes.kernel.datamap import mapped_tables
from hospes.kernel.derived import FUNCTIONS, Grant, Policy, derived_grants, derived_policies, roles
from hospes.kernel.drift_around import around_drift
from hospes.kernel.drift_code import code_drift, is_signature
from hospes.kernel.drift_shape import shape_drift
from hospes.kernel.logins import LOGINS


def drift(connection: BaseDatabaseWrapper) -> list[str]:
    """How the live database differs from the map, a sentence each; empty when it does not."""
    with connection.cursor() as cursor, plain_names(cursor):
        return [
            *_table_drift(cursor),
            *_grant_drift(cursor),
            *_policy_drift(cursor),
            *_function_drift(cursor),
            *code_drift(cursor),
            *shape_drift(cursor),
            *around_drift(cursor),
            *role_drift(cursor),
        ]


@contextmanager
def plain_names(cursor: Any) -> Iterator[None]:
    """
    Have a name without a schema mean ours, whatever this session's search_path was set to; not after an error.

    PostgreSQL also reads definitions back with or without a schema depending on it.
    """
    cursor.execute(
        "SELECT current_setting('search_path'), set_config('search_path', 'public, pg_temp', false)"
    )
    (was, _) = cursor.fetchone()
    yield
    cursor.execute("SELECT set_config('search_path', %s, false)", [was])


# --- tables ---


def _table_drift(cursor: Any) -> Iterator[str]:
    known = {mapped.table: mapped for mapped in mapped_tables()}
    cursor.execute(
        "SELECT c.relname, c.relrowsecurity, c.relkind, coalesce(c.reloptions::text, ''), pg_get_userbyid(c.relowner)"
        " FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f')"
    )
    for table, has_policies, kind, options, owner in cursor.fetchall():
        if kind in "vmf" and "security_invoker=true" not in options and "security_invoker=on" not in options:
            yield f"{table}: a view or foreign table that passes by the row policies"
        elif kind in "rp" and table not in known:
            yield f"{table}: the table is not on the data map"
        elif kind in "rp" and known[table].entry.about_somebody and not has_policies:
            yield f"{table}: row policies are switched off"
        if owner in roles():
            yield f"{table}: belongs to {owner}, who passes by the row policies"
    cursor.execute(
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'"
    )
    live = set(cursor.fetchall())
    for mapped in known.values():
        on_the_map = {name for name, _ in mapped.columns()}
        there = {column for table, column in live if table == mapped.table}
        yield from (
            f"{mapped.table}.{n}: in the database, but not on the data map"
            for n in sorted(there - on_the_map)
        )
        yield from (
            f"{mapped.table}.{n}: on the data map, but not in the database"
            for n in sorted(on_the_map - there)
        )


# --- grants ---

_LIVE_GRANTS = """
SELECT c.relname, coalesce(r.rolname, 'PUBLIC'), a.privilege_type, a.is_grantable, ''
  FROM pg_class c CROSS JOIN LATERAL aclexplode(c.relacl) a LEFT JOIN pg_roles r ON r.oid = a.grantee
 WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND a.grantee <> c.relowner
UNION ALL
SELECT c.relname, coalesce(r.rolname, 'PUBLIC'), a.privilege_type, a.is_grantable, t.attname FROM pg_attribute t
  JOIN pg_class c ON c.oid = t.attrelid CROSS JOIN LATERAL aclexplode(t.attacl) a LEFT JOIN pg_roles r ON r.oid = a.grantee
 WHERE c.relnamespace = 'public'::regnamespace AND a.grantee <> c.relowner AND NOT t.attisdropped
UNION ALL
SELECT 'the schema', coalesce(r.rolname, 'PUBLIC'), a.privilege_type, a.is_grantable, ''
  FROM pg_namespace n CROSS JOIN LATERAL aclexplode(n.nspacl) a LEFT JOIN pg_roles r ON r.oid = a.grantee
 WHERE n.nspname = 'public' AND a.grantee <> n.nspowner AND a.privilege_type = 'CREATE'
"""


def live_grants(cursor: Any) -> set[Grant]:
    """All rights in the database that somebody else than the owner has; one that may be passed on is another right."""
    cursor.execute(_LIVE_GRANTS)
    return {
        Grant(table, role, f"{right} WITH GRANT OPTION" if to_pass_on else right, column)
        for table, role, right, to_pass_on, column in cursor.fetchall()
    }


def _grant_drift(cursor: Any) -> Iterator[str]:
    yield from _differences(live_grants(cursor), derived_grants())


def _differences(live: set[Grant], wanted: set[Grant]) -> Iterator[str]:
    for grant in sorted(live - wanted, key=str):
        yield f"{_named(grant)}: {grant.role} has {grant.right}, which the data map does not give"
    for grant in sorted(wanted - live, key=str):
        yield f"{_named(grant)}: {grant.role} lacks {grant.right}, which the data map gives"


def _named(grant: Grant) -> str:
    return f"{grant.table}.{grant.column}" if grant.column else grant.table


# --- row policies ---

READ_BACK = " || '|' || ".join(
    ("coalesce(qual, '')", "coalesce(with_check, '')", "cmd", "permissive", "roles::text")
)


LIVE_POLICIES = f"""
SELECT p.tablename, p.policyname, coalesce(obj_description(o.oid, 'pg_policy'), ''), ({READ_BACK})
  FROM pg_policies p JOIN pg_policy o ON o.polname = p.policyname
   AND o.polrelid = (quote_ident(p.schemaname) || '.' || quote_ident(p.tablename))::regclass
 WHERE p.schemaname = 'public'
"""  # noqa: S608
"""Table, name, our note, PostgreSQL's reading."""


def policy_note(policy: Policy, reading: str) -> tuple[str, str]:
    """What the note beside a policy signs, and for which place: what it was derived from and how PostgreSQL reads it back."""
    return f"{policy.digest} {reading}", f"hospes.kernel.policies:{policy.table}:{policy.name}"


def _policy_drift(cursor: Any) -> Iterator[str]:
    cursor.execute(LIVE_POLICIES)
    live = {(table, name): (note, reading) for table, name, note, reading in cursor.fetchall()}
    wanted = {(policy.table, policy.name): policy for policy in derived_policies()}
    for key in sorted(set(live) - set(wanted)):
        yield f"{key[0]}: the row policy {key[1]} is not of the data map"
    for key, policy in sorted(wanted.items()):
        if key not in live:
            yield f"{policy.table}: the row policy for {policy.role} is missing"
            continue
        note, reading = live[key]
        text, place = policy_note(policy, reading)
        if not is_signature(note, text, context=place):
            yield f"{policy.table}: the row policy for {policy.role} was changed by hand"


# --- functions ---

# Trigger functions cannot be called; those without SECURITY DEFINER can do no more than who calls them.
_LIVE_FUNCTIONS = """
SELECT p.oid::regprocedure::text, coalesce(r.rolname, 'PUBLIC')
  FROM pg_proc p CROSS JOIN LATERAL aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
  LEFT JOIN pg_roles r ON r.oid = a.grantee
 WHERE p.pronamespace = 'public'::regnamespace AND p.prosecdef AND p.prorettype <> 'trigger'::regtype
   AND a.grantee <> p.proowner
"""


def _function_drift(cursor: Any) -> Iterator[str]:
    """Functions with their owner's rights pass by grants and policies: only the known ones, for the known roles."""
    cursor.execute(_LIVE_FUNCTIONS)
    live = {Grant(function, role, "EXECUTE") for function, role in cursor.fetchall()}
    wanted = {
        Grant(function, role, "EXECUTE")
        for function, who in FUNCTIONS.items()
        for role in (roles() if who is None else [grantee.role for grantee in who])
    }
    yield from _differences(live, wanted)


# --- roles ---


@dataclass(frozen=True)
class Membership:
    """A role that another is a member of; plain: it may switch to it, and neither inherits it nor passes it on."""

    member: str
    role: str
    grantor: str
    is_plain: bool


# Before PostgreSQL 16 inheriting was said of the member only, and being a member meant that one may switch.
_MEMBERSHIPS = """
SELECT l.rolname, r.rolname, g.rolname,
       NOT m.admin_option AND NOT coalesce((to_jsonb(m) ->> 'inherit_option')::boolean, false)
       AND coalesce((to_jsonb(m) ->> 'set_option')::boolean, true)
  FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.roleid JOIN pg_roles l ON l.oid = m.member
  JOIN pg_roles g ON g.oid = m.grantor
 WHERE l.rolname = ANY(%(ours)s)
    OR r.rolname = ANY(%(ours)s) AND NOT l.rolsuper AND l.rolname <> current_user
"""

_POWERS = ("SUPERUSER", "INHERIT", "CREATEROLE", "CREATEDB", "REPLICATION", "BYPASSRLS", "LOGIN")


def memberships(cursor: Any) -> list[Membership]:
    """What our roles are members of, and who is a member of one of them; the owner of the database is left out."""
    cursor.execute(_MEMBERSHIPS, {"ours": roles()})
    return [Membership(*row) for row in cursor.fetchall()]


def wanted_memberships() -> set[tuple[str, str]]:
    """Pairs of a login and a role that it may act as."""
    return {(login.role, grantee.role) for login in LOGINS.values() for grantee in login.may_act_as}


def overpowered(cursor: Any) -> list[tuple[str, list[str]]]:
    """Roles with powers that pass by the policies, or beyond what they are for: name and powers."""
    cursor.execute(
        "SELECT rolname, rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls, rolcanlogin"
        " FROM pg_roles WHERE rolname = ANY(%s) ORDER BY rolname",
        [roles()],
    )
    may_log_in = {login.role for login in LOGINS.values()}
    found = []
    for role, *has in cursor.fetchall():
        powers = [
            p
            for p, held in zip(_POWERS, has, strict=True)
            if held and not (p == "LOGIN" and role in may_log_in)
        ]
        found += [(role, powers)] if powers else []
    return found


def role_drift(cursor: Any) -> Iterator[str]:
    """How the roles of the server differ from what the logins and purposes say."""
    live, wanted = memberships(cursor), wanted_memberships()
    for held in sorted(live, key=str):
        if (held.member, held.role) not in wanted:
            yield f"{held.member} is a member of {held.role}, which it must not be"
        elif not held.is_plain:
            yield f"{held.member} is more than a plain member of {held.role}: it inherits it or may pass it on"
    for member, role in sorted(wanted - {(held.member, held.role) for held in live}):
        yield f"{member} is not a member of {role}"
    for role, powers in overpowered(cursor):
        yield f"{role} has powers that pass by the policies: {', '.join(powers)}"
