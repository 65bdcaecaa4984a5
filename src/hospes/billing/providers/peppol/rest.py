"""
An access point with a small REST API: JSON over HTTP with a bearer token, and Idempotency-Key.

    GET  /v1/participants/<address>   →  200, or 404 where nobody gets documents
    POST /v1/documents                sender, recipient, document_type, process, document (base64)  →  202 with id
    GET  /v1/documents/<id>           →  200 with state (accepted, delivered or failed) and reason

A refusal is JSON: error.code, and error.id where the document was sent before.
"""

import base64
import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

import httpx
from django.conf import settings
from lxml import etree

from hospes.billing.providers.peppol import AccessPointRefused, AccessPointUnavailable, Fate, State
from hospes.kernel.outside import checked, declare_payload
from hospes.kernel.recipients import Recipient

declare_payload(Recipient.PEPPOL_ACCESS_POINT, "participant.look_up", "participant")
declare_payload(
    Recipient.PEPPOL_ACCESS_POINT,
    "document.send",
    "sender",
    "recipient",
    "document_type",
    "process",
    "document",
)

_PROCESS: Final = "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0"
_CUSTOMIZATION: Final = "urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0"
_STATES: Final[Mapping[str, State]] = {"accepted": "under_way", "delivered": "delivered", "failed": "failed"}


class RestAccessPoint:
    """One account at an access point. Nothing is kept between calls: several threads may use an instance."""

    def __init__(self, *, url: str, token: str, seconds: float = 30) -> None:
        """`seconds`: how long to wait for an answer; for one that a page waits for at most five."""
        self._url, self._token = url.rstrip("/"), token
        self._timeout = httpx.Timeout(seconds, connect=5)
        self._timeout_of_pages = httpx.Timeout(min(seconds, 5))

    def reaches(self, participant: str, *, patient: bool = False) -> bool:
        """See AccessPoint."""
        asked = checked(Recipient.PEPPOL_ACCESS_POINT, "participant.look_up", {"participant": participant})
        address = f"/v1/participants/{quote(asked['participant'], safe=':')}"
        answer = self._ask("GET", address, timeout=self._timeout if patient else self._timeout_of_pages)
        if answer.status_code == 404 and _code(answer) == "unknown_participant":
            return False
        if not answer.is_success and answer.status_code not in (
            400,
            422,
        ):  # these say that there is no such address
            raise AccessPointUnavailable(f"the access point answered {answer.status_code}")
        # Peppol does not tell capitals and small letters apart in what a participant is called.
        return str(_read(answer).get("participant")).casefold() == participant.casefold()

    def send(self, document: bytes, *, sender: str, recipient: str, key: str) -> str:
        """See AccessPoint."""
        payload = checked(Recipient.PEPPOL_ACCESS_POINT, "document.send", {
            "sender": sender, "recipient": recipient, "document_type": _type_of(document), "process": _PROCESS,
            "document": base64.b64encode(document).decode(),
        })  # fmt: skip
        answer = self._ask("POST", "/v1/documents", json=payload, headers={"Idempotency-Key": key})
        if answer.status_code == 409 and "id" in _error(answer):  # sent before, by an earlier try of ours
            return _reference(_error(answer))
        return _reference(_read(answer))

    def fate(self, reference: str) -> Fate:
        """See AccessPoint."""
        told = _read(self._ask("GET", f"/v1/documents/{reference}"))
        state = _STATES.get(str(told.get("state")))
        if state is None:
            raise AccessPointUnavailable("the access point told a state that we do not know")
        return Fate(state, AccessPointRefused(str(told.get("reason"))).reason if state == "failed" else "")

    def _ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self._token}", **more.pop("headers", {})}
        timeout = more.pop("timeout", self._timeout)
        try:
            with httpx.Client(timeout=timeout, trust_env=False) as client:
                return client.request(method, self._url + path, headers=headers, **more)
        except httpx.HTTPError as error:
            # "from None": the library's errors carry the request, with the document in it.
            raise AccessPointUnavailable(
                f"the access point cannot be reached: {type(error).__name__}"
            ) from None


def from_settings() -> RestAccessPoint:
    """The access point at the address of the settings, with its token."""
    return RestAccessPoint(url=settings.HOSPES_PEPPOL["url"], token=settings.HOSPES_PEPPOL["token"])


def _type_of(document: bytes) -> str:
    """The document type identifier by which the network knows who can take it."""
    name = etree.QName(etree.fromstring(document))
    return f"{name.namespace}::{name.localname}##{_CUSTOMIZATION}::2.1"


def _read(answer: httpx.Response) -> dict[str, Any]:
    """The JSON object of an answer; raises the AccessPointError that it amounts to."""
    code = _code(answer)
    # A "not found" without a code need not be the access point's own: a path that moved, a proxy between us.
    if answer.status_code in (400, 413, 422) or (answer.status_code in (404, 409, 410) and code):
        raise AccessPointRefused(code)
    told = _json(answer) if answer.is_success else None
    if told is None:
        raise AccessPointUnavailable(f"the access point answered {answer.status_code}")
    return told


def _json(answer: httpx.Response) -> dict[str, Any] | None:
    try:
        told = answer.json()
    except ValueError:
        return None
    return told if isinstance(told, dict) else None


def _error(answer: httpx.Response) -> dict[str, Any]:
    error = (_json(answer) or {}).get("error")
    return error if isinstance(error, dict) else {}


def _code(answer: httpx.Response) -> str:
    return str(_error(answer).get("code", ""))


def _reference(told: Mapping[str, Any]) -> str:
    reference = told.get("id")
    if not isinstance(reference, str) or not re.fullmatch(r"[A-Za-z0-9_.:-]{1,80}", reference):
        raise AccessPointUnavailable(
            "the access point took the document, but gave no reference that makes sense"
        )
    return reference
