"""Whether a code that was given is right, whichever way it came, and how often one may be wrong."""

import hashlib
from collections.abc import MutableMapping
from datetime import datetime
from typing import Any, Final, Literal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from hospes.accounts import services
from hospes.accounts.models import Phone, PhoneCode
from hospes.accounts.network import network_of
from hospes.accounts.second import codes, limits, recovery, rules, totp
from hospes.customers.models import Person

Way = Literal["app", "text", "recovery"]


class WrongCode(Exception):
    """The code is not right, or is not looked at; the message is fit to show to the person."""

    def __init__(self, why: Promise) -> None:
        super().__init__(str(why))
        self.why = why


WRONG: Final = _(
    "This code is not right, or it was used already. Look whether it is the newest one, and try again."
)
_FOR_NOW: Final = _("Too many wrong codes. Wait five minutes and try again, or use a passkey.")
_TODAY: Final = _(
    "Too many wrong codes today. Use a passkey, or choose a new password: then you can try again at once. "
    "Or try again tomorrow."
)


def check(
    typed: str,
    *,
    person: Person,
    session: MutableMapping[str, Any],
    ip: str | None,
    now: datetime,
    phone: datetime,
) -> Way:
    """
    Which way a code came that is right: from an app, by text, or as a recovery code; raises WrongCode.

    `phone`: the moment as a phone has it. Only somebody who gave the password comes here, so wrong ones count against the
    person *and* that password: nobody can shut another out with them, and with a new password the count begins anew.
    """
    code, by = rules.plain_code(typed), _password_mark(person)
    _may_try(by, ip, now)
    way = _way(code, person.pk, session, now, phone)
    if way is None:
        _wrong(person, by, now)
        raise WrongCode(WRONG)
    for limit, key in ((limits.WRONG_FOR_PERSON, by), (limits.WRONG_FOR_PERSON_DAY, by),
                       (limits.WRONG_FROM_NETWORK, network_of(ip))):  # fmt: skip
        limits.give_back(limit, key, now=now)
    codes.withdraw(session, now=now)
    return way


def _may_try(by: str, ip: str | None, now: datetime) -> None:
    """Count the try before it is made, so that many at once count too; one that turns out right is given back."""
    if not limits.spend(limits.WRONG_FOR_PERSON_DAY, by, now=now):
        raise WrongCode(_TODAY)
    if not (
        limits.spend(limits.WRONG_FOR_PERSON, by, now=now)
        and limits.spend(limits.WRONG_FROM_NETWORK, network_of(ip), now=now)
    ):
        limits.give_back(limits.WRONG_FOR_PERSON_DAY, by, now=now)  # it is not looked at
        raise WrongCode(_FOR_NOW)


def _way(
    code: str, person_id: int, session: MutableMapping[str, Any], now: datetime, phone: datetime
) -> Way | None:
    if len(code) == rules.DIGITS and code.isascii() and code.isdigit():
        asked = codes.check(code, person_id=person_id, use=PhoneCode.Use.STEP, session=session, now=now)
        if asked is not None and _used(asked, now):
            return "text"
        return "app" if totp.check(person_id, code, now=now, phone=phone) else None
    return "recovery" if recovery.use(person_id, code, now=now) else None


def _used(asked: PhoneCode, now: datetime) -> bool:
    """Whether the number that the code went to still counts; it may have been taken away meanwhile."""
    phone = Phone.objects.filter(
        person_id=asked.person_id, number=asked.number, ended_at=None, step_since__isnull=False
    )
    return bool(phone.update(last_used_at=now))


def _wrong(person: Person, by: str, now: datetime) -> None:
    services.note("account.second_step_failed", person_id=person.pk, now=now)
    if any(
        limits.is_spent(limit, by, now=now)
        for limit in (limits.WRONG_FOR_PERSON, limits.WRONG_FOR_PERSON_DAY)
    ):
        services.tell("account.codes_guessed", person_id=person.pk, within="%Y%m%d", now=now)


def _password_mark(person: Person) -> str:
    return f"{person.pk}:{hashlib.sha256(person.password.encode()).hexdigest()[:16]}"
