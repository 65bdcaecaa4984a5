"""What can be done to a payment by hand, on its page: how it ends, what the payer's bank takes back, and telling the merchant."""

from collections.abc import Callable

from simulators.markup import Child, tag
from simulators.outbox import Outbox
from simulators.pages import not_found
from simulators.payments.chargebacks import REASONS, Chargebacks
from simulators.payments.ledger import Ledger, Payment
from simulators.payments.mandates import Mandates
from simulators.payments.rules import ApiError
from simulators.wire import Request, Response, Route, redirect
from simulators.words import Words

#: What stands on the buttons, by what they do.
DEEDS = {
    "paid": "Let it be paid",
    "failed": "Let it fail",
    "expired": "Let it expire",
    "charge_back": "Have the bank take it back",
    "reverse": "Give the last one back",
    "notify": "Send the notice now",
    "end_mandate": "End the mandate",
}


class Deeds:
    """The buttons on the page of a payment."""

    def __init__(self, ledger: Ledger, outbox: Outbox, chargebacks: Chargebacks, mandates: Mandates) -> None:
        self._ledger, self._outbox, self._chargebacks, self._mandates = ledger, outbox, chargebacks, mandates

    def routes(self) -> list[Route]:
        """Where the buttons lead."""
        return [Route("POST", "/payments/(?P<payment_id>tr_[A-Za-z0-9]+)", self._do)]

    def panel(self, payment: Payment, say: Words) -> Child:
        """The buttons that make sense for a payment as it is."""
        wanted = [name for name in DEEDS if self._makes_sense(name, payment)]
        buttons = [tag("button", say(DEEDS[name]), name="do", value=name) for name in wanted]
        cents = tag("input", type="number", name="cents", min="0", value="0")
        reasons = tag("select", [tag("option", code, value=code) for code in REASONS], name="reason")
        fields: list[Child] = []
        if "charge_back" in wanted:
            fields = [
                tag("label", say("How many cents (0 is all that is left)"), cents),
                tag("label", say("Reason of the bank"), reasons),
            ]
        return tag(
            "form", tag("fieldset", tag("legend", say("What happens next?")), fields, buttons), method="post"
        )

    def _makes_sense(self, name: str, payment: Payment) -> bool:
        if name in ("paid", "failed"):
            return payment.status == "pending"
        if name == "expired":
            return payment.is_transfer
        if name == "charge_back":
            return payment.status == "paid"
        if name == "reverse":
            return self._chargebacks.live(payment.id) > 0
        if name == "end_mandate":
            return self._mandates.of_payment(payment.id) is not None
        return True

    def _do(self, request: Request, payment_id: str) -> Response:
        form = request.form()
        deeds: dict[str, Callable[[], object]] = {
            "paid": lambda: self._ledger.settle(payment_id, "paid"),
            "failed": lambda: self._ledger.settle(payment_id, "failed"),
            "expired": lambda: self._ledger.settle(payment_id, "expired"),
            "charge_back": lambda: self._take_back(payment_id, form.get("cents", ""), form.get("reason", "")),
            "reverse": lambda: self._give_back(payment_id),
            "notify": lambda: self._ledger.announce(self._ledger.get(payment_id)),
            "end_mandate": lambda: self._mandates.end(self._mandates.of_payment(payment_id) or ""),
        }
        try:
            deeds.get(form.get("do", ""), lambda: None)()
        except ApiError as error:
            if error.status == 404:
                return not_found(request.language, "")
        self._outbox.wake()
        return redirect(f"/payments/{payment_id}")

    def _take_back(self, payment_id: str, cents: str, reason: str) -> None:
        wanted = int(cents) if cents.isascii() and cents.isdigit() and len(cents) < 12 else 0
        self._chargebacks.create(payment_id, wanted or None, reason)

    def _give_back(self, payment_id: str) -> None:
        for each in reversed(self._chargebacks.of(payment_id)):
            if each.reversed is None:
                self._chargebacks.reverse(each.id)
                return
