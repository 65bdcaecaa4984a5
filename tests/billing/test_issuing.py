"""Issuing an invoice: once for what it is of, with the next number of its year, and never changed afterwards."""

import json
import threading
from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from hospes.billing import queries
from hospes.billing.models import Document, Invoice, InvoiceLine
from hospes.customers.models import Customer, Membership, Person
from hospes.kernel.acting import JOB, SYSTEM, acting
from hospes.kernel.models import JournalEntry
from hospes.kernel.purposes import Purpose
from hospes.kernel.refusals import Refused
from tests.billing.books import again, draft, issue, line, lines_of, numbers
from tests.support import make
from tests.support.make import NOW, TODAY
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.login("worker")]

DAY = timedelta(days=1)


def jobs() -> list[tuple[str, dict[str, Any]]]:
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("SELECT task_name, args FROM procrastinate_jobs ORDER BY id")
        return [(task, json.loads(arguments)) for task, arguments in cursor.fetchall()]


def entries() -> list[JournalEntry]:
    with as_owner():
        return list(JournalEntry.objects.filter(action="invoice.issued").order_by("pk"))


# --- what it says ---


@pytest.mark.promise("P15")
def test_an_invoice_has_a_number_sums_and_lines_and_its_file_is_on_the_way() -> None:
    what = draft(lines=[line(7500), line(1000, 900, details="tweede.test"), line(3)], due_on=TODAY + 14 * DAY)
    invoice = again(issue(what))
    assert (invoice.number, invoice.quote_number, invoice.origin) == ("F2026-00001", "O2026-00001", "order:1")
    assert (invoice.issued_on, invoice.due_on) == (TODAY, TODAY + 14 * DAY)
    assert (invoice.net_cents, invoice.vat_cents, invoice.total_cents) == (8503, 90 + 1576, 8503 + 1666)
    assert (invoice.paid_cents, invoice.paid_at, invoice.paid_with, invoice.open_cents) == (
        0,
        None,
        "",
        10169,
    )
    lines = lines_of(invoice)
    assert [
        (x.position, x.quantity, x.unit_cents, x.net_cents, x.vat_basis_points, x.details) for x in lines
    ] == [
        (1, 1, 7500, 7500, 2100, "voorbeeld.test"),
        (2, 1, 1000, 1000, 900, "tweede.test"),
        (3, 1, 3, 3, 2100, "voorbeeld.test"),
    ]
    assert {(x.period_from, x.period_until, x.customer_id) for x in lines} == {
        (TODAY, date(2027, 3, 1), what.customer_id)
    }
    assert jobs() == [("billing.jobs.make_document", {"invoice_id": invoice.pk})]
    [entry] = entries()
    assert (entry.object_id, entry.customer_id, entry.at) == (invoice.pk, what.customer_id, NOW)


def test_what_was_paid_beforehand_is_paid_in_full() -> None:
    invoice = again(issue(draft(paid_at=NOW, paid_with="ideal")))
    assert (invoice.total_cents, invoice.paid_cents, invoice.open_cents) == (9075, 9075, 0)
    assert (invoice.paid_at, invoice.paid_with) == (NOW, "ideal")


@pytest.mark.promise("P02", "P03")
def test_of_a_company_it_names_company_contact_and_numbers() -> None:
    holder = make.person(given_name="Fenne", family_name="Drostel", language="en")
    customer = make.customer(holder=holder, kind="business")
    invoice = again(issue(draft(customer)))
    assert (invoice.buyer_name, invoice.buyer_contact, invoice.language) == (
        customer.name,
        "Fenne Drostel",
        "en",
    )
    assert (invoice.buyer_kvk_number, invoice.buyer_vat_number) == (customer.kvk_number, customer.vat_number)
    assert (invoice.buyer_street, invoice.buyer_postcode, invoice.buyer_town, invoice.buyer_country) == (
        customer.street, customer.postcode, customer.town, "NL",
    )  # fmt: skip


@pytest.mark.promise("P03")
def test_of_a_private_person_it_names_the_person_once_and_no_company() -> None:
    customer = make.customer()
    invoice = again(issue(draft(customer)))
    assert (invoice.buyer_name, invoice.buyer_contact) == (customer.name, "")
    assert (invoice.buyer_kvk_number, invoice.buyer_vat_number, invoice.language) == ("", "", "nl")


def test_what_it_says_of_the_buyer_stays_when_the_customer_changes() -> None:
    holder = make.person(given_name="Fenne", family_name="Drostel")
    customer = make.customer(holder=holder, kind="business", name="Oud bv", town="Ede")
    invoice = issue(draft(customer))
    before = vars(again(invoice))
    with as_owner():
        Customer.objects.filter(pk=customer.pk).update(
            name="Nieuw bv", town="Aa", street="B", postcode="C", kvk_number="00000001"
        )
        Person.objects.filter(pk=holder.pk).update(given_name="X", language="en")
    after = again(invoice)
    for field in Invoice._meta.concrete_fields:
        assert getattr(after, field.attname) == before[field.attname]
    assert (after.buyer_name, after.buyer_town, after.buyer_contact, after.language) == (
        "Oud bv",
        "Ede",
        "Fenne Drostel",
        "nl",
    )
    assert again(issue(draft(customer))).buyer_name == "Oud bv"
    assert again(issue(draft(customer, origin="order:2"))).buyer_name == "Nieuw bv"


def test_a_customer_without_a_holder_gets_an_invoice_all_the_same() -> None:
    customer = make.customer(kind="business")
    with as_owner():  # only one that has ended can be without
        Customer.objects.filter(pk=customer.pk).update(ended_on=TODAY)
        Membership.objects.update(until=NOW)
    assert again(issue(draft(customer))).buyer_contact == ""


# --- once ---


@pytest.mark.promise("P15")
def test_the_same_origin_is_the_same_invoice_however_often_and_whatever_else_is_said() -> None:
    customer = make.customer()
    first = issue(draft(customer))
    second = issue(draft(customer, lines=[line(1)], quote_number="O2026-00009"), today=TODAY + DAY)
    assert second == first
    assert (again(first).net_cents, len(lines_of(first))) == (7500, 1)
    assert numbers() == ["F2026-00001"]
    assert len(jobs()) == len(entries()) == 1


@pytest.mark.django_db(transaction=True)
def test_issued_by_two_at_once_it_is_one_invoice_and_no_number_is_lost() -> None:
    customer = make.customer()
    what = draft(customer)
    gate = threading.Barrier(4)

    def rival() -> None:
        gate.wait(10)
        try:
            issue(what)
        except IntegrityError:  # the whole transaction of the slower one is undone
            pass
        finally:
            connection.close()

    together(rival, 4)
    issue(draft(customer, origin="order:2"))
    assert numbers() == ["F2026-00001", "F2026-00002"]
    assert len(jobs()) == len(entries()) == 2


# --- numbers ---


@pytest.mark.promise("P15")
def test_a_number_that_was_rolled_back_is_the_next_ones() -> None:
    customer = make.customer()
    issue(draft(customer, origin="order:1"))
    with pytest.raises(IntegrityError, match="due_not_before_issue"):
        issue(draft(customer, origin="order:2", due_on=TODAY - DAY))
    with transaction.atomic():
        issue(draft(customer, origin="order:3"))
        transaction.set_rollback(True)
    issue(draft(customer, origin="order:4"))
    assert numbers() == ["F2026-00001", "F2026-00002"]


@pytest.mark.promise("P15")
def test_each_year_has_its_own_series() -> None:
    customer = make.customer()
    days = [date(2026, 12, 31), date(2027, 1, 1), date(2026, 12, 31), date(2027, 1, 1)]
    for n, day in enumerate(days):
        issue(draft(customer, origin=f"order:{n}", due_on=day), today=day)
    assert numbers() == ["F2026-00001", "F2027-00001", "F2026-00002", "F2027-00002"]


@pytest.mark.promise("P15")
@pytest.mark.django_db(transaction=True)
def test_numbers_have_no_gap_when_many_issue_at_once_and_some_are_undone() -> None:
    customers = [make.customer() for _ in range(4)]
    gate = threading.Barrier(4)

    def worker(number: int) -> None:
        gate.wait(10)
        try:
            for n in range(5):
                try:
                    with acting(Purpose.BILLING, actor=JOB):
                        issue(draft(customers[number], origin=f"order:{number}{n}"))
                        if n % 2:
                            raise LookupError
                except LookupError:
                    continue
        finally:
            connection.close()

    together(worker, 4, numbered=True)
    assert sorted(numbers()) == [f"F2026-{n:05d}" for n in range(1, 13)]


def together(act: Any, times: int, *, numbered: bool = False) -> None:
    threads = [threading.Thread(target=act, args=(n,) if numbered else ()) for n in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


# --- what must never be false ---


_IMPOSSIBLE = {
    "never_overpaid": {"paid_cents": 9076},
    "due_not_before_issue": {"due_on": TODAY - DAY},
    "totals_add_up": {"total_cents": 9076},
    "net_cents": {"net_cents": -1, "total_cents": 1574},
}


@pytest.mark.parametrize("constraint", list(_IMPOSSIBLE))
def test_the_database_refuses_an_invoice_that_cannot_be(constraint: str) -> None:
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        make.invoice(**_IMPOSSIBLE[constraint])


@pytest.mark.parametrize("words", [{"paid_cents": 9075}, {"paid_cents": 0}, {"due_on": TODAY}])
def test_and_takes_it_on_the_edge(words: dict[str, Any]) -> None:
    assert again(make.invoice(**words))


def test_a_line_is_its_price_times_its_number() -> None:
    invoice = make.invoice(lines=[(3, 7500), (1, 0)])
    with as_owner():
        other = InvoiceLine.objects.filter(invoice=invoice).first()
        assert other
        for words, constraint in (
            ({"quantity": 2}, "line_adds_up"), ({}, "one_line_per_position"),
            ({"vat_category": "AE"}, "line_rate_goes_with_category"),
            ({"period_until": None}, "a_period_has_both_ends"),
        ):  # fmt: skip
            other.pk = None
            for name, value in words.items():
                setattr(other, name, value)
            with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
                other.save(force_insert=True)
            other = InvoiceLine.objects.filter(invoice=invoice).order_by("position")[0]


def test_what_takes_off_has_a_negative_number() -> None:
    invoice = issue(draft(lines=[line(7500), line(-2500, description="Restant")]))
    assert [(x.quantity, x.unit_cents, x.net_cents) for x in lines_of(invoice)] == [
        (1, 7500, 7500),
        (-1, 2500, -2500),
    ]
    assert again(invoice).total_cents == 6050


def test_no_two_invoices_have_one_number() -> None:
    first = make.invoice()
    with pytest.raises(IntegrityError, match="number"), transaction.atomic():
        make.invoice(number=first.number)
    with pytest.raises(IntegrityError, match="one_document_per_place_in_a_series"), transaction.atomic():
        make.invoice(sequence=first.sequence)


_PAID = {"paid_cents": 100, "paid_at": NOW, "paid_with": "ideal"}


@pytest.mark.promise("P81")
@pytest.mark.parametrize("model", [Invoice, InvoiceLine, Document])
def test_nobody_changes_what_was_issued(model: Any) -> None:
    invoice = make.invoice(with_document=True)
    with as_owner():
        [row] = model.objects.filter(customer=invoice.customer)
    later = {*_PAID, "documented_at"}  # what becomes of it: the money, and whether its file is made
    columns = [f.attname for f in model._meta.concrete_fields if f.attname not in later]
    assert len(columns) >= 6
    for purpose, scope in product(Purpose, ({}, {"customer": invoice.customer_id})):
        with acting(purpose, actor=SYSTEM, **scope):
            for column in columns:
                with pytest.raises(Refused), transaction.atomic():
                    model.objects.filter(pk=row.pk).update(**{column: getattr(row, column)})


@pytest.mark.parametrize("column", list(_PAID))
def test_but_billing_notes_what_was_paid_on_it_and_nobody_else(column: str) -> None:
    invoice = issue(draft())
    with acting(Purpose.BILLING, actor=JOB):
        assert Invoice.objects.filter(pk=invoice.pk).update(**{column: _PAID[column]}) == 1
    assert getattr(again(invoice), column) == _PAID[column]
    for purpose in set(Purpose) - {Purpose.BILLING}:
        with acting(purpose, actor=SYSTEM), pytest.raises(Refused), transaction.atomic():
            Invoice.objects.filter(pk=invoice.pk).update(**{column: _PAID[column]})
    with (
        acting(Purpose.BILLING, actor=SYSTEM, customer=invoice.customer_id),
        pytest.raises(Refused),
        transaction.atomic(),
    ):
        Invoice.objects.filter(pk=invoice.pk).update(**{column: _PAID[column]})


@pytest.mark.promise("P81")
def test_nobody_removes_an_invoice_but_who_keeps_the_periods() -> None:
    invoice = issue(draft())
    for purpose in set(Purpose) - {Purpose.RETENTION}:
        with acting(purpose, actor=SYSTEM), pytest.raises(Refused), transaction.atomic():
            Invoice.objects.filter(pk=invoice.pk)._raw_delete("default")
    assert again(invoice)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 10**9), st.sampled_from([0, 900, 2100])), min_size=1, max_size=8))
def test_whatever_is_issued_adds_up_in_the_books(drafted: list[tuple[int, int]]) -> None:
    with transaction.atomic():
        invoice = issue(draft(lines=[line(*each) for each in drafted]))
        lines = lines_of(invoice)
        assert sum(x.net_cents for x in lines) == invoice.net_cents
        assert invoice.net_cents + invoice.vat_cents == invoice.total_cents == again(invoice).open_cents
        transaction.set_rollback(True)


# --- rates, and finding ---


def test_the_rate_of_a_day_is_the_newest_of_its_country_and_kind() -> None:
    make.vat_rate(1900, since=date(2001, 1, 1), country="XX")
    make.vat_rate(2100, since=date(2012, 10, 1), country="XX")
    make.vat_rate(600, since=date(2001, 1, 1), code="reduced", country="XX")
    make.vat_rate(2000, since=date(2020, 1, 1), country="YY")
    found = [
        queries.vat_basis_points(country="XX", today=d)
        for d in (date(2012, 9, 30), date(2012, 10, 1), date(2030, 1, 1))
    ]
    assert found == [1900, 2100, 2100]
    assert queries.vat_basis_points(country="XX", today=TODAY, code="reduced") == 600
    for country, day in (("XX", date(2000, 12, 31)), ("ZZ", TODAY)):
        with pytest.raises(LookupError, match=country):
            queries.vat_basis_points(country=country, today=day)


def test_a_day_has_one_rate() -> None:
    make.vat_rate(2100, since=TODAY)
    with pytest.raises(IntegrityError, match="one_rate_per_day"), transaction.atomic():
        make.vat_rate(2200, since=TODAY)


def test_pages_of_invoices_have_each_of_them_once_the_newest_first() -> None:
    customer = make.customer()
    made = [make.invoice(customer=customer, issued_on=TODAY - n // 3 * DAY) for n in range(10)]
    make.invoice()
    expected = sorted(made, key=lambda i: (i.issued_on, i.pk), reverse=True)
    found: list[Invoice] = []
    with acting(Purpose.BILLING, actor=SYSTEM, customer=customer.pk):
        before = None
        while page := queries.invoices(customer.pk, limit=4, before=before):
            found += page
            before = (page[-1].issued_on, page[-1].pk)
    assert found == expected


def test_what_is_open_is_counted_to_the_cent() -> None:
    customer = make.customer()
    for paid in (0, 9074, 9075):
        make.invoice(customer=customer, paid_cents=paid)
    make.invoice(customer=customer, lines=[(1, 0)])
    make.invoice()
    with acting(Purpose.BILLING, actor=SYSTEM, customer=customer.pk):
        assert queries.open_total(customer.pk) == (2, 9076)
    with acting(Purpose.BILLING, actor=SYSTEM, customer=make.customer().pk) as scene:
        assert queries.open_total(scene.customer or 0) == (0, 0)


def test_the_moment_of_an_invoice_is_that_of_the_caller() -> None:
    then = datetime(2030, 6, 1, 12, tzinfo=UTC)
    issue(draft(due_on=date(2030, 6, 1)), today=date(2030, 6, 1), now=then)
    assert [entry.at for entry in entries()] == [then]


@pytest.mark.parametrize("code", ["high", "low", "", "Standard"])
def test_a_rate_has_a_name_by_which_it_is_asked_for(code: str) -> None:
    assert [rate.code for rate in make.vat_rates()] == ["standard", "reduced"]
    assert queries.vat_basis_points(country="NL", today=TODAY) == make.VAT_STANDARD
    with pytest.raises(IntegrityError, match="vat_rate_has_a_known_code"), transaction.atomic():
        make.vat_rate(2100, since=TODAY, code=code)
