"""Whoever declares no purpose reads nothing, and no login gets further than the purposes that it is for."""

import contextlib
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from django.db import ProgrammingError, connection
from psycopg import sql

from hospes.billing.models import Invoice
from hospes.customers.models import Customer, Person
from hospes.kernel import policies
from hospes.kernel.acting import SYSTEM, Actor, acting
from hospes.kernel.logins import LOGINS
from hospes.kernel.purposes import Own, Purpose
from hospes.kernel.refusals import Refused
from tests.support import make, oracle, places
from tests.support.rights import as_login, as_owner

pytestmark = pytest.mark.database

LogIn = Callable[[str], "psycopg.Connection[tuple[Any, ...]]"]
Forbidden = psycopg.errors.InsufficientPrivilege


# --- nobody acts ---


@pytest.mark.django_db
@pytest.mark.parametrize("login", LOGINS)
def test_code_that_forgets_to_act_reads_nothing_and_is_told_so(login: str) -> None:
    make.invoice()
    reads: list[Callable[[], object]] = [
        Person.objects.first,
        lambda: list(Customer.objects.values_list("name")),
        lambda: Invoice.objects.get(pk=1),
        lambda: Invoice.objects.update(paid_cents=0),
        lambda: connection.cursor().execute("SELECT * FROM billing_invoiceline"),
    ]
    for read in reads:
        with pytest.raises(Refused, match="none declared: use acting"), as_login(login):
            read()


@pytest.mark.django_db
def test_the_refusal_names_table_and_columns() -> None:
    with pytest.raises(Refused) as caught:
        connection.cursor().execute("SELECT buyer_street, total_cents FROM billing_invoice")
    assert caught.value.table == "billing_invoice"
    assert caught.value.columns == ["buyer_street", "total_cents"]


@pytest.mark.django_db
def test_a_refusal_is_a_programming_error_and_other_errors_stay_what_they_are() -> None:
    assert issubclass(Refused, ProgrammingError)
    with pytest.raises(ProgrammingError) as caught:
        connection.cursor().execute("SELECT nonsense FROM catalogue_product")
    assert not isinstance(caught.value, Refused)


@pytest.mark.django_db
def test_what_is_about_no_person_is_read_by_everybody() -> None:
    product = make.product()
    for login in LOGINS:
        with as_login(login), connection.cursor() as cursor:
            cursor.execute("SELECT slug FROM catalogue_product")
            assert cursor.fetchall() == [(product.slug,)]


# --- each login as it really is ---


@pytest.mark.parametrize("login", LOGINS)
def test_a_login_by_itself_reads_and_writes_no_column_of_any_person(
    login: str, login_connection: LogIn
) -> None:
    personal = [(m.table, oracle.database_name(m, n)) for m, n in _personal()]
    with login_connection(login) as its:
        for table, column in personal:
            place, what = sql.Identifier(table), sql.Identifier(column)
            for statement in (
                sql.SQL("SELECT {what} FROM {place} LIMIT 1"),
                sql.SQL("UPDATE {place} SET {what} = NULL"),
                sql.SQL("INSERT INTO {place} ({what}) VALUES (NULL)"),
            ):
                with pytest.raises(Forbidden):
                    its.execute(statement.format(place=place, what=what))
        for table in {table for table, _ in personal}:
            for words in (
                "DELETE FROM {}",
                "TRUNCATE {}",
                "SELECT count(*) FROM {}",
                "DROP TABLE {}",
            ):
                with pytest.raises(Forbidden):
                    its.execute(sql.SQL(words).format(sql.Identifier(table)))
    assert len(personal) > 150


def _personal() -> list[tuple[Any, str]]:
    return [
        (mapped, name)
        for mapped in oracle.mapped_tables()
        if mapped.entry.key
        for name in mapped.entry.columns
    ]


@pytest.mark.parametrize("login", LOGINS)
def test_a_login_switches_to_the_roles_on_its_list_and_to_no_other(
    login: str, login_connection: LogIn
) -> None:
    may = {grantee.role for grantee in LOGINS[login].may_act_as}
    roles = [g.role for g in oracle.everybody()] + [other.role for other in LOGINS.values()]
    roles += ["pg_read_all_data", "pg_write_all_data", "pg_monitor", places.server().user]
    own = LOGINS[login].role
    with login_connection(login) as its:
        for role in roles:
            statement = sql.SQL("SET ROLE {}").format(sql.Identifier(role))
            if role in may or role == own:
                its.execute(statement)
                assert _user(its) == role
                its.execute("RESET ROLE")
            else:
                with pytest.raises(Forbidden):
                    its.execute(statement)
                assert _user(its) == own
    assert may


def _user(its: "psycopg.Connection[tuple[Any, ...]]") -> str:
    row = its.execute("SELECT current_user").fetchone()
    assert row is not None
    return str(row[0])


def test_the_portal_becomes_no_purpose_about_everybody(login_connection: LogIn) -> None:
    assert all(isinstance(grantee, Own) for grantee in LOGINS["portal"].may_act_as)
    with login_connection("portal") as portal:
        for purpose in Purpose:
            with pytest.raises(Forbidden):
                portal.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(purpose.role)))


@pytest.mark.parametrize("login", LOGINS)
def test_a_login_cannot_give_itself_more(login: str, login_connection: LogIn) -> None:
    own, other = LOGINS[login].role, Purpose.RETENTION.role
    if login == "worker":
        other = Purpose.DISCLOSURE.role
    with login_connection(login) as its:
        for words in (
            f'GRANT "{other}" TO "{own}"',
            f'ALTER ROLE "{own}" BYPASSRLS',
            f'ALTER ROLE "{own}" SUPERUSER',
            f'SET SESSION AUTHORIZATION "{other}"',
            "CREATE TABLE public.loot (x text)",
            "CREATE SCHEMA loot",
            f'CREATE ROLE loot IN ROLE "{other}"',
            "ALTER TABLE customers_person DISABLE ROW LEVEL SECURITY",
            "CREATE FUNCTION public.loot() RETURNS text LANGUAGE sql AS 'SELECT 1::text'",
            "COPY (SELECT 1) TO PROGRAM 'true'",
            "SELECT pg_read_file('PG_VERSION')",
            "SELECT rolpassword FROM pg_authid",
            f"DROP POLICY customers_person_{Purpose.ACCESS.role} ON customers_person",
            "SET session_replication_role = replica",
        ):
            with pytest.raises(Forbidden):
                its.execute(words)
        assert (
            its.execute("SET row_security = off").statusmessage == "SET"
        )  # turns a hidden row into an error, no more
        with pytest.raises(Forbidden):
            its.execute("SELECT id FROM customers_person")


def test_row_security_off_shows_a_twin_nothing(committed_database: None, login_connection: LogIn) -> None:
    customer = make.customer()
    with login_connection("portal") as portal, portal.transaction(force_rollback=True):
        portal.execute("SET LOCAL row_security = off")
        _become(portal, Purpose.BILLING.own.role, customer=customer.pk)
        with pytest.raises(Forbidden):
            portal.execute("SELECT name FROM customers_customer")


def _become(its: "psycopg.Connection[tuple[Any, ...]]", role: str, **settings: object) -> None:
    its.execute("SELECT set_config('role', %s, true)", [role])
    for name, value in settings.items():
        its.execute("SELECT set_config(%s, %s, true)", [f"hospes.{name}", str(value)])


def test_what_forged_settings_can_do_in_the_portal(committed_database: None, login_connection: LogIn) -> None:
    """
    Whoever can run SQL of their own there can name another customer; that much, and its limits, are in the docs.

    They cannot see everybody at once, no column beyond those of the twin, and nothing for a purpose not on the list.
    """
    mine, other = make.invoice(), make.invoice()
    with login_connection("portal") as portal:
        for invoice in (mine, other):
            with portal.transaction():
                _become(portal, Purpose.BILLING.own.role, customer=invoice.customer_id, actor_kind="system")
                assert portal.execute("SELECT id FROM billing_invoice").fetchall() == [(invoice.pk,)]
                assert portal.execute("SELECT name FROM customers_customer").fetchall() == [
                    (invoice.customer.name,)
                ]
        for forged in ("", "0", str(mine.customer_id + 10**9)):
            with portal.transaction():
                _become(portal, Purpose.BILLING.own.role, customer=forged, purpose="billing")
                assert portal.execute("SELECT id FROM billing_invoice").fetchall() == []
        for statement in (
            "SELECT phone FROM customers_person",
            "UPDATE billing_invoice SET paid_cents = total_cents",
            "DELETE FROM billing_invoice",
            "INSERT INTO billing_invoice (customer_id) VALUES (1)",
            "SELECT args FROM procrastinate_jobs",
        ):
            with portal.transaction(force_rollback=True):
                _become(portal, Purpose.BILLING.own.role, customer=mine.customer_id)
                with pytest.raises(Forbidden):
                    portal.execute(statement)


@pytest.mark.parametrize("login", LOGINS)
def test_after_the_transaction_a_login_is_itself_again(
    login: str, committed_database: None, login_connection: LogIn
) -> None:
    role = sorted(grantee.role for grantee in LOGINS[login].may_act_as)[0]
    with login_connection(login) as its:
        with its.transaction():
            _become(its, role, customer=1, person=1)
            assert _user(its) == role
        assert _user(its) == LOGINS[login].role
        assert its.execute("SELECT current_setting('hospes.customer', true)").fetchone() in [(None,), ("",)]


def test_a_login_needs_its_password(django_db_setup: None) -> None:
    guessed = places.database().words() | {"password": "guessed"}
    with contextlib.suppress(psycopg.OperationalError), psycopg.connect(**guessed):  # type: ignore[arg-type]
        pytest.skip("this server asks nobody for a password")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(**guessed | {"user": LOGINS["office"].role})  # type: ignore[arg-type]


# --- tests themselves ---


@pytest.mark.django_db
def test_a_test_has_no_rights_by_accident() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        assert cursor.fetchone() == (LOGINS["portal"].role,)


@pytest.mark.django_db
@pytest.mark.login("worker")
def test_a_test_names_the_login_whose_rights_it_wants() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        assert cursor.fetchone() == (LOGINS["worker"].role,)
        with as_owner():
            cursor.execute("SELECT current_user")
            assert cursor.fetchone() == (places.server().user,)
            with acting(Purpose.SUPPORT, actor=SYSTEM), as_login("door"):
                cursor.execute("SELECT current_user")
                assert cursor.fetchone() == (LOGINS["door"].role,)
        cursor.execute("SELECT current_user")
        assert cursor.fetchone() == (LOGINS["worker"].role,)


@pytest.mark.django_db
def test_every_model_of_ours_is_bound(settings: Any) -> None:
    """The tests' database is as a real one: no drift."""
    with as_owner():
        assert policies.drift(connection) == []
    with acting(Purpose.BILLING, actor=Actor.staff(1)):
        assert Invoice.objects.count() == 0
