"""What the API takes: forms with brackets, which fields, and the errors that it answers otherwise."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

LEAST_CENTS = 50
MOST_CENTS = 99_999_999

METHODS = ("ideal", "paypal", "card", "sepa_debit")

#: The fields of each request that this simulator knows; of any other it says so, as the API does.
FIELDS: Mapping[str, frozenset[str]] = {
    "session": frozenset({
        "mode", "line_items", "success_url", "cancel_url", "locale", "client_reference_id", "metadata", "payment_intent_data",
        "customer", "expand",
    }),
    "intent": frozenset({
        "amount", "currency", "customer", "payment_method", "off_session", "confirm", "error_on_requires_action",
        "description", "metadata", "automatic_payment_methods", "expand",
    }),
    "customer": frozenset({"metadata", "expand"}),
    "refund": frozenset({"payment_intent", "amount", "metadata", "expand"}),
    "list": frozenset({"limit", "starting_after", "created", "payment_intent", "expand"}),
    "nothing": frozenset({"expand"}),
}  # fmt: skip


@dataclass(eq=False)  # not frozen: Python itself writes the traceback into an exception
class ApiError(Exception):
    """A refusal in the words of the API; `more` is what stands beside the message."""

    status: int
    message: str
    kind: str = "invalid_request_error"
    code: str = ""
    param: str = ""
    more: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return the error as the API writes it."""
        named = {"code": self.code, "param": self.param}
        told = {name: value for name, value in named.items() if value}
        return {"error": {"type": self.kind, "message": self.message, **told, **self.more}}


def nested(body: str) -> dict[str, Any]:
    """Return a form as the API reads it: a[b][0]=1 is {"a": {"b": ["1"]}}."""
    found: dict[str, Any] = {}
    for name, value in parse_qsl(body, keep_blank_values=True):
        path = re.findall(r"[^\[\]]+", name)
        if not path:
            raise ApiError(400, "Invalid form.", param=name)
        place = found
        for part in path[:-1]:
            place = place.setdefault(part, {})
            if not isinstance(place, dict):
                raise ApiError(400, f"Invalid {name}.", param=name)
        place[path[-1]] = value
    listed = _listed(found)
    return listed if isinstance(listed, dict) else {}


def _listed(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if value and all(key.isdigit() for key in value):
        return [_listed(value[key]) for key in sorted(value, key=int)]
    return {key: _listed(each) for key, each in value.items()}


def known(given: Mapping[str, Any], what: str) -> None:
    """Refuse a request with a field that there is not."""
    for name in given:
        if name not in FIELDS[what]:
            raise ApiError(400, f"Received unknown parameter: {name}", code="parameter_unknown", param=name)


def needed(given: Mapping[str, Any], names: Iterable[str]) -> None:
    """Refuse a request without a field that has to be there."""
    for name in names:
        if given.get(name) in (None, ""):
            raise ApiError(400, f"Missing required param: {name}.", code="parameter_missing", param=name)


def cents_of(value: Any, param: str, *, least: int = 1) -> int:
    """An amount in cents, or ApiError."""
    if not isinstance(value, str) or not re.fullmatch(r"-?\d{1,12}", value):
        raise ApiError(400, f"Invalid integer: {value}", code="parameter_invalid_integer", param=param)
    if int(value) < least:
        message = f"The amount must be greater than or equal to the minimum charge amount of {least} cents."
        raise ApiError(400, message, code="amount_too_small", param=param)
    if int(value) > MOST_CENTS:
        raise ApiError(
            400, "The amount must be no more than €999,999.99.", code="amount_too_large", param=param
        )
    return int(value)
