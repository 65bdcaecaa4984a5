"""What is booked of invoices, payments and months: each once, numbered without gaps, in balance."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hospes.billing.ledger import rules, services
from hospes.billing.ledger.models import LedgerAccount, LedgerLine, LedgerRelease
from hospes.billing.ledger.reports.balances import trial_balance
from hospes.billing.ledger.reports.table import Period
from hospes.billing.ledger.services import Journal, Posting, Use
from hospes.billing.models import BookYear, InvoiceLine
from hospes.kernel.acting import JOB, acting
from hospes.kernel.purposes import Purpose
from tests.billing.books import draft, issue, line
from tests.billing.ledger.ledger_books import (
    balance,
    book,
    book_all,
    close,
    entries,
    lines_of,
    release,
    run,
)
from tests.support import make
from tests.support.make import NOW, TODAY
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.login("worker")]

BALANCE = "SELECT coalesce(sum(debit_cents), 0) - coalesce(sum(credit_cents), 0) FROM billing_ledgerline"


@pytest.fixture(autouse=True)
def _rates() -> None:
    make.vat_rates()


# --- invoices ---


def test_an_invoice_is_booked_as_it_is_issued() -> None:
    """75.00 for a year from 2 March: 30 days of it are March's."""
    invoice = issue(draft())
    assert lines_of(f"invoice:{invoice.pk}") == [
        ("debtors", 9075), ("deferred", -6884), ("revenue_standard", -616), ("vat_standard", -1575),
    ]  # fmt: skip
    [entry] = entries()
    assert (entry.journal, entry.book_year, entry.number, entry.booked_on) == ("S", 2026, 1, TODAY)
    assert (entry.document, entry.customer_id, entry.made_at) == (invoice.number, invoice.customer_id, NOW)


def test_turnover_says_its_vat_and_the_parts_add_up_to_that_of_the_invoice() -> None:
    invoice = issue(draft(lines=[line(7500), line(333, 900), line(1, 900, period_until=TODAY)]))
    with as_owner():
        found = LedgerLine.objects.filter(entry__origin=f"invoice:{invoice.pk}").exclude(vat_cents=None)
        groups: dict[tuple[str, str, int | None], list[int]] = {}
        for each in found:
            sums = groups.setdefault((each.vat_category, each.vat_country, each.vat_basis_points), [0, 0])
            sums[0] += each.credit_cents - each.debit_cents
            sums[1] += each.vat_cents or 0
    assert groups == {("S", "NL", 2100): [7500, 1575], ("S", "NL", 900): [334, 30]}
    assert balance("vat_reduced") == -30
    assert balance("vat_standard") == -1575


def test_what_is_of_this_month_only_is_not_deferred() -> None:
    invoice = issue(draft(lines=[line(7500, period_until=date(2026, 3, 31))]))
    assert lines_of(f"invoice:{invoice.pk}") == [
        ("debtors", 9075), ("revenue_standard", -7500), ("vat_standard", -1575)
    ]  # fmt: skip


def test_an_invoice_is_booked_once() -> None:
    invoice = issue(draft())
    assert book(invoice) == 0
    assert book_all() == 0
    assert len(entries()) == 1


def test_what_is_missing_is_booked_in_batches_oldest_first_and_without_gaps() -> None:
    days = [TODAY - timedelta(days=n) for n in (0, 400, 30)]
    made = {day: make.invoice(issued_on=day, due_on=TODAY) for day in days}
    booked = make.invoice()
    assert book(booked) == 1
    assert (book_all(size=2), book_all(size=2), book_all(size=2)) == (2, 1, 0)
    assert [(e.book_year, e.number, e.booked_on, e.document) for e in entries()] == [
        (2025, 1, days[1], made[days[1]].number),
        (2026, 1, TODAY, booked.number),
        (2026, 2, days[2], made[days[2]].number),
        (2026, 3, TODAY, made[TODAY].number),
    ]
    assert run(BALANCE) == [(0,)]


def test_the_books_follow_the_book_years_of_the_operator() -> None:
    with as_owner():
        BookYear.objects.filter(year=2028).delete()
        BookYear.objects.filter(year=2027).update(begins_on=date(2027, 7, 1), ends_on=date(2028, 6, 30))
        BookYear.objects.filter(year=2026).update(ends_on=date(2027, 6, 30))
    days = [TODAY, date(2027, 6, 30), date(2027, 7, 1), date(2028, 6, 30)]
    made = [issue(draft(origin=f"order:{day}", due_on=day), today=day) for day in days]
    assert [(e.book_year, e.number) for e in entries()] == [(2026, 1), (2026, 2), (2027, 1), (2027, 2)]
    assert [i.number for i in made] == ["F2026-00001", "F2026-00002", "F2027-00001", "F2027-00002"]
    first = Posting(Journal.MEMORIAL, "a", date(2027, 6, 30), [(Use.VAT_PAID, 100), (Use.BANK, -100)])
    with acting(Purpose.BILLING, actor=JOB):
        services.post([first], now=NOW)
        assert Period.of_book_year(2027) == Period(date(2027, 7, 1), date(2028, 6, 30))
        assert trial_balance(Period.of(2028, month=1), TODAY).total[2] == 0  # type: ignore[index]
        before = {row[0]: row[2] for row in trial_balance(Period.of(2028, month=1), TODAY).rows}
    with as_owner():
        revenue = LedgerAccount.objects.get(use="revenue_standard").code
    assert before[revenue] == -7500  # of July; what was before it belongs to earlier years
    assert [e.book_year for e in entries("M")] == [2026]


def test_an_invoice_of_nothing_has_its_entry_too() -> None:
    invoice = issue(draft(lines=[line(0)]))
    assert lines_of(f"invoice:{invoice.pk}") == [("debtors", 0)]


# --- anything else ---


def posting(origin: str, *lines: tuple[Use, int]) -> Posting:
    return Posting(Journal.MEMORIAL, origin, TODAY, lines or [(Use.VAT_PAID, 100), (Use.BANK, -100)])


def test_other_things_are_posted_once_and_in_order() -> None:
    with acting(Purpose.BILLING, actor=JOB):
        assert services.post([posting("vat:1"), posting("vat:2")], now=NOW) == 2
        assert services.post([posting("vat:2"), posting("vat:3")], now=NOW) == 1
        assert services.post([], now=NOW) == 0
    assert [(e.number, e.origin) for e in entries("M")] == [(1, "vat:1"), (2, "vat:2"), (3, "vat:3")]
    assert lines_of("vat:3") == [("vat_paid", 100), ("bank", -100)]


def test_money_that_came_in_is_against_what_the_customer_owes_or_to_be_paid_back() -> None:
    customer = make.customer()
    came = [
        services.receipt(origin=f"payment:{n}", customer_id=customer.pk, cents=9075, on=TODAY, document="tr_1", is_surplus=n == 2)
        for n in (1, 2)
    ]  # fmt: skip
    with acting(Purpose.BILLING, actor=JOB):
        assert services.post(came, now=NOW) == 2
    assert lines_of("payment:1") == [("clearing", 9075), ("debtors", -9075)]
    assert lines_of("payment:2") == [("clearing", 9075), ("surplus", -9075)]


# --- months ---


def test_each_month_gets_its_revenue_once_and_all_of_them_the_whole() -> None:
    issue(draft())
    assert release(TODAY) == 0
    assert release(date(2026, 4, 1)) == 1
    assert release(date(2026, 4, 30)) == 0
    assert lines_of("release:2026-04:1") == [("deferred", 617), ("revenue_standard", -617)]
    assert release(date(2027, 3, 1)) == 11
    assert balance("deferred") == 0
    assert balance("revenue_standard") == -7500
    assert release(date(2030, 1, 1)) == 0
    assert [e.number for e in entries("M")] == [*range(1, 10), 1, 2, 3]


def test_an_invoice_that_is_booked_late_gets_its_months_in_an_entry_of_their_own() -> None:
    issue(draft())
    release(date(2026, 5, 1))
    make.invoice(issued_on=date(2026, 3, 2))
    assert book_all() == 1
    assert release(date(2026, 5, 1)) == 2
    assert [e.origin for e in entries("M")] == [
        "release:2026-04:1", "release:2026-05:1", "release:2026-04:2", "release:2026-05:2"
    ]  # fmt: skip


CENTS = st.integers(1, 10**7)
PERIODS = st.tuples(st.integers(-400, 400), st.integers(0, 1100))


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(CENTS, st.sampled_from([2100, 900, 0, 550]), PERIODS), min_size=1, max_size=6))
def test_the_database_defers_and_releases_as_the_rule_says(
    what: list[tuple[int, int, tuple[int, int]]],
) -> None:
    drafted = [
        line(cents, rate, period_from=(first := TODAY + timedelta(days=shift)), period_until=first + timedelta(days=length))
        for cents, rate, (shift, length) in what
    ]  # fmt: skip
    number = len(entries("S")) + 1
    invoice = issue(draft(origin=f"order:{number}", lines=drafted))
    release(date(2032, 1, 1))
    with as_owner():
        lines = list(InvoiceLine.objects.filter(invoice=invoice))
        found = {(row.line_id, row.month): row.cents for row in LedgerRelease.objects.filter(line__in=lines)}
    expected = {
        (each.pk, month): cents
        for each in lines
        for month, cents in rules.releases(each.net_cents, each.period_from, each.period_until, TODAY).items()
    }
    assert found == expected
    assert balance("deferred") == 0
    assert run(BALANCE) == [(0,)]


# --- closed months ---


APRIL = datetime(2026, 4, 3, 10, tzinfo=UTC)


def test_a_month_is_closed_once_it_is_over_and_with_everything_booked() -> None:
    make.invoice()
    with pytest.raises(services.BookingRefused):
        close(TODAY, now=datetime(2026, 3, 31, 21, 59, tzinfo=UTC))
    close(TODAY, now=datetime(2026, 3, 31, 22, 0, tzinfo=UTC))  # midnight in Amsterdam
    assert len(entries("S")) == 1
    with pytest.raises(services.BookingRefused):
        close(TODAY, now=APRIL)
    with pytest.raises(services.BookingRefused):
        close(date(2026, 2, 1), now=APRIL)


def test_what_belongs_to_a_closed_month_is_booked_in_the_open_one() -> None:
    close(TODAY, now=APRIL)
    invoice = make.invoice()
    book(invoice, now=APRIL)
    with acting(Purpose.BILLING, actor=JOB):
        services.post([posting("vat:1")], now=APRIL)
    assert {e.booked_on for e in entries()} == {date(2026, 4, 1)}
    # March and April are revenue by the end of April: none of it is released again.
    assert lines_of(f"invoice:{invoice.pk}")[1:3] == [("deferred", -6267), ("revenue_standard", -1233)]
    assert release(date(2026, 5, 1)) == 1
