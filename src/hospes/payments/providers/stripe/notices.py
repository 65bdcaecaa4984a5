"""Notices of Stripe's: whether it sent them, and what they are about. What they say besides is not looked at."""

import hashlib
import hmac
import json
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from hospes.payments.providers import NotANotice

#: So many seconds a notice may be old, or ahead of our clock: an old one cannot be sent again by somebody who overheard it.
TOLERANCE: Final = 300

_SIGNATURE = re.compile(r"[0-9a-f]{64}")


def check(body: bytes, header: str, secrets: Sequence[str], now: datetime) -> None:
    """
    Raise NotANotice unless Stripe signed these very bytes a moment ago.

    The header is t=<seconds>,v1=<hex>, v1 once for each secret that counts at this moment; what is signed is <seconds>.<body>.
    """
    parts = [part.strip().partition("=")[::2] for part in header.split(",")]
    moments = [value for name, value in parts if name == "t"]
    given = [value for name, value in parts if name == "v1" and _SIGNATURE.fullmatch(value)]
    if len(moments) != 1 or not re.fullmatch(r"[0-9]{1,12}", moments[0]) or not given:
        raise NotANotice("it is not signed")
    signed = moments[0].encode() + b"." + body
    wanted = [hmac.new(each.encode(), signed, hashlib.sha256).hexdigest() for each in secrets if each]
    if not any(hmac.compare_digest(one, other) for one in wanted for other in given):
        raise NotANotice("it is signed with another secret")
    if abs(now.timestamp() - int(moments[0])) > TOLERANCE:
        raise NotANotice("it was signed at another time")


def reference(body: bytes) -> str:
    """The payment that a notice is about; "" where it is about none. Raises NotANotice when it is no event."""
    try:
        event = json.loads(body)
        said = event["data"]["object"]
        if event["object"] != "event" or not isinstance(said, dict):
            raise TypeError
    except (ValueError, KeyError, TypeError, RecursionError):
        raise NotANotice("it is no event") from None
    is_payment = said.get("object") in ("checkout.session", "payment_intent")
    found = said.get("id" if is_payment else "payment_intent")  # the latter of refunds, disputes, charges
    return found if isinstance(found, str) else ""
