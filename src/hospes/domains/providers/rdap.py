"""
RDAP, by which registries tell what is registered (RFC 7480, 9082 and 9083): 200 with the name, or 404.

A 404 counts only where it is RDAP that speaks, and a 200 only where it is about the name that was asked: a page of something in
between is no answer.
"""

import json
import time
from typing import Any, Final
from urllib.parse import quote

import httpx
from django.conf import settings

from hospes.domains.providers import LookupUnavailable
from hospes.kernel.outside import checked, declare_payload
from hospes.kernel.recipients import Recipient

# The name and nothing else: a registry is not told who asks.
declare_payload(Recipient.REGISTRY, "name.look", "name")

#: More than any answer about a domain name; what is longer is not read.
_LONGEST: Final = 200_000


class Rdap:
    """The registries of all extensions. Nothing is kept between calls."""

    def __init__(self, *, url: str) -> None:
        """`url`: where extensions are asked for that have no address of their own."""
        self._url = url

    def is_registered(self, name: str, *, url: str, seconds: float) -> bool:
        """See Lookup."""
        asked = checked(Recipient.REGISTRY, "name.look", {"name": name})["name"]
        address = f"{(url or self._url).rstrip('/')}/domain/{quote(asked, safe='')}"
        ends = time.monotonic() + seconds
        try:
            with httpx.stream(
                "GET", address, timeout=seconds, headers={"Accept": "application/rdap+json"}
            ) as response:
                body = _read(response, ends)
        except httpx.HTTPError as error:
            raise LookupUnavailable(type(error).__name__) from error
        return _verdict(name, response.status_code, body)


def _read(response: httpx.Response, ends: float) -> bytes:
    """The body, as far as it comes in time: a registry that goes on a byte a second is none that answers."""
    body = b""
    for part in response.iter_bytes():
        body += part
        if len(body) > _LONGEST or time.monotonic() > ends:
            raise LookupUnavailable("too long")
    return body


def _verdict(name: str, status: int, body: bytes) -> bool:
    said = _json(body)
    if status == httpx.codes.NOT_FOUND and (not body.strip() or said.get("errorCode") == status):
        return False
    if status == httpx.codes.OK and said.get("objectClassName") == "domain" and _is(name, said):
        return True
    raise LookupUnavailable(f"HTTP {status}")


def _is(name: str, said: dict[str, Any]) -> bool:
    return str(said.get("ldhName", "")).rstrip(".").lower() == name


def _json(body: bytes) -> dict[str, Any]:
    try:
        said = json.loads(body)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def from_settings() -> Rdap:
    """RDAP as the settings say."""
    return Rdap(url=settings.HOSPES_RDAP["url"])
