"""
Access points to the Peppol network, in our words.

An access point is asked outside of transactions. Sending that broke off may have worked all the same, so it is repeated with
the same key, for which an access point sends once.
"""

from dataclasses import dataclass
from typing import Final, Literal, Protocol

from django.conf import settings
from django.utils.module_loading import import_string

State = Literal["under_way", "delivered", "failed"]

#: Why a document is not sent or not delivered, as far as we tell these apart; everything else is "refused".
REASONS: Final = frozenset({"unknown_participant", "bad_document", "wrong_parties", "receiver_refused"})


class AccessPointError(Exception):
    """The access point did not do what was asked. Says nothing of the document or its parties, since it is logged."""


class AccessPointUnavailable(AccessPointError):
    """It cannot be reached, is too busy, does not let us in, or says what we do not understand: try again later."""


class AccessPointRefused(AccessPointError):
    """It will not send this, however often it is asked; `reason` is one of REASONS or "refused"."""

    def __init__(self, reason: str) -> None:
        self.reason = reason if reason in REASONS else "refused"
        super().__init__(f"the access point refused it: {self.reason}")


@dataclass(frozen=True)
class Fate:
    """What became of a document; `reason` says why it failed: one of REASONS or "refused"."""

    state: State
    reason: str = ""


class AccessPoint(Protocol):
    """What every access point can do. All may raise AccessPointUnavailable and AccessPointRefused."""

    def reaches(self, participant: str, *, patient: bool = False) -> bool:
        """Whether somebody gets invoices at this address (0106:12345678); `patient` where no page waits for it."""

    def send(self, document: bytes, *, sender: str, recipient: str, key: str) -> str:
        """
        Have a UBL invoice or credit note of Peppol BIS Billing 3 sent, and return the reference by which it is known.

        The same key never sends twice, nor does the same number of the same sender: both give the first reference again.
        """

    def fate(self, reference: str) -> Fate:
        """What became of a document that was taken."""


#: By the name in the setting HOSPES_PEPPOL["access_point"].
_ACCESS_POINTS: Final = {"rest": "hospes.billing.providers.peppol.rest.from_settings"}


def access_point() -> AccessPoint:
    """The access point that the settings choose."""
    made: AccessPoint = import_string(_ACCESS_POINTS[settings.HOSPES_PEPPOL["access_point"]])()
    return made
