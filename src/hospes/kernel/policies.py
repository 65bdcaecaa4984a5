"""
Grants and row policies, derived from the data map; applied to a database, and compared with what a database has.

Everything here runs as the owner of the tables. What PostgreSQL has is always *replaced* by what the map says: a policy or
grant that the map does not know disappears.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from django.conf import settings
from django.db.backends.base.base import BaseDatabaseWrapper

from hospes.kernel.datamap import Mapped, mapped_tables
from hospes.kernel.logins import LOGINS
from hospes.kernel.purposes import Basis, Grantee, Own, Purpose
from hospes.kernel.secrets import derived_password

#: The tables that row policies themselves look into.
_POLICY_SOURCES = ("kernel_consent", "kernel_restriction")

#: Functions with their owner's rights that roles may call: signature and who.
FUNCTIONS: dict[str, frozenset[Grantee] | None] = {
    "hospes_next_number(text)": None,
    "journal_forget(bigint[],text)": frozenset({Purpose.RETENTION}),
}


def grantees() -> list[Grantee]:
    """Every purpose and its twin."""
    return [g for purpose in Purpose for g in (purpose, purpose.own)]


@dataclass(frozen=True)
class Grant:
    """A right of a role on a table, for one column or (column "") for the whole table."""

    table: str
    role: str
    right: str
    column: str = ""


@dataclass(frozen=True)
class Policy:
    """A row policy; `rule` is used both for seeing and for writing."""

    table: str
    name: str
    role: str
    rule: str

    @property
    def digest(self) -> str:
        return hashlib.sha256(f"{self.role}|{self.rule}".encode()).hexdigest()


def derived_grants() -> set[Grant]:
    """All grants that follow from the map."""
    return {grant for mapped in mapped_tables() for grant in _grants_on(mapped)}


def _grants_on(mapped: Mapped) -> Iterator[Grant]:
    entry, table = mapped.entry, mapped.table
    if entry.machinery is not None:
        roles = [LOGINS[name].role for name in entry.machinery.logins] + [g.role for g in entry.machinery.purposes]
        yield from (Grant(table, role, right) for role in roles for right in ("SELECT", "INSERT", "UPDATE", "DELETE"))
        yield from (Grant(name, role, right) for name in entry.machinery.sequences for role in roles for right in ("SELECT", "USAGE"))
        return
    if not entry.about_somebody:
        roles = [g.role for g in grantees()] + [login.role for login in LOGINS.values()]
        yield from (Grant(table, role, "SELECT") for role in roles)
        for right, who in (("INSERT", entry.creates), ("UPDATE", entry.writes), ("DELETE", entry.deletes)):
            yield from (Grant(table, grantee.role, right) for grantee in who)
        return
    yield from (Grant(table, grantee.role, "INSERT") for grantee in entry.creates)
    yield from (Grant(table, grantee.role, "DELETE") for grantee in entry.deletes)
    for name, column in mapped.columns():
        for purpose in mapped.readers(column):
            yield Grant(table, purpose.role, "SELECT", name)
            yield Grant(table, purpose.own.role, "SELECT", name)
        yield from (Grant(table, grantee.role, "UPDATE", name) for grantee in mapped.writers(column))


def derived_policies() -> list[Policy]:
    """All row policies that follow from the map."""
    return [
        Policy(mapped.table, f"{mapped.table}_{grantee.role}", grantee.role, _rule(mapped, grantee))
        for mapped in mapped_tables()
        if mapped.entry.about_somebody
        for grantee in grantees()
        if _concerned(mapped, grantee)
    ]


def _concerned(mapped: Mapped, grantee: Grantee) -> bool:
    entry = mapped.entry
    purpose = grantee.purpose if isinstance(grantee, Own) else grantee
    return (
        grantee in entry.creates | entry.deletes
        or any(purpose in mapped.readers(column) for _, column in mapped.columns())
        or any(grantee in mapped.writers(column) for _, column in mapped.columns())
    )


def _rule(mapped: Mapped, grantee: Grantee) -> str:
    purpose = grantee.purpose if isinstance(grantee, Own) else grantee
    parts = []
    if isinstance(grantee, Own):
        # A bare equality on the ownership key: an OR with "nobody named" would make PostgreSQL scan the whole table.
        own = [f"{key} = {_setting(scope)}" for key, scope in mapped.entry.key.items()]
        parts.append(f"({' OR '.join(own)})" if len(own) > 1 else own[0])
    if mapped.table in _POLICY_SOURCES:  # the policies of others read these two; to read them through themselves never ends
        return " AND ".join(parts) or "true"
    if purpose.declared.basis == Basis.CONSENT:
        parts.append(_consent(mapped, purpose))
    if purpose.declared.can_be_halted:
        halted = " AND ".join(_not_halted(mapped, key, purpose) for key in mapped.entry.key if key != "cart_id")
        if halted and isinstance(grantee, Own):
            # Who restricted the use of their data still sees it themself; staff do not.
            halted = f"(current_setting('hospes.actor_kind', true) IN ('person', 'visitor') OR ({halted}))"
        parts += [halted] if halted else []
    return " AND ".join(parts) or "true"


def _setting(scope: str) -> str:
    kind = "uuid" if scope == "cart" else "bigint"
    return f"NULLIF(current_setting('hospes.{scope}', true), '')::{kind}"


def _scope_column(mapped: Mapped, key: str) -> str:
    return {"customer": "customer_id", "person": "person_id"}[mapped.entry.key[key]]


def _not_halted(mapped: Mapped, key: str, purpose: Purpose) -> str:
    other = _scope_column(mapped, key)
    return (
        f"({key} IS NULL OR {key} NOT IN (SELECT r.{other} FROM kernel_restriction r"
        f" WHERE r.purpose = '{purpose.value}' AND r.lifted_at IS NULL AND r.{other} IS NOT NULL))"
    )


def _consent(mapped: Mapped, purpose: Purpose) -> str:
    key = next(column for column, scope in mapped.entry.key.items() if scope == "person")
    return (
        f"{key} IN (SELECT c.person_id FROM kernel_consent c"
        f" WHERE c.purpose = '{purpose.value}' AND c.withdrawn_at IS NULL)"
    )


# --- applying -------------------------------------------------------------------------------------------------------------


def ensure_roles(connection: BaseDatabaseWrapper) -> None:
    """Create the roles of the purposes and the logins with their memberships; the connection must have CREATEROLE."""
    with connection.cursor() as cursor:
        # Several databases of one server share the roles: two who do this at once must not collide.
        cursor.execute("SELECT pg_advisory_xact_lock(7043001)")
        cursor.execute("SELECT rolname FROM pg_roles WHERE rolname LIKE %s", [f"{settings.HOSPES_ROLE_PREFIX}\\_%"])
        present = {name for (name,) in cursor.fetchall()}
        for grantee in grantees():
            if grantee.role not in present:
                cursor.execute(f'CREATE ROLE "{grantee.role}" NOLOGIN NOINHERIT')
        for login in LOGINS.values():
            if login.role not in present:
                cursor.execute(f'CREATE ROLE "{login.role}" NOLOGIN NOINHERIT')
            cursor.execute(
                f"ALTER ROLE \"{login.role}\" LOGIN NOINHERIT PASSWORD '{derived_password(login.role)}'"
            )
            cursor.execute(
                "SELECT r.rolname FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.roleid"
                " JOIN pg_roles l ON l.oid = m.member WHERE l.rolname = %s",
                [login.role],
            )
            has = {name for (name,) in cursor.fetchall()}
            wanted = {grantee.role for grantee in login.may_act_as}
            for role in sorted(wanted - has):
                cursor.execute(f'GRANT "{role}" TO "{login.role}"')
            for role in sorted(has - wanted):
                cursor.execute(f'REVOKE "{role}" FROM "{login.role}"')


def apply(connection: BaseDatabaseWrapper) -> None:
    """Make the database's grants and policies those of the map, in one transaction."""
    roles = [g.role for g in grantees()] + [login.role for login in LOGINS.values()]
    everyone = ", ".join(f'"{role}"' for role in roles)
    statements = [f"GRANT USAGE ON SCHEMA public TO {everyone}", "REVOKE CREATE ON SCHEMA public FROM PUBLIC"]
    statements += [f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC, {everyone}"]
    statements += [f"REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM PUBLIC, {everyone}"]
    statements += _grant_statements()
    for mapped in mapped_tables():
        if mapped.entry.about_somebody:
            statements += [f"ALTER TABLE {mapped.table} ENABLE ROW LEVEL SECURITY"]
    for function, who in FUNCTIONS.items():
        called_by = everyone if who is None else ", ".join(f'"{g.role}"' for g in who)
        statements += [f"REVOKE ALL ON FUNCTION {function} FROM PUBLIC", f"GRANT EXECUTE ON FUNCTION {function} TO {called_by}"]
    with connection.cursor() as cursor:
        cursor.execute(";\n".join([*statements, *_drop_policies(connection)]))
        for policy in derived_policies():
            _create(cursor, policy)


def _grant_statements() -> list[str]:
    by_holder: dict[tuple[str, str], list[str]] = {}
    grouped: dict[tuple[str, str, str], list[str]] = {}
    for grant in derived_grants():
        grouped.setdefault((grant.table, grant.role, grant.right), []).append(grant.column)
    for (table, role, right), columns in grouped.items():
        named = sorted(f'"{column}"' for column in columns if column)
        by_holder.setdefault((table, role), []).append(f"{right} ({', '.join(named)})" if named else right)
    sequences = {name for m in mapped_tables() if m.entry.machinery for name in m.entry.machinery.sequences}
    kinds = {name: "SEQUENCE " for name in sequences}
    return [f'GRANT {", ".join(sorted(rights))} ON {kinds.get(table, "")}{table} TO "{role}"' for (table, role), rights in sorted(by_holder.items())]


def _drop_policies(connection: BaseDatabaseWrapper) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename, policyname FROM pg_policies WHERE schemaname = 'public'")
        return [f'DROP POLICY "{policy}" ON {table}' for table, policy in cursor.fetchall()]


_READ_BACK = "SELECT coalesce(qual, '') || '|' || coalesce(with_check, '') || '|' || cmd || '|' || permissive || '|' || roles::text"


def _create(cursor: object, policy: Policy) -> None:
    """
    Create a policy and note beside it what it was derived from and how PostgreSQL reads it back.

    PostgreSQL rewrites an expression when it stores it; only by noting its own reading can a later change be told from that.
    """
    execute = cursor.execute  # type: ignore[attr-defined]  # Django's cursor wrapper has no public type
    execute(
        f'CREATE POLICY "{policy.name}" ON {policy.table} FOR ALL TO "{policy.role}"'
        f" USING ({policy.rule}) WITH CHECK ({policy.rule})"
    )
    execute(
        f"DO $do$ BEGIN EXECUTE format('COMMENT ON POLICY %I ON {policy.table} IS %L', '{policy.name}', '{policy.digest} ' ||"
        f" (SELECT encode(sha256(convert_to(({_READ_BACK}), 'UTF8')), 'hex') FROM pg_policies"
        f" WHERE policyname = '{policy.name}' AND tablename = '{policy.table}')); END $do$"
    )


# --- the drift check ------------------------------------------------------------------------------------------------------


def drift(connection: BaseDatabaseWrapper) -> list[str]:
    """How the live database differs from the map, a sentence each; empty when it does not."""
    return [*_table_drift(connection), *_grant_drift(connection), *_policy_drift(connection), *_login_drift(connection)]


def _table_drift(connection: BaseDatabaseWrapper) -> Iterator[str]:
    known = {mapped.table: mapped for mapped in mapped_tables()}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, c.relrowsecurity, c.relkind, coalesce(c.reloptions::text, '') FROM pg_class c"
            " WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f')"
        )
        for table, has_policies, kind, options in cursor.fetchall():
            if kind in "vmf" and "security_invoker=true" not in options and "security_invoker=on" not in options:
                yield f"{table}: a view or foreign table that passes by the row policies"
            elif kind in "rp" and table not in known:
                yield f"{table}: the table is not on the data map"
            elif kind in "rp" and known[table].entry.about_somebody and not has_policies:
                yield f"{table}: row policies are switched off"
        cursor.execute(
            "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'"
        )
        live = set(cursor.fetchall())
    for mapped in known.values():
        on_the_map = {name for name, _ in mapped.columns()}
        there = {column for table, column in live if table == mapped.table}
        yield from (f"{mapped.table}.{name}: in the database, but not on the data map" for name in sorted(there - on_the_map))
        yield from (f"{mapped.table}.{name}: on the data map, but not in the database" for name in sorted(on_the_map - there))


_LIVE_GRANTS = """
SELECT c.relname, coalesce(r.rolname, 'PUBLIC'), a.privilege_type, '' FROM pg_class c
  CROSS JOIN LATERAL aclexplode(c.relacl) a LEFT JOIN pg_roles r ON r.oid = a.grantee
 WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND a.grantee <> c.relowner
UNION ALL
SELECT c.relname, coalesce(r.rolname, 'PUBLIC'), a.privilege_type, t.attname FROM pg_attribute t
  JOIN pg_class c ON c.oid = t.attrelid CROSS JOIN LATERAL aclexplode(t.attacl) a LEFT JOIN pg_roles r ON r.oid = a.grantee
 WHERE c.relnamespace = 'public'::regnamespace AND a.grantee <> c.relowner AND NOT t.attisdropped
"""


def _grant_drift(connection: BaseDatabaseWrapper) -> Iterator[str]:
    with connection.cursor() as cursor:
        cursor.execute(_LIVE_GRANTS)
        live = {Grant(table, role, right, column) for table, role, right, column in cursor.fetchall()}
    wanted = derived_grants()
    for grant in sorted(live - wanted, key=str):
        yield f"{_named(grant)}: {grant.role} has {grant.right}, which the data map does not give"
    for grant in sorted(wanted - live, key=str):
        yield f"{_named(grant)}: {grant.role} lacks {grant.right}, which the data map gives"


def _named(grant: Grant) -> str:
    return f"{grant.table}.{grant.column}" if grant.column else grant.table


def _policy_drift(connection: BaseDatabaseWrapper) -> Iterator[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT p.tablename, p.policyname, coalesce(obj_description(o.oid, 'pg_policy'), ''),"
            f" encode(sha256(convert_to(({_READ_BACK}), 'UTF8')), 'hex')"
            " FROM pg_policies p JOIN pg_policy o ON o.polname = p.policyname"
            " AND o.polrelid = (quote_ident(p.schemaname) || '.' || quote_ident(p.tablename))::regclass"
            " WHERE p.schemaname = 'public'"
        )
        live = {(table, name): (comment, digest) for table, name, comment, digest in cursor.fetchall()}
    wanted = {(policy.table, policy.name): policy for policy in derived_policies()}
    for key in sorted(set(live) - set(wanted)):
        yield f"{key[0]}: the row policy {key[1]} is not of the data map"
    for key, policy in sorted(wanted.items()):
        if key not in live:
            yield f"{policy.table}: the row policy for {policy.role} is missing"
        elif live[key][0] != f"{policy.digest} {live[key][1]}":
            yield f"{policy.table}: the row policy for {policy.role} was changed by hand"


def _login_drift(connection: BaseDatabaseWrapper) -> Iterator[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT l.rolname, r.rolname FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.roleid"
            " JOIN pg_roles l ON l.oid = m.member WHERE l.rolname = ANY(%s)",
            [[login.role for login in LOGINS.values()]],
        )
        live = set(cursor.fetchall())
        names = [login.role for login in LOGINS.values()] + [g.role for g in grantees()]
        cursor.execute(
            "SELECT rolname FROM pg_roles WHERE rolname = ANY(%s)"
            " AND (rolsuper OR rolinherit OR rolcreaterole OR rolcreatedb OR rolbypassrls)",
            [names],
        )
        overpowered = [name for (name,) in cursor.fetchall()]
    wanted = {(login.role, grantee.role) for login in LOGINS.values() for grantee in login.may_act_as}
    yield from (f"{login} is a member of {role}, which it must not be" for login, role in sorted(live - wanted))
    yield from (f"{login} is not a member of {role}" for login, role in sorted(wanted - live))
    yield from (f"{role} has powers that pass by the policies" for role in sorted(overpowered))
