"""What retention may delete, and from when on: the periods of the data map, held by the database."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg
import pytest
from django.db import ProgrammingError, connection, transaction

from hospes.accounts.models import PasswordReset, StaffChange, StaffMember
from hospes.billing.models import TaxStatus
from hospes.customers.models import Customer, Membership
from hospes.kernel import datamap, own_code, policies
from hospes.kernel.acting import JOB, acting
from hospes.kernel.datamap import Then, mapped_tables
from hospes.kernel.keeping import keeping_sql, period
from hospes.kernel.models import Consent, Restriction
from hospes.kernel.purposes import Purpose
from hospes.messaging.models import Message, TextMessage
from hospes.sales.models import Cart
from hospes.services.models import Content, Service, ServiceChange
from tests.support import make
from tests.support.ageing import the_database_believes
from tests.support.rights import as_owner

pytestmark = [pytest.mark.database, pytest.mark.promise("P80", "P83")]

LogIn = Callable[[str], "psycopg.Connection[tuple[Any, ...]]"]

#: What can be timed by a column of the row itself: from which one, and for how long. By hand, not from the map, and not all.
TIMED = {
    "accounts_passwordreset": ("expires_at", "30 days"),
    "accounts_staffchange": ("at", "2 years"),
    "accounts_staffmember": ("until", "2 years"),
    "customers_customer": ("ended_on", "7 years"),
    "kernel_consent": ("withdrawn_at", "5 years"),
    "kernel_restriction": ("lifted_at", "5 years"),
    "messaging_message": ("created_at", "2 years"),
    "messaging_textmessage": ("created_at", "6 months"),
    "sales_cart": ("used_on", "90 days"),
    "services_service": ("ended_on", "7 years"),
}

#: What goes with another row, which can be timed.
WITH_ANOTHER = {
    "accounts_staffpost": "member_id", "billing_taxstatus": "customer_id", "sales_cartline": "cart_id", "services_servicechange": "service_id",
}  # fmt: skip


def _make(table: str) -> int:
    """Make a row about which the event has not happened, or only just."""
    now = datetime.now(UTC)
    made: dict[str, Callable[[], Any]] = {
        "accounts_passwordreset": lambda: PasswordReset.objects.create(
            person=make.person(), asked_at=now, expires_at=now + timedelta(hours=4)
        ),
        "accounts_staffchange": lambda: StaffChange.objects.create(at=now, what="hired", about=make.person()),
        "accounts_staffmember": lambda: StaffMember.objects.create(
            person=make.person(), since=now, invited_at=now, invited_until=now, joined_at=now
        ),
        "customers_customer": make.customer,
        "kernel_consent": lambda: Consent.objects.create(
            person_id=make.person().pk, purpose="newsletter", text_version="1", given_at=now
        ),
        "kernel_restriction": lambda: make.restriction(person=make.person(), purpose=Purpose.SUPPORT),
        "messaging_message": lambda: make.message(customer=make.customer(), created_at=now),
        "messaging_textmessage": lambda: TextMessage.objects.create(
            kind="test", person=make.person(), key="test", created_at=now
        ),
        "sales_cart": lambda: Cart.objects.create(changed_at=now, used_on=now.date()),
        "services_service": make.service,
    }
    with as_owner():
        row = made[table]()
        if table == "customers_customer":
            Membership.objects.filter(customer=row).delete()
            TaxStatus.objects.filter(customer=row).delete()
    return row.pk  # type: ignore[no-any-return]


_MODELS = {m._meta.db_table: m for m in (
    Cart, Consent, Customer, Message, PasswordReset, Restriction, Service, StaffChange, StaffMember,
    TextMessage,
)}  # fmt: skip


def _move(table: str, pk: Any, moment: str) -> None:
    """Say when the event was: an expression of PostgreSQL; what else the row says of its beginning lies before that."""
    column = TIMED[table][0]
    begins = {
        "accounts_passwordreset": ", asked_at = '2001-01-01'",
        "kernel_consent": ", given_at = '2001-01-01'",
    }
    key = _MODELS[table]._meta.pk.column
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(
            f'UPDATE {table} SET {column} = {moment}{begins.get(table, "")} WHERE "{key}" = %s', [pk]
        )


def _delete(table: str, pk: Any) -> int:
    key = _MODELS[table]._meta.pk.column
    with acting(Purpose.RETENTION, actor=JOB), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f'DELETE FROM {table} WHERE "{key}" = %s', [pk])
        return int(cursor.rowcount)


@pytest.mark.django_db
@pytest.mark.parametrize("table", TIMED)
def test_retention_deletes_a_row_once_its_period_has_passed_and_no_sooner(table: str) -> None:
    column, how_long = TIMED[table]
    pk = _make(table)
    whole_days = column.endswith("_on")  # such an event counts from the beginning of its day (UTC)
    moments = [f"now() - interval '{how_long}' + interval '{'2 days' if whole_days else '1 minute'}'"]
    if _MODELS[table]._meta.get_field(column).null:
        moments.append("NULL")
    said = rf"permission denied for table {table}: a row is kept for .* from its {column}"
    for moment in moments:
        _move(table, pk, moment)
        with pytest.raises(ProgrammingError, match=said):
            _delete(table, pk)
    _move(table, pk, f"now() - interval '{how_long}' - interval '{'2 days' if whole_days else '1 minute'}'")
    if table == "services_service":
        with as_owner(), connection.cursor() as cursor:
            cursor.execute("DELETE FROM services_servicechange WHERE service_id = %s", [pk])
            cursor.execute("DELETE FROM services_content WHERE service_id = %s", [pk])
    assert _delete(table, pk) == 1


@pytest.mark.django_db
def test_what_cannot_be_timed_retention_has_no_right_to_delete() -> None:
    timed = {m.table for m in mapped_tables() if Purpose.RETENTION in m.entry.deletes}
    assert timed >= set(TIMED) | set(WITH_ANOTHER)
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
            " WHERE t.tgname = 'hospes_keep_row' AND t.tgenabled = 'O'"
        )
        assert {table for (table,) in cursor.fetchall()} == timed
        cursor.execute("SELECT prosrc FROM pg_proc WHERE proname = 'hospes_keep_row'")
        (guard,) = cursor.fetchone()
        for table in timed:
            keep = _of(table)
            assert f"'{table}' THEN" in guard.replace(f"TG_TABLE_NAME = '{table}' THEN", f"'{table}' THEN")
            assert keep.then is Then.DELETE
    kept = {m.table for m in mapped_tables() if m.entry.keep is not None}
    assert len(kept) > 20
    for table in kept - timed:
        with (
            pytest.raises(ProgrammingError, match="permission denied"),
            acting(Purpose.RETENTION, actor=JOB),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(f"DELETE FROM {table} WHERE false")


@pytest.mark.django_db
def test_what_goes_with_another_row_goes_once_that_is_gone_and_no_sooner() -> None:
    cart, service = make.cart(products=[make.product()]), make.service(state="terminated")
    other, customer = make.service(state="terminated"), make.customer(ended_on=date(2020, 1, 1))
    with as_owner():  # each of them has one child here
        Membership.objects.filter(customer=customer).delete()
        Content.objects.filter(service=service).delete()
        ServiceChange.objects.filter(service=other).delete()
    service_change = ServiceChange.objects.filter(service=service)
    for table, key, pk, parent in (
        ("sales_cartline", "cart_id", cart.pk, "sales_cart"),
        ("services_servicechange", "service_id", service.pk, "services_service"),
        ("services_content", "service_id", other.pk, "services_service"),
        ("billing_taxstatus", "customer_id", customer.pk, "customers_customer"),
    ):
        child = f"DELETE FROM {table} WHERE {key} = %s"
        with the_database_believes(datetime.now(UTC) + timedelta(days=20 * 365)):
            with (
                pytest.raises(
                    ProgrammingError,
                    match=f"permission denied for table {table}: a row is kept as long as its {key} is",
                ),
                acting(Purpose.RETENTION, actor=JOB),
                transaction.atomic(),
                connection.cursor() as cursor,
            ):
                cursor.execute(child, [pk])
            with acting(Purpose.RETENTION, actor=JOB), connection.cursor() as cursor:
                cursor.execute(f"DELETE FROM {parent} WHERE id = %s", [pk])
                cursor.execute(child, [pk])
                assert cursor.rowcount == 1
    with as_owner():
        assert not service_change.exists()


@pytest.mark.django_db
def test_who_moves_the_clock_of_the_database_is_found_out() -> None:
    with the_database_believes(datetime(2050, 1, 1, tzinfo=UTC)), as_owner():
        assert policies.drift(connection) == ["hospes_now(): the function was changed by hand"]
    with as_owner():
        assert policies.drift(connection) == []
    for purpose in Purpose:
        with (
            pytest.raises(ProgrammingError, match=r"must be owner|permission denied"),
            acting(purpose, actor=JOB),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(
                "CREATE OR REPLACE FUNCTION hospes_now() RETURNS timestamptz LANGUAGE sql AS 'SELECT now()'"
            )


@pytest.mark.django_db
def test_others_delete_what_is_theirs_whenever_they_may() -> None:
    pk = _make("sales_cart")
    with acting(Purpose.CART, actor=JOB), connection.cursor() as cursor:
        cursor.execute("DELETE FROM sales_cart WHERE id = %s", [pk])
        assert cursor.rowcount == 1


def test_the_workers_own_login_cannot_be_ahead_of_time(
    committed_database: None, login_connection: LogIn
) -> None:
    pk = _make("messaging_message")
    with as_owner():
        Message.objects.filter(pk=pk).update(created_at=datetime.now(UTC) - timedelta(days=729, hours=12))
    for zone in ("Etc/GMT-14", "Etc/GMT+12"):
        with login_connection("worker") as worker, worker.transaction(force_rollback=True):
            worker.execute("SELECT set_config('role', %s, true)", [Purpose.RETENTION.role])
            worker.execute(f"SET LOCAL TimeZone = '{zone}'")
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match="a row is kept for 2 years"):
                worker.execute("DELETE FROM messaging_message WHERE id = %s", [pk])


@pytest.mark.django_db
def test_nobody_moves_the_moment_from_which_a_message_is_kept() -> None:
    pk = _make("messaging_message")
    for purpose in Purpose:
        with (
            pytest.raises(ProgrammingError, match="messaging_message"),
            acting(purpose, actor=JOB),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute("UPDATE messaging_message SET created_at = '2001-01-01' WHERE id = %s", [pk])


# --- the numbers are the map's ---


@pytest.mark.django_db
def test_every_period_of_the_map_is_in_the_database_and_no_other() -> None:
    with as_owner(), connection.cursor() as cursor:
        for mapped in mapped_tables():
            cursor.execute("SELECT hospes_kept(%s) = %s::interval", [mapped.table, _in_words(mapped)])
            assert cursor.fetchone() == ((True,) if mapped.entry.keep else (None,)), mapped.table
        cursor.execute(
            "SELECT hospes_kept('kernel_journalentry')::text, hospes_kept('nothing'), hospes_now() = now()"
        )
        assert cursor.fetchone() == ("1 year", None, True)


def _in_words(mapped: datamap.Mapped) -> str | None:
    keep = mapped.entry.keep
    return f"{keep.years} years {keep.months} months {keep.days} days" if keep else None


@pytest.mark.django_db
def test_only_retention_asks_the_database_for_periods() -> None:
    for purpose in Purpose:
        for function in ("hospes_kept(text)", "hospes_now()"):
            with as_owner(), connection.cursor() as cursor:
                cursor.execute("SELECT has_function_privilege(%s, %s, 'EXECUTE')", [purpose.role, function])
                assert cursor.fetchone() == (purpose is Purpose.RETENTION,)


@pytest.mark.django_db
@pytest.mark.xdist_group("roles")
def test_a_period_that_is_not_the_maps_is_drift_and_put_right() -> None:
    wrong = keeping_sql().replace(f"'kernel_consent' THEN interval '{period(_of('kernel_consent'))}'", "'kernel_consent' THEN interval '1 day'")  # fmt: skip
    assert wrong != keeping_sql()
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(wrong)
        assert policies.drift(connection) == [
            "hospes_kept(kept_table text): the function was changed by hand"
        ]
        policies.apply(connection)
        assert policies.drift(connection) == []


@pytest.mark.django_db
@pytest.mark.xdist_group("roles")
def test_a_map_with_other_periods_is_drift_until_it_is_applied(monkeypatch: pytest.MonkeyPatch) -> None:
    """A new version has other periods, or guards other tables: `hospes check` says so, `hospes migrate` puts them in."""
    as_it_was = own_code.own_code()
    other = keeping_sql().replace(
        "'kernel_consent' THEN interval '5 years", "'kernel_consent' THEN interval '6 years"
    )
    head, _, tail = other.partition(
        "CREATE OR REPLACE TRIGGER hospes_keep_row BEFORE DELETE ON public.sales_cart"
    )
    changed = own_code.OwnCode(dict(as_it_was.functions), dict(as_it_was.bodies), {}, as_it_was.changes, as_it_was.migrations)  # fmt: skip
    changed.triggers |= {key: sql for key, sql in as_it_was.triggers.items() if key != ("sales_cart", "hospes_keep_row")}  # fmt: skip
    own_code.read(head, changed)
    for module in ("own_code", "drift_code"):
        monkeypatch.setattr(f"hospes.kernel.{module}.own_code", lambda: changed)
    with as_owner():
        assert policies.drift(connection) == [
            "hospes_kept(kept_table text): the function is not that of this version and its data map",
            "sales_cart.hospes_keep_row: the trigger is missing",  # from what this version knows
            "sales_cart.hospes_keep_row: the trigger is not of the migrations",
        ]
        policies.apply(connection)
        assert policies.drift(connection) == []
        with connection.cursor() as cursor:
            cursor.execute("SELECT hospes_kept('kernel_consent')::text")
            assert cursor.fetchone() == ("6 years",)
    assert tail


def _of(table: str) -> datamap.Keep:
    (keep,) = [m.entry.keep for m in mapped_tables() if m.table == table]
    assert keep is not None
    return keep


def test_a_guard_names_a_column_that_there_is() -> None:
    for mapped in mapped_tables():
        if (keep := mapped.entry.keep) is not None and keep.since:
            assert keep.since in mapped.entry.columns
            assert keep.is_timed == (keep.then is Then.DELETE)
