"""What accounts have done later."""

from hospes.accounts import sweeps
from hospes.kernel import clock
from hospes.kernel.jobs import job
from hospes.kernel.purposes import Purpose


@job(queue="upkeep", purpose=Purpose.RETENTION)
def clear_sessions(*, timestamp: int) -> None:
    """Delete the sessions that have expired (periodic: procrastinate says when it was due)."""
    sweeps.clear_sessions(now=clock.now())


@job(queue="upkeep", purpose=Purpose.RETENTION)
def clear_tries(*, timestamp: int) -> None:
    """Delete the counts of tries that have drained away."""
    sweeps.clear_tries(now=clock.now())


@job(queue="upkeep", purpose=Purpose.RETENTION)
def clear_codes(*, timestamp: int) -> None:
    """Delete the rows of codes by text message that ran out."""
    sweeps.clear_codes(now=clock.now())


@job(queue="upkeep", purpose=Purpose.SECURITY)
def remind_of_releases(*, timestamp: int) -> None:
    """Tell those whose waiting time is over that their second step can be taken off."""
    sweeps.remind_of_releases(now=clock.now())


@job(queue="upkeep", purpose=Purpose.RETENTION)
def clear_where_from(*, timestamp: int) -> None:
    """Delete what is no longer kept about sessions, devices and places."""
    sweeps.clear_where_from(now=clock.now())
