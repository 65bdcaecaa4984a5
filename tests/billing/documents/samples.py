"""Documents to test with: everything can be set, and what is not set fits."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from hospes.billing.documents import (
    DirectDebit,
    DocumentKind,
    DocumentLine,
    InvoiceDocument,
    Party,
    PaymentMeans,
    VatCategory,
    group_vat,
    line_net,
)

SELLER = Party(
    name="Voorbeeldhost B.V.",
    street="Serverlaan 12",
    postcode="3511 AB",
    town="Utrecht",
    kvk="12345678",
    vat_number="NL123456789B01",
    email="administratie@voorbeeldhost.example",
)
PRIVATE = Party(
    name="Voornaam Achternaam 1",
    street="Teststraat 7",
    postcode="9712 KL",
    town="Groningen",
    email="persoon1@example.com",
)
BUSINESS = Party(
    name="Testbedrijf 2 & Zonen V.O.F.",
    contact_name="Contactpersoon 2",
    street="Testplein 3-5",
    postcode="2611 GS",
    town="Delft",
    kvk="87654321",
    vat_number="NL987654321B01",
    email="bedrijf2@example.com",
)
FRENCH = Party(
    name="Exemple Numérique 3 SARL",
    street="12 rue du Test",
    postcode="75002",
    town="Paris",
    country="FR",
    vat_number="FR12345678901",
)


def make_line(description: str = "Webhosting Plus", **fields: Any) -> DocumentLine:
    """A line whose amount is right."""
    values: dict[str, Any] = {
        "description": description,
        "quantity": Decimal(1),
        "unit_price_cents": 999,
        "vat_percent": Decimal(21),
        **fields,
    }
    values.setdefault("net_cents", line_net(values["quantity"], values["unit_price_cents"]))
    return DocumentLine(**values)


HOSTING = make_line(
    details="voorbeeld-1.example, 25 GB",
    quantity=Decimal(12),
    unit_price_cents=799,
    period_from=date(2026, 11, 22),
    period_to=date(2027, 11, 21),
)
MIXED = (
    HOSTING,
    make_line("Domeinnaam voorbeeld-1.example", unit_price_cents=1250),
    make_line("Boek: Uw eigen website", unit_price_cents=2250, vat_percent=Decimal(9)),
    make_line("Korting eerste jaar", quantity=Decimal(-1), unit_price_cents=1000),
)


def make_document(*lines: DocumentLine, **fields: Any) -> InvoiceDocument:
    """A document whose sums are right; paid=True settles it with iDEAL on the day of issue."""
    lines = lines or (HOSTING,)
    groups = group_vat(lines)
    net, vat = sum(line.net_cents for line in lines), sum(group.vat_cents for group in groups)
    values: dict[str, Any] = {
        "number": "F2026-00042",
        "issued_on": date(2026, 11, 22),
        "due_on": date(2026, 12, 6),
        "seller": SELLER,
        "seller_iban": "NL91ABNA0417164300",
        "buyer": PRIVATE,
        "customer_number": "10001",
        "quote_number": "O2026-00017",
        "lines": lines,
        "vat_groups": groups,
        "net_cents": net,
        "vat_cents": vat,
        "total_cents": net + vat,
    }
    if fields.pop("paid", False):
        values |= {"paid_cents": net + vat, "paid_on": date(2026, 11, 22), "payment_method": "iDEAL"}
    return InvoiceDocument(**values | fields)


def make_credit_note(*lines: DocumentLine, **fields: Any) -> InvoiceDocument:
    """A credit note on invoice F2026-00012."""
    kind = {"kind": DocumentKind.CREDIT_NOTE, "number": "C2026-00003", "corrects_number": "F2026-00012"}
    return make_document(*lines, **kind | fields)


REVERSE_CHARGE = make_line(
    "Managed server", vat_percent=Decimal(0), vat_category=VatCategory.REVERSE_CHARGE, unit_price_cents=19900
)
ZERO_RATED = make_line("Nultarief", vat_percent=Decimal(0), vat_category=VatCategory.ZERO_RATED)


def make_pro_forma(*lines: DocumentLine, **fields: Any) -> InvoiceDocument:
    """A pro-forma: without a number, for quote O2026-00017."""
    return make_document(*lines, **{"kind": DocumentKind.PRO_FORMA, "number": ""} | fields)


def untaxed(category: VatCategory, description: str = "Managed server", **fields: Any) -> DocumentLine:
    """A line of € 199 in a category without VAT."""
    values = {"vat_percent": Decimal(0), "vat_category": category, "unit_price_cents": 19900}
    return make_line(description, **values | fields)


AMERICAN = Party(
    name="Sample Company 4 Inc.", street="4 Test Street", postcode="10001", town="New York", country="US"
)
GERMAN = Party(name="Muster 5", street="Teststraße 5", postcode="10115", town="Berlin", country="DE")
MANDATE = DirectDebit(
    mandate_reference="M-10001-1",
    creditor_identifier="NL98ZZZ123456780000",
    debited_iban="NL02 RABO 0123 4567 89",
)
GOODS = untaxed(VatCategory.INTRA_COMMUNITY, "Router")

SAMPLES = {
    "private, paid": make_document(paid=True),
    "private, open, English": make_document(language="en"),
    "business, four lines, two rates": make_document(*MIXED, buyer=BUSINESS, order_reference="PO-2026-118"),
    "business, paid": make_document(*MIXED, buyer=BUSINESS, paid=True),
    "business, partly paid": make_document(
        buyer=BUSINESS, paid_cents=5000, paid_on=date(2026, 11, 23), payment_method="iDEAL"
    ),
    "collected through the payment provider": make_document(buyer=BUSINESS, collect_on=date(2026, 12, 7)),
    "nothing to pay": make_document(make_line(unit_price_cents=0)),
    "reverse charge": make_document(REVERSE_CHARGE, buyer=FRENCH, language="en"),
    "zero rated beside standard": make_document(HOSTING, ZERO_RATED, buyer=BUSINESS),
    "exempt": make_document(untaxed(VatCategory.EXEMPT, vat_reason="Artikel 11 Wet OB 1968"), buyer=BUSINESS),
    "goods to a member state": make_document(GOODS, buyer=FRENCH, delivered_on=date(2026, 11, 20)),
    "export": make_document(untaxed(VatCategory.EXPORT, "Router"), buyer=AMERICAN, language="en"),
    "outside the scope": make_document(untaxed(VatCategory.OUT_OF_SCOPE), buyer=AMERICAN, language="en"),
    "one-stop shop": make_document(make_line(vat_percent=Decimal(19)), buyer=GERMAN, vat_country="DE"),
    "direct debit": make_document(
        buyer=BUSINESS, payment_means=PaymentMeans.DIRECT_DEBIT, direct_debit=MANDATE
    ),
    "pro-forma": make_pro_forma(*MIXED, buyer=BUSINESS),
    "pro-forma, English": make_pro_forma(language="en"),
    "credit note, open": make_credit_note(*MIXED, buyer=BUSINESS),
    "credit note, paid back": make_credit_note(paid=True),
}


@st.composite
def lines(draw: st.DrawFn) -> tuple[DocumentLine, ...]:
    """Any list of lines that an invoice can have: its total is not negative."""
    rates = st.sampled_from([Decimal("21"), Decimal("9"), Decimal("5.5"), Decimal("0")])
    quantities = st.decimals("-1000", "1000", places=3)
    drawn = [
        make_line(
            f"Regel {number}",
            quantity=quantity if number else abs(quantity),
            unit_price_cents=cents,
            vat_percent=rate,
            vat_category=VatCategory.STANDARD if rate else VatCategory.ZERO_RATED,
        )
        for number, (quantity, cents, rate) in enumerate(
            draw(st.lists(st.tuples(quantities, st.integers(0, 10**7), rates), min_size=1, max_size=12))
        )
    ]
    groups = group_vat(drawn)
    if sum(group.net_cents + group.vat_cents for group in groups) < 0:
        drawn = [make_line("Aanvulling", quantity=Decimal(10**6), unit_price_cents=10**6), *drawn]
    return tuple(drawn)
