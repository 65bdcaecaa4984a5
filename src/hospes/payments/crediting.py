"""
Credit notes that a colleague makes: what it would be is shown first, and what was shown is made. Acts for billing.

What is shown is the credit note itself, with what becomes of the money, made and taken back again: so it is not computed twice.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext as _

from hospes.billing import payments as billing
from hospes.billing import queries
from hospes.billing.models import Invoice, InvoiceTax
from hospes.billing.services import CreditRefused, credit
from hospes.billing.words import method_words
from hospes.payments import refunds
from hospes.payments.balances.models import BalanceEntry
from hospes.payments.models import Payment, Refund


@dataclass(frozen=True)
class Shown:
    """
    A credit note as it would be, in cents, and where its money goes.

    `set_off_cents` lessens what is open, `not_lost_cents` what was written off, `balance_cents` was paid from the balance and is
    that again, `taken_cents` the bank took back already; `through` goes back the way it came, by way of paying, `waits_cents`
    only once another colleague agreed; `by_hand_cents` a colleague transfers, at the latest on `due_on`. `left_cents` is what
    could be credited of the invoice when this was shown.
    """

    net_cents: int
    taxes: tuple[InvoiceTax, ...]
    total_cents: int
    set_off_cents: int
    not_lost_cents: int
    balance_cents: int
    taken_cents: int
    through: tuple[tuple[str, int], ...]
    waits_cents: int
    by_hand_cents: int
    due_on: date | None
    left_cents: int


class _Undone(Exception):
    """Carries what was seen out of what is taken back."""

    def __init__(self, shown: Shown) -> None:
        self.shown = shown


def made_before(key: str) -> str:
    """The number of the credit note that was made with this key, else ""."""
    return Invoice.objects.filter(origin=f"credit:{key}").values_list("number", flat=True).first() or ""


def shown(
    *,
    invoice_id: int,
    lines: Mapping[int, int] | None,
    reason: str,
    key: str,
    today: date,
    now: datetime,
) -> Shown:
    """What a credit note would be; nothing stays of it. Raises CreditRefused."""
    try:
        with transaction.atomic():
            left = billing.lock(invoice_id).creditable_cents
            note = credit(invoice_id=invoice_id, lines=lines, reason=reason, key=key, today=today, now=now)
            raise _Undone(_seen(note, refunds.plan(credit_note_id=note.pk, now=now), left))
    except _Undone as undone:
        return undone.shown


def _seen(note: Invoice, parts: list[Refund], left: int) -> Shown:
    rows = list(Refund.objects.filter(credit_note_id=note.pk).order_by("pk")) if parts else []
    of_balance = BalanceEntry.objects.filter(origin=f"credited:{note.pk}").aggregate(sum=Sum("cents"))
    balance = int(of_balance["sum"] or 0)
    rest = note.total_cents - note.set_off_cents - balance - sum(each.cents for each in rows)
    through = tuple(
        (
            method_words(Payment.objects.values_list("method", flat=True).get(pk=each.payment_id or 0)),
            each.cents,
        )
        for each in rows
        if each.state == Refund.State.REQUESTED
    )
    return Shown(
        note.net_cents, tuple(queries.taxes(note.pk)), note.total_cents, note.set_off_cents, rest, balance,
        sum(each.cents for each in rows if each.state == Refund.State.DONE), through,
        sum(each.cents for each in rows if each.state == Refund.State.WAITS),
        sum(each.cents for each in rows if each.state == Refund.State.FAILED),
        min((each.due_on for each in rows), default=None), left,
    )  # fmt: skip


@transaction.atomic
def make(
    *,
    invoice_id: int,
    lines: Mapping[int, int] | None,
    reason: str,
    key: str,
    left_cents: int,
    today: date,
    now: datetime,
) -> Invoice:
    """
    Make a credit note as it was shown, and see to its money; the same key gives the same one again. Raises CreditRefused, also
    when something else of the invoice was credited since it was shown (`left_cents`).
    """
    invoice = billing.lock(invoice_id)
    if not made_before(key) and invoice.creditable_cents != left_cents:
        raise CreditRefused(
            _("Meanwhile something of this invoice was credited. Look whether this is still right.")
        )
    note = credit(invoice_id=invoice_id, lines=lines, reason=reason, key=key, today=today, now=now)
    refunds.plan(credit_note_id=note.pk, now=now)
    return note
