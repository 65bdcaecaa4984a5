"""
What a credit note gives back of an invoice that was not (all) paid with money: what was written off, what was set off.

Of what was written off nothing came in, so nothing goes back: the loss is undone. What a balance paid is a balance again.
"""

from datetime import datetime

from django.db.models import Sum

from hospes.billing import payments as billing
from hospes.billing.ledger import services as ledger
from hospes.billing.ledger.models import LedgerLine
from hospes.billing.models import Invoice
from hospes.kernel import clock
from hospes.payments.approvals.models import Decision
from hospes.payments.balances import services as balances
from hospes.payments.balances.models import BalanceEntry

Use = ledger.Use
#: What a balance paid of an invoice, and what of that was undone or given back before.
_OF_INVOICES = (balances.Kind.SET_OFF, balances.Kind.UNDONE, balances.Kind.CREDITED)


def undo_write_off(note: Invoice, now: datetime) -> int:
    """Undo as much of what was written off as the credit note gives back; returns how many cents. Acts for billing."""
    decided = Decision.objects.filter(
        kind=Decision.Kind.WRITE_OFF, state=Decision.State.DONE, invoice_id=note.credits_id or 0
    )
    lost = int(decided.aggregate(sum=Sum("cents"))["sum"] or 0)
    if not lost:
        return 0
    notes = Invoice.objects.filter(credits_id=note.credits_id).values_list("pk", flat=True)
    undone = LedgerLine.objects.filter(
        entry__origin__in=[f"write_off_undone:{pk}" for pk in notes], account__use=Use.WRITTEN_OFF
    )
    left = lost - int(undone.aggregate(sum=Sum("credit_cents"))["sum"] or 0)
    cents = min(note.open_cents, left)
    if cents > 0:
        _give(note, cents, "written_off", f"write_off_undone:{note.pk}", Use.WRITTEN_OFF, now)
    return max(cents, 0)


def to_the_balance(note: Invoice, left: int, now: datetime) -> int:
    """Give back to the balance what of the invoice was paid from it, at most so many cents; returns how many."""
    of_it = BalanceEntry.objects.filter(invoice_id=note.credits_id or 0)
    taken = of_it.filter(kind__in=_OF_INVOICES).aggregate(sum=Sum("cents"))["sum"] or 0
    cents, origin = min(left, -int(taken)), f"credited:{note.pk}"
    if cents <= 0:
        return 0
    balances.change(
        balances.Kind.CREDITED,
        customer_id=note.customer_id,
        cents=cents,
        origin=origin,
        invoice_id=note.credits_id,
        now=now,
    )
    _give(note, cents, "balance", origin, Use.SURPLUS, now)
    return cents


def _give(note: Invoice, cents: int, paid_with: str, origin: str, use: ledger.Use, now: datetime) -> None:
    billing.pay_back(credit_note_id=note.pk, cents=cents, paid_at=now, paid_with=paid_with, now=now)
    lines = [(Use.DEBTORS, cents), (use, -cents)]
    posting = ledger.Posting(
        ledger.Journal.MEMORIAL, origin, clock.day_of(now), lines, note.customer_id, note.number
    )
    ledger.post([posting], now=now)
