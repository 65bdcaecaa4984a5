"""What goes on by itself with money at the bank."""

from hospes.kernel import clock
from hospes.kernel.jobs import job
from hospes.kernel.purposes import Purpose


@job(queue="payments", purpose=Purpose.BILLING)
def match_lines(*, timestamp: int) -> None:
    """Book what is certain of lines that nobody looked at yet: those of a file are looked at when it is brought."""
    from hospes.payments.bank import sweeps

    sweeps.match(now=clock.now())
