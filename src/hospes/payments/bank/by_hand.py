"""
What a clerk moved by hand and stands on a statement now: money paid back, and what a customer had got back twice. For billing.

Saying on its page that it was moved, and finding it on a statement, come in either order; it is booked once. What two colleagues
have to decide about is said on its page first.
"""

from datetime import datetime

from django.conf import settings
from django.utils.translation import gettext as _

from hospes.kernel import clock
from hospes.payments import refunds
from hospes.payments.approvals import asking
from hospes.payments.approvals import services as decisions
from hospes.payments.approvals.models import Decision
from hospes.payments.balances import payouts
from hospes.payments.balances.models import Payout
from hospes.payments.bank import debited, finding
from hospes.payments.bank.models import BankAllocation, BankLine
from hospes.payments.bank.rules import Kind
from hospes.payments.bank.saying import Part, Refused
from hospes.payments.chargebacks import services as chargebacks
from hospes.payments.chargebacks.models import Chargeback
from hospes.payments.debits import services as debits
from hospes.payments.debits.models import Debit
from hospes.payments.models import Refund

_REFUSALS = (
    decisions.NotDecided,
    refunds.NotByHand,
    payouts.NothingToPayOut,
    chargebacks.NotOpen,
    debits.NotPutRight,
)


def paid_back(line: BankLine, part: Part, now: datetime) -> None:
    """Money paid back by hand stands on the statement now, or came back."""
    held: Refund | Payout | None = (
        Refund.objects.filter(pk=part.refund_id).first()
        if part.refund_id
        else Payout.objects.filter(pk=part.payout_id or 0).first()
    )
    if held is None or held.customer_id != part.customer_id or held.cents != abs(part.cents):
        raise Refused(_("That is not the amount that is to be paid back."))
    try:
        if part.kind == Kind.BOUNCE:
            _came_back(held, line, now)
        elif held.state == "failed":
            _paid(held, line, now)
        elif held.paid_on is None or finding.on_a_statement([held.pk], of=_of(held)):
            raise Refused(_("This goes back through the payment provider, or stands on a statement already."))
    except _REFUSALS as refusal:
        raise Refused(str(refusal)) from None


def _of(held: Refund | Payout) -> str:
    return "refund" if isinstance(held, Refund) else "payout"


def _paid(held: Refund | Payout, line: BankLine, now: datetime) -> None:
    """A colleague who says so decides about it by that; what is found by itself is what one alone may decide."""
    by, is_refund = asking.colleague(), isinstance(held, Refund)
    about = {"refund_id": held.pk} if is_refund else {"payout_id": held.pk}
    is_for_two = (
        held.cents > settings.HOSPES_OPERATOR.four_eyes_above_cents or asking.waiting(**about).exists()
    )
    if not is_for_two and by is not None:
        decide = decisions.refund_by_hand if is_refund else decisions.payout_by_hand
        is_for_two = decide(**about, on=line.booked_on, by=by, now=now).state != Decision.State.DONE
    if is_for_two:
        raise Refused(
            _(
                "Two colleagues decide about an amount like this. Say on its page that it was transferred, first."
            )
        )
    if by is not None:
        return
    if isinstance(held, Refund):
        refunds.paid_by_hand(refund_id=held.pk, on=line.booked_on, now=now)
    else:
        payouts.paid_by_hand(payout_id=held.pk, on=line.booked_on, now=now)


def _came_back(held: Refund | Payout, line: BankLine, now: datetime) -> None:
    if isinstance(held, Refund):
        refunds.came_back_by_hand(refund_id=held.pk, on=line.booked_on, now=now)
    else:
        payouts.came_back_by_hand(payout_id=held.pk, on=line.booked_on, now=now)


def claimed(line: BankLine, part: Part, now: datetime) -> None:
    """What a customer had got back twice came in."""
    of, pk = ("debit", part.debit_id) if part.debit_id else ("chargeback", part.chargeback_id or 0)
    held: Debit | Chargeback = Debit.objects.get(pk=pk) if of == "debit" else Chargeback.objects.get(pk=pk)
    cents = held.claim_cents if isinstance(held, Debit) else held.rest_cents
    if cents != part.cents or held.customer_id != part.customer_id or debited.on_a_statement(of, [held.pk]):
        raise Refused(_("So much is not to be claimed of this, or it stands on a statement already."))
    try:
        if isinstance(held, Debit):
            if held.claimed_on is None:
                debits.put_right(debit_id=held.pk, on=line.booked_on, now=now, is_seen=True)
        elif held.settled_on is None:
            chargebacks.settled_by_hand(chargeback_id=held.pk, on=line.booked_on, now=now, is_seen=True)
    except _REFUSALS as refusal:
        raise Refused(str(refusal)) from None


def undo(line: BankLine, held: BankAllocation, now: datetime) -> None:
    """It was something else: what was paid back is to be paid again, what came back is there, what was claimed still to come."""
    today = clock.day_of(now)
    try:
        if held.kind == Kind.CLAIM and held.debit_id:
            debits.not_put_right(debit_id=held.debit_id, on=today, now=now)
        elif held.kind == Kind.CLAIM:
            chargebacks.not_settled(chargeback_id=held.chargeback_id or 0, on=today, now=now)
        elif held.kind == Kind.REFUND and held.refund_id:
            refunds.came_back_by_hand(refund_id=held.refund_id, on=today, now=now)
        elif held.kind == Kind.REFUND:
            payouts.came_back_by_hand(payout_id=held.payout_id or 0, on=today, now=now)
        elif held.refund_id:
            refunds.paid_by_hand(refund_id=held.refund_id, on=line.booked_on, now=now)
        else:
            payouts.paid_by_hand(payout_id=held.payout_id or 0, on=line.booked_on, now=now)
    except _REFUSALS as refusal:
        raise Refused(str(refusal)) from None
