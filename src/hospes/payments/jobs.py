"""Asking the provider for the truth: a notice is only a hint."""

from hospes.kernel import clock
from hospes.kernel.jobs import at_work, job
from hospes.kernel.purposes import Purpose
from hospes.payments import refunds, services
from hospes.payments.balances import jobs as balances
from hospes.payments.balances.models import Payout
from hospes.payments.chargebacks import jobs as chargebacks
from hospes.payments.models import UNDECIDED, Notice, Payment, Refund
from hospes.payments.providers import Charge, UnknownCharge, provider
from hospes.payments.reconciling import asking
from hospes.payments.reconciling import jobs as strays


@job(queue="payments", purpose=Purpose.BILLING)
def apply_notice(*, notice_id: int) -> None:
    """Look into what a notice was about. What came about the same payment meanwhile is a new notice, looked into again."""
    with at_work():
        reference = Notice.objects.get(pk=notice_id).reference
        Notice.objects.filter(pk=notice_id, applied_at=None).update(applied_at=clock.now())
    settle(reference)


@job(queue="payments", purpose=Purpose.BILLING)
def check(*, payment_id: int) -> None:
    """Look up how a payment stands, without a notice."""
    with at_work():
        payment = Payment.objects.get(pk=payment_id)
    if payment.reference:
        settle(payment.reference)
    elif (
        charge := provider().find(payment.idempotency_key, since=payment.created_at - services.MARGIN)
    ) is not None:
        _book(charge)


@job(queue="payments", purpose=Purpose.BILLING)
def let_go(*, payment_id: int) -> None:
    """Cancel a payment that is not wanted any more at the provider, and book how it stands then; again changes nothing."""
    with at_work():
        payment = Payment.objects.get(pk=payment_id)
    if payment.state in UNDECIDED and (charge := services.cancelled(provider(), payment)) is not None:
        _book(charge)


@job(queue="payments", purpose=Purpose.BILLING)
def see_to_cancelled(*, order_id: int) -> None:
    """See to what hangs on an order that its customer cancelled; again changes nothing."""
    from hospes.payments import unpaid

    with at_work():
        unpaid.see_to([order_id], now=clock.now())


@job(queue="payments", purpose=Purpose.BILLING)
def sweep_unpaid(*, timestamp: int) -> None:
    """Cancel orders whose last day to be paid is over, and remind of those of which it comes near."""
    from hospes.payments import unpaid

    now = clock.now()
    unpaid.cancel_overdue(today=clock.day_of(now), now=now)
    unpaid.remind(today=clock.day_of(now), now=now)


def settle(reference: str) -> None:
    """
    Fetch a payment from the provider and book it; one that the provider does not know changes nothing.

    One that was paid and that we do not know is kept for a colleague.
    """
    try:
        charge = provider().fetch(reference)
    except UnknownCharge:
        return
    _book(charge)
    reference = charge.reference  # what was heard of may be a part of it
    with at_work():
        is_taken_back = charge.charged_back_cents > 0 or chargebacks.is_open(reference)
    if is_taken_back:
        chargebacks.look_up(reference)
    with at_work():
        under_way = Refund.objects.filter(payment__reference=reference, state__in=_LOOKED_UP, paid_on=None)
        for pk in under_way.order_by("pk").values_list("pk", flat=True):
            send_refund.enqueue_once(f"refund:{pk}", refund_id=pk)
        balances.look_up(Payout.objects.filter(payment__reference=reference))
        strays.look_up(reference)


#: States of which the provider may tell something new: also what was paid back may not arrive.
_LOOKED_UP = (Refund.State.REQUESTED, Refund.State.SENT, Refund.State.DONE)


def _book(charge: Charge) -> None:
    with at_work():
        asking.take_in(charge, now=clock.now())


@job(queue="payments", purpose=Purpose.BILLING)
def sweep(*, timestamp: int) -> None:
    """Have looked up what no notice told."""
    from hospes.payments.sweeps import check_open

    check_open(now=clock.now())


@job(queue="payments", purpose=Purpose.BILLING)
def book_missing(*, timestamp: int) -> None:
    """Book money that came in and is not in the ledger yet."""
    from hospes.payments import sweeps

    sweeps.book_missing(now=clock.now())


@job(queue="payments", purpose=Purpose.BILLING)
def send_refund(*, refund_id: int) -> None:
    """Have money paid back, or look up what became of it; again pays nothing twice."""
    with at_work():
        refund = Refund.objects.with_related("payment").get(pk=refund_id)
        reference = (refund.payment.reference if refund.payment else None) or ""
        description = refunds.described(refund)
    if refund.state not in _LOOKED_UP or refund.paid_on is not None:
        return
    try:
        said = refunds.ask(provider(), refund, reference, description)
    except UnknownCharge:
        said = None
    with at_work():
        refunds.apply(refund_id=refund_id, said=said, now=clock.now())


@job(queue="payments", purpose=Purpose.BILLING)
def sweep_refunds(*, timestamp: int) -> None:
    """See to what credit notes give back at once, and every ten minutes to what is under way: that takes days."""
    from hospes.payments.sweeps import see_to_refunds

    see_to_refunds(now=clock.now(), look_up=timestamp % 600 < 30)


@job(queue="payments", purpose=Purpose.BILLING)
def sweep_paid_back(*, timestamp: int) -> None:
    """Ask every day whether what was paid back these days arrived; see `sweeps.MAY_BOUNCE`."""
    from hospes.payments.sweeps import ask_again

    ask_again(now=clock.now())
