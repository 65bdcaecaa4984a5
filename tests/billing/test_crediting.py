"""Credit notes: of an invoice, as a whole or in part, numbered without gaps, and never more than was invoiced."""

import threading
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st

from hospes.billing import queries, rules, services
from hospes.billing.documents.pdf import page
from hospes.billing.drafts import document_of
from hospes.billing.models import Invoice, InvoiceLine, InvoiceTax
from hospes.kernel.acting import JOB, SYSTEM, acting
from hospes.kernel.models import JournalEntry
from hospes.kernel.purposes import Purpose
from hospes.kernel.refusals import Refused
from tests.billing.books import again, draft, issue, line, lines_of, numbers
from tests.support import make
from tests.support.make import NOW, TODAY
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.login("worker")]


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with translation.override("en"):
        yield


def credit(invoice: Invoice, lines: dict[int, int] | None = None, *, key: str = "1", **words: Any) -> Invoice:
    usual: dict[str, Any] = {"reason": "Opgezegd", "today": TODAY, "now": NOW}
    with acting(Purpose.BILLING, actor=JOB):
        return services.credit(invoice_id=invoice.pk, key=key, lines=lines, **(usual | words))


def taxes_of(invoice: Invoice) -> list[tuple[str, int, int, int]]:
    with as_owner():
        rows = InvoiceTax.objects.filter(invoice=invoice).order_by("vat_basis_points")
        return [(x.vat_category, x.vat_basis_points, x.net_cents, x.vat_cents) for x in rows]


def test_a_whole_invoice_is_credited_with_all_that_it_says() -> None:
    customer = make.customer(kind="business")
    invoice = issue(draft(customer, lines=[line(7500), line(1001, 900)], reference="Afdeling 3"))
    note = again(credit(invoice))
    assert (note.number, note.kind, note.credits_id) == ("C2026-00001", "credit_note", invoice.pk)
    assert (note.net_cents, note.vat_cents, note.total_cents) == (8501, 1665, 10166)
    assert (note.buyer_name, note.reference, note.reason) == (customer.name, "Afdeling 3", "Opgezegd")
    assert taxes_of(note) == taxes_of(invoice) == [("S", 900, 1001, 90), ("S", 2100, 7500, 1575)]
    assert [(x.quantity, x.unit_cents, x.net_cents) for x in lines_of(note)] == [
        (1, 7500, 7500),
        (1, 1001, 1001),
    ]
    assert [x.credits_line_id for x in lines_of(note)] == [x.pk for x in lines_of(invoice)]
    left = again(invoice)
    assert (left.credited_cents, left.open_cents, left.creditable_cents) == (10166, 0, 0)
    assert (note.set_off_cents, note.open_cents, note.signed_cents) == (10166, 0, -10166)
    with as_owner():
        assert [x.credited_cents for x in lines_of(invoice)] == [7500, 1001]
        [entry] = JournalEntry.objects.filter(action="invoice.credited")
    assert (entry.object_id, entry.customer_id) == (note.pk, customer.pk)


def test_it_keeps_what_the_invoice_said_of_the_buyer_and_the_kind_of_vat() -> None:
    customer = make.customer(kind="business", name="Oud bv")
    lines = [line(5000, 0, vat_category="AE", vat_country="BE", vat_reason="reverse_charge")]
    invoice = issue(draft(customer, lines=lines))
    with as_owner():
        type(customer).objects.filter(pk=customer.pk).update(name="Nieuw bv")
    note = credit(invoice)
    assert again(note).buyer_name == "Oud bv"
    [said] = lines_of(note)
    assert (said.vat_category, said.vat_country, said.vat_reason) == ("AE", "BE", "reverse_charge")
    assert taxes_of(note) == [("AE", 0, 5000, 0)]


def test_the_document_of_a_credit_note_names_its_invoice() -> None:
    invoice = issue(draft())
    note = credit(invoice)
    with acting(Purpose.BILLING, actor=JOB):
        said = document_of(Invoice.objects.get(pk=note.pk))
    assert (said.kind, said.number, said.corrects_number) == ("credit_note", "C2026-00001", "F2026-00001")
    assert (said.total_cents, said.paid_cents) == (9075, 0)


def test_the_document_says_why_and_what_was_set_off() -> None:
    note = credit(issue(draft()))
    with acting(Purpose.BILLING, actor=JOB):
        said = document_of(Invoice.objects.get(pk=note.pk))
    assert (said.reason, said.set_off_cents, said.open_cents) == ("Opgezegd", 9075, 0)
    shown = page(said)
    assert "".join(piece["text"] for piece in shown["opening"]) == (
        "Hiermee corrigeren we factuur F2026-00001. U hoeft €\u00a090,75 daarvan niet meer te betalen. De reden: Opgezegd"
    )
    assert shown["payments"] == [
        ("Verrekend met factuur F2026-00001", "−€\u00a090,75"), ("Nog terug te krijgen", "€\u00a00,00"),
    ]  # fmt: skip


def test_what_was_paid_is_paid_back_and_what_was_open_is_set_off() -> None:
    invoice = issue(draft(paid_at=NOW, paid_with="ideal"))
    note = again(credit(invoice))
    assert (note.set_off_cents, note.open_cents, again(invoice).open_cents) == (0, 9075, 0)
    partly = issue(draft(origin="order:2"))
    with acting(Purpose.BILLING, actor=JOB):
        Invoice.objects.filter(pk=partly.pk).update(paid_cents=9000, paid_at=NOW)
    note = again(credit(again(partly), key="2"))
    assert (note.set_off_cents, note.open_cents) == (75, 9000)


def test_an_open_invoice_that_was_credited_is_not_open_any_more() -> None:
    customer = make.customer()
    invoice, other = issue(draft(customer)), issue(draft(customer, origin="order:2"))
    [row] = lines_of(other)
    credit(invoice)
    credit(other, {row.pk: 2500}, key="2")
    with acting(Purpose.BILLING, actor=SYSTEM, customer=customer.pk):
        assert queries.open_total(customer.pk) == (1, 9075 - 3025)
        assert [note.number for note in queries.credit_notes(other.pk)] == ["C2026-00002"]


def test_parts_of_lines_are_credited_until_nothing_is_left() -> None:
    invoice = issue(draft(lines=[line(50), line(50), line(100, 900)]))
    first, second, third = (row.pk for row in lines_of(invoice))
    notes = [
        credit(invoice, {first: 50}, key="1"),
        credit(invoice, {second: 20, third: 1}, key="2"),
        credit(invoice, None, key="3"),
    ]
    # Each part alone would round to 11, 4 and 6: the parts together give back the 21 that was paid, no more.
    assert [again(note).vat_cents for note in notes] == [11, 4 + 0, 6 + 9]
    assert sum(again(note).total_cents for note in notes) == again(invoice).total_cents
    with pytest.raises(services.CreditRefused, match="nothing"):
        credit(invoice, key="4")


@pytest.mark.parametrize(
    ("cents", "match"), [(7501, "More than"), (-1, "More than"), (0, "nothing"), (None, "why")]
)
def test_what_cannot_be_credited_is_refused_in_words(cents: int | None, match: str) -> None:
    invoice = issue(draft())
    [row] = lines_of(invoice)
    with pytest.raises(services.CreditRefused, match=match):
        credit(
            invoice, {row.pk: 7500 if cents is None else cents}, reason=" " if cents is None else "Opgezegd"
        )
    with pytest.raises(services.CreditRefused, match="no such line"):
        credit(invoice, {row.pk + 1: 1})
    note = credit(invoice, {row.pk: 100})
    with pytest.raises(services.CreditRefused, match="credit note"):
        credit(note, key="9")


def test_what_took_off_is_not_given_back_by_itself() -> None:
    invoice = issue(draft(lines=[line(7500), line(-2500)]))
    _plus, minus = (row.pk for row in lines_of(invoice))
    with pytest.raises(services.CreditRefused, match="pay more"):
        credit(invoice, {minus: -2500})
    note = credit(invoice)
    assert [(x.quantity, x.net_cents) for x in lines_of(note)] == [(1, 7500), (-1, -2500)]
    assert again(note).total_cents == again(invoice).total_cents


def test_the_same_key_is_the_same_credit_note() -> None:
    invoice = issue(draft())
    assert credit(invoice) == credit(invoice)
    assert numbers() == ["F2026-00001", "C2026-00001"]


def test_a_term_that_was_given_back_can_be_invoiced_again() -> None:
    service = make.service()
    term = [line(kind="term", service_id=service.pk)]
    invoice = issue(draft(service.customer, origin="a", lines=term))
    [row] = lines_of(invoice)
    credit(invoice, {row.pk: 7499})
    with pytest.raises(IntegrityError, match="one_line_per_service_and_term"), transaction.atomic():
        issue(draft(service.customer, origin="b", lines=term))
    credit(invoice, key="2")
    assert issue(draft(service.customer, origin="b", lines=term))


# --- numbers ---


def test_credit_notes_have_numbers_of_their_own_in_each_book_year() -> None:
    invoice = issue(draft(lines=[line(100), line(100), line(100)]))
    rows = [row.pk for row in lines_of(invoice)]
    credit(invoice, {rows[0]: 100}, key="1")
    with transaction.atomic():
        credit(invoice, {rows[1]: 100}, key="2")
        transaction.set_rollback(True)
    credit(invoice, {rows[1]: 100}, key="3")
    credit(invoice, {rows[2]: 100}, key="4", today=date(2027, 1, 1))
    assert numbers() == ["F2026-00001", "C2026-00001", "C2026-00002", "C2027-00001"]


@pytest.mark.django_db(transaction=True)
def test_two_credit_notes_at_once_never_give_back_more_than_was_invoiced() -> None:
    invoice = issue(draft(lines=[line(100)]))
    [row] = lines_of(invoice)
    gate, refused = threading.Barrier(6), list[str]()

    def rival(number: int) -> None:
        gate.wait(10)
        try:
            credit(invoice, {row.pk: 40}, key=str(number))
        except services.CreditRefused as refusal:
            refused.append(str(refusal))
        finally:
            connection.close()

    threads = [threading.Thread(target=rival, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 4
    assert sorted(numbers()) == ["C2026-00001", "C2026-00002", "F2026-00001"]
    assert again(invoice).credited_cents == 97  # 80 and 21 % of it


# --- the database holds it ---


def _copy(row: Any, **words: Any) -> Any:
    row.pk = None
    for name, value in words.items():
        setattr(row, name, value)
    row.save(force_insert=True)
    return row


@pytest.mark.promise("P15")
def test_the_database_knows_no_credit_note_without_its_invoice_nor_above_it() -> None:
    invoice, other = issue(draft()), issue(draft(origin="order:2"))
    note = credit(invoice)
    new: dict[str, Any] = {"number": "C2026-00009", "sequence": 9, "origin": "credit:9"}
    with as_owner():
        for words, constraint in (
            ({}, "never_more_credited_than_invoiced"),
            ({"credits_id": None}, "credit_note_belongs_to_an_invoice"),
            ({"reason": ""}, "credit_note_belongs_to_an_invoice"),
            ({"credits_id": note.pk}, "credits nothing"),
            ({"customer_id": other.customer_id}, "credits nothing"),
            ({"credits_id": other.pk, "customer_id": other.customer_id, "total_cents": 9076, "net_cents": 7501},
             "never_more_credited_than_invoiced"),
        ):  # fmt: skip
            with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
                _copy(Invoice.objects.get(pk=note.pk), **(new | words))
        with pytest.raises(IntegrityError, match="credited is what"), transaction.atomic():
            Invoice.objects.filter(pk=invoice.pk).update(credited_cents=0)
        with pytest.raises(IntegrityError, match="credited is what"), transaction.atomic():
            InvoiceLine.objects.filter(invoice=invoice).update(credited_cents=1)


def test_nobody_but_the_credit_notes_says_what_was_credited() -> None:
    invoice = issue(draft())
    for purpose in Purpose:
        with acting(purpose, actor=SYSTEM), pytest.raises(Refused), transaction.atomic():
            Invoice.objects.filter(pk=invoice.pk).update(credited_cents=0)


_AMOUNTS = st.lists(st.tuples(st.integers(1, 10**6), st.sampled_from([0, 900, 2100])), min_size=1, max_size=5)


@settings(max_examples=25, deadline=None)
@given(_AMOUNTS, st.data())
def test_however_it_is_cut_up_all_of_it_is_given_back_to_the_cent(
    amounts: list[tuple[int, int]], data: st.DataObject
) -> None:
    with transaction.atomic():
        invoice = issue(draft(lines=[line(*each) for each in amounts]))
        notes = []
        for turn in range(data.draw(st.integers(0, 3))):
            left = {row.pk: row.creditable_cents for row in lines_of(invoice)}
            part = {pk: data.draw(st.integers(0, cents)) for pk, cents in left.items()}
            if any(part.values()):
                notes.append(credit(invoice, part, key=str(turn)))
        if again(invoice).creditable_cents:
            notes.append(credit(invoice, key="rest"))
        assert sum(note.net_cents for note in notes) == invoice.net_cents
        assert sum(note.total_cents for note in notes) == again(invoice).credited_cents == invoice.total_cents
        transaction.set_rollback(True)


@settings(deadline=None)
@given(st.lists(st.integers(0, 10**7), max_size=8), st.sampled_from([900, 2100, 1900, 2550]))
def test_vat_that_is_given_back_in_parts_is_that_of_the_whole(parts: list[int], rate: int) -> None:
    before: dict[tuple[str, str, int], tuple[int, int]] = {}
    tax = rules.Tax(rate)
    for part in parts:
        found = rules.credited([(part, tax)], before)
        net, given = before.get(tax.key, (0, 0))
        before[tax.key] = net + part, given + found.vat_cents
        assert abs(found.vat_cents - rules.taxed([(part, tax)]).vat_cents) <= 1
    net, given = before.get(tax.key, (0, 0))
    assert (
        given
        == rules.totals([(net, rate)]).vat_cents
        == round(Decimal(net) * rate / 10_000 + Decimal("1e-9"))
    )
