"""The document refuses to exist when its parts do not add up."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given

from hospes.billing.documents import (
    DocumentLine,
    InvoiceDocument,
    PaymentMeans,
    VatCategory,
    VatGroup,
    group_vat,
)
from tests.billing.documents.samples import (
    AMERICAN,
    BUSINESS,
    FRENCH,
    GERMAN,
    GOODS,
    MANDATE,
    MIXED,
    PRIVATE,
    REVERSE_CHARGE,
    SELLER,
    lines,
    make_credit_note,
    make_document,
    make_line,
    make_pro_forma,
    untaxed,
)


def test_four_lines_at_two_rates_come_to_exactly_this() -> None:
    doc = make_document(*MIXED)
    assert doc.vat_groups == (
        VatGroup(percent=Decimal(21), net_cents=9838, vat_cents=2066),
        VatGroup(percent=Decimal(9), net_cents=2250, vat_cents=203),  # 202.5, half up
    )
    assert (doc.net_cents, doc.vat_cents, doc.total_cents) == (12088, 2269, 14357)


def test_vat_is_rounded_once_per_rate_and_not_per_line() -> None:
    halves = [make_line(unit_price_cents=50) for _ in range(3)]  # 10.5 cents of VAT each
    assert [group.vat_cents for group in group_vat(halves)] == [32]


def test_a_rate_written_with_decimals_is_the_same_rate() -> None:
    [group] = group_vat([make_line(), make_line(vat_percent=Decimal("21.00"))])
    assert group.net_cents == 1998


@pytest.mark.parametrize("field", ["net_cents", "vat_cents", "total_cents"])
@pytest.mark.parametrize("change", [-1, 1])
def test_a_sum_that_is_one_cent_off_is_refused_by_name(field: str, change: int) -> None:
    doc = make_document(*MIXED)
    with pytest.raises(ValueError, match=field):
        replace(doc, **{field: getattr(doc, field) + change})


@pytest.mark.parametrize("field", ["net_cents", "vat_cents"])
def test_a_vat_group_that_is_one_cent_off_is_refused_by_name(field: str) -> None:
    doc = make_document(*MIXED)
    first, second = doc.vat_groups
    off = replace(second, **{field: getattr(second, field) + 1})
    with pytest.raises(ValueError, match=f"{field} at 9 %"):
        replace(doc, vat_groups=(first, off))


def test_groups_that_are_not_the_rates_of_the_lines_are_refused() -> None:
    doc = make_document(*MIXED)
    for groups in (doc.vat_groups[:1], doc.vat_groups * 2, ()):
        with pytest.raises(ValueError, match="VAT groups"):
            replace(doc, vat_groups=groups)


def test_everything_that_is_off_is_named_at_once() -> None:
    doc = make_document()
    with pytest.raises(ValueError, match=r"number is empty.*before it is issued.*total_cents is 1"):
        replace(doc, number=" ", due_on=date(2026, 11, 21), total_cents=1)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"net_cents": 100}, "100 cents, 999 is right"),
        ({"unit_price_cents": -999, "net_cents": -999}, "negative quantity"),
        ({"description": "\t "}, "no description"),
        ({"quantity": Decimal("NaN")}, "no number"),
        ({"vat_percent": Decimal(0)}, "category S does not go with 0 %"),
        ({"vat_category": VatCategory.ZERO_RATED}, "category Z does not go with 21 %"),
        ({"vat_percent": Decimal(121)}, "does not exist"),
        ({"period_from": date(2026, 1, 1)}, "only one end"),
        ({"period_from": date(2026, 1, 2), "period_to": date(2026, 1, 1)}, "ends before"),
    ],
)
def test_a_line_that_cannot_be_is_refused(change: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        replace(make_line(), **change)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"lines": ()}, "no lines"),
        ({"seller": replace(SELLER, vat_number="")}, "KvK number and a VAT number"),
        ({"due_on": date(2026, 11, 21)}, "before it is issued"),
        ({"paid_cents": 11602, "paid_on": date(2026, 11, 22)}, "outside 0 to 11601"),
        ({"paid_cents": -1, "paid_on": date(2026, 11, 22)}, "outside 0"),
        ({"paid_cents": 1}, "paid_on"),
        ({"paid_on": date(2026, 11, 22)}, "paid_on"),
        ({"payment_method": "iDEAL"}, "without a payment"),
        ({"corrects_number": "F2026-00001"}, "only a credit note"),
        ({"currency": "USD"}, "only EUR"),
        ({"language": "de"}, "language 'de'"),
        ({"accent": "red"}, "no colour"),
        ({"corrects_issued_on": date(2026, 1, 1)}, "without an invoice"),
        ({"vat_country": "NL"}, "no other member state"),
        ({"vat_country": "US"}, "no other member state"),
        ({"payment_means": PaymentMeans.DIRECT_DEBIT}, "names its mandate"),
        ({"direct_debit": MANDATE}, "names its mandate"),
    ],
)
def test_a_document_that_cannot_be_is_refused(change: dict[str, Any], said: str) -> None:
    doc = make_document()
    assert doc.total_cents == 11601
    with pytest.raises(ValueError, match=said):
        replace(doc, **change)


def test_a_credit_note_names_its_invoice() -> None:
    with pytest.raises(ValueError, match="names the invoice"):
        make_credit_note(corrects_number="")


def test_a_negative_total_is_refused_on_an_invoice() -> None:
    with pytest.raises(ValueError, match="credit note"):
        make_document(make_line(quantity=Decimal(-1)))


def test_reverse_charge_needs_the_vat_number_of_the_buyer() -> None:
    assert make_document(REVERSE_CHARGE, buyer=BUSINESS).vat_cents == 0
    with pytest.raises(ValueError, match="VAT number"):
        make_document(REVERSE_CHARGE, buyer=PRIVATE)


@pytest.mark.parametrize(
    ("lines", "fields", "said"),
    [
        ([GOODS], {"buyer": FRENCH}, "BR-IC-11"),
        ([GOODS], {"buyer": BUSINESS, "delivered_on": date(2026, 11, 20)}, "another member state"),
        ([GOODS], {"buyer": GERMAN, "delivered_on": date(2026, 11, 20)}, "BR-IC-02"),
        ([GOODS], {"buyer": AMERICAN, "delivered_on": date(2026, 11, 20)}, "another member state"),
        ([untaxed(VatCategory.EXPORT)], {"buyer": FRENCH}, "leaves the EU"),
        ([untaxed(VatCategory.OUT_OF_SCOPE), make_line()], {"buyer": AMERICAN}, "of its own"),
        ([untaxed(VatCategory.EXEMPT)], {"vat_country": "DE"}, "no VAT is charged"),
    ],
)
def test_a_vat_case_that_cannot_be_is_refused(
    lines: list[DocumentLine], fields: dict[str, Any], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        make_document(*lines, **fields)


def test_a_pro_forma_needs_no_number_and_is_never_paid() -> None:
    assert make_pro_forma().mentioned_as == "O2026-00017"
    with pytest.raises(ValueError, match="gets an invoice"):
        make_pro_forma(paid=True)
    with pytest.raises(ValueError, match="number is empty"):
        make_document(number="")


def test_a_reason_for_no_vat_stands_only_where_there_is_none() -> None:
    with pytest.raises(ValueError, match="BR-S-10"):
        make_line(vat_reason="zomaar")


@pytest.mark.parametrize("endpoint", ["87654321", "106:1", "0106:", "0106:a b"])
def test_an_address_that_is_none_on_peppol_is_refused(endpoint: str) -> None:
    with pytest.raises(ValueError, match="Peppol"):
        replace(BUSINESS, endpoint=endpoint)


@pytest.mark.parametrize("change", [{"name": " "}, {"town": ""}, {"country": "nl"}, {"postcode": ""}])
def test_an_address_that_cannot_be_is_refused(change: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=next(iter(change))):
        replace(PRIVATE, **change)


def test_a_person_is_addressed_by_name_and_a_business_through_its_contact() -> None:
    assert PRIVATE.addressed_as == "Voornaam Achternaam 1"
    assert BUSINESS.addressed_as == "Contactpersoon 2"
    assert replace(BUSINESS, contact_name="").addressed_as == "Testbedrijf 2 & Zonen V.O.F."


@given(lines())
def test_no_cent_is_lost_and_no_group_is_half_a_cent_off(drawn: tuple[DocumentLine, ...]) -> None:
    doc: InvoiceDocument = make_document(*drawn)
    assert sum(group.net_cents for group in doc.vat_groups) == sum(line.net_cents for line in drawn)
    assert doc.total_cents == doc.net_cents + doc.vat_cents
    for group in doc.vat_groups:
        exact = Fraction(group.net_cents) * Fraction(group.percent) / 100
        assert abs(group.vat_cents - exact) <= Fraction(1, 2)
    for line in drawn:
        assert abs(line.net_cents - Fraction(line.quantity) * line.unit_price_cents) <= Fraction(1, 2)
