"""
Codes by mail for a login from a device or place that is not known.

The code is computed from its row with the installation's key, by who checks it and by who writes the mail; it is kept nowhere. It
works once, for a quarter of an hour, in the session that asked for it only, and allows few mistakes.
"""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import F
from django.utils.crypto import constant_time_compare, salted_hmac

from hospes.accounts.models import LoginCode
from hospes.messaging import services as messaging

#: How long a code works; no longer than the login library keeps a login that was begun (ACCOUNT_LOGIN_TIMEOUT).
LASTS: Final = timedelta(minutes=15)
#: So many mistakes, and the code is worth nothing any more.
MOST_TRIES: Final = 5
#: So many codes within an hour; who wants more waits.
MOST_AN_HOUR: Final = 5
#: Who asks for another one within this time gets none: the first is on its way.
PAUSE: Final = timedelta(minutes=1)


class TooMany(Exception):
    """So many codes were asked for lately that there is none for now."""


def digits(code_id: int, key: str) -> str:
    """The six digits of a code."""
    mark = salted_hmac("hospes.accounts.origins.codes", f"{code_id}:{key}", algorithm="sha256").digest()
    return f"{int.from_bytes(mark[:8]) % 1_000_000:06d}"


def _hashed(token: str) -> str:
    return hashlib.sha256(f"login code:{token}".encode()).hexdigest()


def ask(state: dict[str, Any], *, person_id: int, ip: str | None, browser: str, now: datetime) -> None:
    """
    Have a code mailed, for the login whose state this is (it is kept in the session); one that was mailed before works no more.

    Does nothing when one was mailed within the last minute; raises TooMany. Acts within the purpose of access.
    """
    mine = LoginCode.objects.filter(person_id=person_id)
    held = state.get("token")
    if held and mine.filter(key=_hashed(held), closed_at=None, asked_at__gt=now - PAUSE).exists():
        return
    if mine.filter(asked_at__gt=now - timedelta(hours=1)).count() >= MOST_AN_HOUR:
        raise TooMany
    if held:
        mine.filter(key=_hashed(held), closed_at=None).update(closed_at=now)
    state["token"] = secrets.token_urlsafe(24)
    asked: LoginCode = LoginCode.objects.create(
        person_id=person_id, key=_hashed(state["token"]), asked_at=now, expires_at=now + LASTS, ip=ip, browser=browser
    )  # fmt: skip
    messaging.enqueue(
        "account.login_code", key=f"login_code:{asked.pk}", person_id=person_id, about_id=asked.pk, now=now
    )


def use(state: dict[str, Any], given: str, *, person_id: int, now: datetime) -> bool:
    """
    Whether this is the code of the login whose state this is; then it is used up. A wrong one counts.

    Acts within the purpose of access. Of two who give the right one at the same time, one is right.
    """
    mine = LoginCode.objects.filter(
        key=_hashed(str(state.get("token", ""))), person_id=person_id, closed_at=None
    )
    still = mine.filter(expires_at__gt=now, tries__lt=MOST_TRIES)
    # Counted first, so that many tries at once are not one; the right one is used up in the same breath.
    if not still.update(tries=F("tries") + 1):
        return False
    asked = mine.get()
    if not constant_time_compare("".join(given.split()), digits(asked.pk, asked.key)):
        return False
    return bool(mine.update(closed_at=now))


def tries_left(state: dict[str, Any], *, person_id: int, now: datetime) -> int:
    """How many mistakes are left; 0 when the code works no more. Acts within the purpose of access."""
    mine = LoginCode.objects.filter(key=_hashed(str(state.get("token", ""))), person_id=person_id)
    tries = mine.filter(closed_at=None, expires_at__gt=now).values_list("tries", flat=True).first()
    return 0 if tries is None else max(0, MOST_TRIES - tries)
