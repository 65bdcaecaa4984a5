"""Finding out what became of text messages."""

from collections import Counter
from datetime import datetime

import structlog

from hospes.kernel.acting import JOB, acting
from hospes.kernel.purposes import Purpose
from hospes.messaging import texting
from hospes.messaging.models import TextMessage
from hospes.messaging.providers import GatewayError, SmsGateway

logger = structlog.get_logger(__name__)


def look_up_texts(*, gateway: SmsGateway, now: datetime, most: int = 500) -> Counter[str]:
    """Ask the gateway about the texts that are due for it; the rest has its turn at the next sweep."""
    tally: Counter[str] = Counter()
    with acting(Purpose.MESSAGES, actor=JOB):
        due = list(
            TextMessage.objects.filter(state=TextMessage.State.TAKEN, ask_at__lte=now).order_by(
                "ask_at", "pk"
            )[:most]
        )
    for message in due:
        try:
            texting.look_up(message, gateway, now=now)
            tally["asked"] += 1
        except GatewayError as error:
            logger.warning("a text message could not be looked up", message_id=message.pk, error=str(error))
            tally["failed"] += 1
            break  # the next one would wait for the same gateway
    return tally
