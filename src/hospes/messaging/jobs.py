"""Sending what waits."""

from hospes.kernel import clock
from hospes.kernel.jobs import job
from hospes.kernel.purposes import Purpose
from hospes.messaging import services, sweeps, texting
from hospes.messaging.providers import gateway


@job(queue="messages", purpose=Purpose.MESSAGES)
def deliver(*, message_id: int) -> None:
    """Send one message; tried again for a day while the mail server does not take it."""
    services.deliver(message_id=message_id, now=clock.now())


@job(queue="messages", purpose=Purpose.MESSAGES)
def deliver_text(*, text_id: int) -> None:
    """Send one text message; tried again for a day while the gateway does not take it."""
    texting.deliver(text_id=text_id, gateway=gateway(), now=clock.now())


@job(queue="upkeep", purpose=Purpose.MESSAGES)
def sweep_texts(*, timestamp: int) -> None:
    """Find out what became of the text messages that were handed over."""
    sweeps.look_up_texts(gateway=gateway(), now=clock.now())
