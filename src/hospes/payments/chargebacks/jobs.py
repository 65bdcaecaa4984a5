"""Finding chargebacks that no notice told of."""

from datetime import datetime, timedelta
from typing import Final

from hospes.kernel import clock
from hospes.kernel.jobs import at_work, job
from hospes.kernel.purposes import Purpose
from hospes.payments.chargebacks import services
from hospes.payments.chargebacks.models import Chargeback
from hospes.payments.providers import Dispute, UnknownCharge, provider

#: So far back the provider is asked what it has; and for so long a chargeback may yet be given back.
LOOK_BACK: Final = timedelta(days=7)
UNDECIDED_FOR: Final = timedelta(days=120)


def look_up(reference: str) -> None:
    """Fetch the chargebacks of a payment, and book them. The provider is asked outside of transactions."""
    try:
        said = provider().chargebacks(reference)
    except UnknownCharge:
        return
    with at_work():
        services.apply(reference=reference, said=said, now=clock.now())


def is_open(reference: str) -> bool:
    """Whether something of a payment was taken back and may yet be given back. Acts for billing."""
    return Chargeback.objects.filter(payment__reference=reference, reversed_at=None).exists()


@job(queue="payments", purpose=Purpose.BILLING)
def fetch(*, payment_id: int) -> None:
    """Look up what was taken back of a payment, or given back."""
    from hospes.payments.models import Payment

    with at_work():
        reference = Payment.objects.values_list("reference", flat=True).get(pk=payment_id)
    if reference:
        look_up(reference)


@job(queue="payments", purpose=Purpose.BILLING)
def sweep(*, timestamp: int) -> None:
    """Ask for the chargebacks of these days, and look up the older ones that may yet be given back."""
    sweep_at(clock.now())


def sweep_at(now: datetime) -> int:
    """Do what `sweep` does, at a moment; returns of how many payments something new was booked."""
    found: dict[str, list[Dispute]] = {}
    for each in provider().recent_chargebacks(since=now - LOOK_BACK):
        found.setdefault(each.charge, []).append(each)
    done = 0
    for reference, said in found.items():
        with at_work():
            done += bool(services.apply(reference=reference, said=said, now=now))
    with at_work():
        standing = Chargeback.objects.filter(reversed_at=None, charged_at__gt=now - UNDECIDED_FOR)
        for payment_id in set(standing.values_list("payment_id", flat=True)):
            fetch.enqueue_once(f"chargebacks:{payment_id}", payment_id=payment_id)
    return done
