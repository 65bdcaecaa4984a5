"""What the API accepts when a payment is created or changed, and the errors it answers otherwise."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

METHODS: Mapping[str, str] = {
    "ideal": "iDEAL", "paypal": "PayPal", "creditcard": "Credit card", "banktransfer": "Bank transfer",
}  # fmt: skip
"""The methods on offer, in the provider's order."""

NAMES: Mapping[str, str] = {**METHODS, "directdebit": "Direct debit"}
"""All methods: with direct debit, which only a mandate leads to."""

TRANSFER_SECONDS = 12 * 86_400
"""How long a bank transfer is waited for, from when it was chosen."""

LIFETIME_SECONDS: Mapping[str, int] = {
    "ideal": 15 * 60, "paypal": 3 * 3600, "creditcard": 30 * 60, "banktransfer": TRANSFER_SECONDS,
}  # fmt: skip
"""How long a payment stays open, per method; one without a method has the time of the slowest at a page."""

LANGUAGES_OF: Mapping[str, str] = {
    "en": "US GB", "nl": "NL BE", "de": "DE AT CH", "fr": "FR BE", "es": "ES", "ca": "ES", "pt": "PT",
    "pl": "PL", "nb": "NO", "sv": "SE", "fi": "FI", "da": "DK", "is": "IS", "hu": "HU", "it": "IT",
    "lv": "LV", "lt": "LT",
}  # fmt: skip
LOCALES = frozenset(f"{speech}_{land}" for speech, lands in LANGUAGES_OF.items() for land in lands.split())
MAX_CENTS = 5_000_000
MAX_DESCRIPTION = 255
MAX_METADATA_BYTES = 1024

CHANGEABLE = frozenset(
    {"description", "redirectUrl", "cancelUrl", "webhookUrl", "metadata", "method", "locale"}
)
CREATABLE = CHANGEABLE | {
    "amount",
    "sequenceType",
    "lines",
    "billingAddress",
    "shippingAddress",
    "issuer",
    "customerId",
    "mandateId",
}

TITLES = {
    400: "Bad Request",
    401: "Unauthorized Request",
    404: "Not Found",
    409: "Conflict",
    410: "Gone",
    422: "Unprocessable Entity",
    429: "Too Many Requests",
    503: "Service Unavailable",
}


@dataclass(eq=False)  # not frozen: Python itself writes the traceback into an exception
class ApiError(Exception):
    """A refusal in the words of the API; field names the part of the request that is wrong."""

    status: int
    detail: str
    field: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return the error as the API writes it."""
        link = {"documentation": {"href": "https://docs.mollie.com/errors", "type": "text/html"}}
        where = {"field": self.field} if self.field else {}
        title = TITLES.get(self.status, "Error")
        return {"status": self.status, "title": title, "detail": self.detail, **where, "_links": link}


def check_new(body: Any) -> dict[str, Any]:
    """Return the body of a request that creates a payment when it is right, or raise ApiError (422)."""
    given = _object(body, CREATABLE)
    sequence = given.get("sequenceType", "oneoff")
    needed = ("amount", "description", "customerId" if sequence == "recurring" else "redirectUrl")
    for name in (*needed, *(("customerId",) if sequence == "first" else ())):
        if given.get(name) in (None, ""):
            raise ApiError(422, f"The {_spoken(name)} is missing.", name)
    _check_amount(given["amount"])
    if sequence not in ("oneoff", "first", "recurring"):
        raise ApiError(422, "The sequence type is invalid.", "sequenceType")
    if sequence != "recurring" and given.get("mandateId"):
        raise ApiError(422, "A mandate is for recurring payments only.", "mandateId")
    _check_common(given)
    return given


def check_change(body: Any) -> dict[str, Any]:
    """Return the body of a request that changes a payment when it is right, or raise ApiError (422)."""
    given = _object(body, CHANGEABLE)
    _check_common(given)
    return given


def methods_of(given: Mapping[str, Any]) -> list[str]:
    """Return the methods that a request allows: all of them when it names none."""
    wanted = given.get("method")
    if not wanted:  # a transfer gives no mandate
        return [each for each in METHODS if each != "banktransfer" or given.get("sequenceType") != "first"]
    return list(wanted) if isinstance(wanted, list) else [wanted]


def _object(body: Any, known: frozenset[str]) -> dict[str, Any]:
    if not isinstance(body, dict):
        raise ApiError(400, "The request body must be a JSON object.")
    for name in body:
        if name not in known:
            raise ApiError(422, f'Non-existent body parameter "{name}" for this API call.', name)
    return body


def _check_amount(amount: Any) -> None:
    if not isinstance(amount, dict) or set(amount) != {"currency", "value"}:
        raise ApiError(422, "The amount must be an object with currency and value.", "amount")
    value = amount["value"]
    if amount["currency"] != "EUR":
        raise ApiError(422, "The currency is not supported.", "amount.currency")
    if not isinstance(value, str) or not re.fullmatch(r"\d{1,10}\.\d{2}", value):
        raise ApiError(422, "The amount must be a string with two decimals, such as 10.00.", "amount")
    cents = int(Decimal(value) * 100)
    if cents < 1:
        raise ApiError(422, "The amount is lower than the minimum of 0.01.", "amount")
    if cents > MAX_CENTS:
        raise ApiError(422, "The amount is higher than the maximum of 50000.00.", "amount")


def _check_common(given: Mapping[str, Any]) -> None:
    description = given.get("description", "-")
    if not isinstance(description, str) or not description or len(description) > MAX_DESCRIPTION:
        raise ApiError(422, f"The description must be 1 to {MAX_DESCRIPTION} characters.", "description")
    for name in ("redirectUrl", "cancelUrl", "webhookUrl"):
        if given.get(name) is not None and not _is_address(given[name]):
            raise ApiError(422, f"The {_spoken(name)} is invalid.", name)
    if any(method not in METHODS for method in methods_of(given)):
        raise ApiError(422, "The payment method is not activated on this profile.", "method")
    if given.get("locale") not in (None, *LOCALES):
        raise ApiError(422, "The locale is invalid.", "locale")
    if len(json.dumps(given.get("metadata")).encode()) > MAX_METADATA_BYTES:
        raise ApiError(422, "The metadata is too large; about 1 kB is the limit.", "metadata")


def _is_address(value: Any) -> bool:
    if not isinstance(value, str) or not re.fullmatch(r"[\x21-\x7e]+", value):
        return False
    try:
        parts = urlsplit(value)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _spoken(name: str) -> str:
    return {"redirectUrl": "redirect URL", "cancelUrl": "cancel URL", "webhookUrl": "webhook URL"}.get(
        name, name
    )
