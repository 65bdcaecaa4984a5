"""The outside world of each access point: a simulator over HTTP, and what can be done to it."""

from typing import Protocol

from hospes.billing.providers.peppol import AccessPoint
from hospes.billing.providers.peppol.rest import RestAccessPoint
from simulators import PeppolAccessPoint

TOKEN = "demo-peppol-token"


class World(Protocol):
    """One access point's adapter with its outside world, for the contract that every access point keeps."""

    point: AccessPoint
    impatient: AccessPoint  # waits for an answer for a second
    locked_out: AccessPoint  # has a wrong token

    def delivered(self) -> list[tuple[str, bytes]]: ...
    def absent(self, participant: str) -> None: ...
    def unwilling(self, participant: str, reason: str) -> None: ...
    def late(self, seconds: float) -> None: ...
    def outage(self, times: int = 1, *, html: bool = False) -> None: ...
    def too_busy(self) -> None: ...
    def slow(self, seconds: float) -> None: ...
    def hang_up(self, *, before: bool) -> None: ...


class RestWorld:
    def __init__(self, sim: PeppolAccessPoint) -> None:
        self.sim = sim
        self.point: AccessPoint = RestAccessPoint(url=sim.url, token=TOKEN)
        self.impatient: AccessPoint = RestAccessPoint(url=sim.url, token=TOKEN, seconds=1)
        self.locked_out: AccessPoint = RestAccessPoint(url=sim.url, token="another")

    def delivered(self) -> list[tuple[str, bytes]]:
        """Recipient and bytes of every document that was taken, the newest first."""
        return [(sent.recipient, sent.xml) for sent in self.sim.documents()]

    def absent(self, participant: str) -> None:
        self.sim.control.absent(participant)

    def unwilling(self, participant: str, reason: str) -> None:
        self.sim.control.unwilling(participant, reason)

    def late(self, seconds: float) -> None:
        self.sim.control.late(seconds)

    def outage(self, times: int = 1, *, html: bool = False) -> None:
        self.sim.control.outage(times, html)

    def too_busy(self) -> None:
        self.sim.control.rate_limit(1)

    def slow(self, seconds: float) -> None:
        self.sim.control.slow(seconds, 1)

    def hang_up(self, *, before: bool) -> None:
        self.sim.control.drop(1, before)
