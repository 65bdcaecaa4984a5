"""The run of every night."""

from hospes.billing.run import reminders, services
from hospes.kernel import clock
from hospes.kernel.acting import JOB
from hospes.kernel.jobs import job
from hospes.kernel.purposes import Purpose


@job(queue="upkeep", purpose=Purpose.BILLING)
def run_of_today(*, timestamp: int) -> None:
    """Renew and invoice what is due today (periodic: procrastinate says when it was due). Harmless to repeat."""
    now = clock.now()
    services.run(
        clock.day_of(now), today=clock.day_of(now), now=now, actor=JOB, clock=clock.now, hands=services.HANDS
    )


@job(queue="upkeep", purpose=Purpose.CONTRACT)
def tell_of_renewals(*, timestamp: int) -> None:
    """Tell consumers of the silent renewals to come (periodic: procrastinate says when it was due). Once a term."""
    now = clock.now()
    reminders.tell(today=clock.day_of(now), now=now, actor=JOB)
