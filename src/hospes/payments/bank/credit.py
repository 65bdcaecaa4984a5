"""
The credit of customers: what came in and was for no invoice. It pays the oldest open invoice
by itself, at once and every few minutes.

Acts for billing. A credit is the sum of its moves; the database keeps that, and that it is never below zero.
"""

from datetime import datetime
from typing import Final

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from hospes.billing import payments as billing
from hospes.billing.ledger import services as ledger
from hospes.billing.models import OPEN, Invoice
from hospes.kernel import clock, journal
from hospes.payments.bank.locking import one_at_a_time
from hospes.payments.bank.models import BankAllocation, CreditMove, CustomerCredit

journal.register({
    "credit.added": _("Money held as credit"), "credit.paid_out": _("Credit paid out"),
    "credit.set_off": _("Invoice paid from credit"), "credit.set_off_undone": _("Payment of an invoice from credit undone"),
    "credit.taken_back": _("Credit taken back: the money was for something else"),
})  # fmt: skip

#: How an invoice says that it was paid so.
METHOD: Final = "credit"


class CreditTooSmall(Exception):
    """The customer has not so much credit."""


def balance(customer_id: int) -> int:
    """What a customer has to good, in cents."""
    held = CustomerCredit.objects.filter(customer_id=customer_id).values_list("cents", flat=True).first()
    return held or 0


def add(allocation: BankAllocation, *, now: datetime) -> None:
    """Hold money of a bank line as credit; below zero, it was paid out. Raises CreditTooSmall."""
    customer_id = allocation.customer_id or 0
    one_at_a_time()
    if balance(customer_id) + allocation.cents < 0:
        raise CreditTooSmall
    CreditMove.objects.create(
        customer_id=customer_id, cents=allocation.cents, allocation_id=allocation.pk, at=now
    )
    _noted("credit.added" if allocation.cents > 0 else "credit.paid_out", customer_id, now)


def take_back(allocation: BankAllocation, *, now: datetime) -> None:
    """Undo `add`; where the credit paid invoices meanwhile, the last of those are open again. Raises billing's StillNeeded."""
    customer_id = allocation.customer_id or 0
    one_at_a_time()
    move = CreditMove.objects.get(allocation_id=allocation.pk, undoes=None)
    while balance(customer_id) < move.cents:
        _undo_last_set_off(customer_id, now)
    CreditMove.objects.create(
        customer_id=customer_id, cents=-move.cents, allocation_id=allocation.pk, undoes_id=move.pk, at=now
    )
    _noted("credit.taken_back", customer_id, now)


def _undo_last_set_off(customer_id: int, now: datetime) -> None:
    used = CreditMove.objects.filter(
        customer_id=customer_id, invoice__isnull=False, undoes=None, undone_by=None
    )
    move = used.order_by("-pk").first()
    if move is None:
        raise CreditTooSmall
    billing.take_off(invoice_id=move.invoice_id or 0, cents=-move.cents, now=now)
    CreditMove.objects.create(
        customer_id=customer_id, cents=-move.cents, invoice_id=move.invoice_id, undoes_id=move.pk, at=now
    )
    _post(move, f"credit_move:{move.pk}:undone", move.cents, now)
    _noted("credit.set_off_undone", customer_id, now)


@transaction.atomic
def set_off(*, customer_id: int, now: datetime) -> int:
    """Pay what a customer owes from their credit, the oldest invoice first; returns how many cents."""
    one_at_a_time()
    left = before = balance(customer_id)
    owed = Invoice.objects.filter(OPEN, customer_id=customer_id).order_by("due_on", "pk")
    for invoice_id in list(owed.values_list("pk", flat=True)) if left else []:
        taken = billing.take_payment(
            invoice_id=invoice_id, cents=left, paid_at=now, paid_with=METHOD, now=now
        )
        if taken:
            move = CreditMove.objects.create(
                customer_id=customer_id, cents=-taken, invoice_id=invoice_id, at=now
            )
            _post(move, f"credit_move:{move.pk}", taken, now)
            _noted("credit.set_off", customer_id, now)
            left -= taken
        if not left:
            break
    return before - left


def customers_to_set_off(*, after: int, limit: int) -> list[int]:
    """Customers with credit and an open invoice, in order of their id."""
    owing = Invoice.objects.filter(OPEN).values("customer_id")
    found = CustomerCredit.objects.filter(cents__gt=0, customer_id__gt=after, customer_id__in=owing)
    return list(found.order_by("customer_id").values_list("customer_id", flat=True)[:limit])


def _post(move: CreditMove, origin: str, cents: int, now: datetime) -> None:
    number = Invoice.objects.values_list("number", flat=True).get(pk=move.invoice_id or 0)
    lines = [(ledger.Use.CREDIT, cents), (ledger.Use.DEBTORS, -cents)]
    posting = ledger.Posting(
        ledger.Journal.MEMORIAL, origin, clock.day_of(now), lines, move.customer_id, number
    )
    ledger.post([posting], now=now)


def _noted(action: str, customer_id: int, now: datetime) -> None:
    journal.record(action, at=now, table="bank_customercredit", object_id=customer_id, customer_id=customer_id,
                   changed=["cents"])  # fmt: skip
