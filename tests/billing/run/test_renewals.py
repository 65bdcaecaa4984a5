"""What a run renews and invoices: everything within its lead time, with the content, price and VAT of the day it renews on."""

from datetime import date, timedelta
from typing import Any

import pytest

from hospes.billing.models import InvoiceSettings, InvoiceTax, LocationEvidence
from hospes.billing.run import queries
from hospes.kernel.acting import JOB, acting
from hospes.kernel.models import JournalEntry
from hospes.kernel.purposes import Purpose
from hospes.services.rules import renewal
from tests.billing.run import due
from tests.billing.run.due import DAY, NOW, TODAY
from tests.support import make
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.login("worker")]

LEAD = timedelta(days=14)


def test_a_term_is_renewed_and_invoiced_with_all_that_belongs_to_it() -> None:
    holder = make.person(given_name="Fenne", family_name="Drostel", language="en")
    customer = due.customer(holder=holder, kind="business")
    service = due.service(customer, renews=TODAY + DAY, quantity=3, price_cents=2501)
    done = due.run()
    assert (done.due, done.services, done.invoices, done.net_cents, done.total_cents) == (
        1,
        1,
        1,
        7503,
        7503 + 1576,
    )
    [invoice], [line] = due.invoices(), due.lines()
    assert (invoice.number, invoice.issued_on, invoice.due_on, invoice.term_days) == (
        "F2026-00001",
        TODAY,
        TODAY + LEAD,
        14,
    )
    assert (invoice.buyer_name, invoice.buyer_contact, invoice.language) == (
        customer.name,
        "Fenne Drostel",
        "en",
    )
    assert (invoice.buyer_street, invoice.buyer_email) == (customer.street, customer.invoice_email)
    assert (line.kind, line.service_id, line.quantity, line.unit_cents, line.net_cents) == (
        "term",
        service.pk,
        3,
        2501,
        7503,
    )
    assert (line.description, line.details) == (service.product.name_en, service.label)
    assert (line.period_from, line.period_until) == (service.renews_on, renewal(service.renews_on, 12) - DAY)
    assert (line.vat_category, line.vat_country, line.vat_basis_points, line.vat_reason) == (
        "S",
        "NL",
        2100,
        "domestic",
    )
    with as_owner():
        assert list(InvoiceTax.objects.values_list("net_cents", "vat_cents")) == [(7503, 1576)]
        [entry] = JournalEntry.objects.filter(action="invoice.issued")
    assert (entry.object_id, entry.customer_id, entry.purpose) == (invoice.pk, customer.pk, "billing")
    after = due.again(service)
    assert (after.run_months, after.renews_on, after.bound_until) == (
        24,
        renewal(service.renews_on, 12),
        service.bound_until,
    )
    assert due.changes(service)[-1] == "renewed"
    due.assert_books_are_right()


@pytest.mark.parametrize("kind", ["private", "business"])
@pytest.mark.parametrize(("ahead", "is_due"), [(0, True), (14, True), (15, False), (-40, True)])
def test_it_is_due_from_the_first_day_of_its_lead_time_on(kind: str, ahead: int, is_due: bool) -> None:
    service = due.service(due.customer(kind=kind), renews=TODAY + ahead * DAY)
    assert due.run().services == is_due
    assert (due.again(service).renews_on > service.renews_on) == is_due


def test_companies_and_consumers_have_lead_times_of_their_own(settings: Any) -> None:
    from dataclasses import replace

    settings.HOSPES_OPERATOR = replace(settings.HOSPES_OPERATOR, consumer_lead_days=7, business_lead_days=30)
    private, business = due.customer(kind="private"), due.customer(kind="business")
    for customer in (private, business):
        for ahead in (7, 8, 30, 31):
            due.service(customer, renews=TODAY + ahead * DAY)
    due.run()
    assert [(x.customer_id, x.period_from) for x in due.lines()] == [
        (private.pk, TODAY + 7 * DAY), *((business.pk, TODAY + ahead * DAY) for ahead in (7, 8, 30)),
    ]  # fmt: skip


def test_terms_keep_the_day_that_they_are_counted_from() -> None:
    service = due.service(due.customer(), months=1, started_on=date(2026, 1, 31))
    for day in (date(2026, 2, 20), date(2026, 3, 20), date(2026, 4, 20)):
        due.run(day)
    assert [(x.period_from, x.period_until) for x in due.lines()] == [
        (date(2026, 2, 28), date(2026, 3, 30)), (date(2026, 3, 31), date(2026, 4, 29)), (date(2026, 4, 30), date(2026, 5, 30)),
    ]  # fmt: skip
    assert due.again(service).renews_on == date(2026, 5, 31)


def test_one_that_is_behind_gets_one_term_after_another() -> None:
    service = due.service(due.customer(), months=1, started_on=date(2025, 11, 10))
    done = due.run()
    assert [x.period_from for x in due.lines()] == [
        date(2025, 12, 10),
        date(2026, 1, 10),
        date(2026, 2, 10),
        date(2026, 3, 10),
    ]
    assert (done.services, done.invoices, due.again(service).renews_on) == (4, 4, date(2026, 4, 10))
    due.assert_books_are_right()


@pytest.mark.parametrize(
    ("state", "ends", "goes_on"),
    [
        ("active", None, True), ("suspended", None, True), ("pending", None, False), ("refused", None, False),
        ("cancelled", 0, False), ("cancelled", -5, False), ("cancelled", 1, True), ("cancelled", 400, True),
        ("suspended", 0, False), ("terminated", -5, False),
    ],
)  # fmt: skip
def test_what_ends_is_not_renewed_and_what_is_suspended_is(
    state: str, ends: int | None, goes_on: bool
) -> None:
    words = {} if ends is None else {"ends_on": TODAY + ends * DAY}
    due.service(due.customer(), state=state, **words)
    assert due.run().services == goes_on


# --- the price ---


def _with_steps(steps: dict[int, int], **words: Any) -> Any:
    customer = due.customer()
    with as_owner():
        quote = make.quote(customer=customer)
        line = quote.lines.get() if hasattr(quote, "lines") else None
        assert line is not None
        months = words.get("months", 1)
        type(line).objects.filter(pk=line.pk).update(
            steps_from=list(steps), steps_cents=list(steps.values()), setup_cents=0, net_cents=next(iter(steps.values())),
            months=months,
        )  # fmt: skip
        line.refresh_from_db()
    return due.service(
        customer, months=months, product=line.product, origin=f"quote_line:{line.pk}", price_cents=list(steps.values())[-1],
        **{name: value for name, value in words.items() if name != "months"},
    )  # fmt: skip


def _months(first: int = 1, last: int = 5) -> None:
    for month in range(first, last):
        due.run(date(2026, 2 + month, 1))


def test_an_introductory_price_holds_for_the_terms_that_it_was_agreed_for() -> None:
    _with_steps({1: 100, 3: 500, 5: 900}, started_on=date(2026, 2, 10))
    _months()
    assert [x.net_cents for x in due.lines()] == [100, 500, 500, 900]


def test_it_counts_terms_and_not_days_and_holds_for_each_of_several() -> None:
    _with_steps({1: 100, 3: 500}, started_on=date(2025, 3, 1), months=12, quantity=2)
    due.run(date(2026, 2, 20))
    due.run(date(2027, 2, 20))
    assert [(x.quantity, x.unit_cents, x.net_cents) for x in due.lines()] == [(2, 100, 200), (2, 500, 1000)]


def test_another_number_of_the_same_keeps_it() -> None:
    service = _with_steps({1: 100, 4: 900}, started_on=date(2026, 2, 10))
    due.becomes(service, on=date(2026, 2, 20), quantity=3)
    _months(1, 4)
    assert [x.net_cents for x in due.lines()] == [300, 300, 2700]


@pytest.mark.parametrize("what", ["product", "price_cents", "months"])
def test_after_a_change_of_product_price_or_term_what_was_agreed_then_counts(what: str) -> None:
    service = _with_steps({1: 100, 9: 900}, started_on=date(2026, 2, 10))
    other = {"product": lambda: make.product(), "price_cents": lambda: 700, "months": lambda: 3}[what]()
    due.becomes(service, on=date(2026, 4, 10), **{"price_cents": 600, what: other})
    _months(1, 3)
    assert [x.net_cents for x in due.lines()] == [100, 700 if what == "price_cents" else 600]


def test_what_was_planned_and_taken_back_changes_nothing() -> None:
    service = _with_steps({1: 100, 4: 900}, started_on=date(2026, 2, 10))
    with as_owner():
        service.contents.create(customer=service.customer, product=service.product, quantity=1, months=1, price_cents=5,
                                from_on=date(2026, 3, 10), until_on=date(2026, 3, 10), settled_at=NOW)  # fmt: skip
    _months(1, 3)
    assert [x.net_cents for x in due.lines()] == [100, 100]


def test_what_was_planned_for_the_next_term_is_what_is_invoiced() -> None:
    service = due.service(due.customer(), renews=TODAY)
    product = make.product()
    due.becomes(service, on=TODAY, product=product, quantity=2, months=1, price_cents=1234)
    due.run()
    line, after = due.lines()[0], due.again(service)
    assert (line.description, line.net_cents, line.period_until) == (
        product.name_nl,
        2468,
        renewal(TODAY, 1) - DAY,
    )
    assert (after.months, after.renews_on, after.bound_until) == (1, renewal(TODAY, 1), renewal(TODAY, 1))


def test_what_is_free_is_renewed_without_an_invoice_and_stands_on_that_of_the_rest() -> None:
    alone, together = due.customer(), due.customer()
    free = due.service(alone, price_cents=0)
    due.service(together, price_cents=0)
    due.service(together, price_cents=500)
    done = due.run()
    assert (done.services, done.invoices) == (3, 1)
    assert due.again(free).renews_on == renewal(TODAY, 12)
    assert [(x.customer_id, x.net_cents) for x in due.lines()] == [(together.pk, 0), (together.pk, 500)]
    due.assert_books_are_right()


# --- invoices as customers want them ---


def test_all_of_a_customer_is_on_one_invoice() -> None:
    one, other = due.customer(), due.customer()
    for days in (3, 1, 2):
        due.service(one, renews=TODAY + days * DAY)
    due.service(other)
    assert due.run(size=1).invoices == 2
    assert [(x.customer_id, x.position, x.period_from) for x in due.lines()] == [
        *((one.pk, days, TODAY + days * DAY) for days in (1, 2, 3)), (other.pk, 1, TODAY),
    ]  # fmt: skip
    due.assert_books_are_right()


def test_or_one_for_each_service_with_a_term_and_a_reference_of_its_own() -> None:
    customer = due.customer(kind="business")
    with as_owner():
        InvoiceSettings.objects.create(
            customer=customer,
            collect="service",
            term_days=30,
            reference="kostenplaats 7",
            purchase_order="PO-9",
        )
    for _number in range(3):
        due.service(customer)
    assert due.run().invoices == 3
    for invoice in due.invoices():
        assert (invoice.reference, invoice.purchase_order) == ("kostenplaats 7", "PO-9")
        assert (invoice.term_days, invoice.due_on) == (30, TODAY + 30 * DAY)
    due.assert_books_are_right()


# --- what comes ---


def test_the_days_to_come_are_told_beforehand() -> None:
    customer = due.customer()
    for ahead, cents in ((-3, 100), (14, 200), (15, 400), (16, 800), (400, 9)):
        due.service(customer, renews=TODAY + ahead * DAY, price_cents=cents)
    due.service(customer, state="cancelled", price_cents=5)
    with acting(Purpose.BILLING, actor=JOB):
        told = queries.coming(TODAY, days=3)
    assert [(x.on, x.services, x.cents) for x in told] == [
        (TODAY, 2, 300), (TODAY + DAY, 1, 400), (TODAY + 2 * DAY, 1, 800),
    ]  # fmt: skip


# --- several rates ---


def at_rate(of: Any, code: str, cents: int, *, since: date = date(2025, 1, 1)) -> Any:
    made = due.service(of, price_cents=cents)
    make.vat_of(made.product, code, since=since)
    return made


def groups() -> list[tuple[str, str, int, int, int]]:
    with as_owner():
        found = InvoiceTax.objects.order_by("invoice__sequence", "vat_country", "vat_basis_points")
        return [(x.vat_category, x.vat_country, x.vat_basis_points, x.net_cents, x.vat_cents) for x in found]


def test_an_invoice_of_three_rates_has_a_group_for_each_also_where_that_comes_to_nothing() -> None:
    customer = due.customer()
    for code, cents in (
        ("standard", 1001),
        ("reduced", 995),
        ("zero", 500),
        ("reduced", 10),
        ("standard", 2),
    ):
        at_rate(customer, code, cents)
    run = due.run()
    assert groups() == [("Z", "NL", 0, 500, 0), ("S", "NL", 900, 1005, 90), ("S", "NL", 2100, 1003, 211)]
    [invoice] = due.invoices()
    assert (invoice.net_cents, invoice.vat_cents, invoice.total_cents) == (2508, 301, 2809)
    assert (run.invoices, run.net_cents, run.total_cents) == (1, 2508, 2809)
    due.assert_books_are_right()
    other = due.customer()
    at_rate(other, "reduced", 0)
    at_rate(other, "standard", 100)
    due.run()
    assert groups()[3:] == [("S", "NL", 900, 0, 0), ("S", "NL", 2100, 100, 21)]
    due.assert_books_are_right()


@pytest.mark.parametrize(("ahead", "rate"), [(0, 900), (1, 2100)])
def test_a_running_service_has_the_rate_of_its_product_on_the_day_of_the_invoice(
    ahead: int, rate: int
) -> None:
    at_rate(due.customer(), "reduced", 1000, since=TODAY + ahead * DAY)
    due.run()
    assert [x[2] for x in groups()] == [rate]


@pytest.mark.parametrize("has_rates", [True, False])
def test_who_passes_the_threshold_has_the_rates_of_their_own_country(has_rates: bool) -> None:
    german = due.customer(country="DE")
    for code, cents in (("standard", 999_000), ("reduced", 1_000), ("zero", 1_000)):
        at_rate(german, code, cents)
    if has_rates:
        make.vat_rate(700, since=TODAY, code="reduced", country="DE")
        make.vat_rate(0, since=TODAY, code="zero", country="DE")
    due.run()
    assert groups() == (
        [("Z", "DE", 0, 1_000, 0), ("S", "DE", 700, 1_000, 70), ("S", "DE", 1900, 999_000, 189_810)]
        if has_rates else [("S", "DE", 1900, 1_001_000, 190_190)]
    )  # fmt: skip
    due.assert_books_are_right()


def test_below_the_threshold_they_have_ours_and_who_is_reverse_charged_or_abroad_has_none() -> None:
    german, american = (
        due.customer(country="DE"),
        due.customer(country="US", kind="business", kvk_number="", vat_number=""),
    )
    with as_owner():
        LocationEvidence.objects.create(customer=american, kind="ip", country="US", seen_at=NOW)
    for customer in (german, american):
        for code in ("standard", "reduced", "zero"):
            at_rate(customer, code, 1_000)
    due.run()
    ours, [(category, _country, rate, net, vat)] = groups()[:3], groups()[3:]
    assert ours == [("Z", "NL", 0, 1_000, 0), ("S", "NL", 900, 1_000, 90), ("S", "NL", 2100, 1_000, 210)]
    assert (category in ("G", "O"), rate, net, vat) == (True, 0, 3_000, 0)
