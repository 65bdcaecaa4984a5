"""What changes, endings and withdrawals cost or give back stands on one document each, to the cent."""

import threading
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st

from hospes.billing import charging, rules, sweeps
from hospes.billing.ledger.reports.recurring import churn, recurring
from hospes.billing.ledger.reports.table import Period
from hospes.billing.models import Invoice, InvoiceLine, StuckCharge, VatRate
from hospes.customers.models import Customer
from hospes.kernel.acting import JOB, acting
from hospes.kernel.purposes import Purpose
from hospes.services.models import Charge, Service
from tests.billing.books import again, draft, issue, line, lines_of, numbers
from tests.billing.ledger.ledger_books import balance, release
from tests.support import make
from tests.support.make import NOW, TODAY
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.login("worker")]

DAY = timedelta(days=1)
LAST = date(2027, 3, 1)


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with translation.override("en"):
        yield


def a_year(customer: Customer | None = None, **words: Any) -> tuple[Service, Invoice]:
    """A service of a year for 73 euro (20 cents a day), and the invoice that it was ordered with."""
    service = make.service(customer=customer or make.customer(), price_cents=7300)
    made = draft(service.customer, origin=f"order:{service.pk}",
                 lines=[line(7300, kind="term", sold_as=service.origin, details=service.label, period_from=TODAY,
                             period_until=LAST, **words)])  # fmt: skip
    return service, issue(made)


def charge(service: Service, kind: str, cents: int, *, origin: str = "request:1", day: date = TODAY + 100 * DAY,
           until: date = LAST) -> Charge:  # fmt: skip
    with as_owner():
        return Charge.objects.create(
            service=service, customer=service.customer, kind=kind, product=service.product, quantity=1, cents=cents,
            period_from=day, period_until=until, description=f"Hosting: {kind}", origin=f"{origin}:{kind}", created_at=NOW,
        )  # fmt: skip


def settle(service: Service, today: date = TODAY + 100 * DAY) -> dict[str, int]:
    with acting(Purpose.BILLING, actor=JOB):
        return dict(charging.settle(customer_id=service.customer_id, today=today, now=NOW + 100 * DAY))


def documents(service: Service) -> list[tuple[str, int, int]]:
    """Kind, net and total of what was made after the first invoice."""
    with as_owner():
        found = Invoice.objects.filter(customer=service.customer).order_by("pk")[1:]
        return [(x.kind, x.net_cents, x.total_cents) for x in found]


def stuck() -> list[tuple[int, str, bool]]:
    with as_owner():
        return [(x.cents, x.reason, x.over_at is None) for x in StuckCharge.objects.order_by("pk")]


def settled() -> list[bool]:
    with as_owner():
        return [x.settled_at is not None for x in Charge.objects.order_by("pk")]


# --- changes ---


def test_an_upgrade_is_one_invoice_with_the_new_part_and_the_unused_one() -> None:
    service, first = a_year()
    charge(service, "unused", -5300)
    charge(service, "new", 10600)
    assert settle(service) == {"settled": 2}
    assert documents(service) == [("invoice", 5300, 6413)]
    with as_owner():
        made = Invoice.objects.latest("pk")
    said = [(x.description, x.quantity, x.net_cents, x.details, x.kind, x.service_id) for x in lines_of(made)]
    assert said == [
        ("Hosting: new", 1, 10600, service.label, "change", service.pk),
        ("Hosting: unused", -1, -5300, service.label, "change", service.pk),
    ]
    assert {(x.period_from, x.period_until) for x in lines_of(made)} == {(TODAY + 100 * DAY, LAST)}
    assert (made.issued_on, made.term_days, made.due_on - made.issued_on) == (TODAY + 100 * DAY, 14, 14 * DAY)
    assert (made.open_cents, again(first).credited_cents, settled(), stuck()) == (6413, 0, [True, True], [])


@pytest.mark.parametrize("new", [5300, 5299])
def test_a_change_that_costs_nothing_is_an_invoice_of_nothing_and_a_cent_less_a_credit_note(new: int) -> None:
    service, first = a_year()
    charge(service, "unused", -5300)
    charge(service, "new", new)
    assert settle(service) == {"settled": 2}
    assert documents(service) == [("invoice", 0, 0)] if new == 5300 else [("credit_note", 1, 0)]
    assert again(first).credited_cents == 5300 - new


def test_a_downgrade_is_a_credit_note_of_the_difference_and_says_why() -> None:
    service, first = a_year()
    charge(service, "unused", -5300)
    charge(service, "new", 2650)
    assert settle(service) == {"settled": 2}
    assert documents(service) == [("credit_note", 2650, 3207)]
    with as_owner():
        note = Invoice.objects.latest("pk")
    assert note.credits_id == first.pk
    assert (
        note.reason
        == f"{service.label} is op 10 juni 2026 gewijzigd: wat u hebt betaald voor de tijd tot en met 1 maart 2027, wordt verrekend."
    )
    assert again(first).credited_cents == 3207


def test_with_another_vat_the_unused_part_is_credited_and_the_new_one_invoiced() -> None:
    service, first = a_year(vat_basis_points=900)
    charge(service, "unused", -5300)
    charge(service, "new", 10600)
    assert settle(service) == {"settled": 2}
    assert documents(service) == [("invoice", 10600, 12826), ("credit_note", 5300, 5777)]
    assert again(first).credited_cents == 5777


# --- endings ---


def test_an_ending_credits_the_newest_line_first_and_never_more_than_the_invoice_came_to() -> None:
    service, first = a_year()
    charge(service, "unused", -5300)
    charge(service, "new", 10600)
    settle(service)
    charge(service, "ended", -8000, origin=f"service:{service.pk}", day=TODAY + 165 * DAY)
    assert settle(service, TODAY + 165 * DAY) == {"settled": 1}
    # The invoice of the change came to 53 euro; the rest was paid with the first one.
    assert documents(service)[1:] == [("credit_note", 5300, 6413), ("credit_note", 2700, 3267)]
    assert again(first).credited_cents == 3267


@pytest.mark.parametrize(("until", "used_months"), [(date(2027, 2, 28), 4), (date(2027, 10, 21), 11)])
def test_what_comes_back_is_of_the_days_after_the_end_in_every_report(until: date, used_months: int) -> None:
    """73.00 for a year from 1 November, that ends early: nothing of it stands on, and the customer is gone in that month."""
    make.vat_rates()
    begin, last = date(2026, 11, 1), date(2027, 10, 31)
    service = make.service(price_cents=7300)
    of_a_year = line(7300, kind="term", service_id=service.pk, period_from=begin, period_until=last)
    issue(draft(service.customer, lines=[of_a_year], due_on=begin), today=begin)
    back = (last - until).days * 20
    charge(service, "ended", -back, day=until + DAY, until=last)
    assert settle(service, until + DAY) == {"settled": 1}
    with as_owner():
        note = Invoice.objects.latest("pk")
    [given] = lines_of(note)
    assert (given.net_cents, given.period_from, given.period_until) == (back, until + DAY, last)
    month_after = (until + DAY).replace(day=1) + 32 * DAY
    release(month_after.replace(day=1) - DAY)
    assert balance("deferred") == 0
    assert balance("revenue_standard") == back - 7300
    year = Period(date(2026, 11, 1), date(2027, 12, 31))
    with acting(Purpose.BILLING, actor=JOB):
        months = {row[0]: (row[1], row[2]) for row in recurring(year, date(2027, 12, 31)).rows}
        gone = [row[0] for row in churn(year, date(2027, 12, 31)).rows if row[3]]
    monthly = [months[month] for month in sorted(months)]
    assert monthly == [(609, 1)] * used_months + [(0, 0)] * (14 - used_months)
    assert gone == [sorted(months)[used_months]]


def test_what_is_given_back_as_a_whole_is_of_all_its_days() -> None:
    service, first = a_year()
    charge(service, "withdrawn", -7300, day=TODAY + 5 * DAY)
    assert settle(service, TODAY + 5 * DAY) == {"settled": 1}
    with as_owner():
        note = Invoice.objects.latest("pk")
    assert [(x.period_from, x.period_until) for x in lines_of(note)] == [
        (x.period_from, x.period_until) for x in lines_of(first)
    ]


def test_all_of_a_change_that_is_given_back_leaves_no_revenue_of_its_days() -> None:
    make.vat_rates()
    service, _first = a_year()
    charge(service, "unused", -7200, day=TODAY + 5 * DAY)
    charge(service, "new", 10600, day=TODAY + 5 * DAY)
    settle(service, TODAY + 5 * DAY)
    charge(service, "withdrawn", -10700, origin="withdrawal", day=TODAY + 9 * DAY)
    assert settle(service, TODAY + 9 * DAY) == {"settled": 1}
    assert sum(net for _kind, net, _total in documents(service)[1:]) == 10700
    assert (balance("deferred"), balance("revenue_standard")) == (0, 0)


def test_a_line_that_is_over_gives_nothing_back_and_one_of_a_term_to_come_does() -> None:
    service, first = a_year()
    later = issue(draft(service.customer, origin="renewal:1", lines=[
        line(7300, kind="term", service_id=service.pk, period_from=LAST + DAY, period_until=LAST + 365 * DAY)
    ]))  # fmt: skip
    charge(service, "ended", -7300, origin=f"service:{service.pk}", day=LAST + DAY, until=LAST + 365 * DAY)
    assert settle(service, LAST + DAY) == {"settled": 1}
    assert (again(first).credited_cents, again(later).credited_cents) == (0, 8833)


def test_what_no_invoice_covers_waits_for_the_office_and_is_not_tried_all_the_time() -> None:
    service = make.service(price_cents=7300)
    charge(service, "ended", -5300)
    assert settle(service) == {"stuck": 1}
    assert settle(service) == {"stuck": 1}
    assert (stuck(), settled(), numbers()) == ([(-5300, "no_line", True)], [False], [])
    assert sweeps.find_charges() == 0
    with as_owner():
        [row] = StuckCharge.objects.all()
    with acting(Purpose.BILLING, actor=JOB):
        charging.by_hand(stuck_id=row.pk, note="Paid back by the former host", now=NOW)
    with pytest.raises(charging.NothingStuck), acting(Purpose.BILLING, actor=JOB):
        charging.by_hand(stuck_id=row.pk, note="again", now=NOW)
    assert (stuck(), settled()) == ([(-5300, "no_line", False)], [True])
    assert settle(service) == {}


def test_what_is_more_than_is_left_is_credited_as_far_as_it_goes() -> None:
    service, _first = a_year()
    charge(service, "ended", -8000)
    assert settle(service) == {"stuck": 1}
    assert (documents(service), stuck()) == ([("credit_note", 7300, 8833)], [(-700, "too_little", True)])
    issue(draft(service.customer, origin="by hand", lines=[line(1000, kind="term", service_id=service.pk)]))
    assert settle(service) == {"settled": 1}
    assert (documents(service)[2:], stuck(), settled()) == (
        [("credit_note", 700, 847)],
        [(0, "too_little", False)],
        [True],
    )


def test_while_no_rate_is_known_it_waits_for_one_and_stands_on_the_list() -> None:
    service, _first = a_year()
    charge(service, "new", 100)
    with as_owner():
        VatRate.objects.filter(country="NL", code="standard").update(valid_from=TODAY + 200 * DAY)
    assert settle(service) == {"stuck": 1}
    assert stuck() == [(100, "no_rate", True)]
    assert sweeps.find_charges() == 1
    assert settle(service, TODAY + 200 * DAY) == {"settled": 1}
    assert (documents(service), stuck()) == ([("invoice", 100, 121)], [(0, "no_rate", False)])


def test_while_the_vat_cannot_be_told_it_waits_and_is_settled_after() -> None:
    service, _first = a_year()
    charge(service, "new", 100)
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE billing_taxstatus SET category = '', rate_country = '', why = 'evidence_conflict' WHERE until IS NULL"
        )
    assert settle(service) == {"stuck": 1}
    assert stuck() == [(100, "vat_unknown", True)]
    assert sweeps.find_charges() == 1
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE billing_taxstatus SET category = 'S', rate_country = 'NL', why = 'domestic' WHERE until IS NULL"
        )
    assert settle(service) == {"settled": 1}
    assert (documents(service), stuck()) == ([("invoice", 100, 121)], [(0, "vat_unknown", False)])


def test_a_withdrawal_gives_back_what_setting_up_cost_as_well() -> None:
    service = make.service(price_cents=7300)
    words = {"sold_as": service.origin, "details": service.label}
    first = issue(draft(service.customer, lines=[
        line(7300, kind="term", **words), line(1500, kind="setup", period_from=None, period_until=None, **words),
    ]))  # fmt: skip
    charge(service, "withdrawn", -8800, origin=f"service:{service.pk}", day=TODAY + 3 * DAY)
    assert settle(service) == {"settled": 1}
    assert again(first).creditable_cents == 0


# --- once ---


def test_settled_again_it_is_one_document() -> None:
    service, _first = a_year()
    charge(service, "ended", -5300)
    assert [settle(service), settle(service)] == [{"settled": 1}, {}]
    assert documents(service) == [("credit_note", 5300, 6413)]


def test_a_document_that_is_rolled_back_settles_nothing() -> None:
    service, _first = a_year()
    charge(service, "ended", -5300)
    with pytest.raises(KeyboardInterrupt), acting(Purpose.BILLING, actor=JOB):  # noqa: PT012  # killed before the end
        charging.settle(customer_id=service.customer_id, today=TODAY, now=NOW)
        raise KeyboardInterrupt
    assert (documents(service), settled()) == ([], [False])
    settle(service)
    with as_owner():
        assert Invoice.objects.latest("pk").number == "C2026-00001"


@pytest.mark.django_db(transaction=True)
def test_two_at_once_make_one_document(committed_database: None) -> None:
    service, _first = a_year()
    charge(service, "unused", -5300)
    charge(service, "new", 10600)
    told: list[dict[str, int]] = []

    def work() -> None:
        told.append(settle(service))
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(map(len, told)) == [0, 0, 0, 1]
    assert documents(service) == [("invoice", 5300, 6413)]


# --- whatever comes ---

amounts = st.integers(1, 20_000)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(amounts, st.sampled_from([2100, 900])), min_size=0, max_size=3),
    st.lists(st.one_of(st.tuples(amounts, amounts), st.tuples(st.just(0), amounts)), min_size=1, max_size=4),
)
def test_documents_come_to_what_was_charged_and_never_give_back_more_than_was_invoiced(
    invoiced: list[tuple[int, int]], changes: list[tuple[int, int]]
) -> None:
    with transaction.atomic():
        service = make.service()
        for n, (cents, rate) in enumerate(invoiced):
            issue(
                draft(
                    service.customer,
                    origin=f"x:{n}",
                    lines=[line(cents, rate, kind="change", service_id=service.pk)],
                )
            )
        before = sum(cents for cents, _rate in invoiced)
        for n, (new, unused) in enumerate(changes):
            charge(service, "unused", -unused, origin=f"request:{n}")
            if new:
                charge(service, "new", new, origin=f"request:{n}")
        settle(service)
        with as_owner():
            documents = list(Invoice.objects.filter(customer=service.customer))
            wanted = sum(Charge.objects.values_list("cents", flat=True))
            left = sum(StuckCharge.objects.filter(over_at=None).values_list("cents", flat=True))
            rows = list(InvoiceLine.objects.filter(customer=service.customer))
        assert sum(x.net_cents * (-1 if x.is_credit_note else 1) for x in documents) - before == wanted - left
        assert all(0 <= x.credited_cents <= x.total_cents for x in documents)
        assert all(abs(x.credited_cents) <= abs(x.net_cents) for x in rows)
        transaction.set_rollback(True)


@given(
    st.integers(0, 10**6),
    st.lists(st.tuples(st.integers(1, 3), st.integers(0, 10**5), st.sampled_from([900, 2100]))),
    st.integers(0, 10**5),
)
def test_what_is_allotted_and_what_is_left_make_the_whole(
    cents: int, lines: list[tuple[int, int, int]], most: int
) -> None:
    rooms = [rules.Room(n, invoice, rules.Tax(rate), left) for n, (invoice, left, rate) in enumerate(lines)]
    limits = {(room.invoice_id, room.tax.key): most for room in rooms}
    found, rest = rules.allot(cents, rooms, limits)
    given = {line: part for parts in found.values() for line, part in parts.items()}
    assert sum(given.values()) + rest == cents
    assert all(0 < given[line] <= rooms[line].left for line in given)
    for place, limit in limits.items():
        assert sum(given.get(r.line_id, 0) for r in rooms if (r.invoice_id, r.tax.key) == place) <= limit
    if rest:  # as much as can be: every line or its rate is exhausted
        for room in rooms:
            used = sum(
                given.get(r.line_id, 0)
                for r in rooms
                if (r.invoice_id, r.tax.key) == (room.invoice_id, room.tax.key)
            )
            assert given.get(room.line_id, 0) == room.left or used == most
