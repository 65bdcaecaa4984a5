"""Two hundred documents over every VAT case, made by chance from a fixed seed: the same ones every time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from hospes.billing.documents import (
    DirectDebit,
    DocumentLine,
    InvoiceDocument,
    Language,
    Party,
    PaymentMeans,
    VatCategory,
)
from tests.billing.documents.samples import BUSINESS, PRIVATE, make_credit_note, make_document, make_line

HOW_MANY = 200
_PRODUCTS = (
    "Webhosting Plus",
    "Domeinnaam voorbeeld-1.example",
    "Bewaking <elke 5 minuten> & bericht",
    "Uurwerk",
)
_MANDATE = DirectDebit(
    mandate_reference="M-10001-1",
    creditor_identifier="NL98ZZZ123456780000",
    debited_iban="NL91ABNA0417164300",
)


@dataclass(frozen=True)
class Case:
    """A way in which VAT comes about: whose, at which rates, and what the document must say besides."""

    name: str
    buyer: Party
    rates: tuple[tuple[VatCategory, str], ...]
    fields: tuple[tuple[str, Any], ...] = ()


def _company(country: str, vat_number: str, endpoint: str = "") -> Party:
    return Party(
        name=f"Test Company {country}", street="Teststreet 1", postcode="1000", town="Testtown", country=country,
        vat_number=vat_number, endpoint=endpoint, contact_name="Contact Person", email="company@example.com",
    )  # fmt: skip


def _consumer(country: str) -> Party:
    return Party(
        name=f"Consumer {country}", street="Teststr. 5", postcode="10115", town="Testtown", country=country
    )


S, Z, E, AE, K, G, O = VatCategory  # noqa: E741 the codes of the standard
_DUTCH_COMPANIES = (BUSINESS, replace(BUSINESS, endpoint="0106:87654321"))
_CASES = (
    *(Case("Dutch rates", buyer, ((S, "21"), (S, "9"))) for buyer in (PRIVATE, *_DUTCH_COMPANIES)),
    *(
        Case("all Dutch rates", buyer, ((S, "21"), (S, "9"), (Z, "0")))
        for buyer in (PRIVATE, *_DUTCH_COMPANIES)
    ),
    *(Case("reduced rate alone", buyer, ((S, "9"),)) for buyer in (PRIVATE, BUSINESS)),
    *(Case("zero rate beside others", buyer, ((Z, "0"), (S, "21"))) for buyer in _DUTCH_COMPANIES),
    *(Case("exempt", buyer, ((E, "0"),)) for buyer in (PRIVATE, *_DUTCH_COMPANIES)),
    Case("exempt beside others", BUSINESS, ((E, "0"), (S, "21"), (S, "9"))),
    Case("reverse charge", _company("BE", "BE0202239951", "0208:0202239951"), ((AE, "0"),)),
    Case("reverse charge", _company("DE", "DE123456789", "9930:DE123456789"), ((AE, "0"),)),
    Case("reverse charge", _company("FR", "FR12345678901"), ((AE, "0"),)),
    Case("reverse charge at home", BUSINESS, ((AE, "0"), (S, "21"))),
    Case("goods to a member state", _company("BE", "BE0202239951", "0208:0202239951"), ((K, "0"),)),
    Case("goods and services to a member state", _company("GR", "EL123456789"), ((K, "0"), (AE, "0"))),
    Case("export", _company("US", ""), ((G, "0"),)),
    Case("export", _company("CH", "", "9927:CHE123456789"), ((G, "0"), (Z, "0"))),
    Case("outside the scope", _company("GB", ""), ((O, "0"),)),
    Case("outside the scope", _company("NO", "", "0192:974760673"), ((O, "0"),)),
    Case("outside the scope", _consumer("US"), ((O, "0"),)),
    Case("one-stop shop", _consumer("DE"), ((S, "19"),), (("vat_country", "DE"),)),
    Case("one-stop shop", _consumer("FI"), ((S, "25.5"), (S, "10")), (("vat_country", "FI"),)),
    Case("one-stop shop", _consumer("LU"), ((S, "17"), (Z, "0")), (("vat_country", "LU"),)),
)


def documents() -> list[tuple[str, InvoiceDocument]]:
    """Name and document; every case comes up both as an invoice and as a credit note."""
    chance = Random(16931)  # noqa: S311 the same by design
    return [
        (f"{number}: {case.name}, {case.buyer.country}", _document(case, number, chance))
        for number in range(HOW_MANY)
        for case in [_CASES[number // 2 % len(_CASES)]]
    ]


def _document(case: Case, number: int, chance: Random) -> InvoiceDocument:
    credit = number % 2
    make: Callable[..., InvoiceDocument] = make_credit_note if credit else make_document
    issued = date(2026, 1, 1) + timedelta(days=chance.randrange(700))
    language: Language = chance.choice(["nl", "en"])
    fields: dict[str, Any] = {
        "number": f"{'C' if credit else 'F'}2026-{number:05d}", "buyer": case.buyer, "issued_on": issued,
        "due_on": issued + timedelta(days=chance.choice([0, 14, 30])), "language": language,
        "buyer_reference": chance.choice(["", "Afdeling 5"]), "order_reference": chance.choice(["", "PO-118"]),
        "quote_number": chance.choice(["", "O2026-00017"]), "delivered_on": chance.choice([None, issued]),
        **dict(case.fields),
    }  # fmt: skip
    if K in dict(case.rates):
        fields["delivered_on"] = issued
    doc = make(*_lines(case, issued, chance), **fields)
    return _paid(doc, chance)


def _paid(doc: InvoiceDocument, chance: Random) -> InvoiceDocument:
    way = chance.randrange(5)
    if way == 0 and not doc.is_credit_note:
        return replace(doc, payment_means=PaymentMeans.DIRECT_DEBIT, direct_debit=_MANDATE)
    if way <= 2 and doc.total_cents:
        cents = doc.total_cents if way == 1 else chance.randint(1, doc.total_cents)
        return replace(doc, paid_cents=cents, paid_on=doc.issued_on, payment_method="iDEAL")
    return doc


def _lines(case: Case, issued: date, chance: Random) -> list[DocumentLine]:
    rates = [*case.rates, *chance.choices(case.rates, k=chance.randrange(5))]
    lines = [_line(chance, issued, category, percent) for category, percent in rates]
    if chance.random() < 0.4:  # a discount, never more than what it is given on
        first = lines[0]
        cents = chance.randint(1, max(1, abs(first.net_cents) // 2))
        discount = {
            "quantity": Decimal(-1),
            "unit_price_cents": cents,
            "net_cents": -cents,
            "description": "Korting",
        }
        lines.append(replace(first, **discount, vat_reason=""))
    return lines


def _line(chance: Random, issued: date, category: VatCategory, percent: str) -> DocumentLine:
    days = chance.choice([0, 30, 364])
    period = {"period_from": issued, "period_to": issued + timedelta(days=days)} if days else {}
    own_words = category in (E, O) and chance.random() < 0.5
    return make_line(
        chance.choice(_PRODUCTS),
        details=chance.choice(["", "25 GB\ntwee regels"]),
        quantity=chance.choice(
            [Decimal(1), Decimal(12), Decimal("0.333"), Decimal("2.5"), Decimal("30.125")]
        ),
        unit_price_cents=chance.choice([2, 50, 799, 1250, 9999, 123_457]),
        vat_percent=Decimal(percent),
        vat_category=category,
        vat_reason="Artikel 11 Wet OB 1968" if own_words else "",
        **period,
    )
