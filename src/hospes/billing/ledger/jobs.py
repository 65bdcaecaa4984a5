"""What the ledger has done by the clock."""

from hospes.billing.ledger import sweeps
from hospes.kernel import clock
from hospes.kernel.jobs import job
from hospes.kernel.purposes import Purpose


@job(queue="billing", purpose=Purpose.BILLING)
def keep_up(*, timestamp: int) -> None:
    """Book what is missing, and the revenue of this month of what was invoiced in advance."""
    sweeps.keep_up(now=clock.now())
