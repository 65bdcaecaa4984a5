"""Direct debit by the clock."""

from hospes.kernel import clock
from hospes.kernel.jobs import job
from hospes.kernel.purposes import Purpose
from hospes.payments.debits import sweeps


@job(queue="payments", purpose=Purpose.BILLING)
def day_begins(*, timestamp: int) -> None:
    """Book what was collected, announce what is due, and make the file for the bank."""
    sweeps.day_begins(now=clock.now())


@job(queue="payments", purpose=Purpose.BILLING)
def keep_up(*, timestamp: int) -> None:
    """Call off what was paid meanwhile, or whose mandate was withdrawn."""
    sweeps.keep_up(now=clock.now())
