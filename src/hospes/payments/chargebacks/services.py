"""
Bringing our books to what the provider says was taken back of a payment. All of this acts for billing.

Each chargeback is booked once, by its reference, and given back once; in whatever order and however often that is told.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext, gettext_lazy

from hospes.billing import payments as billing
from hospes.billing.ledger import services as ledger
from hospes.billing.ledger.models import LedgerEntry
from hospes.kernel import clock, journal
from hospes.messaging import services as messaging
from hospes.payments import booking, refunds
from hospes.payments.balances import payouts
from hospes.payments.balances import services as balances
from hospes.payments.chargebacks.models import Chargeback, ChargebackPart
from hospes.payments.models import CAME_IN, Payment
from hospes.payments.providers import Dispute

journal.register({
    "payment.charged_back": gettext_lazy("Money of a payment was taken back by the bank"),
    "payment.returned": gettext_lazy("What the bank took back was given back after all"),
    "payment.chargeback_settled": gettext_lazy("What the bank took back was collected by hand"),
    "payment.chargeback_not_settled": gettext_lazy("What the bank took back was not collected by hand after all"),
})  # fmt: skip

Use = ledger.Use


class NotOpen(Exception):
    """There is nothing (any more) to be collected of it, or not on that day; the message is fit to show to a colleague."""


@transaction.atomic
def apply(*, reference: str, said: Sequence[Dispute], now: datetime) -> Counter[str]:
    """Book what is new of these chargebacks of a payment; counts what it did. Of a payment that is not ours: nothing."""
    tally: Counter[str] = Counter()
    known = Payment.objects.filter(reference=reference, state__in=CAME_IN).first()
    if known is None or not said:
        return tally
    payment = booking.locked(known)
    for each in sorted(said, key=lambda one: (one.at, one.reference)):
        held = Chargeback.objects.filter(reference=each.reference).first()
        if held is None:
            held = _book(payment, each, now)
            tally["booked"] += 1
        if each.reversed_at is not None and held.reversed_at is None:
            _give_back(held, each.reversed_at, now)
            tally["reversed"] += 1
    return tally


# --- taken back -----------------------------------------------------------------------------------------------------------


def _book(payment: Payment, said: Dispute, now: datetime) -> Chargeback:
    """First what the customer has with us of this payment, then what it paid: the invoice is open again by that."""
    made = Chargeback.objects.create(
        customer_id=payment.customer_id, payment_id=payment.pk, reference=said.reference, cents=said.cents,
        reason=said.reason[:20], charged_at=said.at, booked_at=now,
    )  # fmt: skip
    from_balance = min(said.cents, _surplus_left(payment))
    if balances.held(payment.customer_id) < from_balance:
        payouts.call_off(customer_id=payment.customer_id, now=now)
        from_balance = min(from_balance, balances.held(payment.customer_id))
    if from_balance:
        balances.change(
            balances.Kind.CHARGED_BACK, customer_id=payment.customer_id, cents=-from_balance, origin=f"chargeback:{made.pk}",
            payment_id=payment.pk, now=now,
        )  # fmt: skip
    left, opened = said.cents - from_balance, 0
    for invoice_id, cents in booking.shares(payment):
        taken, open_again = billing.take_back(
            invoice_id=invoice_id, cents=min(left, cents - _taken_before(payment, invoice_id)), now=now
        )
        if taken:
            ChargebackPart.objects.create(
                chargeback=made, customer_id=payment.customer_id, invoice_id=invoice_id, cents=taken, opened_cents=open_again
            )  # fmt: skip
        left, opened = left - taken, opened + open_again
    made.from_balance_cents, made.rest_cents = from_balance, said.cents - from_balance - opened
    Chargeback.objects.filter(pk=made.pk).update(from_balance_cents=from_balance, rest_cents=made.rest_cents)
    lines = [
        (Use.DEBTORS, said.cents - from_balance),
        (Use.SURPLUS, from_balance),
        (Use.CLEARING, -said.cents),
    ]
    _post(made, f"chargeback:{made.pk}", lines, said.at, now)
    _noted("payment.charged_back", made, now)
    _tell("payments.charged_back", made, now)
    if made.rest_cents:
        refunds.settle_waiting([invoice_id for invoice_id, _cents in booking.shares(payment)], now)
    return made


def _surplus_left(payment: Payment) -> int:
    """How much of what a payment brought was more than was open, and was not taken back yet."""
    surplus = payment.surplus
    before = Chargeback.objects.filter(payment_id=payment.pk, reversed_at=None)
    return max(surplus - sum(each.from_balance_cents for each in before), 0)


def _taken_before(payment: Payment, invoice_id: int) -> int:
    """How much of what a payment paid of an invoice was taken back before, and not given back."""
    parts = ChargebackPart.objects.filter(
        chargeback__payment_id=payment.pk, chargeback__reversed_at=None, invoice_id=invoice_id
    )
    return sum(parts.values_list("cents", flat=True))


# --- and given back -------------------------------------------------------------------------------------------------------


def _give_back(held: Chargeback, at: datetime, now: datetime) -> None:
    """What is still open of what was opened is paid again; what somebody paid meanwhile is the customer's balance."""
    paid = 0 if held.settled_on else held.rest_cents
    for part in held.parts.order_by("pk"):
        paid += billing.take_payment(
            invoice_id=part.invoice_id,
            cents=part.opened_cents,
            paid_at=at,
            paid_with=_method_of(held),
            now=now,
        )
    more = held.cents - paid
    Chargeback.objects.filter(pk=held.pk).update(
        reversed_at=at, rest_cents=held.rest_cents if held.settled_on else 0
    )
    balances.change(
        balances.Kind.RETURNED, customer_id=held.customer_id, cents=more, origin=f"chargeback:{held.pk}:back",
        payment_id=held.payment_id, now=now,
    )  # fmt: skip
    lines = [(Use.CLEARING, held.cents), (Use.DEBTORS, -paid), (Use.SURPLUS, -more)]
    _post(held, f"chargeback:{held.pk}:back", lines, at, now)
    _noted("payment.returned", held, now)
    _tell("payments.returned", held, now)


def _method_of(held: Chargeback) -> str:
    return str(Payment.objects.values_list("method", flat=True).get(pk=held.payment_id))


# --- by hand --------------------------------------------------------------------------------------------------------------


@transaction.atomic
def settled_by_hand(*, chargeback_id: int, on: date, now: datetime, is_seen: bool = False) -> None:
    """
    Say that the customer paid to the bank account what a chargeback could open nothing for; raises NotOpen.

    Also above the amount from which two decide, unless it `is_seen` on a statement: it is no way to write off.
    """
    held = Chargeback.objects.select_for_update().get(pk=chargeback_id)
    if not is_seen and held.rest_cents > settings.HOSPES_OPERATOR.four_eyes_above_cents:
        raise NotOpen(gettext("An amount like this is booked from the bank statement: say there what it is."))
    if not held.rest_cents or held.settled_on is not None or held.reversed_at is not None:
        raise NotOpen(gettext("Nothing has to be collected of this (any more)."))
    if not clock.day_of(held.charged_at) <= on <= clock.day_of(now):
        raise NotOpen(gettext("That day is before the chargeback, or has yet to come."))
    Chargeback.objects.filter(pk=held.pk).update(settled_on=on)
    _claimed(held, on, held.rest_cents, now)
    _noted("payment.chargeback_settled", held, now)


@transaction.atomic
def not_settled(*, chargeback_id: int, on: date, now: datetime) -> None:
    """What was said to have come in did not after all: it is to be collected again. Raises NotOpen when nobody said so."""
    held = Chargeback.objects.select_for_update().get(pk=chargeback_id)
    if held.settled_on is None:
        raise NotOpen(gettext("Nothing has to be collected of this (any more)."))
    Chargeback.objects.filter(pk=held.pk).update(settled_on=None)
    _claimed(held, on, -held.rest_cents, now)
    _noted("payment.chargeback_not_settled", held, now)


def _claimed(held: Chargeback, on: date, cents: int, now: datetime) -> None:
    """It is under way until it stands on a bank statement; it may come in, turn out not to have, and come in."""
    origin = f"chargeback:{held.pk}:rest"
    before = LedgerEntry.objects.filter(origin__startswith=f"{origin}:").count()
    lines = [(Use.SUSPENSE, cents), (Use.DEBTORS, -cents)]
    ledger.post([_posting(held, f"{origin}:{before + 1}", lines, on)], now=now)


def _post(
    held: Chargeback, origin: str, lines: Sequence[tuple[ledger.Use, int]], at: datetime, now: datetime
) -> None:
    ledger.post([_posting(held, origin, lines, clock.day_of(at))], now=now)


def _posting(
    held: Chargeback, origin: str, lines: Sequence[tuple[ledger.Use, int]], on: date
) -> ledger.Posting:
    lines = [(use, cents) for use, cents in lines if cents]
    return ledger.Posting(ledger.Journal.BANK, origin, on, lines, held.customer_id, held.reference)


def _tell(kind: str, held: Chargeback, now: datetime) -> None:
    messaging.enqueue(kind, key=f"{kind}:{held.pk}", customer_id=held.customer_id, about_id=held.pk, now=now)


def _noted(action: str, held: Chargeback, now: datetime) -> None:
    journal.record(
        action, at=now, table="payments_chargeback", object_id=held.pk, customer_id=held.customer_id
    )
