"""
Trying a password: first counted, then looked at, in the same way whether somebody has the address or not.

Everything that is asked of the database is asked for an address that nobody has as well, and for each try one password is hashed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from itertools import compress

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import check_password
from django.db.models import F
from django.http import HttpRequest

from hospes.accounts.network import client_ip, network_of
from hospes.accounts.passwords import familiar, limits, slots, tries
from hospes.accounts.passwords.hashing import hash_of_nobody
from hospes.accounts.passwords.limits import network_around
from hospes.accounts.passwords.slots import Who
from hospes.accounts.passwords.tries import OF_EVERYONE, Taken, Turn, Wait
from hospes.customers.models import Person


@dataclass(frozen=True)
class Tried:
    """Who has the address that was tried, if anybody, and whether the password was theirs."""

    person: Person | None
    is_right: bool


def find(address: str) -> Person | None:
    """Who logs in with an address; of several who say that it is theirs, the one who showed it. One query, at the door."""
    named = EmailAddress.objects.filter(email=address.strip().lower()).select_related("user")
    found = named.order_by(F("verified").desc(), "pk").first()
    return None if found is None else found.user


def strangers_turns(request: HttpRequest, address: str) -> list[Turn]:
    """What a try to log in counts for, from a device that we do not know."""
    ip = client_ip(request)
    return [
        OF_EVERYONE,
        Turn(limits.NETWORK, network_of(ip)),
        Turn(limits.CROWD, network_around(ip)),
        Turn(limits.ACCOUNT, address.strip().lower()),
    ]


def networks_turns(request: HttpRequest, *of: limits.Limit) -> list[Turn]:
    """What something counts for that anybody may do, if not too often: the network, and what is around it."""
    ip = client_ip(request)
    return [
        Turn(limit, network_around(ip) if limit.name.endswith("crowd") else network_of(ip)) for limit in of
    ]


def try_password(
    request: HttpRequest,
    *,
    address: str,
    password: str,
    admits: Callable[[int], bool] = lambda _: True,
    now: datetime,
) -> Tried:
    """
    Look whether this is the password of who has this address, and is admitted here. Raises Wait.

    A try that was right does not count. `admits` is asked about 0 where nobody has the address; whose password is looked at
    is admitted, so that nobody can try passwords where they would not be let in.
    """
    person = find(address)
    number = person.pk if person else 0
    looked_at = person if admits(number) else None
    known = familiar.of(request, number) if familiar.perhaps(request) else None
    turns = [Turn(limits.DEVICE, known)] if known else strangers_turns(request, address)
    is_right = _counted(turns, looked_at, password, is_stranger=known is None, now=now)
    return Tried(person, is_right)


def confirm_password(request: HttpRequest, person: Person, password: str, *, now: datetime) -> bool:
    """Whether somebody who is logged in knows their password. Counted for this session only. Raises Wait."""
    turns = [Turn(limits.SESSION, f"{person.pk}:{request.session.session_key}")]
    return _counted(turns, person, password, is_stranger=False, now=now)


def _counted(
    turns: list[Turn], person: Person | None, password: str, *, is_stranger: bool, now: datetime
) -> bool:
    taken = tries.take(turns, now=now)
    who = Who.KNOWN if not is_stranger else Who.BESIEGER if taken.besieged else Who.STRANGER
    try:
        with slots.hashing_for(who):
            is_right = _is_right(person, password)
    except slots.Busy:
        raise _sent_away(taken, now=now) from None
    if is_right:
        tries.give_back(taken, now=now)
    return is_right


def _sent_away(taken: Taken, *, now: datetime) -> Wait:
    """
    Nobody looked at the password, so the try counts for nothing; but in a siege its network has had its turn.

    Else who comes from many networks at once finds all places taken, has cost the whole page, and is back in three seconds.
    """
    had_its_turn = [turn.limit is limits.NETWORK and taken.besieged for turn in taken.turns]
    tries.give_back(taken.only([not had for had in had_its_turn]), now=now)
    for turn, until in compress(zip(taken.turns, taken.untils, strict=True), had_its_turn):
        return Wait(max((until - now).total_seconds(), slots.TRY_AGAIN), turn.key)
    return Wait(slots.TRY_AGAIN)


def _is_right(person: Person | None, password: str) -> bool:
    if person is None or not person.has_usable_password():
        check_password(password, hash_of_nobody())
        return False
    return person.check_password(password)
