"""Sending what waits."""

from hospes.kernel import clock
from hospes.kernel.jobs import job
from hospes.kernel.purposes import Purpose
from hospes.messaging import services


@job(queue="messages", purpose=Purpose.MESSAGES)
def deliver(*, message_id: int) -> None:
    """Send one message; tried again for a day while the mail server does not take it."""
    services.deliver(message_id=message_id, now=clock.now())
