"""The control API of the payment provider: notices, outcomes without a browser, and the weather."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, TypeVar

from simulators.base import Control, ControlError
from simulators.payments.ledger import ORDERS, Plan
from simulators.payments.rules import ApiError
from simulators.payments.shape import as_resource

if TYPE_CHECKING:
    from simulators.payments.provider import PaymentProvider

T = TypeVar("T")


class PaymentControl(Control):
    """Adds to the weather: plan, settle, webhook, deliveries. payment is always an id (tr_…)."""

    def __init__(self, provider: "PaymentProvider") -> None:
        super().__init__(provider)
        self._provider = provider

    def verbs(self) -> Mapping[str, Callable[..., Any]]:
        own = (
            self.plan,
            self.settle,
            self.webhook,
            self.deliveries,
            self.refunds,
            self.settle_refund,
            self.refunds_of,
            self.charge_back,
            self.reverse_chargeback,
            self.chargebacks_of,
            self.end_mandate,
            self.collecting,
            self.pay_out,
            self.settle_payout,
            self.fees,
            self.tell_movement,
            self.tell_line,
            self.tell_payout,
        )
        return {**super().verbs(), **{verb.__name__: verb for verb in own}}

    def status(self) -> dict[str, Any]:
        return {**super().status(), "plan": asdict(self._provider.ledger.plan)}

    def plan(
        self, copies: int = 1, delay: float = 0.0, order: str = "together", payment: str = ""
    ) -> dict[str, Any]:
        """Say how notices arrive (see Plan): for one payment, or for all without a plan of their own."""
        if order not in ORDERS or copies < 0 or delay < 0:
            raise ControlError(f"order is one of {', '.join(ORDERS)}; copies and delay are not negative.")
        plan = Plan(copies, float(delay), order)
        if payment:
            _checked(lambda: self._provider.ledger.get(payment))
        self._provider.ledger.keep_plan(plan, payment or None)
        return asdict(plan)

    def settle(self, payment: str, outcome: str, method: str = "") -> dict[str, Any]:
        """Move a payment without a browser: paid, failed, canceled, expired, pending."""
        ledger = self._provider.ledger
        moved, _ = _checked(lambda: ledger.settle(payment, outcome, method or None))
        self._provider.outbox.wake()
        return as_resource(moved, self._provider.url)

    def refunds(self, seconds: float = 0.0, end: str = "refunded") -> dict[str, Any]:
        """Say after how many seconds refunds end, and how: refunded or failed."""
        if seconds < 0 or end not in ("refunded", "failed"):
            raise ControlError("seconds is not negative, and end is refunded or failed.")
        self._provider.refunds.keep_plan(float(seconds), end)
        return {"seconds": seconds, "end": end}

    def settle_refund(self, refund: str, outcome: str) -> dict[str, Any]:
        """Say how a refund (re_…) ends: refunded or failed; what was refunded can still fail."""
        return asdict(_checked(lambda: self._provider.refunds.settle(refund, outcome)))

    def refunds_of(self, payment: str) -> list[dict[str, Any]]:
        """The refunds of a payment, oldest first."""
        return [asdict(each) for each in self._provider.refunds.of(payment)]

    def charge_back(self, payment: str, cents: int = 0, reason: str = "MD06") -> dict[str, Any]:
        """Have the payer's bank take money of a payment back: so many cents, or (0) all that is left; its notice goes out."""
        made = _checked(lambda: self._provider.chargebacks.create(payment, cents or None, reason))
        self._provider.outbox.wake()
        return asdict(made)

    def reverse_chargeback(self, chargeback: str) -> dict[str, Any]:
        """Give what was taken back (chb_…) to the merchant after all."""
        found = _checked(lambda: self._provider.chargebacks.reverse(chargeback))
        self._provider.outbox.wake()
        return asdict(found)

    def chargebacks_of(self, payment: str) -> list[dict[str, Any]]:
        """The chargebacks of a payment, oldest first."""
        return [asdict(each) for each in self._provider.chargebacks.of(payment)]

    def end_mandate(self, mandate: str) -> dict[str, Any]:
        """Have the payer or their bank end a mandate (mdt_…); the merchant is told nothing."""
        self._provider.mandates.end(mandate)
        return {"mandate": mandate, "status": "invalid"}

    def collecting(self, seconds: float = 0.0, end: str = "paid") -> dict[str, Any]:
        """Say after how many seconds what is collected by a mandate ends (-1: never), and how: paid or failed."""
        if end not in ("paid", "failed"):
            raise ControlError("end is paid or failed.")
        self._provider.ledger.keep_collecting(float(seconds), end)
        return {"seconds": seconds, "end": end}

    def pay_out(self, status: str = "paidout") -> dict[str, Any]:
        """Pay all that was not paid out yet to the merchant's bank, without the costs (pending: it is still on its way)."""
        made = _checked(lambda: self._provider.balance.pay_out(status))
        return asdict(made) if made else {}

    def settle_payout(self, settlement: str, status: str) -> dict[str, Any]:
        """Say how a settlement (stl_…) that is pending ends: paidout or failed."""
        return asdict(_checked(lambda: self._provider.balance.settle(settlement, status)))

    def fees(self, payment_cents: str = "29", vat_percent: str = "21") -> dict[str, Any]:
        """Say what a payment costs the merchant from now on, in cents without VAT, and the VAT on it."""
        self._provider.balance.fees(payment_cents, vat_percent)
        return {"payment_cents": payment_cents, "vat_percent": vat_percent}

    def tell_movement(self, about: str, fault: str, cents: int = 0, kind: str = "") -> dict[str, Any]:
        """Have the balance tell a payment, refund or chargeback wrong: hide, double, amount; or right again: none."""
        return asdict(_checked(lambda: self._provider.balance.tell(about, fault, cents, kind)))

    def tell_line(self, about: str, fault: str, cents: int = 0, kind: str = "") -> dict[str, Any]:
        """Have its settlement tell it wrong: hide, double, amount; or right again: none."""
        return asdict(_checked(lambda: self._provider.balance.tell_line(about, fault, cents, kind)))

    def tell_payout(self, settlement: str, cents: int = -1) -> dict[str, Any]:
        """Have a settlement say another amount than it comes to; -1 is the right one again."""
        said = None if cents == -1 else cents
        return asdict(_checked(lambda: self._provider.balance.tell_settlement(settlement, said)))

    def webhook(self, payment: str, copies: int = 1) -> list[dict[str, Any]]:
        """Send the notice of a payment now, whatever its state and plan, and wait until it was tried."""
        provider = self._provider
        found = _checked(lambda: provider.ledger.get(payment))
        ids = provider.ledger.notify(found, copies, provider.clock())
        provider.outbox.wait_until_tried(ids, 20)
        return self.deliveries(payment)

    def deliveries(self, payment: str) -> list[dict[str, Any]]:
        """Return the notices of a payment, oldest first, each with its state, tries and answer."""
        names = ("id", "url", "due", "attempts", "state", "answer")
        return [{name: getattr(each, name) for name in names} for each in self._provider.outbox.of(payment)]


def _checked(call: Callable[[], T]) -> T:
    try:
        return call()
    except ApiError as error:
        raise ControlError(error.detail) from error
