"""Making hosting accounts."""

from hospes.hosting import services
from hospes.hosting.providers import chosen, provider
from hospes.kernel import clock
from hospes.kernel.jobs import job
from hospes.kernel.purposes import Purpose
from hospes.services import kinds


@job(queue="hosting", purpose=Purpose.CONTRACT)
def provision(*, service_id: int) -> None:
    """Make the hosting account of a service; tried again for a day while the panel cannot be reached."""
    services.provision(service_id=service_id, provider=provider(), now=clock.now())


def _provision(service_id: int) -> None:
    provision.enqueue(one_at_a_time=f"hosting:{service_id}", service_id=service_id)


@job(queue="hosting", purpose=Purpose.CONTRACT)
def follow(*, service_id: int) -> None:
    """Bring the account of a service to what the service is now: another package, or gone; tried again for a day."""
    services.follow(service_id=service_id, provider=provider(), now=clock.now())


def _follow(service_id: int) -> None:
    follow.enqueue(one_at_a_time=f"hosting:{service_id}", service_id=service_id)


kinds.register(
    "hosting", _provision, provider=chosen, changed=_follow, ended=_follow, moved=services.move_account
)
