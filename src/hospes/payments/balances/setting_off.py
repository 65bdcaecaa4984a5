"""Setting balances off with open invoices, the one that is due first, and undoing that. Acts for billing."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from hospes.billing import payments as billing
from hospes.billing.ledger import services as ledger
from hospes.billing.models import OPEN, Invoice
from hospes.kernel import clock, journal
from hospes.messaging import services as messaging
from hospes.payments.balances import services as balances
from hospes.payments.balances.models import Balance, BalanceEntry
from hospes.payments.debits.queries import is_at_the_bank, live_of
from hospes.payments.queries import is_being_paid

journal.register({
    "balance.set_off": _("Balance set off with an invoice"),
    "balance.set_off_undone": _("Setting a balance off with an invoice undone"),
})  # fmt: skip

Kind, Use = balances.Kind, ledger.Use


class BalanceTooSmall(Exception):
    """So much the customer does not have with us any more."""


def to_be_set_off(*, after: int = 0, limit: int = 500) -> list[int]:
    """Customers who have something with us and owe something, in order of their id."""
    owed = Invoice.objects.filter(OPEN, customer_id=OuterRef("customer_id"))
    found = Balance.objects.filter(Exists(owed), cents__gt=0, customer_id__gt=after)
    return list(found.order_by("customer_id").values_list("customer_id", flat=True)[:limit])


def lock(*, customer_ids: Collection[int], invoice_ids: Collection[int] = ()) -> list[Invoice]:
    """What these customers owe, and these invoices, locked in the order of their ids: before a balance is changed."""
    meant = Q(pk__in=invoice_ids) | OPEN & Q(customer_id__in=customer_ids)
    return list(Invoice.objects.select_for_update().filter(meant).order_by("pk"))


@transaction.atomic
def set_off(*, customer_id: int, now: datetime) -> int:
    """Pay a customer's open invoices from the balance as far as it goes; returns how many cents. Again changes nothing."""
    owed = lock(customer_ids=[customer_id])
    return sum(_with(invoice, now) for invoice in sorted(owed, key=lambda each: (each.due_on, each.pk)))


def _with(invoice: Invoice, now: datetime) -> int:
    cents = min(balances.held(invoice.customer_id), invoice.open_cents)
    # Who is paying it just now would have paid too much by that, and so would who it is collected from.
    if not cents or is_being_paid(invoice.pk) or is_at_the_bank(live_of(invoice.pk)):
        return 0
    before = BalanceEntry.objects.filter(invoice_id=invoice.pk, kind=Kind.SET_OFF).count()
    origin = f"set_off:{invoice.pk}:{before + 1}"
    billing.take_payment(invoice_id=invoice.pk, cents=cents, paid_at=now, paid_with="balance", now=now)
    entry = balances.change(
        Kind.SET_OFF, customer_id=invoice.customer_id, cents=-cents, origin=origin, invoice_id=invoice.pk, now=now
    )  # fmt: skip
    _post(invoice, origin, cents, now)
    _noted("balance.set_off", invoice, now)
    messaging.enqueue(
        "payments.set_off", key=f"payments.{origin}", customer_id=invoice.customer_id, about_id=entry, now=now
    )
    return cents


# --- undoing --------------------------------------------------------------------------------------------------------------


@transaction.atomic
def take_off(*, customer_id: int, cents: int, origin: str, now: datetime) -> None:
    """
    Take off a balance what turned out to be for something else; what it paid meanwhile is open again, the last of it first.

    Raises BalanceTooSmall when it was paid back meanwhile, and billing's StillNeeded when a credit note gives it back.
    """
    used = _in_force(customer_id)
    lock(customer_ids=[], invoice_ids={entry.invoice_id or 0 for entry in used})
    while balances.held(customer_id) < cents:
        if not used:
            raise BalanceTooSmall
        _undo(used.pop(0), now)
    balances.change(Kind.CORRECTED, customer_id=customer_id, cents=-cents, origin=origin, now=now)


def _in_force(customer_id: int) -> list[BalanceEntry]:
    """What was set off with invoices and not undone, the last first."""
    mine = BalanceEntry.objects.filter(customer_id=customer_id, kind__in=[Kind.SET_OFF, Kind.UNDONE])
    undone = {entry.origin for entry in mine if entry.kind == Kind.UNDONE}
    done = [entry for entry in mine.order_by("-pk") if entry.kind == Kind.SET_OFF]
    return [entry for entry in done if f"{entry.origin}:undone" not in undone]


def _undo(entry: BalanceEntry, now: datetime) -> None:
    origin = f"{entry.origin}:undone"
    billing.take_back(invoice_id=entry.invoice_id or 0, cents=-entry.cents, now=now, is_mistake=True)
    balances.change(
        Kind.UNDONE, customer_id=entry.customer_id, cents=-entry.cents, origin=origin, invoice_id=entry.invoice_id, now=now
    )  # fmt: skip
    invoice = Invoice.objects.get(pk=entry.invoice_id or 0)
    _post(invoice, origin, entry.cents, now)
    _noted("balance.set_off_undone", invoice, now)


def _post(invoice: Invoice, origin: str, cents: int, now: datetime) -> None:
    lines = [(Use.SURPLUS, cents), (Use.DEBTORS, -cents)]
    posting = ledger.Posting(
        ledger.Journal.MEMORIAL, origin, clock.day_of(now), lines, invoice.customer_id, invoice.number
    )
    ledger.post([posting], now=now)


def _noted(action: str, invoice: Invoice, now: datetime) -> None:
    journal.record(
        action, at=now, table="billing_invoice", object_id=invoice.pk, customer_id=invoice.customer_id
    )
