"""What happens to money: who pays at Checkout, what is collected later, what is paid back, what a bank takes back."""

from collections.abc import Mapping
from typing import Any

from simulators.people import payer
from simulators.stripe.rules import METHODS, ApiError, cents_of
from simulators.stripe.shelf import Shelf

SESSION_SECONDS = 24 * 3600
DISPUTE_FEE = 2000


class Money:
    """All movements of one simulated account."""

    def __init__(self, shelf: Shelf) -> None:
        self.shelf = shelf
        self.collected = "pending"
        """How what is collected from a card ends at once: paid, failed, or pending until it is settled, as debits always are."""

    # --- at the checkout ----------------------------------------------------------------------------------------------------

    def checkout(self, given: Mapping[str, Any], cents: int, url: str) -> dict[str, Any]:
        """Make a Checkout Session: a page at which somebody can pay."""
        now = int(self.shelf.clock())
        made = self.shelf.new(
            "checkout.session", mode="payment", status="open", payment_status="unpaid", payment_intent=None, currency="eur",
            amount_total=cents, amount_subtotal=cents, client_reference_id=given.get("client_reference_id"),
            metadata=given.get("metadata", {}), customer=given.get("customer"), locale=given.get("locale"),
            success_url=given["success_url"], cancel_url=given.get("cancel_url"), expires_at=now + SESSION_SECONDS,
        )  # fmt: skip
        made["url"] = f"{url}/c/pay/{made['id']}"
        self.shelf.keep(made)
        self.shelf.store.keep_setting(f"asked:{made['id']}", dict(given))
        return made

    def asked(self, session_id: str) -> dict[str, Any]:
        """What a Checkout Session was asked with."""
        found: dict[str, Any] = self.shelf.store.setting(f"asked:{session_id}", {})
        return found

    def expire(self, session: dict[str, Any], *, by_itself: bool = False) -> dict[str, Any]:
        """End a Checkout Session that is open."""
        if session["status"] != "open":
            if by_itself:
                return session
            raise ApiError(
                400,
                f'Only Checkout Sessions with a status in ["open"] can be expired. This one is {session["status"]}.',
            )
        session |= {"status": "expired", "url": None}
        self.shelf.keep(session)
        return session

    def look_at_the_clock(self, session: dict[str, Any]) -> dict[str, Any]:
        """A Checkout Session as it is now: after its time it is over."""
        if session["status"] == "open" and session["expires_at"] <= self.shelf.clock():
            return self.expire(session, by_itself=True)
        return session

    def pay(self, session: dict[str, Any], outcome: str, method: str) -> None:
        """What a payer does: paid, pending (a debit), or failed after it was pending."""
        if session["status"] != "open":
            raise ApiError(400, "This Checkout Session is over.")
        asked = self.asked(session["id"])
        keeps = (asked.get("payment_intent_data") or {}).get("setup_future_usage")
        way = self._way(method or "ideal", session["id"], session["customer"] if keeps else None)
        intent = self.shelf.new(
            "payment_intent", amount=session["amount_total"], currency="eur", customer=session["customer"], metadata={},
            description=(asked.get("payment_intent_data") or {}).get("description"), payment_method=way["id"],
            setup_future_usage=keeps, latest_charge=None, last_payment_error=None, status="processing",
        )  # fmt: skip
        session |= {"status": "complete", "url": None, "payment_intent": intent["id"]}
        self.shelf.keep(session)
        self._charge(intent, way)
        if outcome != "pending":
            self.end(intent, outcome)

    def end(self, intent: dict[str, Any], outcome: str) -> None:
        """How what is under way ends: paid or failed."""
        if intent["status"] != "processing":
            raise ApiError(400, "This PaymentIntent is over.")
        charge = self.shelf.get("charge", intent["latest_charge"])
        if outcome == "paid":
            moved = self._moved(charge["id"], intent["amount"], "charge")
            charge |= {"status": "succeeded", "paid": True, "balance_transaction": moved["id"]}
            intent["status"] = "succeeded"
        else:
            charge |= {"status": "failed", "paid": False, "failure_code": "card_declined"}
            error = {"type": "card_error", "code": "card_declined", "message": "Your card was declined."}
            intent |= {
                "status": "requires_payment_method",
                "payment_method": None,
                "last_payment_error": error,
            }
        self.shelf.keep(charge)
        self.shelf.keep(intent)
        session = self.session_of(intent["id"])
        if session and outcome == "paid":
            session["payment_status"] = "paid"
            self.shelf.keep(session)

    def session_of(self, intent_id: str) -> dict[str, Any] | None:
        """The Checkout Session of a PaymentIntent, if it is of one."""
        found, _ = self.shelf.page("checkout.session", limit=1, after="", since=0, intent=intent_id)
        return found[0] if found else None

    def intent_of(self, reference: str) -> dict[str, Any]:
        """The PaymentIntent with this id, or of the Checkout Session with it."""
        found = self.shelf.find(reference) or {}
        if found.get("object") == "checkout.session":
            reference = found["payment_intent"] or ""
        return self.shelf.get("payment_intent", reference)

    def _way(self, method: str, seed: str, customer: str | None) -> dict[str, Any]:
        if method not in METHODS:
            raise ApiError(400, f"There is no such way of paying: {method}")
        who = payer(seed)
        details: dict[str, dict[str, Any]] = {
            "card": {"brand": "visa", "country": "NL", "last4": who.card_last_four},
            "ideal": {"bank": "ing", "bic": who.bic, "iban_last4": who.iban[-4:]},
            "paypal": {"payer_email": who.mail, "payer_name": who.name, "payer_id": "PAYER"},
            "sepa_debit": {"bank_code": who.iban[4:8], "country": who.iban[:2], "last4": who.iban[-4:]},
        }
        return self.shelf.new(
            "payment_method",
            type=method,
            customer=customer,
            billing_details={"name": who.name},
            **{method: details[method]},
        )

    def _charge(self, intent: dict[str, Any], way: Mapping[str, Any]) -> None:
        kind = way["type"]
        details = dict(way[kind])
        if kind == "ideal" and intent["setup_future_usage"] == "off_session":
            debit = self._way("sepa_debit", way["id"], way["customer"])
            details["generated_sepa_debit"] = debit["id"]
            details["generated_sepa_debit_mandate"] = self.shelf.new("mandate", payment_method=debit["id"])[
                "id"
            ]
        made = self.shelf.new(
            "charge", amount=intent["amount"], amount_refunded=0, currency="eur", payment_intent=intent["id"], status="pending",
            paid=False, disputed=False, balance_transaction=None, payment_method=way["id"],
            billing_details=way["billing_details"], payment_method_details={"type": kind, kind: details},
        )  # fmt: skip
        intent["latest_charge"] = made["id"]
        self.shelf.keep(intent)

    def _moved(self, source: str, cents: int, kind: str, fee: int = 0) -> dict[str, Any]:
        return self.shelf.new(
            "balance_transaction",
            amount=cents,
            currency="eur",
            fee=fee,
            net=cents - fee,
            source=source,
            type=kind,
        )

    # --- collected ----------------------------------------------------------------------------------------------------------

    def collect(self, given: Mapping[str, Any], cents: int) -> dict[str, Any]:
        """Collect by a way of paying that a customer left."""
        self.shelf.get("customer", str(given["customer"]), "customer")
        way = self.shelf.get("payment_method", str(given["payment_method"]), "payment_method")
        if way["customer"] != given["customer"]:
            message = "The provided PaymentMethod is not attached to this Customer: attach it to the Customer first."
            raise ApiError(400, message, code="payment_method_unexpected_state", param="payment_method")
        intent = self.shelf.new(
            "payment_intent", amount=cents, currency="eur", customer=given["customer"], metadata=given.get("metadata", {}),
            description=given.get("description"), payment_method=way["id"], setup_future_usage=None, latest_charge=None,
            last_payment_error=None, status="processing",
        )  # fmt: skip
        self._charge(intent, way)
        if way["type"] != "sepa_debit" and self.collected != "pending":
            self.end(intent, self.collected)
        return intent

    def cancel(self, intent: dict[str, Any]) -> dict[str, Any]:
        """Cancel a PaymentIntent that is no Checkout Session's; what is on its way cannot be any more."""
        if self.session_of(intent["id"]) is not None:
            raise ApiError(400, "You cannot cancel this PaymentIntent: expire its Checkout Session instead.")
        if intent["status"] not in ("requires_payment_method", "requires_action", "requires_confirmation"):
            message = f"You cannot cancel this PaymentIntent because it has a status of {intent['status']}."
            raise ApiError(400, message, code="payment_intent_unexpected_state")
        intent["status"] = "canceled"
        self.shelf.keep(intent)
        return intent

    # --- money that goes back -----------------------------------------------------------------------------------------------

    def refund(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Pay back some of a payment; it is under way until it is settled, unless it was paid by card."""
        intent = self.shelf.get("payment_intent", str(given["payment_intent"]), "payment_intent")
        if intent["status"] != "succeeded":
            raise ApiError(
                400, f"This PaymentIntent ({intent['id']}) does not have a successful charge to refund."
            )
        charge = self.shelf.get("charge", intent["latest_charge"])
        if charge["disputed"]:
            raise ApiError(
                400,
                f"Charge {charge['id']} has been charged back; cannot issue a refund.",
                code="charge_disputed",
            )
        left = charge["amount"] - charge["amount_refunded"]
        cents = cents_of(given.get("amount", str(left)), "amount")
        if not left:
            message = f"Charge {charge['id']} has already been refunded."
            raise ApiError(400, message, code="charge_already_refunded")
        if cents > left:
            raise ApiError(
                400,
                f"Refund amount ({cents}) is greater than unrefunded amount on charge ({left})",
                param="amount",
            )
        charge["amount_refunded"] += cents
        self.shelf.keep(charge)
        made = self.shelf.new(
            "refund", amount=cents, currency="eur", charge=charge["id"], payment_intent=intent["id"], status="pending",
            metadata=given.get("metadata", {}),
        )  # fmt: skip
        self._moved(made["id"], -cents, "refund")
        return made

    def settle_refund(self, refund_id: str, outcome: str) -> dict[str, Any]:
        """How a refund ends: succeeded or failed; also what succeeded may fail."""
        made = self.shelf.get("refund", refund_id)
        made["status"] = outcome
        self.shelf.keep(made)
        if outcome == "failed":
            charge = self.shelf.get("charge", made["charge"])
            charge["amount_refunded"] -= made["amount"]
            self.shelf.keep(charge)
        return made

    def ask(self, reference: str, cents: int, reason: str) -> dict[str, Any]:
        """The payer's bank asks about a payment; no money moves yet."""
        intent = self.intent_of(reference)
        if intent["status"] != "succeeded":
            raise ApiError(400, "Nothing was paid yet.")
        charge = self.shelf.get("charge", intent["latest_charge"])
        charge["disputed"] = True
        self.shelf.keep(charge)
        return self.shelf.new(
            "dispute", amount=cents or charge["amount"], currency="eur", charge=charge["id"], payment_intent=intent["id"],
            status="warning_needs_response", reason=reason, balance_transactions=[],
        )  # fmt: skip

    def take_back(self, dispute: dict[str, Any]) -> dict[str, Any]:
        """The bank takes the money of a dispute."""
        moved = self._moved(dispute["id"], -dispute["amount"], "adjustment", DISPUTE_FEE)
        dispute |= {"status": "needs_response", "balance_transactions": [moved]}
        self.shelf.keep(dispute)
        return dispute

    def give_back(self, dispute_id: str) -> dict[str, Any]:
        """The merchant is found to be right, and has the money again."""
        dispute = self.shelf.get("dispute", dispute_id)
        if dispute["status"] != "needs_response":
            raise ApiError(400, "Nothing of it was taken.")
        moved = self._moved(dispute["id"], dispute["amount"], "adjustment")
        dispute["balance_transactions"].append(moved)
        dispute["status"] = "won"
        self.shelf.keep(dispute)
        return dispute
