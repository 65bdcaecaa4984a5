"""
SMS gateways, in our words.

A gateway is asked outside of transactions. Sending that broke off may have worked all the same, so it is repeated with the
same key, for which a gateway sends once.
"""

from dataclasses import dataclass
from typing import Final, Literal, Protocol

from django.conf import settings
from django.utils.module_loading import import_string

Fate = Literal["under_way", "delivered", "failed"]


class GatewayError(Exception):
    """The gateway did not do what was asked. Says neither number nor text, since it is logged."""


class GatewayUnavailable(GatewayError):
    """The gateway cannot be reached, is too busy, does not let us in, or says what we do not understand: try again later."""


class GatewayRefused(GatewayError):
    """The gateway will not send this, however often it is asked."""


@dataclass(frozen=True)
class Taken:
    """A text that the gateway took: by which reference it knows it, and as how many parts it is sent (None: it did not say)."""

    reference: str
    parts: int | None


class SmsGateway(Protocol):
    """What every gateway can do. Both may raise GatewayUnavailable and GatewayRefused."""

    def send(self, number: str, body: str, *, sender: str, key: str) -> Taken:
        """
        Have a text sent to a number in E.164 form; the same key never sends twice.

        `sender`: what the phone shows, 1 to 11 letters and digits. A text that was sent by this key before, in other words,
        counts as taken, with the reference "".
        """

    def fate(self, reference: str) -> Fate:
        """What became of a text that was taken."""


#: By the name in the setting HOSPES_SMS["gateway"].
_GATEWAYS: Final = {"rest": "hospes.messaging.providers.rest.from_settings"}


def gateway() -> SmsGateway:
    """The gateway that the settings choose."""
    made: SmsGateway = import_string(_GATEWAYS[settings.HOSPES_SMS["gateway"]])()
    return made
