"""
A gateway with a small REST API: JSON over HTTP with a bearer token, and Idempotency-Key.

    POST /v1/messages       recipient, sender, body, reference  →  202 with id, state, parts
    GET  /v1/messages/<id>                                      →  200 with state: accepted, delivered or failed
"""

import re
from collections.abc import Mapping
from typing import Any, Final

import httpx
from django.conf import settings

from hospes.kernel.outside import checked, declare_payload
from hospes.kernel.recipients import Recipient
from hospes.messaging.providers import Fate, GatewayRefused, GatewayUnavailable, Taken

declare_payload(Recipient.SMS_GATEWAY, "text.send", "recipient", "sender", "body", "reference")

_FATES: Final[Mapping[str, Fate]] = {"accepted": "under_way", "delivered": "delivered", "failed": "failed"}


class RestGateway:
    """One account at a gateway. Nothing is kept between calls: several threads may use an instance."""

    def __init__(self, *, url: str, token: str, seconds: float = 15) -> None:
        """`seconds`: how long to wait for an answer."""
        self._url, self._token = url.rstrip("/"), token
        self._timeout = httpx.Timeout(seconds, connect=5)

    def send(self, number: str, body: str, *, sender: str, key: str) -> Taken:
        """See SmsGateway."""
        payload = checked(Recipient.SMS_GATEWAY, "text.send", {
            "recipient": number, "sender": sender, "body": body, "reference": key,
        })  # fmt: skip
        answer = self._ask("POST", "/v1/messages", json=payload, headers={"Idempotency-Key": key})
        if answer.status_code == 409:  # the key was used, with other words: by an earlier try of ours
            return Taken("", None)
        told = _read(answer)
        parts = told.get("parts")
        return Taken(_reference(told), parts if isinstance(parts, int) and 0 < parts < 100 else None)

    def fate(self, reference: str) -> Fate:
        """See SmsGateway."""
        told = _read(self._ask("GET", f"/v1/messages/{reference}"))
        try:
            return _FATES[str(told.get("state"))]
        except KeyError:
            raise GatewayUnavailable("the gateway told a state that we do not know") from None

    def _ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self._token}", **more.pop("headers", {})}
        try:
            with httpx.Client(timeout=self._timeout, trust_env=False) as client:
                return client.request(method, self._url + path, headers=headers, **more)
        except httpx.HTTPError as error:
            # "from None": the library's errors carry the request, with the text in it.
            raise GatewayUnavailable(f"the gateway cannot be reached: {type(error).__name__}") from None


def from_settings() -> RestGateway:
    """The gateway at the address of the settings, with its token."""
    return RestGateway(url=settings.HOSPES_SMS["url"], token=settings.HOSPES_SMS["token"])


def _read(answer: httpx.Response) -> dict[str, Any]:
    """The JSON object of an answer; raises the GatewayError that it amounts to."""
    if answer.status_code in (400, 404, 410, 413, 422):
        raise GatewayRefused(f"the gateway refused it: {answer.status_code}")
    try:
        told = answer.json() if answer.is_success else None
    except ValueError:
        told = None
    if not isinstance(told, dict):
        raise GatewayUnavailable(f"the gateway answered {answer.status_code}")
    return told


def _reference(told: Mapping[str, Any]) -> str:
    reference = told.get("id")
    if not isinstance(reference, str) or not re.fullmatch(r"[A-Za-z0-9_.:-]{1,80}", reference):
        raise GatewayUnavailable("the gateway took the text, but gave no reference that makes sense")
    return reference
