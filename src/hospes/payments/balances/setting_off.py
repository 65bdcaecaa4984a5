"""Setting balances off with open invoices: within the purpose of billing, an invoice at a time, the one that is due first."""

from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext_lazy as _

from hospes.billing import payments as billing
from hospes.billing.ledger import services as ledger
from hospes.billing.models import OPEN, Invoice
from hospes.kernel import clock, journal
from hospes.messaging import services as messaging
from hospes.payments.balances import services as balances
from hospes.payments.balances.models import Balance, BalanceEntry
from hospes.payments.queries import is_being_paid

journal.register({"balance.set_off": _("Balance set off with an invoice")})

Use = ledger.Use


def to_be_set_off(*, after: int = 0, limit: int = 500) -> list[int]:
    """Customers who have something with us and owe something, in order of their id."""
    owed = Invoice.objects.filter(OPEN, customer_id=OuterRef("customer_id"))
    found = Balance.objects.filter(Exists(owed), cents__gt=0, customer_id__gt=after)
    return list(found.order_by("customer_id").values_list("customer_id", flat=True)[:limit])


def set_off(*, customer_id: int, now: datetime) -> int:
    """Pay a customer's open invoices from the balance as far as it goes; returns how many cents. Again changes nothing."""
    done = 0
    for pk in (
        Invoice.objects.filter(OPEN, customer_id=customer_id).order_by("due_on", "pk").values_list("pk", flat=True)
    ):  # fmt: skip
        done += _with(pk, customer_id, now)
    return done


@transaction.atomic
def _with(invoice_id: int, customer_id: int, now: datetime) -> int:
    invoice = billing.lock(invoice_id)  # before the balance, as everybody who needs both
    cents = min(balances.held(customer_id), invoice.open_cents)
    # Who is paying it just now would have paid too much by that.
    if not cents or is_being_paid(invoice_id):
        return 0
    before = BalanceEntry.objects.filter(invoice_id=invoice_id, kind=balances.Kind.SET_OFF).count()
    origin = f"set_off:{invoice_id}:{before + 1}"
    billing.take_payment(invoice_id=invoice_id, cents=cents, paid_at=now, paid_with="balance", now=now)
    entry = balances.change(
        balances.Kind.SET_OFF,
        customer_id=customer_id,
        cents=-cents,
        origin=origin,
        invoice_id=invoice_id,
        now=now,
    )
    lines = [(Use.SURPLUS, cents), (Use.DEBTORS, -cents)]
    ledger.post(
        [ledger.Posting(ledger.Journal.MEMORIAL, origin, clock.day_of(now), lines, customer_id, invoice.number)], now=now
    )  # fmt: skip
    journal.record(
        "balance.set_off", at=now, table="billing_invoice", object_id=invoice_id, customer_id=customer_id
    )
    messaging.enqueue(
        "payments.set_off", key=f"payments.{origin}", customer_id=customer_id, about_id=entry, now=now
    )
    return cents
