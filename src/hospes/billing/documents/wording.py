"""The sentences of a document: which one is true of this document, filled in."""

from __future__ import annotations

from string import Formatter

from hospes.billing.documents.labels import labels
from hospes.billing.documents.model import InvoiceDocument
from hospes.billing.documents.notation import euros, long_date


def opening_said(doc: InvoiceDocument) -> list[tuple[str, bool]]:
    """The answer at the top: what this asks of the reader, in pieces, and which of them stand out."""
    values = {
        "amount": euros(doc.total_cents if doc.is_credit_note else doc.open_cents, doc.language),
        "paid": euros(doc.paid_cents, doc.language),
        "date": long_date(doc.due_on, doc.language),
        "number": doc.corrects_number,
    }
    pieces: list[tuple[str, bool]] = []
    for plain, name, _, _ in Formatter().parse(labels(doc.language)[_opening(doc)]):
        pieces.append((plain, False))
        if name:
            pieces.append((values[name], True))
    return [piece for piece in pieces if piece[0]]


def payment_said(doc: InvoiceDocument) -> str:
    """Say when and how it was (partly) paid or paid back; empty when it was not."""
    if doc.paid_on is None:
        return ""
    name = ("refunded" if doc.is_credit_note else "paid") + ("_with" if doc.payment_method else "")
    day = long_date(doc.paid_on, doc.language)
    return labels(doc.language)[name].format(date=day, method=doc.payment_method)


def badge_said(doc: InvoiceDocument) -> str:
    """One word for a document about which nothing is left to do, else empty."""
    if not (doc.is_settled and doc.paid_cents):
        return ""
    return labels(doc.language)["badge_refunded" if doc.is_credit_note else "badge_paid"]


def _opening(doc: InvoiceDocument) -> str:
    if doc.is_credit_note:
        if not doc.total_cents:
            return "say_nothing_credited"
        return "say_refunded" if doc.is_settled else "say_credit"
    if not doc.total_cents:
        return "say_nothing_due"
    if doc.is_settled:
        return "say_paid"
    return "say_part_paid" if doc.paid_cents else "say_pay"
