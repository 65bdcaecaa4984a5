"""Payments and methods as the API writes them (HAL JSON)."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from simulators.payments.ledger import Payment
from simulators.payments.rules import METHODS
from simulators.people import payer

HAL = "application/hal+json"
PROFILE = "pfl_simulator1"


def timestamp(seconds: float) -> str:
    """Return seconds since the epoch as the API writes moments: UTC, whole seconds."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


def link(href: str, kind: str = HAL) -> dict[str, str]:
    """Return one HAL link."""
    return {"href": href, "type": kind}


def as_amount(cents: int) -> dict[str, str]:
    """Return cents as the API writes an amount."""
    sign, whole = ("-" if cents < 0 else ""), abs(cents)
    return {"currency": "EUR", "value": f"{sign}{whole // 100}.{whole % 100:02d}"}


def checkout_address(payment: Payment, base: str) -> str:
    """Return where the consumer pays."""
    return f"{base}/checkout/{payment.token}"


def as_resource(payment: Payment, base: str) -> dict[str, Any]:
    """Return a payment as the API shows it; details of the payer only once it is paid."""
    asked = payment.asked
    shape: dict[str, Any] = {
        "resource": "payment",
        "id": payment.id,
        "mode": "test",
        "createdAt": timestamp(payment.created),
        "amount": asked["amount"],
        "description": asked["description"],
        "method": payment.method,
        "metadata": asked.get("metadata"),
        "status": payment.status,
        "isCancelable": payment.is_cancelable,
        "profileId": PROFILE,
        "sequenceType": asked.get("sequenceType", "oneoff"),
    }
    for name in (
        "redirectUrl",
        "customerId",
        "mandateId",
        "cancelUrl",
        "webhookUrl",
        "locale",
        "lines",
        "billingAddress",
        "shippingAddress",
    ):
        if asked.get(name) is not None:
            shape[name] = asked[name]
    shape |= _ending(payment)
    links = {"self": link(f"{base}/v2/payments/{payment.id}")}
    if not payment.is_final and asked.get("sequenceType") != "recurring":
        links["checkout"] = link(checkout_address(payment, base), "text/html")
    links["documentation"] = link("https://docs.mollie.com/reference/get-payment", "text/html")
    return {**shape, "_links": links}


def _ending(payment: Payment) -> dict[str, Any]:
    if payment.ended is None:
        if payment.is_transfer:
            return {"expiresAt": timestamp(payment.expires), "details": _transfer(payment)}
        return {"expiresAt": timestamp(payment.expires)} if payment.status == "open" else {}
    ending: dict[str, Any] = {f"{payment.status}At": timestamp(payment.ended)}
    if payment.status == "paid":
        amount = payment.asked["amount"]
        ending |= {
            "amountRefunded": {**amount, "value": "0.00"},
            "amountRemaining": amount,
            "settlementAmount": amount,
            "details": _details(payment),
        }
    return ending


def _transfer(payment: Payment) -> dict[str, Any]:
    """Where the consumer is to transfer it to, and what to mention."""
    digits = f"{payment.seq:014d}"
    parts = "-".join(digits[place : place + 4] for place in (2, 6, 10))
    return {
        "bankName": "Stichting Mollie Payments",
        "bankAccount": "NL53ABNA0627535577",
        "bankBic": "ABNANL2A",
        "transferReference": f"RF{10 + payment.seq % 90}-{parts}",
    }


def _details(payment: Payment) -> dict[str, Any]:
    who = payer(payment.id)
    if payment.method == "banktransfer":
        consumer = {"consumerName": who.name, "consumerAccount": who.iban, "consumerBic": who.bic}
        return _transfer(payment) | consumer
    if payment.method in ("ideal", "directdebit"):
        return {"consumerName": who.name, "consumerAccount": who.iban, "consumerBic": who.bic}
    if payment.method == "paypal":
        reference = f"SIM{payment.token.upper()}"
        return {"consumerName": who.name, "consumerAccount": who.mail, "paypalReference": reference}
    return {
        "cardHolder": who.name,
        "cardNumber": who.card_last_four,
        "cardLabel": "Visa",
        "cardAudience": "consumer",
        "cardCountryCode": "NL",
        "cardSecurity": "3dsecure",
        "feeRegion": "intra-eu",
    }


def as_list(
    payments: Sequence[Payment], base: str, *, newest: str | None, following: str | None, limit: int
) -> dict[str, Any]:
    """Return a page of payments with the link to the next one."""
    start = f"&from={newest}" if newest else ""
    following_link = link(f"{base}/v2/payments?limit={limit}&from={following}") if following else None
    return {
        "count": len(payments),
        "_embedded": {"payments": [as_resource(payment, base) for payment in payments]},
        "_links": {
            "self": link(f"{base}/v2/payments?limit={limit}{start}"),
            "previous": None,
            "next": following_link,
            "documentation": link("https://docs.mollie.com/reference/list-payments", "text/html"),
        },
    }


def as_method(method: str, base: str) -> dict[str, Any]:
    """Return a payment method as the API shows it."""
    picture = f"{base}/methods/{method}.svg"
    return {
        "resource": "method",
        "id": method,
        "description": METHODS[method],
        "minimumAmount": {"value": "0.01", "currency": "EUR"},
        "maximumAmount": {"value": "50000.00", "currency": "EUR"},
        "image": {"size1x": picture, "size2x": picture, "svg": picture},
        "status": "activated",
        "_links": {"self": link(f"{base}/v2/methods/{method}")},
    }
