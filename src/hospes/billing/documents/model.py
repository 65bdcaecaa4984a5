"""What an invoice, credit note or pro-forma says, in whatever form (PDF, UBL): plain values, checked to the cent."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from hospes.billing.documents.parts import (
    DirectDebit,
    DocumentKind,
    DocumentLine,
    Language,
    Party,
    PaymentMeans,
    VatCategory,
    VatGroup,
    group_vat,
    line_net,
    refuse_if,
)

__all__ = [
    "DirectDebit",
    "DocumentKind",
    "DocumentLine",
    "InvoiceDocument",
    "Language",
    "Party",
    "PaymentMeans",
    "VatCategory",
    "VatGroup",
    "group_vat",
    "line_net",
]

#: The member states, for which the words of the VAT directive are meant.
EU = frozenset({
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT", "LT", "LU", "LV", "MT",
    "NL", "PL", "PT", "RO", "SE", "SI", "SK",
})  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class InvoiceDocument:
    """
    A document that is ready to be sent, or ValueError that names everything that is off.

    Amounts are cents and not negative on any kind: a credit note says how much is given back and why (`reason`); its paid_cents
    is what was paid back, set_off_cents what was still open on the invoice and is settled by it. A pro-forma is in no book: it
    may have no number, and nothing is paid on it.

    buyer_reference and order_reference are the buyer's own (BT-10, and the number of a purchase order, BT-13).
    vat_country is whose VAT is charged, when that is not the seller's country (one-stop shop). delivered_on is the
    day of supply, where that is not the day of issue or a period of the lines. copies_to names who else gets the
    document. payment_method is a name fit to print ("iDEAL"). logo_svg is the operator's, never a customer's.
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
    buyer_reference: str = ""
    order_reference: str = ""
    corrects_number: str = ""
    corrects_issued_on: date | None = None
    reason: str = ""
    set_off_cents: int = 0
    copies_to: tuple[str, ...] = ()
    delivered_on: date | None = None
    lines: tuple[DocumentLine, ...]
    vat_groups: tuple[VatGroup, ...]
    vat_country: str = ""
    net_cents: int
    vat_cents: int
    total_cents: int
    paid_cents: int = 0
    paid_on: date | None = None
    payment_method: str = ""
    payment_means: PaymentMeans = PaymentMeans.TRANSFER
    direct_debit: DirectDebit | None = None
    collect_on: date | None = None
    currency: str = "EUR"
    language: Language = "nl"
    accent: str = "#1f4fd8"
    logo_svg: str = ""

    def __post_init__(self) -> None:
        refuse_if(
            [*_identity_problems(self), *_vat_problems(self), *_sum_problems(self), *_payment_problems(self)]
        )

    @property
    def open_cents(self) -> int:
        """What is still to be paid (or, on a credit note, to be given back)."""
        return self.total_cents - self.paid_cents - self.set_off_cents

    @property
    def is_credit_note(self) -> bool:
        """Whether this document gives back instead of asks."""
        return self.kind is DocumentKind.CREDIT_NOTE

    @property
    def is_pro_forma(self) -> bool:
        """Whether this document is no invoice at all, and in no book."""
        return self.kind is DocumentKind.PRO_FORMA

    @property
    def is_settled(self) -> bool:
        """Whether nothing is open any more."""
        return self.open_cents == 0

    @property
    def mentioned_as(self) -> str:
        """What a payment of this mentions, so that it is recognised."""
        return self.number or self.quote_number or self.customer_number

    @property
    def period(self) -> tuple[date, date] | None:
        """The first and the last day that any line is about, if one says so."""
        ends = [(line.period_from, line.period_to) for line in self.lines]
        first = [day for day, _ in ends if day]
        last = [day for _, day in ends if day]
        return (min(first), max(last)) if first and last else None

    def has(self, category: VatCategory) -> bool:
        """Whether any line is in this VAT category."""
        return any(line.vat_category is category for line in self.lines)


def _identity_problems(doc: InvoiceDocument) -> Iterator[str]:
    needed = (
        ("seller_iban", "customer_number")
        if doc.is_pro_forma
        else ("number", "seller_iban", "customer_number")
    )
    for field in needed:
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
    if doc.corrects_issued_on and not doc.is_credit_note:
        yield "corrects_issued_on without an invoice that is corrected"


def _vat_problems(doc: InvoiceDocument) -> Iterator[str]:
    if doc.has(VatCategory.REVERSE_CHARGE) and not doc.buyer.vat_number.strip():
        yield "reverse charge needs the buyer's VAT number"
    if doc.has(VatCategory.INTRA_COMMUNITY):
        if not doc.buyer.vat_number.strip():
            yield "an intra-Community supply needs the buyer's VAT number (BR-IC-02)"
        if doc.buyer.country == doc.seller.country or doc.buyer.country not in EU:
            yield "an intra-Community supply goes to another member state"
        if not (doc.delivered_on or doc.period):
            yield "an intra-Community supply says when it was supplied (BR-IC-11)"
    if doc.has(VatCategory.EXPORT) and doc.buyer.country in EU:
        yield "an export leaves the EU"
    if doc.has(VatCategory.OUT_OF_SCOPE) and any(
        line.vat_category is not VatCategory.OUT_OF_SCOPE for line in doc.lines
    ):
        yield "what VAT does not apply to stands on a document of its own (BR-O-11, BR-O-12)"
    if doc.vat_country and not (doc.vat_country in EU and doc.vat_country != doc.seller.country):
        yield f"VAT country {doc.vat_country!r} is no other member state; leave it empty for the seller's own VAT"
    if doc.vat_country and not doc.has(VatCategory.STANDARD):
        yield "VAT of another member state, and no VAT is charged"


def _sum_problems(doc: InvoiceDocument) -> Iterator[str]:
    if not doc.lines:
        yield "the document has no lines"
    yield from _group_problems(doc.vat_groups, group_vat(doc.lines), slack=int(doc.is_credit_note))
    for field, right in (
        ("net_cents", sum(line.net_cents for line in doc.lines)),
        ("vat_cents", sum(group.vat_cents for group in doc.vat_groups)),
        ("total_cents", doc.net_cents + doc.vat_cents),
    ):
        if getattr(doc, field) != right:
            yield f"{field} is {getattr(doc, field)}, the parts make {right}"
    if doc.total_cents < 0:
        yield "the total is negative; give money back with a credit note"


def _group_problems(said: Sequence[VatGroup], right: Sequence[VatGroup], *, slack: int) -> Iterator[str]:
    """
    VAT that is not what the lines make.

    The credit notes of an invoice give back its VAT to the cent, so that a part of it may have a cent (`slack`) more or less.
    """
    by_key = {group.key: group for group in said}
    if len(by_key) != len(said) or by_key.keys() != {group.key for group in right}:
        yield "the VAT groups are not exactly the rates of the lines, each once"
        return
    for group in right:
        mine = by_key[group.key]
        if mine.net_cents != group.net_cents:
            yield f"net_cents at {group.percent} % is {mine.net_cents}, the lines make {group.net_cents}"
        elif abs(mine.vat_cents - group.vat_cents) > slack:
            yield f"vat_cents at {group.percent} % is {mine.vat_cents}, {group.vat_cents} is right"


def _payment_problems(doc: InvoiceDocument) -> Iterator[str]:
    if not 0 <= doc.paid_cents <= doc.total_cents:
        yield f"paid_cents is {doc.paid_cents}, outside 0 to {doc.total_cents}"
    if doc.set_off_cents and not (
        doc.is_credit_note and 0 < doc.set_off_cents <= doc.total_cents - doc.paid_cents
    ):
        yield f"set_off_cents is {doc.set_off_cents}, more than is left of the document, or on no credit note"
    if doc.reason and not doc.is_credit_note:
        yield "a reason stands on a credit note only"
    if (doc.paid_cents > 0) != (doc.paid_on is not None):
        yield "paid_on is the day of a payment, and there is none without the other"
    if doc.payment_method and not doc.paid_cents:
        yield "a payment method without a payment"
    if doc.is_pro_forma and doc.paid_cents:
        yield "a pro-forma is not paid; what is paid gets an invoice"
    if (doc.payment_means is PaymentMeans.DIRECT_DEBIT) != (doc.direct_debit is not None):
        yield "a direct debit names its mandate, and only a direct debit has one"
