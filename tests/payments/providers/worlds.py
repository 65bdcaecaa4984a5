"""The outside world of each payment provider: a simulator over HTTP, and what can be done to it."""

import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from hospes.payments.providers import PaymentProvider
from hospes.payments.providers.mollie import Mollie
from hospes.payments.providers.stripe import Stripe
from simulators import PaymentProvider as SimulatedMollie
from simulators import StripeProvider as SimulatedStripe


class World(Protocol):
    """One provider's adapter with its outside world, for the contract that every provider keeps."""

    provider: PaymentProvider
    impatient: PaymentProvider  # waits for an answer for a second
    outcomes: tuple[str, ...]  # how a payment can end, or stand, of which nothing came (yet)
    least_cents: int

    def settle(self, reference: str, outcome: str, method: str = "") -> None: ...
    def later(self, by: timedelta) -> None: ...
    def now(self) -> datetime: ...
    def charges(self) -> int: ...
    def settle_refund(self, reference: str, is_done: bool) -> None: ...
    def charge_back(self, reference: str, cents: int = 0) -> str: ...
    def reverse(self, chargeback: str) -> None: ...
    def end_mandate(self, mandate: str) -> None: ...
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


class _Simulated:
    """What the simulators of both providers are told in the same words."""

    sim: Any
    clock: Clock

    def later(self, by: timedelta) -> None:
        self.clock.ahead += by

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.clock()).astimezone()

    def charge_back(self, reference: str, cents: int = 0) -> str:
        return str(self.sim.control.charge_back(reference, cents)["id"])

    def reverse(self, chargeback: str) -> None:
        self.sim.control.reverse_chargeback(chargeback)

    def end_mandate(self, mandate: str) -> None:
        self.sim.control.end_mandate(mandate)

    def outage(self, requests: int, *, html: bool = False) -> None:
        self.sim.control.outage(requests, html)

    def too_busy(self, requests: int) -> None:
        self.sim.control.rate_limit(requests)

    def slow(self, seconds: float) -> None:
        self.sim.control.slow(seconds, 1)

    def hang_up(self, *, before: bool) -> None:
        self.sim.control.drop(1, before)


class MollieWorld(_Simulated):
    outcomes = ("pending", "failed", "canceled", "expired")
    least_cents = 1

    def __init__(self, sim: SimulatedMollie, clock: Clock) -> None:
        self.sim, self.clock = sim, clock
        self.provider: PaymentProvider = Mollie(url=sim.url, key="test_contract")
        self.impatient: PaymentProvider = Mollie(url=sim.url, key="test_contract", timeout=(1, 1))
        sim.control.refunds(86_400)  # they end when the test says so

    def settle(self, reference: str, outcome: str, method: str = "") -> None:
        self.sim.control.settle(reference, outcome, method)

    def charges(self) -> int:
        return len(self.sim.ledger.page(newest=None, limit=10_000)[0])

    def settle_refund(self, reference: str, is_done: bool) -> None:
        self.sim.control.settle_refund(reference, "refunded" if is_done else "failed")


class StripeWorld(_Simulated):
    """Stripe; a payer there cannot cancel, only leave the page, and nothing costs less than fifty cents."""

    outcomes = ("pending", "failed", "expired")
    least_cents = 50

    def __init__(self, sim: SimulatedStripe, clock: Clock) -> None:
        self.sim, self.clock = sim, clock
        self.provider: PaymentProvider = Stripe(url=sim.url, key="sk_test_contract")
        self.impatient: PaymentProvider = Stripe(url=sim.url, key="sk_test_contract", timeout=(1, 1))

    def settle(self, reference: str, outcome: str, method: str = "") -> None:
        self.sim.control.settle(reference, outcome, {"creditcard": "card"}.get(method, method))

    def charges(self) -> int:
        shelf = self.sim.shelf
        of_sessions = shelf.store.row(
            "SELECT count(*) AS n FROM thing WHERE object = 'checkout.session' AND intent <> ''"
        )
        return (
            shelf.count("checkout.session")
            + shelf.count("payment_intent")
            - (of_sessions["n"] if of_sessions else 0)
        )

    def settle_refund(self, reference: str, is_done: bool) -> None:
        self.sim.control.settle_refund(reference, "succeeded" if is_done else "failed")
