"""The outside world of each SMS gateway: a simulator over HTTP, and what can be done to it."""

from typing import Protocol

from hospes.messaging.providers import SmsGateway
from hospes.messaging.providers.rest import RestGateway
from simulators import SmsGateway as SimulatedGateway

TOKEN = "demo-sms-token"


class World(Protocol):
    """One gateway's adapter with its outside world, for the contract that every gateway keeps."""

    gateway: SmsGateway
    impatient: SmsGateway  # waits for an answer for a second
    locked_out: SmsGateway  # has a wrong token
    url: str

    def texts(self) -> list[tuple[str, str, str]]: ...
    def unreachable(self, number: str) -> None: ...
    def outage(self, *, html: bool = False) -> None: ...
    def too_busy(self) -> None: ...
    def slow(self, seconds: float) -> None: ...
    def hang_up(self, *, before: bool) -> None: ...


class RestWorld:
    def __init__(self, sim: SimulatedGateway) -> None:
        self.sim, self.url = sim, sim.url
        self.gateway: SmsGateway = RestGateway(url=sim.url, token=TOKEN)
        self.impatient: SmsGateway = RestGateway(url=sim.url, token=TOKEN, seconds=1)
        self.locked_out: SmsGateway = RestGateway(url=sim.url, token="another")

    def texts(self) -> list[tuple[str, str, str]]:
        """Sender, number and words of every text, the newest first."""
        return [(sms.sender, sms.recipient, sms.body) for sms in self.sim.messages()]

    def arrived_or_not(self) -> bool:
        """Whether the gateway knows of every text what became of it."""
        return all(sms.state != "accepted" for sms in self.sim.messages())

    def unreachable(self, number: str) -> None:
        self.sim.control.unreachable(number)

    def outage(self, *, html: bool = False) -> None:
        self.sim.control.outage(1, html)

    def too_busy(self) -> None:
        self.sim.control.rate_limit(1)

    def slow(self, seconds: float) -> None:
        self.sim.control.slow(seconds, 1)

    def hang_up(self, *, before: bool) -> None:
        self.sim.control.drop(1, before)
