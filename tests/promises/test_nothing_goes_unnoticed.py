"""Any row policy that is removed, and any right that is added, is reported by name; what the check looks at is the whole map."""

from itertools import zip_longest

import pytest
from django.db import connection, transaction

from hospes.kernel import policies
from hospes.kernel.datamap import mapped_tables
from hospes.kernel.derived import Policy, derived_grants, derived_policies, roles
from tests.support.rights import as_owner

pytestmark = [pytest.mark.database, pytest.mark.django_db, pytest.mark.promise("P30")]

RIGHTS = ("SELECT", "INSERT", "UPDATE", "DELETE")


class _Undone(Exception):
    pass


def _drift_after(statement: str) -> list[str]:
    """What is reported after a statement, which is undone."""
    found: list[str] = []
    try:
        with transaction.atomic():
            connection.cursor().execute(statement)
            found = policies.drift(connection)
            raise _Undone
    except _Undone:
        return found


def test_each_row_policy_is_missed_when_it_is_gone() -> None:
    """One of each table at a time: among hundreds that are left, each that is gone is named, and no other."""
    by_table: dict[str, list[Policy]] = {}
    for policy in derived_policies():
        by_table.setdefault(policy.table, []).append(policy)
    waves = [[p for p in wave if p] for wave in zip_longest(*by_table.values())]
    assert sum(map(len, waves)) == len(derived_policies())
    with as_owner():
        for wave in waves:
            said = _drift_after("; ".join(f'DROP POLICY "{p.name}" ON {p.table}' for p in wave))
            assert sorted(said) == sorted(f"{p.table}: the row policy for {p.role} is missing" for p in wave)


def test_all_policies_of_a_table_switched_off_are_missed() -> None:
    tables = {policy.table for policy in derived_policies()}
    with as_owner():
        wrong = {
            table: said
            for table in sorted(tables)
            if (said := _drift_after(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY"))
            != [f"{table}: row policies are switched off"]
        }
    assert wrong == {}


@pytest.mark.parametrize("right", RIGHTS)
def test_each_right_too_many_on_a_table_is_named(right: str) -> None:
    given = {
        (grant.table, grant.role) for grant in derived_grants() if grant.right == right and not grant.column
    }
    tables = [mapped.table for mapped in mapped_tables()]
    with as_owner():
        for role in [*roles(), "PUBLIC"]:
            extra = [table for table in tables if (table, role) not in given]
            grantee = role if role == "PUBLIC" else f'"{role}"'
            said = _drift_after(f"GRANT {right} ON {', '.join(extra)} TO {grantee}")
            assert set(said) == {
                f"{table}: {role} has {right}, which the data map does not give" for table in extra
            }


@pytest.mark.parametrize("right", ["SELECT", "UPDATE"])
def test_each_right_too_many_on_a_column_is_named(right: str) -> None:
    given = {(grant.table, grant.role, grant.column) for grant in derived_grants() if grant.right == right}
    with as_owner():
        for role in roles():
            extra = [
                (mapped.table, name)
                for mapped in mapped_tables()
                for name, _ in mapped.columns()
                if (mapped.table, role, name) not in given and (mapped.table, role, "") not in given
            ]
            said = _drift_after(
                "; ".join(f'GRANT {right} ("{name}") ON {table} TO "{role}"' for table, name in extra)
            )
            assert set(said) == {
                f"{table}.{name}: {role} has {right}, which the data map does not give"
                for table, name in extra
            }
