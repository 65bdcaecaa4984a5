"""
Codes by text message: six digits that work once, for five minutes, in the session that asked for them.

The code is in no job, message or log. Its row holds it sealed until the worker has handed the text over, and a hash made of
the code and of a secret that only the asking session has; when the code is over, the row holds neither.
"""

import hashlib
import secrets
from collections.abc import MutableMapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from hospes.accounts.models import PhoneCode
from hospes.accounts.network import network_of
from hospes.accounts.second import limits, rules
from hospes.accounts.second.limits import Limit
from hospes.kernel import journal
from hospes.kernel.secrets import blind_index, blind_indexes, seal, unseal_text
from hospes.messaging import texting

journal.register({
    "account.code_sent": _("Code sent by text message"),
    "account.codes_capped": _("No more codes by text message today: the limit on their cost was reached"),
})  # fmt: skip

LASTS: Final = timedelta(minutes=5)

#: Who asks again sooner than this is told that the code is on its way.
PAUSE: Final = timedelta(seconds=30)

#: Where a session keeps which code it asked for.
_KEPT: Final = "second_code"

Session = MutableMapping[str, Any]


class CodeRefused(Exception):
    """No code is sent; the message says why and what else can be done, fit to show to the person."""

    def __init__(self, why: Promise) -> None:
        super().__init__(str(why))
        self.why = why


_BARRED: Final[dict[str, Promise]] = {
    "invalid": _("This is no phone number that we can use. Write it like 06 12345678 or +32 470 12 34 56."),
    "not_mobile": _(
        "Text messages go to mobile numbers only. Give another number, or use an app or a passkey instead."
    ),
    "foreign": _("We send no text messages to numbers of this country. Use an app or a passkey instead."),
    "barred": _(
        "We send no text messages to this number. Give another number, or use an app or a passkey instead."
    ),
}
_TOO_MANY = _(
    "So many codes were asked for that we send no more for a while. Use an app, a passkey or a recovery code instead."
)
_CAPPED = _(
    "Today we send no more codes by text message. Use an app, a passkey or a recovery code instead, or try tomorrow."
)
_WAIT = _("A code is on its way. Give it half a minute before you ask for another one.")


def number_for(text: str) -> str:
    """A number that may get codes, in E.164 form; raises CodeRefused."""
    operator = settings.HOSPES_SMS_RULES
    try:
        return rules.texted_number(text, countries=operator.countries, barred=operator.barred)
    except rules.NumberRefused as refused:
        raise CodeRefused(_BARRED[refused.objection]) from None


def ask(
    *, person_id: int, number: str, use: PhoneCode.Use, session: Session, ip: str | None, now: datetime
) -> PhoneCode:
    """
    Send a code to a number; the one that this session had before works no longer. Raises CodeRefused.

    What the operator bars is asked each time: a number that was confirmed may be barred since.
    """
    number = number_for(number)
    _within_limits(person_id, number, session, ip, now)
    nonce, code = secrets.token_urlsafe(24), rules.new_code()
    withdraw(session, now=now)
    asked: PhoneCode = PhoneCode.objects.create(
        person_id=person_id, number=number, use=use, binding=_binding(nonce), asked_at=now, expires_at=now + LASTS,
        digest=blind_index(f"{nonce}:{code}", context=_DIGEST), sealed=seal(code, context=_sealing(person_id, now)),
    )  # fmt: skip
    session[_KEPT] = {"id": asked.pk, "nonce": nonce, "at": now.timestamp()}
    texting.enqueue(
        "account.sms_code", key=f"code:{asked.pk}", person_id=person_id, about_id=asked.pk, now=now
    )
    journal.record(
        "account.code_sent", at=now, table="accounts_phonecode", object_id=asked.pk, person_id=person_id
    )
    return asked


def under_way(*, person_id: int, use: PhoneCode.Use, session: Session, now: datetime) -> PhoneCode | None:
    """The code that this session asked for, while it works."""
    held = session.get(_KEPT)
    if not isinstance(held, dict):
        return None
    return PhoneCode.objects.filter(
        pk=held["id"],
        person_id=person_id,
        use=use,
        binding=_binding(held["nonce"]),
        closed_at=None,
        expires_at__gt=now,
    ).first()


def check(
    code: str, *, person_id: int, use: PhoneCode.Use, session: Session, now: datetime
) -> PhoneCode | None:
    """
    The row of the code that was sent, when this is it: then it is used up. Of two who give it at once, one wins.

    After five wrong ones the code works no longer.
    """
    asked = under_way(person_id=person_id, use=use, session=session, now=now)
    if asked is None:
        return None
    if not limits.spend(limits.TRIES_OF_A_CODE, asked.pk, now=now):
        _close(asked.pk, now=now)
        return None
    given = blind_indexes(f"{session[_KEPT]['nonce']}:{code}", context=_DIGEST)
    if not _close(asked.pk, now=now, digest__in=given):
        return None
    session.pop(_KEPT, None)
    return asked


def withdraw(session: Session, *, now: datetime) -> None:
    """Let the code that this session asked for work no longer."""
    held = session.pop(_KEPT, None)
    if isinstance(held, dict):
        _close(held["id"], now=now, binding=_binding(held["nonce"]))


def opened(asked: PhoneCode) -> str:
    """The code itself, for the text that takes it to the phone. Acts for the purpose of messages."""
    return unseal_text(asked.sealed or b"", context=_sealing(asked.person_id, asked.asked_at))


def forget_sealed(code_id: int) -> None:
    """Let go of the sealed code, once its text has left. Acts for the purpose of messages."""
    PhoneCode.objects.filter(pk=code_id).update(sealed=None)


def _close(code_id: int, *, now: datetime, **more: Any) -> bool:
    still_open = PhoneCode.objects.filter(pk=code_id, closed_at=None, **more)
    return bool(still_open.update(closed_at=now, digest=None, sealed=None))


def _within_limits(person_id: int, number: str, session: Session, ip: str | None, now: datetime) -> None:
    held = session.get(_KEPT)
    if isinstance(held, dict) and now.timestamp() - held["at"] < PAUSE.total_seconds():
        raise CodeRefused(_WAIT)
    asked: list[tuple[Limit, object]] = [
        *((limit, number) for limit in limits.SENT_TO_NUMBER), *((limit, person_id) for limit in limits.SENT_FOR_PERSON),
        *((limit, network_of(ip)) for limit in limits.SENT_FROM_NETWORK),
    ]  # fmt: skip
    if not all(limits.spend(limit, key, now=now) for limit, key in asked):
        raise CodeRefused(_TOO_MANY)
    operator = settings.HOSPES_SMS_RULES
    if not limits.spend(
        Limit("cents", operator.day_cents, limits.DAY), "all", now=now, by=operator.part_cents
    ):
        if limits.spend(Limit("capped", 1, limits.DAY), "all", now=now):
            journal.record("account.codes_capped", at=now)
        raise CodeRefused(_CAPPED)


_DIGEST: Final = "accounts_phonecode:digest"


def _binding(nonce: str) -> str:
    return hashlib.sha256(nonce.encode()).hexdigest()


def _sealing(person_id: int, asked_at: datetime) -> str:
    return f"accounts_phonecode:sealed:{person_id}:{asked_at.astimezone(UTC).isoformat()}"
