"""What came in for an invoice, and what went back of a credit note. Acts within the purpose of billing."""

from datetime import datetime

from django.db.models import F, Sum
from django.utils.translation import gettext_lazy as _

from hospes.billing.models import Invoice
from hospes.kernel import journal

journal.register({
    "invoice.paid": _("Payment of an invoice booked"),
    "invoice.paid_back": _("Money of a credit note paid back"),
    "invoice.taken_back": _("Payment of an invoice taken back"),
})  # fmt: skip


def lock(invoice_id: int) -> Invoice:
    """An invoice that nobody else changes until the end of the transaction."""
    return Invoice.objects.select_for_update().get(pk=invoice_id)


def take_payment(*, invoice_id: int, cents: int, paid_at: datetime, paid_with: str, now: datetime) -> int:
    """
    Book money on an invoice, and return how much of it: no more than is open on it. It says when the last of it came, and how.
    """
    invoice = lock(invoice_id)
    taken = min(cents, invoice.open_cents)
    if taken:
        Invoice.objects.filter(pk=invoice_id).update(
            paid_cents=F("paid_cents") + taken, paid_at=paid_at, paid_with=paid_with
        )
        _record("invoice.paid", invoice, now)
    return taken


class StillNeeded(Exception):
    """Money of an invoice that a credit note gives back (in part) cannot be taken off it."""


def take_back(*, invoice_id: int, cents: int, now: datetime, is_mistake: bool = False) -> tuple[int, int]:
    """
    Take off what was paid of an invoice; returns how much was taken off, and by how much it is open again.

    Less is open again than was taken off where it was credited meanwhile: of that the money went back already. Where it was only
    booked here by mistake (`is_mistake`) that cannot be: it raises StillNeeded then, and ValueError when so much was not paid.
    """
    invoice = lock(invoice_id)
    if is_mistake:
        _may_be_taken_off(invoice, cents)
    taken = min(max(cents, 0), invoice.paid_cents)
    if not taken:
        return 0, 0
    before, invoice.paid_cents = invoice.open_cents, invoice.paid_cents - taken
    values: dict[str, object] = {"paid_cents": invoice.paid_cents}
    if not invoice.paid_cents:
        values |= {"paid_at": None, "paid_with": ""}
    Invoice.objects.filter(pk=invoice_id).update(**values)
    _record("invoice.taken_back", invoice, now)
    return taken, invoice.open_cents - before


def _may_be_taken_off(invoice: Invoice, cents: int) -> None:
    paid = invoice.paid_cents - cents
    if paid < 0:
        raise ValueError(f"{cents} cents were not paid on invoice {invoice.pk}")
    notes = Invoice.objects.filter(credits_id=invoice.pk)
    given = notes.aggregate(sum=Sum(F("total_cents") - F("set_off_cents")))["sum"] or 0
    if paid < int(given):
        raise StillNeeded


def pay_back(*, credit_note_id: int, cents: int, paid_at: datetime, paid_with: str, now: datetime) -> None:
    """Note that money of a credit note went back; below zero, that it came back. Never more than the note gives back."""
    note = lock(credit_note_id)
    paid = note.paid_cents + cents
    if not 0 <= paid <= note.total_cents - note.set_off_cents:
        raise ValueError(f"{cents} cents are no part of what credit note {credit_note_id} gives back")
    Invoice.objects.filter(pk=credit_note_id).update(
        paid_cents=paid, paid_at=paid_at if paid else None, paid_with=paid_with if paid else ""
    )
    _record("invoice.paid_back", note, now)


def _record(action: str, invoice: Invoice, now: datetime) -> None:
    journal.record(
        action,
        at=now,
        table="billing_invoice",
        object_id=invoice.pk,
        customer_id=invoice.customer_id,
        changed=["paid_cents"],
    )
