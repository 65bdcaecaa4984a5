"""Mollie: iDEAL, PayPal, cards and bank transfers, through its own client library."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from decimal import Decimal, InvalidOperation
from types import SimpleNamespace
from typing import Any

from django.conf import settings
from mollie.api.client import Client
from mollie.api.error import Error, NotFoundError, RequestSetupError, ResponseError, ResponseHandlingError
from mollie.api.resources.chargebacks import PaymentChargebacks
from mollie.api.resources.mandates import CustomerMandates
from mollie.api.resources.refunds import PaymentRefunds

from hospes.kernel import clock
from hospes.kernel.outside import checked, declare_payload
from hospes.kernel.recipients import Recipient
from hospes.payments.models import UNDECIDED, Payment, Refund
from hospes.payments.providers import (
    OVER,
    Charge,
    Dispute,
    NotANotice,
    ProviderError,
    ProviderRefused,
    ProviderUnavailable,
    Repayment,
    Transfer,
    UnknownCharge,
)

# No name, no address, no customer number: an amount, an order number, and where to go back to.
declare_payload(
    Recipient.PAYMENT_PROVIDER, "payment.create",
    "amount.currency", "amount.value", "description", "redirectUrl", "webhookUrl", "locale", "metadata.order",
    "sequenceType", "customerId",
)  # fmt: skip
declare_payload(
    Recipient.PAYMENT_PROVIDER, "payment.collect",
    "amount.currency", "amount.value", "description", "webhookUrl", "metadata.order", "sequenceType", "customerId", "mandateId",
)  # fmt: skip
declare_payload(Recipient.PAYMENT_PROVIDER, "payer.create", "metadata.payer")
declare_payload(
    Recipient.PAYMENT_PROVIDER, "payment.refund", "amount.currency", "amount.value", "description", "metadata.refund",
)  # fmt: skip

_STATES = {
    "open": Payment.State.OPEN, "pending": Payment.State.PENDING, "authorized": Payment.State.PENDING,
    "paid": Payment.State.PAID, "failed": Payment.State.FAILED, "canceled": Payment.State.CANCELED,
    "expired": Payment.State.EXPIRED,
}  # fmt: skip
#: Mollie keeps what goes to a bank for a day, in which it could be stopped: it is under way for us.
_REFUND_STATES = {
    "queued": Refund.State.SENT, "pending": Refund.State.SENT, "processing": Refund.State.SENT,
    "refunded": Refund.State.DONE, "failed": Refund.State.FAILED, "canceled": Refund.State.FAILED,
}  # fmt: skip
_LOCALES = {"nl": "nl_NL", "en": "en_GB"}
_PAGE = 250  # the most that Mollie gives at once
_PAGES = 4
_PAGES_SINCE = 40  # where it has to be known whether something was made

#: Another try may be answered otherwise: a key in use just now, too many requests, our own API key not
#: right (yet).
_PASSING = frozenset({401, 403, 408, 409, 425, 429})


class Mollie:
    """One Mollie profile. Nothing is kept between calls, so an instance may be used by several threads."""

    def __init__(self, *, url: str, key: str, timeout: tuple[int, int] = (3, 10)) -> None:
        """`timeout`: seconds to connect and seconds to wait for an answer."""
        self._url, self._key, self._timeout = url, key, timeout

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
        """See PaymentProvider. Mollie forgets an idempotency key after about an hour."""
        payload = checked(Recipient.PAYMENT_PROVIDER, "payment.create", {
            "amount": {"currency": "EUR", "value": value_of(cents)},
            "description": description,
            "redirectUrl": return_url,
            "webhookUrl": notice_url,
            "locale": _LOCALES.get(language, "en_GB"),
            "metadata": {"order": order_key},
            **({"sequenceType": "first", "customerId": payer} if payer else {}),
        })  # fmt: skip
        with self._asking() as client:
            return charge_of(client.payments.create(payload, idempotency_key=idempotency_key))

    def new_payer(self, *, key: str) -> str:
        """See PaymentProvider."""
        payload = checked(Recipient.PAYMENT_PROVIDER, "payer.create", {"metadata": {"payer": key}})
        with self._asking() as client:
            return str(client.customers.create(payload, idempotency_key=f"payer-{key}")["id"])

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
        """See PaymentProvider."""
        payload = checked(Recipient.PAYMENT_PROVIDER, "payment.collect", {
            "amount": {"currency": "EUR", "value": value_of(cents)}, "description": description, "webhookUrl": notice_url,
            "metadata": {"order": order_key}, "sequenceType": "recurring", "customerId": payer, "mandateId": mandate,
        })  # fmt: skip
        with self._asking() as client:
            return charge_of(client.payments.create(payload, idempotency_key=idempotency_key))

    def may_collect(self, payer: str, mandate: str) -> bool:
        """See PaymentProvider. One that is pending may yet become valid."""
        try:
            with self._asking() as client:
                return _mandates_of(client, payer).get(mandate)["status"] in ("valid", "pending")
        except UnknownCharge:
            return False

    def end_mandate(self, payer: str, mandate: str) -> None:
        """See PaymentProvider."""
        with suppress(ProviderRefused), self._asking() as client:
            _mandates_of(client, payer).delete(mandate)

    def fetch(self, reference: str) -> Charge:
        """See PaymentProvider."""
        with self._asking() as client:
            return charge_of(client.payments.get(reference))

    def cancel(self, reference: str) -> Charge:
        """See PaymentProvider. Mollie lets a payment be cancelled until a bank was chosen."""
        try:
            with self._asking() as client:
                return charge_of(client.payments.delete(reference))
        except UnknownCharge:
            raise
        except ProviderRefused:
            there = self.fetch(reference)
            if there.state in OVER:
                return there
            raise

    def find(self, order_key: str, *, since: datetime | None = None) -> Charge | None:
        """
        See PaymentProvider; looks at the newest 1000, or as far back as `since`.

        Raises ProviderUnavailable where that is too far.
        """
        with self._asking() as client:
            page = client.payments.list(limit=_PAGE)
            for _ in range(_PAGES if since is None else _PAGES_SINCE):
                for payment in page:
                    if since is not None and moment_of(payment["createdAt"]) < since:
                        return None
                    if _order_key(payment) == order_key:
                        return charge_of(payment)
                page = page.get_next()  # type: ignore[no-untyped-call]
                if page is None:
                    return None
        if since is not None:  # it may be further back: who takes it for not made makes it twice
            raise ProviderUnavailable("more payments were made since than are looked at")
        return None

    def refund(self, reference: str, *, cents: int, description: str, key: str) -> Repayment:
        """See PaymentProvider."""
        payload = checked(Recipient.PAYMENT_PROVIDER, "payment.refund", {
            "amount": {"currency": "EUR", "value": value_of(cents)}, "description": description, "metadata": {"refund": key},
        })  # fmt: skip
        with self._asking() as client:
            return _repayment(_refunds_of(client, reference).create(payload, idempotency_key=key))

    def refunds(self, reference: str) -> list[Repayment]:
        """See PaymentProvider."""
        with self._asking() as client:
            found = [_repayment(each) for each in _refunds_of(client, reference).list()]
        return sorted(found, key=lambda each: each.reference)

    def chargebacks(self, reference: str) -> list[Dispute]:
        """See PaymentProvider."""
        with self._asking() as client:
            client.payments.validate_resource_id(reference, "payment ID")
            of_it = PaymentChargebacks(client, SimpleNamespace(id=reference))  # type: ignore[arg-type]  # it asks for the id only
            found = [_dispute(each) for each in of_it.list(limit=_PAGE)]
        return sorted(found, key=lambda each: (each.at, each.reference))

    def recent_chargebacks(self, *, since: datetime) -> list[Dispute]:
        """See PaymentProvider; looks at the newest 1000."""
        found: list[Dispute] = []
        with self._asking() as client:
            page = client.chargebacks.list(limit=_PAGE)
            for _ in range(_PAGES):
                for each in map(_dispute, page):
                    if each.at < since:
                        return found
                    found.append(each)
                page = page.get_next()  # type: ignore[no-untyped-call]
                if page is None:
                    break
        return found

    def noticed(self, *, body: bytes, headers: Mapping[str, str], now: datetime) -> str:
        """See PaymentProvider."""
        raise NotANotice("Mollie sends notices to the address of their payment")

    @contextmanager
    def _asking(self) -> Iterator[Client]:
        """A client for one conversation; the library's errors and odd answers come out as ours."""
        # The library would try again itself only over https; the caller's job does it better, with the same
        # key.
        client = Client(api_endpoint=self._url, timeout=self._timeout, retry=0)
        try:
            client.set_api_key(self._key)
            yield client
        except ProviderError:
            raise
        # "from None": what the library could not read it repeats in full, and this may end up in the log.
        except Error as error:
            raise translated(error) from None
        except (AttributeError, KeyError, TypeError, ValueError, InvalidOperation) as error:
            raise ProviderUnavailable(f"Mollie's answer is not understood: {type(error).__name__}") from None
        finally:
            if session := getattr(client, "_client", None):  # the library never closes its connections
                session.close()


def from_settings() -> Mollie:
    """Mollie as the settings say: address and key."""
    return Mollie(url=settings.HOSPES_MOLLIE["url"], key=settings.HOSPES_MOLLIE["key"])


def value_of(cents: int) -> str:
    """An amount as Mollie writes it: 1000 cents are "10.00"."""
    if cents < 0:
        raise ValueError(f"{cents} cents cannot be asked for")
    return f"{cents // 100}.{cents % 100:02d}"


def cents_of(amount: Mapping[str, str]) -> int:
    """The cents of an amount of Mollie's; ValueError when it is not in whole euro cents."""
    cents = Decimal(amount["value"]).scaleb(2)
    if amount["currency"] != "EUR" or cents != cents.to_integral_value():
        raise ValueError(f"not an amount in euros: {amount['value']} {amount['currency']}")
    return int(cents)


def charge_of(payment: Mapping[str, Any]) -> Charge:
    """A payment of Mollie's in our words."""
    state = _STATES[payment["status"]].value
    transfer = _transfer(payment) if state in UNDECIDED else None
    if transfer is not None:  # Mollie calls it open as well: nothing is to be done at its page any more
        state = Payment.State.PENDING.value
    is_paid = state == Payment.State.PAID
    holder, account = _paid_from(payment) if is_paid else (None, None)
    link = (payment.get("_links") or {}).get("checkout") or {}
    return Charge(
        reference=str(payment["id"]), state=state, cents=cents_of(payment["amount"]),
        method=payment.get("method") or "",
        checkout_url=link.get("href") if state == Payment.State.OPEN else None,
        paid_at=moment_of(payment["paidAt"]) if is_paid else None,
        holder=holder, account=account, order_key=_order_key(payment), country=_country(payment) if is_paid else "",
        payer=payment.get("customerId") or "", mandate=payment.get("mandateId") or "",
        transfer=transfer, charged_back_cents=cents_of(back) if (back := payment.get("amountChargedBack")) else 0,
    )  # fmt: skip


def _transfer(payment: Mapping[str, Any]) -> Transfer | None:
    """Where to transfer it to, once that way was chosen."""
    details = payment.get("details") or {}
    if payment.get("method") != "banktransfer" or not details.get("transferReference"):
        return None
    until = payment.get("expiresAt")
    return Transfer(
        name=str(details.get("bankName") or ""), account=str(details["bankAccount"]), bic=str(details.get("bankBic") or ""),
        reference=str(details["transferReference"]), until=clock.day_of(moment_of(until)) if until else None,
    )  # fmt: skip


def _refunds_of(client: Client, reference: str) -> PaymentRefunds:
    """The refunds of a payment, without fetching it first."""
    client.payments.validate_resource_id(reference, "payment ID")
    return PaymentRefunds(client, SimpleNamespace(id=reference))  # type: ignore[arg-type]  # it asks for the id only


def _mandates_of(client: Client, payer: str) -> CustomerMandates:
    """The mandates of a customer, without fetching it first."""
    client.customers.validate_resource_id(payer, "customer ID")
    return CustomerMandates(client, SimpleNamespace(id=payer))  # type: ignore[arg-type]  # it asks for the id only


def _repayment(refund: Mapping[str, Any]) -> Repayment:
    metadata = refund.get("metadata")
    return Repayment(
        reference=str(refund["id"]), state=_REFUND_STATES[refund["status"]].value, cents=cents_of(refund["amount"]),
        key=str(metadata.get("refund", "")) if isinstance(metadata, Mapping) else "",
    )  # fmt: skip


def _dispute(chargeback: Mapping[str, Any]) -> Dispute:
    reversed_at, reason = chargeback.get("reversedAt"), chargeback.get("reason") or {}
    return Dispute(
        reference=str(chargeback["id"]), charge=str(chargeback["paymentId"]), cents=cents_of(chargeback["amount"]),
        reason=str(reason.get("code") or ""), at=moment_of(chargeback["createdAt"]),
        reversed_at=moment_of(reversed_at) if reversed_at else None,
    )  # fmt: skip


def _country(payment: Mapping[str, Any]) -> str:
    """The country of the card; of an account it is in its number."""
    details = payment.get("details") or {}
    return str(details.get("cardCountryCode") or "") if payment.get("method") == "creditcard" else ""


def _paid_from(payment: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """Holder and account; of a card the last four digits, whatever Mollie would tell."""
    details = payment.get("details") or {}
    if payment.get("method") == "creditcard":
        digits = re.sub(r"\D", "", details.get("cardNumber") or "")
        return details.get("cardHolder") or None, digits[-4:] or None
    return details.get("consumerName") or None, details.get("consumerAccount") or None


def _order_key(payment: Mapping[str, Any]) -> str:
    metadata = payment.get("metadata")  # payments made by hand have text in it, or nothing
    return str(metadata.get("order", "")) if isinstance(metadata, Mapping) else ""


def moment_of(text: str) -> datetime:
    """A moment as Mollie writes it; ValueError when it has no zone."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"a moment without a zone: {text}")
    return moment


def translated(error: Error) -> ProviderError:
    """An error of the library as one of ours."""
    if isinstance(error, NotFoundError):
        return UnknownCharge(str(error))
    if isinstance(error, RequestSetupError):  # what cannot be a reference, or a key, of Mollie's
        is_about_it = any(f"{what} ID" in str(error) for what in ("payment", "customer", "mandate"))
        return UnknownCharge(str(error)) if is_about_it else ProviderUnavailable("Mollie's key is not a key.")
    if isinstance(error, ResponseError):
        status = int(error.status or 0)
        if 400 <= status < 500 and status not in _PASSING:
            return ProviderRefused(str(error), code=status)
        return ProviderUnavailable(f"Mollie answered {status}: {error}", code=status)
    if isinstance(error, ResponseHandlingError):
        return ProviderUnavailable("Mollie's answer could not be read.")
    return ProviderUnavailable(str(error))
