"""What is done with services after somebody asked, and when a day has come."""

from hospes.kernel import clock
from hospes.kernel.jobs import at_work, job
from hospes.kernel.purposes import Purpose
from hospes.services import kinds, moves, raises, requests, sweeps, tasks


@job(queue="services", purpose=Purpose.CONTRACT)
def carry_out(*, request_id: int) -> None:
    """Do what a customer asked about a service, or refuse it; again changes nothing."""
    with at_work():
        requests.carry_out(request_id=request_id, now=clock.now())


@job(queue="services", purpose=Purpose.CONTRACT)
def offer_move(*, move_id: int) -> None:
    """Offer a service to the customer who was meant; again does nothing more."""
    with at_work():
        moves.offer(move_id=move_id, now=clock.now())


@job(queue="services", purpose=Purpose.CONTRACT)
def carry_out_move(*, offer_id: int) -> None:
    """Do what the other decided, if its day has come; again changes nothing."""
    now = clock.now()
    with at_work():
        moves.carry_out(offer_id=offer_id, today=clock.day_of(now), now=now)


@job(queue="upkeep", purpose=Purpose.CONTRACT)
def day_begins(*, timestamp: int) -> None:
    """End what ends by today, begin what was planned, see to moves and raises (periodic: procrastinate says when it was due)."""
    now = clock.now()
    sweeps.end_what_is_due(today=clock.day_of(now), now=now)
    sweeps.begin_what_was_planned(today=clock.day_of(now), now=now)
    moves.sweep(today=clock.day_of(now), now=now)
    raises.announce(today=clock.day_of(now), now=now)
    raises.note_delivered()
    raises.settle_all(now=now)


def _by_hand(service_id: int) -> None:
    """A colleague sets it up: it stands on their list from the moment on that it is there."""
    tasks.set_up(service_id=service_id, now=clock.now())


def _ended(service_id: int) -> None:
    """What has ended needs not be set up any more."""
    tasks.drop(service_id=service_id, now=clock.now())


kinds.register("domain", _by_hand, provider=lambda: tasks.REGISTRY, ended=_ended)
kinds.register("monitoring", _by_hand, ended=_ended)
kinds.register("addon", _by_hand, ended=_ended)
kinds.register("work", kinds.nothing)  # no service comes of it: see sales.delivery
