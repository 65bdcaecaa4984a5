"""VIES, the European Commission's check of VAT numbers, by its REST interface."""

from typing import Any

import httpx
from django.conf import settings

from hospes.billing.tax.providers import Answer, RegisterUnavailable
from hospes.kernel.outside import checked, declare_payload
from hospes.kernel.recipients import Recipient

# The number, and our own: no name and no address, so that it tells nothing that it does not know.
declare_payload(
    Recipient.VIES, "number.check", "country", "number", "requesterMemberStateCode", "requesterNumber"
)

#: What VIES says instead of an answer (its technical documentation, "userError").
_ANSWERS = {"VALID": True, "INVALID": False}


class Vies:
    """VIES at an address; nothing is kept between calls."""

    def __init__(self, *, url: str, timeout: float = 10.0) -> None:
        """`timeout`: seconds to wait for an answer; member states are slow."""
        self._url, self._timeout = url.rstrip("/"), timeout

    def check(self, number: str, *, requester: str) -> Answer:
        """See VatRegister."""
        asked = checked(Recipient.VIES, "number.check", {
            "country": number[:2], "number": number[2:],
            "requesterMemberStateCode": requester[:2], "requesterNumber": requester[2:],
        })  # fmt: skip
        path = f"{self._url}/ms/{asked.pop('country')}/vat/{asked.pop('number')}"
        try:
            response = httpx.get(path, params=asked, timeout=self._timeout)
        except httpx.HTTPError as error:
            raise RegisterUnavailable(type(error).__name__) from error
        return _answer(response)


def _answer(response: httpx.Response) -> Answer:
    """What VIES said; whatever is no clear yes or no is no answer."""
    try:
        said: Any = response.json()
    except ValueError:
        raise RegisterUnavailable(f"HTTP {response.status_code}") from None
    if not isinstance(said, dict) or response.status_code != httpx.codes.OK:
        raise RegisterUnavailable(_error(said, response.status_code))
    verdict = str(said.get("userError", ""))
    if verdict not in _ANSWERS or said.get("isValid") is not _ANSWERS[verdict]:
        raise RegisterUnavailable(verdict or "no verdict")
    return Answer(_ANSWERS[verdict], str(said.get("requestIdentifier") or "")[:40])


def _error(said: Any, status: int) -> str:
    """The error of VIES' own wrapper, else the status of HTTP."""
    wrapped = said.get("errorWrappers") if isinstance(said, dict) else None
    first = wrapped[0] if isinstance(wrapped, list) and wrapped else None
    return str(first.get("error")) if isinstance(first, dict) and first.get("error") else f"HTTP {status}"


def from_settings() -> Vies:
    """VIES as the settings say."""
    return Vies(url=settings.HOSPES_VIES["url"])
