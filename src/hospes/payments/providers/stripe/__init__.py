"""
Stripe: Checkout for who pays now, PaymentIntents for what is collected later; over HTTP, as its API reference of `VERSION` says.

A payment that somebody makes goes by the id of its Checkout Session (cs_…), because its PaymentIntent is there only once a way
of paying was chosen; what is collected goes by the id of its PaymentIntent (pi_…). Leave to collect is the PaymentMethod (pm_…)
that the first payment left with the Customer (cus_…).
"""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

from django.conf import settings

from hospes.kernel.outside import checked, declare_payload
from hospes.kernel.recipients import Recipient
from hospes.payments.providers import (
    OVER,
    Charge,
    Dispute,
    ProviderRefused,
    ProviderUnavailable,
    Repayment,
    UnknownCharge,
)
from hospes.payments.providers.stripe import notices, reading
from hospes.payments.providers.stripe.wire import Declined, Stumbled, Wire, understood

T = TypeVar("T")

# No name, no address, no customer number: an amount, an order number, and where to go back to.
declare_payload(
    Recipient.PAYMENT_PROVIDER, "checkout.create",
    "mode", "line_items.quantity", "line_items.price_data.currency", "line_items.price_data.unit_amount",
    "line_items.price_data.product_data.name", "success_url", "cancel_url", "locale", "client_reference_id", "metadata.order",
    "payment_intent_data.description", "payment_intent_data.setup_future_usage", "customer", "expand",
)  # fmt: skip
declare_payload(
    Recipient.PAYMENT_PROVIDER, "intent.create",
    "amount", "currency", "customer", "payment_method", "off_session", "confirm", "error_on_requires_action", "description",
    "metadata.order", "automatic_payment_methods.enabled", "automatic_payment_methods.allow_redirects",
)  # fmt: skip
declare_payload(Recipient.PAYMENT_PROVIDER, "customer.create", "metadata.payer")
declare_payload(
    Recipient.PAYMENT_PROVIDER, "refund.create", "payment_intent", "amount", "metadata.refund",
)  # fmt: skip

_SESSION = re.compile(r"cs_[A-Za-z0-9_]{2,200}")
_INTENT = re.compile(r"pi_[A-Za-z0-9_]{2,60}")
_METHOD = re.compile(r"(pm|card|src)_[A-Za-z0-9_]{2,60}")
_LOCALES = {"nl": "nl", "en": "en-GB"}
_PAGE = 100  # the most that Stripe gives at once
_PAGES = 10
_STUMBLES = 10
_CHARGE = "latest_charge.balance_transaction"
_OF_SESSION = [f"payment_intent.{_CHARGE}"]

#: Before money is taken back the bank may ask for weeks; the dispute is as old as the first question.
_QUESTIONS: Final = timedelta(days=60)


class Stripe:
    """One account at Stripe. Nothing is kept between calls, so an instance may be used by several threads."""

    def __init__(
        self,
        *,
        url: str,
        key: str,
        notice_secrets: tuple[str, ...] = (),
        timeout: tuple[float, float] = (3, 10),
    ) -> None:
        """`notice_secrets`: with which notices are signed, two while they change. `timeout`: to connect, to wait; seconds."""
        self._wire, self._secrets = Wire(url=url, key=key, timeout=timeout), notice_secrets

    # --- payments -----------------------------------------------------------------------------------------------------------

    def create(
        self,
        *,
        cents: int,
        description: str,
        return_url: str,
        notice_url: str,
        order_key: str,
        language: str,
        idempotency_key: str,
        payer: str = "",
    ) -> Charge:
        """See PaymentProvider. Stripe knows no address for the notices of one payment: they come to one for all."""
        line = {
            "quantity": 1,
            "price_data": {"currency": "eur", "unit_amount": cents, "product_data": {"name": description}},
        }
        keeps = {"setup_future_usage": "off_session"} if payer else {}
        payload = checked(Recipient.PAYMENT_PROVIDER, "checkout.create", {
            "mode": "payment", "line_items": [line], "success_url": return_url, "cancel_url": return_url,
            "locale": _LOCALES.get(language, "en-GB"), "client_reference_id": order_key, "metadata": {"order": order_key},
            "payment_intent_data": {"description": description, **keeps}, "expand": _OF_SESSION,
            **({"customer": payer} if payer else {}),
        })  # fmt: skip

        def read(said: dict[str, Any], is_repeated: bool) -> Charge:
            # What is answered to a key once is answered for a day, also when it has been paid meanwhile.
            return self.fetch(reading.text(said, "id")) if is_repeated else reading.of_session(said)

        return self._once("checkout/sessions", payload, idempotency_key, read, lambda: self.find(order_key))

    def fetch(self, reference: str) -> Charge:
        """See PaymentProvider; of the PaymentIntent of a Checkout Session it gives the charge by its own reference."""
        if _SESSION.fullmatch(reference):
            said = self._wire.get(f"checkout/sessions/{reference}", expand=_OF_SESSION)
            with understood():
                return self._with_disputes(reading.of_session(said), said.get("payment_intent"))
        said = self._intent(reference)
        with understood():
            if not reading.order_key(said) and (session := self._session_of(reading.text(said, "id"))):
                return self.fetch(session)
            return self._with_disputes(reading.of_intent(said), said)

    def cancel(self, reference: str) -> Charge:
        """See PaymentProvider. A Checkout Session that is ended by us is expired, as Stripe calls it."""
        is_session = _SESSION.fullmatch(reference) is not None
        if is_session:
            path, expand = f"checkout/sessions/{reference}/expire", _OF_SESSION
        else:
            path, expand = f"payment_intents/{_known(_INTENT, reference)}/cancel", [_CHARGE]
        try:
            said, _ = self._wire.post(path, {"expand": expand})
        except UnknownCharge:
            raise
        except ProviderRefused:
            there = self.fetch(reference)
            if there.state in OVER:
                return there
            raise
        with understood():
            return reading.of_session(said) if is_session else reading.of_intent(said)

    def find(self, order_key: str, *, since: datetime | None = None) -> Charge | None:
        """See PaymentProvider; looks at the newest 1000 Checkout Sessions, and the newest 1000 PaymentIntents."""
        # Not by Stripe's search: that is up to a minute behind, also when a payment was just made.
        found = []
        for path in ("checkout/sessions", "payment_intents"):
            with understood():
                same = (each for each in self._newest(path, since) if reading.order_key(each) == order_key)
                if first := next(same, None):
                    found.append(first)
        if not found:
            return None
        return self.fetch(reading.text(max(found, key=lambda each: int(each["created"])), "id"))

    # --- leave to collect ---------------------------------------------------------------------------------------------------

    def new_payer(self, *, key: str) -> str:
        """See PaymentProvider."""
        payload = checked(Recipient.PAYMENT_PROVIDER, "customer.create", {"metadata": {"payer": key}})
        # One that is there already and that nobody heard of is never used: it holds a word that says nothing.
        return self._once(
            "customers", payload, f"payer-{key}", lambda said, _: reading.text(said, "id"), lambda: None
        )

    def collect(
        self,
        *,
        cents: int,
        description: str,
        notice_url: str,
        order_key: str,
        payer: str,
        mandate: str,
        idempotency_key: str,
    ) -> Charge:
        """See PaymentProvider. A card that is declined is a charge that failed."""
        payload = checked(Recipient.PAYMENT_PROVIDER, "intent.create", {
            "amount": cents, "currency": "eur", "customer": payer, "payment_method": mandate, "off_session": True,
            "confirm": True, "error_on_requires_action": True, "description": description, "metadata": {"order": order_key},
            "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
        })  # fmt: skip

        def read(said: dict[str, Any], is_repeated: bool) -> Charge:
            # Nobody is there to say yes once more, and nobody is to be able to later.
            ask = self.cancel if said["status"] == "requires_action" else self.fetch
            return ask(reading.text(said, "id"))

        try:
            return self._once("payment_intents", payload, idempotency_key, read, lambda: self.find(order_key))
        except Declined as declined:
            if _INTENT.fullmatch(declined.intent):
                return self.fetch(declined.intent)
            raise

    def may_collect(self, payer: str, mandate: str) -> bool:
        """See PaymentProvider. Leave that the bank ended shows only when something is collected by it."""
        try:
            said = self._wire.get(f"payment_methods/{_known(_METHOD, mandate)}")
        except UnknownCharge:
            return False
        return bool(payer) and said.get("customer") == payer

    def end_mandate(self, payer: str, mandate: str) -> None:
        """See PaymentProvider."""
        with suppress(ProviderRefused):
            self._wire.post(f"payment_methods/{_known(_METHOD, mandate)}/detach", {})

    # --- money that goes back -----------------------------------------------------------------------------------------------

    def refund(self, reference: str, *, cents: int, description: str, key: str) -> Repayment:
        """See PaymentProvider. Stripe says on the payer's statement what was paid back: it takes no description."""
        intent = self._intent_of(reference)
        if intent is None:
            raise ProviderRefused("Nothing was paid yet.")
        payload = checked(Recipient.PAYMENT_PROVIDER, "refund.create", {
            "payment_intent": intent, "amount": cents, "metadata": {"refund": key},
        })  # fmt: skip

        def look() -> Repayment | None:
            return next((each for each in self.refunds(reference) if each.key == key), None)

        return self._once("refunds", payload, key, lambda said, _: reading.of_refund(said), look)

    def refunds(self, reference: str) -> list[Repayment]:
        """See PaymentProvider."""
        intent = self._intent_of(reference)
        if intent is None:
            return []
        with understood():
            found = self._newest("refunds", None, payment_intent=intent)
            return [reading.of_refund(each) for each in sorted(found, key=lambda each: int(each["created"]))]

    def chargebacks(self, reference: str) -> list[Dispute]:
        """See PaymentProvider. What the bank only asks about is no chargeback yet."""
        intent = self._intent_of(reference)
        if intent is None:
            return []
        with understood():
            found = [reading.of_dispute(each, reference) for each in self._disputes(intent)]
        return sorted((each for each in found if each), key=lambda each: (each.at, each.reference))

    def recent_chargebacks(self, *, since: datetime) -> list[Dispute]:
        """See PaymentProvider; looks at the newest 1000 disputes."""
        known, found = dict[str, str](), list[Dispute]()
        with understood():
            for each in self._newest("disputes", since - _QUESTIONS, expand=["data.payment_intent"]):
                intent = each.get("payment_intent") or {}
                dispute = reading.of_dispute(each, reading.text(intent, "id")) if intent else None
                if dispute is None or dispute.at < since:
                    continue
                if dispute.charge not in known:
                    of_session = "" if reading.order_key(intent) else self._session_of(dispute.charge)
                    known[dispute.charge] = of_session or dispute.charge
                found.append(reading.of_dispute(each, known[dispute.charge]) or dispute)
        return sorted(found, key=lambda each: each.at, reverse=True)

    # --- notices ------------------------------------------------------------------------------------------------------------

    def noticed(self, *, body: bytes, headers: Mapping[str, str], now: datetime) -> str:
        """See PaymentProvider."""
        notices.check(body, headers.get("Stripe-Signature", ""), self._secrets, now)
        return notices.reference(body)

    # --- asking -------------------------------------------------------------------------------------------------------------

    def _once(
        self,
        path: str,
        payload: Mapping[str, Any],
        key: str,
        read: Callable[[dict[str, Any], bool], T],
        look: Callable[[], T | None],
    ) -> T:
        """
        Ask for something that is to happen once. `look` finds what came of it before.

        Where Stripe itself went wrong it answers so to the same key for a day: then it is looked up, and asked with another key.
        """
        for attempt in range(_STUMBLES):
            try:
                said, is_repeated = self._wire.post(
                    path, payload, key=f"{key}-again-{attempt}" if attempt else key
                )
            except Stumbled:
                if (found := look()) is not None:
                    return found
            else:
                with understood():
                    return read(said, is_repeated)
        raise ProviderUnavailable("Stripe goes wrong at this again and again.")

    def _intent(self, reference: str) -> dict[str, Any]:
        return self._wire.get(f"payment_intents/{_known(_INTENT, reference)}", expand=[_CHARGE])

    def _intent_of(self, reference: str) -> str | None:
        """The PaymentIntent behind a reference; None where there is none yet."""
        if not _SESSION.fullmatch(reference):
            return _known(_INTENT, reference)
        intent = self._wire.get(f"checkout/sessions/{reference}").get("payment_intent")
        if not isinstance(intent, str | None):
            raise ProviderUnavailable("Stripe's answer is not understood: no PaymentIntent")
        return intent

    def _session_of(self, intent: str) -> str:
        """The Checkout Session that a PaymentIntent is of; "" where it is of none."""
        said = self._wire.get("checkout/sessions", payment_intent=intent, limit=1)
        with understood():
            return reading.text(said["data"][0], "id") if said["data"] else ""

    def _with_disputes(self, charge: Charge, intent: Any) -> Charge:
        if not intent or not reading.is_disputed(intent):
            return charge
        said = self._disputes(reading.text(intent, "id"))
        taken = [found for each in said if (found := reading.of_dispute(each, charge.reference))]
        return reading.with_charged_back(charge, sum(each.cents for each in taken))

    def _disputes(self, intent: str) -> list[dict[str, Any]]:
        return list(self._newest("disputes", None, payment_intent=intent))

    def _newest(self, path: str, since: datetime | None, **asked: Any) -> Iterator[dict[str, Any]]:
        """What there is, the newest first, from a moment on; never more than the newest thousand."""
        if since is not None:
            asked["created"] = {"gte": int(since.timestamp())}
        for _ in range(_PAGES):
            said = self._wire.get(path, limit=_PAGE, **asked)
            yield from said["data"]
            if not said["has_more"] or not said["data"]:
                return
            asked["starting_after"] = said["data"][-1]["id"]


def _known(kind: re.Pattern[str], reference: str) -> str:
    """A reference that can be one of its kind; anything else is not put into an address."""
    if not kind.fullmatch(reference):
        raise UnknownCharge("That is no reference of Stripe's.")
    return reference


def from_settings() -> Stripe:
    """Stripe as the settings say: address, key, and what notices are signed with."""
    held = settings.HOSPES_STRIPE
    return Stripe(url=held["url"], key=held["key"], notice_secrets=tuple(held["notice_secrets"]))
