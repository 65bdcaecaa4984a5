"""The simulator as a whole: the API, and what can be done to it. The page at which one pays is a verb of its control."""

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from simulators.base import Clock, Control, ControlError, Simulator
from simulators.stripe.api import Api
from simulators.stripe.money import Money
from simulators.stripe.rules import ApiError
from simulators.stripe.shelf import SCHEMA, Shelf
from simulators.wire import Response, as_json

T = TypeVar("T")


class StripeControl(Control):
    """Adds to the weather: how payments, refunds and disputes end. payment is the id of a Checkout Session or PaymentIntent."""

    def __init__(self, provider: "StripeProvider") -> None:
        super().__init__(provider)
        self._provider = provider

    def verbs(self) -> Mapping[str, Callable[..., Any]]:
        own = (
            self.settle, self.settle_refund, self.ask, self.charge_back, self.reverse_chargeback, self.end_mandate,
            self.collecting, self.stumble,
        )  # fmt: skip
        return {**super().verbs(), **{verb.__name__: verb for verb in own}}

    def settle(self, payment: str, outcome: str, method: str = "") -> dict[str, Any]:
        """Move a payment without a browser: paid, pending, failed, expired; what was pending to paid or failed."""
        if outcome not in ("paid", "pending", "failed", "expired"):
            raise ControlError("outcome is paid, pending, failed or expired.")
        return self._checked(lambda: self._provider.settle(payment, outcome, method))

    def settle_refund(self, refund: str, outcome: str) -> dict[str, Any]:
        """Say how a refund (re_…) ends: succeeded or failed; what succeeded can still fail."""
        if outcome not in ("succeeded", "failed"):
            raise ControlError("outcome is succeeded or failed.")
        return self._checked(lambda: self._provider.money.settle_refund(refund, outcome))

    def ask(self, payment: str, cents: int = 0, reason: str = "fraudulent") -> dict[str, Any]:
        """Have the payer's bank ask about a payment, before it takes anything."""
        return self._checked(lambda: self._provider.money.ask(payment, cents, reason))

    def charge_back(self, payment: str, cents: int = 0, reason: str = "fraudulent") -> dict[str, Any]:
        """Have the payer's bank take money of a payment back: so many cents, or (0) all of it."""
        money = self._provider.money
        return self._checked(lambda: money.take_back(money.ask(payment, cents, reason)))

    def reverse_chargeback(self, chargeback: str) -> dict[str, Any]:
        """Give what was taken back (du_…) to the merchant after all."""
        return self._checked(lambda: self._provider.money.give_back(chargeback))

    def end_mandate(self, mandate: str) -> dict[str, Any]:
        """Have leave to collect (pm_…) end at the provider; the merchant is told nothing."""
        shelf = self._provider.shelf
        found = self._checked(lambda: shelf.get("payment_method", mandate))
        found["customer"] = None
        shelf.keep(found)
        return found

    def collecting(self, end: str = "pending") -> dict[str, Any]:
        """Say how what is collected from a card ends at once: paid, failed or (until it is settled) pending."""
        if end not in ("paid", "failed", "pending"):
            raise ControlError("end is paid, failed or pending.")
        self._provider.money.collected = end
        return {"end": end}

    def stumble(self, when: str = "before") -> dict[str, Any]:
        """Answer 500 to the next request with an idempotency key, and to that key from then on: before or after the work."""
        if when not in ("before", "after"):
            raise ControlError("when is before or after.")
        self._provider.api.stumbles = when
        return {"when": when}

    def _checked(self, call: Callable[[], T]) -> T:
        try:
            with self._provider.store.transaction():
                return call()
        except ApiError as error:
            raise ControlError(error.message) from error


class StripeProvider(Simulator):
    """A provider that a client of Stripe's API takes for Stripe. api_key: the only key let in; without one any sk_test_… is."""

    title = "Payment provider"
    api_prefix = "/v1/"
    schema = SCHEMA
    control: StripeControl

    def __init__(
        self,
        *,
        port: int = 0,
        state: Path | str | None = None,
        clock: Clock = time.time,
        api_key: str | None = None,
    ) -> None:
        super().__init__(port=port, state=state, clock=clock)
        self.shelf = Shelf(self.store, clock)
        self.money = Money(self.shelf)
        self.control = StripeControl(self)
        self.api = Api(self.shelf, self.money, lambda: self.url, api_key)
        self.add_routes(self.api.routes())

    def refuse(self, status: int, detail: str) -> Response:
        kind = "api_error" if status >= 500 else "invalid_request_error"
        return as_json(ApiError(status, detail, kind).as_json(), status)

    def settle(self, payment: str, outcome: str, method: str) -> dict[str, Any]:
        """Move a payment; see StripeControl."""
        found = self.shelf.find(payment) or {}
        if found.get("object") == "checkout.session" and found["status"] == "open":
            if outcome == "expired":
                return self.money.expire(found)
            self.money.pay(found, outcome, method)
        else:
            self.money.end(self.money.intent_of(payment), outcome)
        return self.shelf.find(payment) or {}
