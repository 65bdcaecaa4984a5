"""What compares our books, the payment provider and the bank by the clock, and pays back what was not for us."""

from datetime import date

from django.utils.translation import gettext

from hospes.kernel import clock
from hospes.kernel.jobs import at_work, job
from hospes.kernel.purposes import Purpose
from hospes.payments import refunds
from hospes.payments.providers import UnknownCharge, provider
from hospes.payments.reconciling import strays


@job(queue="payments", purpose=Purpose.BILLING)
def reconcile(*, timestamp: int) -> None:
    """Compare yesterday, and what was missed before; when all is done it does nothing (periodic: each hour)."""
    from hospes.payments.reconciling import sweeps

    with at_work():
        for pk in strays.on_their_way():
            pay_back.enqueue_once(f"stray:{pk}", stray_id=pk)
    for _day, _tally in sweeps.catch_up(now=clock.now()):
        pass


@job(queue="payments", purpose=Purpose.BILLING)
def pay_back(*, stray_id: int) -> None:
    """Have a payment that was not for us paid back, or look up what became of that; again pays nothing twice."""
    with at_work():
        held = strays.sending(stray_id)
    if held is None:
        return
    try:
        said = refunds.ask(provider(), held, held.reference, gettext("Payment that was not for us"))
    except UnknownCharge:
        said = None
    with at_work():
        strays.apply(stray_id=stray_id, key=held.idempotency_key, said=said, now=clock.now())


def look_up(reference: str) -> None:
    """Have looked up what became of money that goes back, after something was heard of its payment; acts for billing."""
    if (pk := strays.to_look_up(reference)) is not None:
        pay_back.enqueue_once(f"stray:{pk}", stray_id=pk)


@job(queue="payments", purpose=Purpose.BILLING)
def look_again(*, day_id: int) -> None:
    """Compare a day (its proleptic ordinal) once more, since somebody put something right."""
    from hospes.payments.reconciling import sweeps

    sweeps.reconcile(date.fromordinal(day_id), now=clock.now())
