"""The outside world of each payment provider: a simulator over HTTP, and what can be done to it."""

import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from hospes.payments.providers import PaymentProvider
from hospes.payments.providers.mollie import Mollie
from simulators import PaymentProvider as SimulatedMollie


class World(Protocol):
    """One provider's adapter with its outside world, for the contract that every provider keeps."""

    provider: PaymentProvider
    impatient: PaymentProvider  # waits for an answer for a second

    def settle(self, reference: str, outcome: str, method: str = "") -> None: ...
    def later(self, by: timedelta) -> None: ...
    def now(self) -> datetime: ...
    def charges(self) -> int: ...
    def outage(self, requests: int, *, html: bool = False) -> None: ...
    def too_busy(self, requests: int) -> None: ...
    def slow(self, seconds: float) -> None: ...
    def hang_up(self, *, before: bool) -> None: ...


@dataclass
class Clock:
    """The simulators' clock, which tests move."""

    ahead: timedelta = field(default_factory=timedelta)

    def __call__(self) -> float:
        return time.time() + self.ahead.total_seconds()


class MollieWorld:
    def __init__(self, sim: SimulatedMollie, clock: Clock) -> None:
        self.sim, self.clock = sim, clock
        self.provider: PaymentProvider = Mollie(url=sim.url, key="test_contract")
        self.impatient: PaymentProvider = Mollie(url=sim.url, key="test_contract", timeout=(1, 1))

    def settle(self, reference: str, outcome: str, method: str = "") -> None:
        self.sim.control.settle(reference, outcome, method)

    def later(self, by: timedelta) -> None:
        self.clock.ahead += by

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.clock()).astimezone()

    def charges(self) -> int:
        return len(self.sim.ledger.page(newest=None, limit=10_000)[0])

    def outage(self, requests: int, *, html: bool = False) -> None:
        self.sim.control.outage(requests, html)

    def too_busy(self, requests: int) -> None:
        self.sim.control.rate_limit(requests)

    def slow(self, seconds: float) -> None:
        self.sim.control.slow(seconds, 1)

    def hang_up(self, *, before: bool) -> None:
        self.sim.control.drop(1, before)
