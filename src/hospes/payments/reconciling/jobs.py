"""What compares our books, the payment provider and the bank by the clock."""

from datetime import date

from hospes.kernel import clock
from hospes.kernel.jobs import job
from hospes.kernel.purposes import Purpose


@job(queue="payments", purpose=Purpose.BILLING)
def reconcile(*, timestamp: int) -> None:
    """Compare yesterday, and what was missed before; when all is done it does nothing (periodic: each hour)."""
    from hospes.payments.reconciling import sweeps

    for _day, _tally in sweeps.catch_up(now=clock.now()):
        pass


@job(queue="payments", purpose=Purpose.BILLING)
def look_again(*, day_id: int) -> None:
    """Compare a day (its proleptic ordinal) once more, since somebody put something right."""
    from hospes.payments.reconciling import sweeps

    sweeps.reconcile(date.fromordinal(day_id), now=clock.now())
