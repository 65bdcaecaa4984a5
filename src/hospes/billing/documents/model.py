"""What an invoice or credit note says, in whatever form (PDF, UBL): plain values, checked to the cent."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Literal

from hospes.kernel.money import Money, vat

Language = Literal["nl", "en"]


class DocumentKind(StrEnum):
    """The two kinds of document that change what a customer owes."""

    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"


class VatCategory(StrEnum):
    """Why this VAT rate applies: the codes of UNCL 5305 that EN 16931 uses (BT-118, BT-151)."""

    STANDARD = "S"
    ZERO_RATED = "Z"
    REVERSE_CHARGE = "AE"


@dataclass(frozen=True, kw_only=True)
class Party:
    """
    Seller or buyer as they stand on the document; country is an ISO 3166-1 alpha-2 code.

    A private buyer has no kvk and no vat_number. contact_name is the human being whom a business is
    addressed through; for a private buyer name is already that person's name.
    """

    name: str
    street: str
    postcode: str
    town: str
    country: str = "NL"
    contact_name: str = ""
    kvk: str = ""
    vat_number: str = ""
    email: str = ""

    def __post_init__(self) -> None:
        _refuse_if(_party_problems(self))

    @property
    def addressed_as(self) -> str:
        """The name that a letter to this party greets."""
        return self.contact_name.strip() or self.name.strip()


@dataclass(frozen=True, kw_only=True)
class DocumentLine:
    """
    One line: net_cents is quantity times unit_price_cents, rounded half up; all amounts are without VAT.

    A discount is a line with a negative quantity: EN 16931 (BR-27) refuses a negative price.
    period_from and period_to are the first and the last day that the line is about.
    """

    description: str
    quantity: Decimal
    unit_price_cents: int
    net_cents: int
    vat_percent: Decimal
    vat_category: VatCategory = VatCategory.STANDARD
    details: str = ""
    period_from: date | None = None
    period_to: date | None = None

    def __post_init__(self) -> None:
        _refuse_if(_line_problems(self))


@dataclass(frozen=True, kw_only=True)
class VatGroup:
    """All lines of one category and rate: VAT is computed and rounded here and nowhere else (BR-CO-17)."""

    percent: Decimal
    net_cents: int
    vat_cents: int
    category: VatCategory = VatCategory.STANDARD

    @property
    def key(self) -> tuple[VatCategory, Decimal]:
        """What tells one group of a document from another; 21 and 21.00 are the same rate."""
        return (self.category, self.percent)


@dataclass(frozen=True, kw_only=True)
class InvoiceDocument:
    """
    An invoice or credit note that is ready to be sent, or ValueError that names everything that is off.

    Amounts are cents and not negative on either kind: a credit note says how much is given back, and its
    paid_cents is what was paid back. order_reference is the buyer's own reference, if they gave one.
    payment_method is a name fit to print ("iDEAL"). logo_svg is the operator's, never a customer's.
    """

    number: str
    kind: DocumentKind = DocumentKind.INVOICE
    issued_on: date
    due_on: date
    seller: Party
    seller_iban: str
    buyer: Party
    customer_number: str
    quote_number: str = ""
    order_reference: str = ""
    corrects_number: str = ""
    lines: tuple[DocumentLine, ...]
    vat_groups: tuple[VatGroup, ...]
    net_cents: int
    vat_cents: int
    total_cents: int
    paid_cents: int = 0
    paid_on: date | None = None
    payment_method: str = ""
    currency: str = "EUR"
    language: Language = "nl"
    accent: str = "#1f4fd8"
    logo_svg: str = ""

    def __post_init__(self) -> None:
        _refuse_if([*_identity_problems(self), *_sum_problems(self), *_payment_problems(self)])

    @property
    def open_cents(self) -> int:
        """What is still to be paid (or, on a credit note, to be given back)."""
        return self.total_cents - self.paid_cents

    @property
    def is_credit_note(self) -> bool:
        """Whether this document gives back instead of asks."""
        return self.kind is DocumentKind.CREDIT_NOTE

    @property
    def is_settled(self) -> bool:
        """Whether nothing is open any more."""
        return self.open_cents == 0


def line_net(quantity: Decimal, unit_price_cents: int) -> int:
    """The net amount of a line in cents: exact, then rounded once."""
    return Money(unit_price_cents).times(quantity).cents


def group_vat(lines: Iterable[DocumentLine]) -> tuple[VatGroup, ...]:
    """The VAT groups that these lines make, the highest rate first."""
    nets: dict[tuple[VatCategory, Decimal], int] = {}
    for line in lines:
        key = (line.vat_category, line.vat_percent)
        nets[key] = nets.get(key, 0) + line.net_cents
    return tuple(
        VatGroup(category=category, percent=percent, net_cents=net, vat_cents=vat(net, percent))
        for (category, percent), net in sorted(nets.items(), key=lambda item: (-item[0][1], item[0][0]))
    )


def _refuse_if(problems: Iterable[str]) -> None:
    if found := list(problems):
        raise ValueError("; ".join(found))


def _party_problems(party: Party) -> Iterator[str]:
    for field in ("name", "street", "town"):
        if not getattr(party, field).strip():
            yield f"the {field} of a party is empty"
    if not re.fullmatch("[A-Z]{2}", party.country):
        yield f"country {party.country!r} is not a code of two capitals"
    if party.country == "NL" and not party.postcode.strip():
        yield "a Dutch address needs a postcode"


def _line_problems(line: DocumentLine) -> Iterator[str]:
    if not line.description.strip():
        yield "a line has no description"
    if line.unit_price_cents < 0:
        yield "a unit price is negative; a discount is a negative quantity"
    if not line.quantity.is_finite() or not line.vat_percent.is_finite():
        yield "a quantity or VAT rate is no number"
        return
    if line.net_cents != (right := line_net(line.quantity, line.unit_price_cents)):
        yield f"line {line.description!r} says {line.net_cents} cents, {right} is right"
    if not 0 <= line.vat_percent <= 100:
        yield f"VAT of {line.vat_percent} % does not exist"
    elif (line.vat_category is VatCategory.STANDARD) != (line.vat_percent > 0):
        yield f"VAT category {line.vat_category} does not go with {line.vat_percent} %"
    if (line.period_from is None) != (line.period_to is None):
        yield "a period has only one end"
    elif line.period_from and line.period_to and line.period_to < line.period_from:
        yield "a period ends before it begins"


def _identity_problems(doc: InvoiceDocument) -> Iterator[str]:
    for field in ("number", "seller_iban", "customer_number"):
        if not getattr(doc, field).strip():
            yield f"the {field} is empty"
    # Wet OB 1968, art. 35a, and NLCIUS BR-NL-1: no invoice without them.
    if not (doc.seller.kvk.strip() and doc.seller.vat_number.strip()):
        yield "the seller needs a KvK number and a VAT number"
    if doc.due_on < doc.issued_on:
        yield "the document is due before it is issued"
    if doc.currency != "EUR":
        yield f"only EUR is supported, not {doc.currency!r}"
    if doc.language not in ("nl", "en"):
        yield f"no document in language {doc.language!r}"
    if not re.fullmatch("#[0-9a-fA-F]{6}", doc.accent):
        yield f"accent {doc.accent!r} is no colour like #1f4fd8"
    if doc.is_credit_note != bool(doc.corrects_number.strip()):
        yield "a credit note, and only a credit note, names the invoice that it corrects"
    reversed_charge = any(line.vat_category is VatCategory.REVERSE_CHARGE for line in doc.lines)
    if reversed_charge and not doc.buyer.vat_number.strip():
        yield "reverse charge needs the buyer's VAT number"


def _sum_problems(doc: InvoiceDocument) -> Iterator[str]:
    if not doc.lines:
        yield "the document has no lines"
    yield from _group_problems(doc.vat_groups, group_vat(doc.lines))
    for field, right in (
        ("net_cents", sum(line.net_cents for line in doc.lines)),
        ("vat_cents", sum(group.vat_cents for group in doc.vat_groups)),
        ("total_cents", doc.net_cents + doc.vat_cents),
    ):
        if getattr(doc, field) != right:
            yield f"{field} is {getattr(doc, field)}, the parts make {right}"
    if doc.total_cents < 0:
        yield "the total is negative; give money back with a credit note"


def _group_problems(said: Sequence[VatGroup], right: Sequence[VatGroup]) -> Iterator[str]:
    by_key = {group.key: group for group in said}
    if len(by_key) != len(said) or by_key.keys() != {group.key for group in right}:
        yield "the VAT groups are not exactly the rates of the lines, each once"
        return
    for group in right:
        mine = by_key[group.key]
        if mine.net_cents != group.net_cents:
            yield f"net_cents at {group.percent} % is {mine.net_cents}, the lines make {group.net_cents}"
        elif mine.vat_cents != group.vat_cents:
            yield f"vat_cents at {group.percent} % is {mine.vat_cents}, {group.vat_cents} is right"


def _payment_problems(doc: InvoiceDocument) -> Iterator[str]:
    if not 0 <= doc.paid_cents <= doc.total_cents:
        yield f"paid_cents is {doc.paid_cents}, outside 0 to {doc.total_cents}"
    if (doc.paid_cents > 0) != (doc.paid_on is not None):
        yield "paid_on is the day of a payment, and there is none without the other"
    if doc.payment_method and not doc.paid_cents:
        yield "a payment method without a payment"
