"""Paying invoices from credit, every few minutes."""

from hospes.kernel import clock
from hospes.kernel.jobs import job
from hospes.kernel.purposes import Purpose


@job(queue="payments", purpose=Purpose.BILLING)
def set_off_credit(*, timestamp: int) -> None:
    """Pay what is open from credit of the same customer (periodic: procrastinate says when it was due)."""
    from hospes.payments.bank import sweeps

    sweeps.set_off(now=clock.now())
