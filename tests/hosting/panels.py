"""The outside world of each hosting panel: a simulator over HTTP, and what can be done to it."""

from dataclasses import dataclass
from typing import Protocol

from hospes.hosting.providers import HostingProvider
from hospes.hosting.providers.directadmin import DirectAdmin
from simulators import HostingPanel

KEY = "demo-login-key"


@dataclass(frozen=True)
class Seen:
    """An account as the panel itself has it."""

    domain: str
    package: str
    email: str
    suspended: bool


class World(Protocol):
    """One panel's adapter with its outside world, for the contract that every panel keeps."""

    provider: HostingProvider
    impatient: HostingProvider  # waits for an answer for a second

    def accounts(self) -> dict[str, Seen]: ...
    def lets_in(self, username: str, password: str) -> bool: ...
    def outage(self, *, html: bool = False) -> None: ...
    def too_busy(self) -> None: ...
    def slow(self, seconds: float) -> None: ...
    def hang_up(self, *, before: bool) -> None: ...


class DirectAdminWorld:
    def __init__(self, sim: HostingPanel) -> None:
        self.sim = sim
        self.provider: HostingProvider = DirectAdmin(url=sim.url, user="admin", key=KEY)
        self.impatient: HostingProvider = DirectAdmin(url=sim.url, user="admin", key=KEY, seconds=1)

    def accounts(self) -> dict[str, Seen]:
        return {a.username: Seen(a.domain, a.package, a.email, a.suspended) for a in self.sim.accounts.all()}

    def lets_in(self, username: str, password: str) -> bool:
        return self.sim.accounts.may_log_in(username, password)

    def outage(self, *, html: bool = False) -> None:
        self.sim.control.outage(1, html)

    def too_busy(self) -> None:
        self.sim.control.rate_limit(1)

    def slow(self, seconds: float) -> None:
        self.sim.control.slow(seconds, 1)

    def hang_up(self, *, before: bool) -> None:
        self.sim.control.drop(1, before)
