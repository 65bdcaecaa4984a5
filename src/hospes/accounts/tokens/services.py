"""Making, using and ending tokens: at the door, for access."""

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from django.core.cache import cache
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from hospes.accounts import services
from hospes.accounts.models import ApiToken
from hospes.accounts.models.tokens import Scope
from hospes.accounts.tokens import rules
from hospes.customers.models import Person
from hospes.kernel import journal
from hospes.kernel.acting import Actor, acting
from hospes.kernel.purposes import Purpose
from hospes.messaging import services as messaging

journal.register({
    "account.token_made": _("Token for a program made"),
    "account.token_ended": _("Token for a program ended"),
    "account.token_used": _("A program used the account with a token"),
    "account.token_refused": _("Token for a program refused: used from another network"),
})  # fmt: skip

#: So many tokens somebody can have that work.
MOST: Final = 20
#: For so many days a token can be made.
LASTS: Final = (30, 90, 365)
#: When it was last used is written once a minute at most, a refusal once an hour, and a use once a day from each address.
_NOTED_EVERY: Final = timedelta(minutes=1)
_DAY: Final = 86_400


class Refusal(StrEnum):
    """Why a token is refused: for logs and tests. Whoever shows it is told the same in every case."""

    UNKNOWN = "unknown"
    ENDED = "ended"
    EXPIRED = "expired"
    NETWORK = "network"
    PERSON = "person"


class TooMany(Exception):
    """Somebody has as many tokens as one can have."""


@dataclass(frozen=True)
class Bearer:
    """For whom a program acts, by which token, and what it may do of what that person may."""

    person_id: int
    token_id: int
    scopes: frozenset[Scope]


def make(
    *, person_id: int, name: str, scopes: Collection[Scope], networks: Sequence[str], days: int, now: datetime
) -> str:
    """Make a token for a person and tell them by mail. It is returned this once; what is held is a hash. Raises TooMany."""
    Person.objects.select_for_update(no_key=True).get(pk=person_id)  # of two at once, both count
    if working(person_id, now=now).count() >= MOST:
        raise TooMany
    token = rules.BEGINS + secrets.token_urlsafe(rules.CHANCE)
    made = ApiToken.objects.create(
        person_id=person_id, name=name, hint=rules.hint(token), digest=rules.digest(token), made_at=now,
        scopes=[scope.value for scope in Scope if scope in scopes], networks=list(networks),
        expires_at=now + timedelta(days=days), over_at=now + timedelta(days=days),
    )  # fmt: skip
    _note("account.token_made", made, now)
    services.tell("account.token_made", person_id=person_id, about_id=made.pk, now=now)
    return token


def authenticate(token: str, ip: str | None, now: datetime) -> Bearer | Refusal:
    """
    Who acts by a token that was shown from an address, and what it lets them do; or why nobody does.

    Acts by itself, as a visitor at the door. Answer every refusal alike. What the person may do for which customer is asked with
    each request, as for a session: somebody who lost their access takes none with a token.
    """
    if not rules.is_token(token):
        return Refusal.UNKNOWN
    with acting(Purpose.ACCESS, actor=Actor.visitor(ip=ip)):
        held = ApiToken.objects.filter(digest=rules.digest(token)).first()
        if held is None:
            return Refusal.UNKNOWN
        if (why := _objection(held, ip, now)) is not None:
            return why
        if held.last_used_at is None or held.last_used_at <= now - _NOTED_EVERY or held.last_used_ip != ip:
            ApiToken.objects.filter(pk=held.pk).update(last_used_at=now, last_used_ip=ip)
            if cache.add(f"tokens:used:{held.pk}:{ip}:{now:%Y%m%d}", 1, _DAY):
                _note("account.token_used", held, now)
    return Bearer(held.person_id, held.pk, frozenset(Scope(scope) for scope in held.scopes))


def _objection(held: ApiToken, ip: str | None, now: datetime) -> Refusal | None:
    """Why a token that was made here lets nobody in at this moment; its person is told when it may be in other hands."""
    if held.ended_at is not None:
        return Refusal.ENDED
    if held.expires_at <= now:
        return Refusal.EXPIRED
    if not Person.objects.filter(pk=held.person_id, is_active=True).exists():
        return Refusal.PERSON
    if rules.is_within(ip, held.networks):
        return None
    told = f"account.token_refused:{held.person_id}:{held.pk}:{now:%Y%m%d%H}"
    if not messaging.is_enqueued(told):
        _note("account.token_refused", held, now)
        messaging.enqueue(
            "account.token_refused", key=told, person_id=held.person_id, about_id=held.pk, now=now
        )
    return Refusal.NETWORK


def end(*, person_id: int, token_id: int, now: datetime) -> bool:
    """End a token of that person's, from the next request on; False when there is none that works."""
    held = working(person_id, now=now).filter(pk=token_id).first()
    if held is None or not ApiToken.objects.filter(pk=token_id, ended_at=None).update(
        ended_at=now, over_at=now
    ):
        return False
    _note("account.token_ended", held, now)
    services.tell("account.token_ended", person_id=person_id, about_id=token_id, now=now)
    return True


def end_made_since(person_id: int, since: datetime, *, now: datetime) -> int:
    """End the tokens that were made since a moment, without a mail for each; whoever does that tells the person."""
    made = list(working(person_id, now=now).filter(made_at__gte=since))
    ApiToken.objects.filter(pk__in=[token.pk for token in made]).update(ended_at=now, over_at=now)
    for token in made:
        _note("account.token_ended", token, now)
    return len(made)


def working(person_id: int, *, now: datetime) -> "QuerySet[ApiToken, ApiToken]":
    """The tokens of a person that work, the newest first."""
    return ApiToken.objects.filter(person_id=person_id, ended_at=None, expires_at__gt=now).order_by(
        "-made_at", "-pk"
    )


def _note(action: str, token: ApiToken, now: datetime) -> None:
    journal.record(action, at=now, table="accounts_apitoken", object_id=token.pk, person_id=token.person_id)
