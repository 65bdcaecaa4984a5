"""What a document is made of: parties, lines, VAT groups; plain values that refuse to be wrong by themselves."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Literal

from hospes.kernel.money import Money, vat

Language = Literal["nl", "en"]


class DocumentKind(StrEnum):
    """Invoice and credit note change what a customer owes; a pro-forma asks for money and changes nothing."""

    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"
    PRO_FORMA = "pro_forma"


class VatCategory(StrEnum):
    """Why this VAT rate applies: the codes of UNCL 5305 that EN 16931 uses (BT-118, BT-151)."""

    STANDARD = "S"
    ZERO_RATED = "Z"
    EXEMPT = "E"
    REVERSE_CHARGE = "AE"
    INTRA_COMMUNITY = "K"
    EXPORT = "G"
    OUT_OF_SCOPE = "O"


class PaymentMeans(StrEnum):
    """How an open amount is to be paid: the customer sends it, or we collect it (SEPA direct debit)."""

    TRANSFER = "transfer"
    DIRECT_DEBIT = "direct_debit"


@dataclass(frozen=True, kw_only=True)
class Party:
    """
    Seller or buyer as they stand on the document; country is an ISO 3166-1 alpha-2 code.

    A private buyer has no kvk and no vat_number. contact_name is the human being whom a business is
    addressed through; for a private buyer name is already that person's name. endpoint is the address on the
    Peppol network as scheme:number (0106:12345678); a buyer who has one gets e-invoices there.
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
    endpoint: str = ""

    def __post_init__(self) -> None:
        refuse_if(_party_problems(self))

    @property
    def addressed_as(self) -> str:
        """The name that a letter to this party greets."""
        return self.contact_name.strip() or self.name.strip()


@dataclass(frozen=True, kw_only=True)
class DirectDebit:
    """What a payer must be told before money is taken from the account (EPC SDD rulebook, pre-notification)."""

    mandate_reference: str
    creditor_identifier: str
    debited_iban: str

    def __post_init__(self) -> None:
        refuse_if(
            f"a direct debit without {field}" for field, value in vars(self).items() if not value.strip()
        )


@dataclass(frozen=True, kw_only=True)
class DocumentLine:
    """
    One line: net_cents is quantity times unit_price_cents, rounded half up; all amounts are without VAT.

    A discount is a line with a negative quantity: EN 16931 (BR-27) refuses a negative price.
    period_from and period_to are the first and the last day that the line is about. vat_reason says why there
    is no VAT, in the language of the document, where the usual words for the category do not do.
    """

    description: str
    quantity: Decimal
    unit_price_cents: int
    net_cents: int
    vat_percent: Decimal
    vat_category: VatCategory = VatCategory.STANDARD
    vat_reason: str = ""
    details: str = ""
    period_from: date | None = None
    period_to: date | None = None

    def __post_init__(self) -> None:
        refuse_if(_line_problems(self))


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


def refuse_if(problems: Iterable[str]) -> None:
    """Raise ValueError that names every problem, if there is one."""
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
    if party.endpoint and not re.fullmatch(r"[0-9]{4}:[0-9A-Za-z][0-9A-Za-z._:-]{0,49}", party.endpoint):
        yield "an endpoint is no Peppol address like 0106:12345678"


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
    if line.vat_reason and line.vat_category in (VatCategory.STANDARD, VatCategory.ZERO_RATED):
        yield "a reason for charging no VAT where VAT is charged (BR-S-10, BR-Z-10)"
    if (line.period_from is None) != (line.period_to is None):
        yield "a period has only one end"
    elif line.period_from and line.period_to and line.period_to < line.period_from:
        yield "a period ends before it begins"
