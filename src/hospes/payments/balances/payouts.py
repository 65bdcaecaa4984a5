"""
Paying balances back when customers ask: through the payments that they came with, what is left by hand. Acts for billing.

The provider is asked between transactions. What goes left the balance when it was planned; each part is sent once, by its key.
"""

from datetime import date, datetime, timedelta
from typing import Final

from django.db import IntegrityError, transaction
from django.db.models import F, Q, Sum
from django.utils.translation import gettext, gettext_lazy

from hospes.billing.ledger import services as ledger
from hospes.billing.ledger.models import LedgerEntry
from hospes.kernel import clock, journal
from hospes.messaging import services as messaging
from hospes.payments.approvals import asking
from hospes.payments.balances import services as balances
from hospes.payments.balances.models import Payout, PayoutWish
from hospes.payments.chargebacks.models import Chargeback
from hospes.payments.models import CAME_IN, Payment
from hospes.payments.providers import Repayment

journal.register({
    "payout.asked": gettext_lazy("Asked to have the balance paid back"),
    "payout.planned": gettext_lazy("Balance is being paid back"), "payout.done": gettext_lazy("Balance was paid back"),
    "payout.withdrawn": gettext_lazy("Balance is not paid back after all"),
    "payout.failed": gettext_lazy("Balance could not be paid back through the payment provider"),
})  # fmt: skip

#: Within how many days a balance goes back.
DAYS: Final = 14
_State, Use = Payout.State, ledger.Use


class NothingToPayOut(Exception):
    """There is nothing (any more) to be paid back, or not like this; the message is fit to show."""


def ask(*, customer_id: int, person_id: int, now: datetime) -> None:
    """Ask to have a balance paid back: a customer within their own rows, or a colleague for them. Raises NothingToPayOut."""
    from hospes.payments.balances.jobs import pay_out

    try:
        with transaction.atomic():
            wish = PayoutWish.objects.create(customer_id=customer_id, person_id=person_id, asked_at=now)
    except IntegrityError:
        raise NothingToPayOut(gettext("This was asked for already; we are seeing to it.")) from None
    journal.record(
        "payout.asked", at=now, table="payments_payoutwish", object_id=wish.pk, customer_id=customer_id
    )
    pay_out.enqueue_once(f"payout:{wish.pk}", wish_id=wish.pk)


@transaction.atomic
def plan(*, wish_id: int, now: datetime) -> list[Payout]:
    """Divide what there is over the payments that it came with, the last one first; again changes nothing."""
    wish = PayoutWish.objects.select_for_update().get(pk=wish_id)
    if wish.seen_to_at is not None:
        return []
    payments = _payments_of(wish.customer_id)
    left, made = balances.held(wish.customer_id), list[Payout]()
    for payment in payments:
        part = min(left, _surplus_left(payment))
        if part > 0:
            made.append(_planned(wish, payment, part, now))
            left -= part
    if left:
        made.append(_planned(wish, None, left, now))
    PayoutWish.objects.filter(pk=wish_id).update(seen_to_at=now)
    return made


def _payments_of(customer_id: int) -> list[Payment]:
    more = Q(state=Payment.State.SURPLUS) | Q(surplus_cents__gt=0)
    held = Payment.objects.select_for_update().filter(more, customer_id=customer_id, state__in=CAME_IN)
    return sorted(held.order_by("pk"), key=lambda payment: (payment.paid_at, payment.pk), reverse=True)


def _surplus_left(payment: Payment) -> int:
    """How much of what a payment brought too much can still go back with it."""
    surplus = payment.surplus
    gone = Payout.objects.filter(payment_id=payment.pk, paid_on=None).exclude(
        state__in=[_State.FAILED, _State.WITHDRAWN]
    )
    sent = int(gone.aggregate(sum=Sum("cents"))["sum"] or 0)
    taken = Chargeback.objects.filter(payment_id=payment.pk, reversed_at=None)
    return surplus - sent - sum(each.from_balance_cents for each in taken)


def _planned(wish: PayoutWish, payment: Payment | None, cents: int, now: datetime) -> Payout:
    key = f"payout-{wish.pk}-{payment.pk if payment else 0}"
    made = Payout.objects.create(
        customer_id=wish.customer_id, wish_id=wish.pk, payment_id=payment.pk if payment else None, cents=cents,
        idempotency_key=key, state=_State.REQUESTED if payment else _State.FAILED, requested_at=now,
        due_on=clock.day_of(now) + timedelta(days=DAYS),
    )  # fmt: skip
    balances.change(
        balances.Kind.PAID_BACK, customer_id=wish.customer_id, cents=-cents, origin=key, now=now,
        payment_id=payment.pk if payment else None,
    )  # fmt: skip
    _noted("payout.planned", made, now)
    return made


@transaction.atomic
def apply(*, payout_id: int, said: Repayment | None, now: datetime) -> str:
    """Bring our books to what the provider says of a payout (None: it refuses): sent, done, failed, or same. In any order."""
    payout = Payout.objects.select_for_update().get(pk=payout_id)
    if payout.paid_on is not None or payout.state == _State.WITHDRAWN:
        return "same"
    if payout.state == _State.FAILED and payout.reference:
        return "same"
    if said is None:
        return _failed(payout, now) if payout.state == _State.REQUESTED else "same"
    Payout.objects.filter(pk=payout_id).update(reference=said.reference)
    if said.state == _State.FAILED:
        if payout.state == _State.DONE:
            _post(payout, clock.day_of(now), Use.CLEARING, now, back=True)
        return _failed(payout, now)
    if payout.state == said.state or payout.state == _State.DONE:
        return "same"
    if said.state == _State.DONE:
        _done(payout, clock.day_of(now), Use.CLEARING, now, paid_on=None)
        return "done"
    Payout.objects.filter(pk=payout_id).update(state=_State.SENT)
    return "sent"


def _failed(payout: Payout, now: datetime) -> str:
    Payout.objects.filter(pk=payout.pk).update(state=_State.FAILED, done_at=None, paid_on=None)
    _noted("payout.failed", payout, now)
    _against_chargebacks(payout, now)
    return "failed"


def _against_chargebacks(payout: Payout, now: datetime) -> None:
    """
    What the bank of the customer took back of the payment, and was neither here nor opened anything, is taken from this.

    Else it would be paid back by hand, and then be claimed. What is left of it is the customer's balance again.
    """
    if payout.payment_id is None:
        return
    Payment.objects.select_for_update().get(
        pk=payout.payment_id
    )  # who books a chargeback of it waits, or was first
    rests = Chargeback.objects.select_for_update().filter(
        payment_id=payout.payment_id, reversed_at=None, settled_on=None, rest_cents__gt=0
    )
    left = payout.cents
    for held in rests.order_by("pk"):
        part = min(left, held.rest_cents)
        if not part:
            return
        if left == payout.cents:
            _withdraw(payout, now)
        _taken_back(held, payout, part, now)
        left -= part


def _taken_back(held: Chargeback, payout: Payout, cents: int, now: datetime) -> None:
    Chargeback.objects.filter(pk=held.pk).update(
        rest_cents=F("rest_cents") - cents, from_balance_cents=F("from_balance_cents") + cents
    )
    origin = f"chargeback:{held.pk}:payout:{payout.pk}"
    balances.change(
        balances.Kind.CHARGED_BACK, customer_id=held.customer_id, cents=-cents, origin=origin, payment_id=held.payment_id,
        now=now,
    )  # fmt: skip
    lines = [(Use.SURPLUS, cents), (Use.DEBTORS, -cents)]
    posting = ledger.Posting(
        ledger.Journal.MEMORIAL, origin, clock.day_of(now), lines, held.customer_id, held.reference
    )
    ledger.post([posting], now=now)


def _done(payout: Payout, on: date, use: ledger.Use, now: datetime, *, paid_on: date | None) -> None:
    Payout.objects.filter(pk=payout.pk).update(state=_State.DONE, done_at=now, paid_on=paid_on)
    _post(payout, on, use, now)
    _noted("payout.done", payout, now)
    messaging.enqueue(
        "payments.paid_out", key=f"payments.paid_out:{payout.pk}:{paid_on or ''}", customer_id=payout.customer_id,
        about_id=payout.pk, now=now,
    )  # fmt: skip


def _post(payout: Payout, on: date, use: ledger.Use, now: datetime, *, back: bool = False) -> None:
    sign = -1 if back else 1
    what = f"{'hand' if use == Use.SUSPENSE else 'provider'}{':back' if back else ''}"
    # By hand it may come back and be paid once more.
    before = LedgerEntry.objects.filter(origin__startswith=f"payout:{payout.pk}:{what}:").count()
    lines = [(Use.SURPLUS, sign * payout.cents), (use, -sign * payout.cents)]
    posting = ledger.Posting(
        ledger.Journal.BANK,
        f"payout:{payout.pk}:{what}:{before + 1}" if use == Use.SUSPENSE else f"payout:{payout.pk}:{what}",
        on,
        lines,
        payout.customer_id,
        payout.idempotency_key,
    )
    ledger.post([posting], now=now)


@transaction.atomic
def paid_by_hand(*, payout_id: int, on: date, now: datetime) -> None:
    """
    Say that a colleague paid it back from the bank on a day; raises NothingToPayOut.

    It is under way until it stands on a bank statement: that books the bank.
    """
    payout = Payout.objects.select_for_update().get(pk=payout_id)
    if payout.state != _State.FAILED:
        raise NothingToPayOut(gettext("This was paid back already, or is on its way."))
    if not clock.day_of(payout.requested_at) <= on <= clock.day_of(now):
        raise NothingToPayOut(gettext("That day is before it was asked for, or has yet to come."))
    _done(payout, on, Use.SUSPENSE, now, paid_on=on)


@transaction.atomic
def came_back_by_hand(*, payout_id: int, on: date, now: datetime) -> None:
    """What was paid by hand came back on a day, or was not paid after all: it is to be paid again. Raises NothingToPayOut."""
    payout = Payout.objects.select_for_update().get(pk=payout_id)
    if payout.state != _State.DONE or payout.paid_on is None:
        raise NothingToPayOut(gettext("This was not paid back by hand."))
    _post(payout, on, Use.SUSPENSE, now, back=True)
    _failed(payout, now)


@transaction.atomic
def call_off(*, customer_id: int, now: datetime) -> None:
    """
    What waits to be paid back by hand is the customer's balance again: a bank took (some of) it back meanwhile.

    Else it would be paid back, and then be claimed.
    """
    waiting = (
        Payout.objects.select_for_update().filter(customer_id=customer_id, state=_State.FAILED).order_by("pk")
    )
    for payout in waiting:
        _withdraw(payout, now)


def _withdraw(payout: Payout, now: datetime) -> None:
    Payout.objects.filter(pk=payout.pk).update(state=_State.WITHDRAWN)
    balances.change(
        balances.Kind.KEPT, customer_id=payout.customer_id, cents=payout.cents, origin=f"{payout.idempotency_key}:kept", now=now,
    )  # fmt: skip
    asking.no_longer_needed(payout_id=payout.pk, now=now)
    _noted("payout.withdrawn", payout, now)


def _noted(action: str, payout: Payout, now: datetime) -> None:
    journal.record(
        action, at=now, table="payments_payout", object_id=payout.pk, customer_id=payout.customer_id, changed=["state"]
    )  # fmt: skip
