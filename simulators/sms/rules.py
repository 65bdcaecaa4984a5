"""What the gateway accepts, and how many parts a text takes."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

GSM_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_ESCAPED = frozenset("^{}\\[~]|€\f")
MAX_PARTS = 10
FIELDS = frozenset({"recipient", "sender", "body", "reference", "callback_url"})


@dataclass(eq=False)  # not frozen: Python itself writes the traceback into an exception
class SmsError(Exception):
    """A refusal; field names the part of the request that is wrong."""

    status: int
    message: str
    field: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return the error as the API writes it."""
        where = {"field": self.field} if self.field else {}
        return {"error": {"status": self.status, "message": self.message, **where}}


def parts_of(text: str) -> int:
    """Return how many messages a text is sent as: of 160 or 153 characters, 70 or 67 in UCS-2 (TS 23.038)."""
    if all(char in GSM_BASIC or char in GSM_ESCAPED for char in text):
        length, whole, part = sum(2 if char in GSM_ESCAPED else 1 for char in text), 160, 153
    else:
        length, whole, part = len(text.encode("utf-16-be")) // 2, 70, 67
    return 1 if length <= whole else -(-length // part)


def check(given: Any) -> Mapping[str, str]:
    """Return the fields of a message when all of them are right, or raise SmsError (422)."""
    if not isinstance(given, dict):
        raise SmsError(400, "Send a JSON object.")
    for name, value in given.items():
        if name not in FIELDS:
            raise SmsError(422, f"There is no field {name}.", name)
        if not isinstance(value, str):
            raise SmsError(422, f"{name} must be a text.", name)
    if not re.fullmatch(r"\+[1-9]\d{6,14}", given.get("recipient", "")):
        raise SmsError(422, "The recipient must be a number as +31612345678.", "recipient")
    if not re.fullmatch(r"[A-Za-z0-9 ]{1,11}|\+[1-9]\d{6,14}", given.get("sender", "")):
        raise SmsError(422, "The sender must be a number, or 1 to 11 letters and digits.", "sender")
    if not given.get("body") or parts_of(given["body"]) > MAX_PARTS:
        raise SmsError(422, f"The body must be 1 to {MAX_PARTS} parts long.", "body")
    return given
