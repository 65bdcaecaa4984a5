"""Asking the provider for the truth: a notice is only a hint."""

from hospes.kernel import clock
from hospes.kernel.jobs import at_work, job
from hospes.kernel.purposes import Purpose
from hospes.payments import services
from hospes.payments.models import UNDECIDED, Notice, Payment
from hospes.payments.providers import Charge, UnknownCharge, provider


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


def settle(reference: str) -> None:
    """Fetch a payment from the provider and book it; one that the provider does not know, or we do not, changes nothing."""
    try:
        charge = provider().fetch(reference)
    except UnknownCharge:
        return
    _book(charge)


def _book(charge: Charge) -> None:
    with at_work():
        services.book(charge, now=clock.now())


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
