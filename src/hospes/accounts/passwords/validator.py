"""Says in plain words why a password will not do."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from hospes.accounts.passwords import own
from hospes.accounts.passwords.most_used import most_used
from hospes.accounts.passwords.rules import (
    LONGEST,
    SHORTEST,
    Fault,
    Kind,
    Own,
    Weakness,
    normalised,
    weakness,
)
from hospes.kernel import clock

_WHAT: dict[Kind, Promise] = {
    Kind.NAME: gettext_lazy("your name"),
    Kind.EMAIL: gettext_lazy("your e-mail address"),
    Kind.PHONE: gettext_lazy("your phone number"),
    Kind.ADDRESS: gettext_lazy("your address"),
    Kind.COMPANY: gettext_lazy("the name of your company"),
    Kind.NUMBER: gettext_lazy("your customer number"),
    Kind.DOMAIN: gettext_lazy("your domain name"),
}


class HardToGuess:
    """The one validator of passwords (AUTH_PASSWORD_VALIDATORS)."""

    def validate(self, password: str, user: Any = None) -> None:
        """Raise ValidationError that says why this is no password for this person."""
        refuse_weak(password, own.of_person(user, now=clock.now()) if user is not None else [])

    def get_help_text(self) -> str:
        return _(
            "At least %(count)d characters. A few words that have nothing to do with each other work well; spaces are fine."
        ) % {"count": SHORTEST}


def refuse_weak(password: str, words: Iterable[Own]) -> None:
    """Raise ValidationError when a password is too easy to guess for somebody who is known by these words."""
    found = weakness(password, own=[*words, *own.of_operator()], most_used=most_used())
    if found is not None:
        raise ValidationError(_why(found, len(normalised(password))), code=found.fault.value)


def _why(found: Weakness, length: int) -> str:
    if found.fault == Fault.TOO_SHORT:
        said = ngettext(
            "This password has %(length)d character; it needs at least %(least)d. Take a few words, with spaces if you like.",
            "This password has %(length)d characters; it needs at least %(least)d. Take a few words, with spaces if you like.",
            length,
        )
        return said % {"length": length, "least": SHORTEST}
    if found.fault == Fault.TOO_LONG:
        return _("This password is too long: it can have %(most)d characters at most.") % {"most": LONGEST}
    if found.fault == Fault.OWN:
        return _whose(found.kind)
    return {
        Fault.REPEATED: _(
            "This password is the same thing over and over. That does not make it harder to guess. Take a few different words."
        ),
        Fault.ROW: _(
            "This password is a row of keys, letters or digits. Those are tried first. Take a few words that do not follow "
            "from each other."
        ),
        Fault.MOST_USED: _(
            "This is one of the passwords that are used the most, or one with little added. Those are tried first. Take a few "
            "words that have nothing to do with each other."
        ),
    }[found.fault]


def _whose(kind: Kind | None) -> str:
    if kind is None or kind == Kind.OPERATOR:
        return _(
            "This password is for the most part our own name, %(name)s. That is one of the first things that are tried here. "
            "Take a few other words."
        ) % {"name": settings.HOSPES_OPERATOR.name}
    return _(
        "This password is for the most part %(what)s. Who knows you tries that first. Take words that have nothing to do with "
        "you."
    ) % {"what": _WHAT[kind]}
