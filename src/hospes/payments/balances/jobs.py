"""Setting balances off, and paying them back; the provider is asked outside of transactions."""

from typing import Final

from django.db.models import QuerySet
from django.utils.translation import gettext

from hospes.kernel import clock
from hospes.kernel.jobs import at_work, job
from hospes.kernel.purposes import Purpose
from hospes.payments import refunds
from hospes.payments.balances import payouts, setting_off
from hospes.payments.balances.models import Payout, PayoutWish
from hospes.payments.providers import UnknownCharge, provider


@job(queue="payments", purpose=Purpose.BILLING)
def sweep(*, timestamp: int) -> None:
    """Set off what can be, and see to what is being paid back."""
    last = 0
    while True:
        with at_work():
            page = setting_off.to_be_set_off(after=last)
        for last in page:
            with at_work():
                setting_off.set_off(customer_id=last, now=clock.now())
        if len(page) < 500:
            break
    with at_work():
        for pk in PayoutWish.objects.filter(seen_to_at=None).values_list("pk", flat=True):
            pay_out.enqueue_once(f"payout:{pk}", wish_id=pk)
        for pk in Payout.objects.filter(state__in=["requested", "sent"]).values_list("pk", flat=True):
            send.enqueue_once(f"send_payout:{pk}", payout_id=pk)


@job(queue="payments", purpose=Purpose.BILLING)
def pay_out(*, wish_id: int) -> None:
    """Divide what somebody asked to have paid back, and have it sent."""
    with at_work():
        for each in payouts.plan(wish_id=wish_id, now=clock.now()):
            if each.payment_id:
                send.enqueue_once(f"send_payout:{each.pk}", payout_id=each.pk)


#: States of which the provider may tell something new: also what was paid back may not arrive.
_LOOKED_UP: Final = (Payout.State.REQUESTED, Payout.State.SENT, Payout.State.DONE)


def look_up(some: QuerySet[Payout]) -> int:
    """Have looked up what became of these, as far as the provider may tell something new; returns of how many. For billing."""
    found = some.filter(payment__isnull=False, state__in=_LOOKED_UP, paid_on=None).order_by("pk")
    ids = list(found.values_list("pk", flat=True))
    for pk in ids:
        send.enqueue_once(f"send_payout:{pk}", payout_id=pk)
    return len(ids)


@job(queue="payments", purpose=Purpose.BILLING)
def send(*, payout_id: int) -> None:
    """Have a part of a balance paid back, or look up what became of it; again pays nothing twice."""
    with at_work():
        payout = Payout.objects.with_related("payment").get(pk=payout_id)
        reference = (payout.payment.reference if payout.payment else None) or ""
    if payout.state not in _LOOKED_UP or payout.paid_on is not None or not reference:
        return
    try:
        said = refunds.ask(provider(), payout, reference, gettext("Balance paid back"))
    except UnknownCharge:
        said = None
    with at_work():
        payouts.apply(payout_id=payout_id, said=said, now=clock.now())
