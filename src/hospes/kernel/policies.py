"""
Grants and row policies, derived from the data map (`derived`) and applied to a database; `drift` compares the two.

Everything here runs as the owner of the tables. What PostgreSQL has is always *replaced* by what the map says: a policy
or grant that the map does not know disappears.
"""

from collections.abc import Iterator
from typing import Any

from django.db import ProgrammingError, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from hospes.kernel.by_hand import changed_by_hand
from hospes.kernel.datamap import mapped_tables
from hospes.kernel.derived import FUNCTIONS, Policy, derived_grants, derived_policies, roles
from hospes.kernel.drift import (
    LIVE_POLICIES,
    drift,
    live_grants,
    memberships,
    overpowered,
    plain_names,
    policy_note,
    wanted_memberships,
)
from hospes.kernel.drift_around import reset_settings, revoke_on_database
from hospes.kernel.drift_code import note_code, signed, switch_on
from hospes.kernel.logins import LOGINS
from hospes.kernel.own_code import put_back
from hospes.kernel.secrets import derived_password

__all__ = ["apply", "changed_by_hand", "drift", "ensure_roles"]


# --- roles ---


def ensure_roles(connection: BaseDatabaseWrapper) -> None:
    """
    Create the roles of the purposes and the logins, and give them the memberships and powers that they should have.

    The connection must have CREATEROLE. Roles belong to the server: all its databases with the same prefix share them.
    """
    with connection.cursor() as cursor:
        _wait_for_others(connection, cursor)
        cursor.execute("SELECT rolname FROM pg_roles WHERE rolname = ANY(%s)", [roles()])
        present = {name for (name,) in cursor.fetchall()}
        for role in roles():
            if role not in present:
                cursor.execute(f'CREATE ROLE "{role}" NOLOGIN NOINHERIT')
        for role, powers in overpowered(cursor):
            cursor.execute(f'ALTER ROLE "{role}" {" ".join(f"NO{power}" for power in powers)}')
        for login in LOGINS.values():
            cursor.execute(f"ALTER ROLE \"{login.role}\" LOGIN PASSWORD '{derived_password(login.role)}'")
        reset_settings(cursor)
        _set_memberships(cursor)


def _wait_for_others(connection: BaseDatabaseWrapper, cursor: Any) -> None:
    """
    Wait while somebody in another database of this server does the same: two at once would collide.

    An advisory lock would not do, since it belongs to one database. An owner that is no superuser goes on without.
    """
    try:
        with transaction.atomic(using=connection.alias):
            cursor.execute("LOCK TABLE pg_auth_members IN SHARE ROW EXCLUSIVE MODE")
    except ProgrammingError:
        return


def _set_memberships(cursor: Any) -> None:
    wanted, right = wanted_memberships(), set()
    for held in memberships(cursor):
        if (held.member, held.role) in wanted and held.is_plain:
            right.add((held.member, held.role))
        else:
            cursor.execute(f'REVOKE "{held.role}" FROM "{held.member}" GRANTED BY "{held.grantor}" CASCADE')
    for member, role in sorted(wanted - right):
        cursor.execute(f'GRANT "{role}" TO "{member}"')


# --- grants and policies ---


def apply(connection: BaseDatabaseWrapper) -> None:
    """
    Make the database's functions, triggers, grants and policies those of the migrations and the map.

    After all migrations, in one transaction, which the caller opens.
    """
    with connection.cursor() as cursor, plain_names(cursor):
        put_back(cursor)
        switch_on(cursor)
        revoke_on_database(cursor)
        wanted = derived_policies()
        statements = [*_grants(cursor), *_drop_policies(cursor), *map(_create, wanted)]
        cursor.execute(";\n".join(statements))
        _note_policies(cursor, wanted)
        note_code(cursor)


def _grants(cursor: Any) -> Iterator[str]:
    everyone = _quoted(roles())
    others = {grant.role for grant in live_grants(cursor)} - {"PUBLIC", *roles()}
    anybody = ", ".join(["PUBLIC", everyone, *([_quoted(others)] if others else [])])
    yield f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {anybody}"
    yield f"REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM {anybody}"
    yield f"REVOKE CREATE ON SCHEMA public FROM {anybody}"
    yield f"GRANT USAGE ON SCHEMA public TO {everyone}"
    for function, who in FUNCTIONS.items():
        called_by = everyone if who is None else _quoted(grantee.role for grantee in who)
        yield f"REVOKE ALL ON FUNCTION {function} FROM {anybody}"
        if called_by:
            yield f"GRANT EXECUTE ON FUNCTION {function} TO {called_by}"
    yield from _grant_statements()
    for mapped in mapped_tables():
        if mapped.entry.about_somebody:
            yield f"ALTER TABLE {mapped.table} ENABLE ROW LEVEL SECURITY"


def _quoted(names: Iterator[str] | set[str] | list[str]) -> str:
    return ", ".join(f'"{name}"' for name in sorted(names))


def _grant_statements() -> Iterator[str]:
    columns: dict[tuple[str, str, str], list[str]] = {}
    for grant in derived_grants():
        columns.setdefault((grant.table, grant.role, grant.right), []).append(grant.column)
    rights: dict[tuple[str, str], list[str]] = {}
    for (table, role, right), names in sorted(columns.items()):
        named = _quoted([name for name in names if name])
        rights.setdefault((table, role), []).append(f"{right} ({named})" if named else right)
    sequences = {name for m in mapped_tables() if m.entry.machinery for name in m.entry.machinery.sequences}
    for (table, role), held in rights.items():
        kind = "SEQUENCE " if table in sequences else ""
        yield f'GRANT {", ".join(held)} ON {kind}{table} TO "{role}"'


def _drop_policies(cursor: Any) -> list[str]:
    cursor.execute("SELECT tablename, policyname FROM pg_policies WHERE schemaname = 'public'")
    return [f'DROP POLICY "{policy}" ON {table}' for table, policy in cursor.fetchall()]


def _create(policy: Policy) -> str:
    return (
        f'CREATE POLICY "{policy.name}" ON {policy.table} FOR ALL TO "{policy.role}"'
        f" USING ({policy.rule}) WITH CHECK ({policy.rule})"
    )


def _note_policies(cursor: Any, policies: list[Policy]) -> None:
    """
    Note beside each policy, signed, what it was derived from and how PostgreSQL reads it back.

    PostgreSQL rewrites an expression when it stores it; only by noting its own reading can a later change be told.
    """
    made = {(policy.table, policy.name): policy for policy in policies}
    cursor.execute(LIVE_POLICIES)
    statements = []
    for table, name, _, reading in cursor.fetchall():
        text, place = policy_note(made[table, name], reading)
        statements += [f"COMMENT ON POLICY \"{name}\" ON {table} IS '{signed(text, context=place)}'"]
    cursor.execute(";\n".join(statements))
