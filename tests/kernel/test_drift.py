"""Whatever is changed by hand in the database is reported, and applying the map again puts it right."""

from collections.abc import Callable, Iterator

import pytest
from django.db import connection, transaction

from hospes.kernel import datamap, policies
from hospes.kernel.derived import derived_grants, derived_policies
from hospes.kernel.logins import LOGINS
from hospes.kernel.purposes import Purpose
from tests.support.rights import as_owner

pytestmark = [pytest.mark.database, pytest.mark.django_db, pytest.mark.xdist_group("roles")]

BILLING, SUPPORT = Purpose.BILLING, Purpose.SUPPORT
Run = Callable[[str], None]


@pytest.fixture
def run() -> Iterator[Run]:
    """Run statements as the owner; roles and all are rolled back with the test."""
    with as_owner():
        yield lambda statement: connection.cursor().execute(statement)


def _drift() -> list[str]:
    return policies.drift(connection)


def _put_right() -> None:
    with transaction.atomic():
        policies.ensure_roles(connection)
        policies.apply(connection)


def test_a_database_that_was_just_made_has_none(run: Run) -> None:
    assert _drift() == []
    assert len(derived_policies()) > 100
    assert len(derived_grants()) > 1000


def test_applying_twice_changes_nothing(run: Run) -> None:
    _put_right()
    _put_right()
    assert _drift() == []


# --- what applying the map puts right ---

_PORTAL, _OFFICE = "hospes_test_login_portal", "hospes_test_login_office"
_BY_HAND = {
    "a grant on a column": (
        'GRANT SELECT (phone) ON customers_person TO "hospes_test_billing"',
        "customers_person.phone: hospes_test_billing has SELECT, which the data map does not give",
    ),
    "a grant on a table": (
        'GRANT UPDATE ON billing_invoice TO "hospes_test_billing"',
        "billing_invoice: hospes_test_billing has UPDATE, which the data map does not give",
    ),
    "a grant to everybody": (
        "GRANT SELECT ON customers_customer TO PUBLIC",
        "customers_customer: PUBLIC has SELECT, which the data map does not give",
    ),
    "a grant to a login": (
        f'GRANT SELECT (email) ON customers_person TO "{_PORTAL}"',
        f"customers_person.email: {_PORTAL} has SELECT, which the data map does not give",
    ),
    "a grant to a stranger": (
        'CREATE ROLE "stranger_test"; GRANT SELECT ON customers_person TO "stranger_test"',
        "customers_person: stranger_test has SELECT, which the data map does not give",
    ),
    "a grant that may be passed on": (
        'GRANT SELECT (email) ON customers_person TO "hospes_test_access" WITH GRANT OPTION',
        "customers_person.email: hospes_test_access has SELECT WITH GRANT OPTION, which the data map does not give",
    ),
    "a grant on the queue's numbers": (
        f'GRANT USAGE ON SEQUENCE procrastinate_jobs_id_seq TO "{_PORTAL}"',
        f"procrastinate_jobs_id_seq: {_PORTAL} has USAGE, which the data map does not give",
    ),
    "a grant that was taken away": (
        'REVOKE SELECT (total_cents) ON billing_invoice FROM "hospes_test_billing"',
        "billing_invoice.total_cents: hospes_test_billing lacks SELECT, which the data map gives",
    ),
    "tables may be made": (
        f'GRANT CREATE ON SCHEMA public TO "{_OFFICE}"',
        f"the schema: {_OFFICE} has CREATE, which the data map does not give",
    ),
    "a function for everybody": (
        "GRANT EXECUTE ON FUNCTION journal_forget(bigint[],text) TO PUBLIC",
        "journal_forget(bigint[],text): PUBLIC has EXECUTE, which the data map does not give",
    ),
    "a function that was taken away": (
        'REVOKE EXECUTE ON FUNCTION hospes_next_number(text) FROM "hospes_test_billing"',
        "hospes_next_number(text): hospes_test_billing lacks EXECUTE, which the data map gives",
    ),
    "a policy that was dropped": (
        'DROP POLICY "billing_invoice_hospes_test_billing_own" ON billing_invoice',
        "billing_invoice: the row policy for hospes_test_billing_own is missing",
    ),
    "a policy that was changed": (
        'ALTER POLICY "billing_invoice_hospes_test_billing_own" ON billing_invoice USING (true)',
        "billing_invoice: the row policy for hospes_test_billing_own was changed by hand",
    ),
    "a policy whose check was changed": (
        'ALTER POLICY "sales_cart_hospes_test_cart_own" ON sales_cart WITH CHECK (true)',
        "sales_cart: the row policy for hospes_test_cart_own was changed by hand",
    ),
    "a policy for other roles": (
        'ALTER POLICY "billing_invoice_hospes_test_billing" ON billing_invoice TO "hospes_test_support"',
        "billing_invoice: the row policy for hospes_test_billing was changed by hand",
    ),
    "a policy whose note was changed": (
        "COMMENT ON POLICY \"billing_invoice_hospes_test_billing\" ON billing_invoice IS 'fine'",
        "billing_invoice: the row policy for hospes_test_billing was changed by hand",
    ),
    "a policy that was added": (
        "CREATE POLICY loot ON customers_person USING (true)",
        "customers_person: the row policy loot is not of the data map",
    ),
    "a policy that was added for a command": (
        'CREATE POLICY loot ON billing_invoice FOR SELECT TO "hospes_test_billing_own" USING (true)',
        "billing_invoice: the row policy loot is not of the data map",
    ),
    "policies that were switched off": (
        "ALTER TABLE customers_person DISABLE ROW LEVEL SECURITY",
        "customers_person: row policies are switched off",
    ),
    "a login that may act for more": (
        f'GRANT "hospes_test_billing" TO "{_PORTAL}"',
        f"{_PORTAL} is a member of hospes_test_billing, which it must not be",
    ),
    "a login that may read all": (
        f'GRANT pg_read_all_data TO "{_PORTAL}"',
        f"{_PORTAL} is a member of pg_read_all_data, which it must not be",
    ),
    "a purpose that may act for another": (
        'GRANT "hospes_test_access" TO "hospes_test_support_own"',
        "hospes_test_support_own is a member of hospes_test_access, which it must not be",
    ),
    "a stranger who may act for a purpose": (
        'CREATE ROLE "stranger_test" LOGIN; GRANT "hospes_test_access" TO "stranger_test"',
        "stranger_test is a member of hospes_test_access, which it must not be",
    ),
    "a login that may let others in": (
        f'GRANT "hospes_test_billing" TO "{_OFFICE}" WITH ADMIN OPTION',
        f"{_OFFICE} is more than a plain member of hospes_test_billing: it inherits it or may pass it on",
    ),
    "a login that lost a purpose": (
        f'REVOKE "hospes_test_billing_own" FROM "{_PORTAL}"',
        f"{_PORTAL} is not a member of hospes_test_billing_own",
    ),
    "a role that passes by policies": (
        'ALTER ROLE "hospes_test_support" BYPASSRLS',
        "hospes_test_support has powers that pass by the policies: BYPASSRLS",
    ),
    "a login that inherits": (
        f'ALTER ROLE "{_PORTAL}" INHERIT CREATEROLE',
        f"{_PORTAL} has powers that pass by the policies: INHERIT, CREATEROLE",
    ),
    "a purpose that can log in": (
        'ALTER ROLE "hospes_test_access" LOGIN',
        "hospes_test_access has powers that pass by the policies: LOGIN",
    ),
    "a superuser": (
        'ALTER ROLE "hospes_test_access_own" SUPERUSER',
        "hospes_test_access_own has powers that pass by the policies: SUPERUSER",
    ),
}


@pytest.mark.parametrize("what", _BY_HAND)
def test_what_was_changed_by_hand_is_reported_and_put_right(run: Run, what: str) -> None:
    statement, sentence = _BY_HAND[what]
    run(statement)
    assert sentence in _drift()
    _put_right()
    assert _drift() == []


def test_a_membership_that_inherits_is_reported(run: Run) -> None:
    if connection.pg_version < 160000:
        pytest.skip("before PostgreSQL 16 inheriting is said of the member only")
    run(f'GRANT "hospes_test_billing" TO "{_OFFICE}" WITH INHERIT TRUE')
    assert any(_OFFICE in sentence and "inherits it" in sentence for sentence in _drift())
    _put_right()
    assert _drift() == []


# --- what only people can put right ---

_BY_PEOPLE = {
    "a column without a word on the map": (
        "ALTER TABLE customers_person ADD COLUMN shoe_size integer",
        "customers_person.shoe_size: in the database, but not on the data map",
    ),
    "a column that is gone": (
        "ALTER TABLE customers_person DROP COLUMN phone CASCADE",
        "customers_person.phone: on the data map, but not in the database",
    ),
    "a table without a word on the map": (
        "CREATE TABLE diary (day date, text text)",
        "diary: the table is not on the data map",
    ),
    "a view that looks with its owner's eyes": (
        "CREATE VIEW everybody AS SELECT id FROM customers_person",
        "everybody: a view or foreign table that passes by the row policies",
    ),
    "a view that stores what it saw": (
        "CREATE MATERIALIZED VIEW everybody AS SELECT id FROM customers_person",
        "everybody: a view or foreign table that passes by the row policies",
    ),
    "a function with its owner's rights": (
        "CREATE FUNCTION everybody() RETURNS SETOF customers_person LANGUAGE sql SECURITY DEFINER"
        " AS 'SELECT * FROM customers_person'",
        "everybody(): PUBLIC has EXECUTE, which the data map does not give",
    ),
    "a table that a login owns": (
        f'GRANT CREATE ON SCHEMA public TO "{_PORTAL}"; ALTER TABLE customers_person OWNER TO "{_PORTAL}"',
        f"customers_person: belongs to {_PORTAL}, who passes by the row policies",
    ),
}


@pytest.mark.parametrize("what", _BY_PEOPLE)
def test_what_was_added_by_hand_is_reported(run: Run, what: str) -> None:
    statement, sentence = _BY_PEOPLE[what]
    run(statement)
    assert sentence in _drift()


def test_a_view_that_looks_with_the_readers_eyes_is_fine(run: Run) -> None:
    run("CREATE VIEW own_eyes WITH (security_invoker = true) AS SELECT id FROM catalogue_product")
    assert _drift() == []


def test_a_function_with_the_callers_rights_is_fine(run: Run) -> None:
    run(
        "CREATE FUNCTION everybody() RETURNS SETOF customers_person LANGUAGE sql AS 'SELECT * FROM customers_person'"
    )
    assert _drift() == []


def test_roles_that_are_missing_are_reported(run: Run) -> None:
    run('ALTER ROLE "hospes_test_login_door" RENAME TO "stranger_test"')
    assert "hospes_test_login_door is not a member of hospes_test_access" in _drift()


def test_every_table_about_somebody_has_policies_for_every_role_with_rights(run: Run) -> None:
    for mapped in datamap.mapped_tables():
        if mapped.entry.about_somebody:
            with_rights = {grant.role for grant in derived_grants() if grant.table == mapped.table}
            with_policy = {policy.role for policy in derived_policies() if policy.table == mapped.table}
            assert with_rights == with_policy, mapped.table


def test_no_login_is_named_in_a_policy_or_has_a_right_on_a_person(run: Run) -> None:
    logins = {login.role for login in LOGINS.values()}
    personal = {mapped.table for mapped in datamap.mapped_tables() if mapped.entry.about_somebody}
    assert not [policy for policy in derived_policies() if policy.role in logins]
    assert not [grant for grant in derived_grants() if grant.role in logins and grant.table in personal]
