"""
Trying a password: first counted, then looked at, in the same way whether somebody has the address or not.

Everything that is asked of the database is asked for an address that nobody has as well, and for each try one password is hashed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import check_password
from django.db.models import F
from django.http import HttpRequest

from hospes.accounts.network import client_ip, network_of
from hospes.accounts.passwords import familiar, limits, slots, tries
from hospes.accounts.passwords.hashing import hash_of_nobody
from hospes.accounts.passwords.limits import network_around, party_of
from hospes.accounts.passwords.repute import repute
from hospes.accounts.passwords.tries import OF_EVERYONE, Turn, Wait
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


def party_key(request: HttpRequest) -> str:
    """By what a request's network is remembered as good or not."""
    return Turn(limits.GOOD, party_of(client_ip(request))).key


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
    if known is None and familiar.perhaps(request):
        repute.claimed_falsely(party_key(request), now=now)
    turns = [Turn(limits.DEVICE, known)] if known else strangers_turns(request, address)
    is_right = _counted(
        turns, looked_at, password, party=party_key(request), is_stranger=known is None, now=now
    )
    return Tried(person, is_right)


def is_known(request: HttpRequest, address: str) -> bool:
    """Whether a request is from a device that is known to be of who has the address. Acts for access; a few queries."""
    person = find(address)
    return familiar.of(request, person.pk if person else 0) is not None


def confirm_password(request: HttpRequest, person: Person, password: str, *, now: datetime) -> bool:
    """Whether somebody who is logged in knows their password. Counted for this session only. Raises Wait."""
    turns = [Turn(limits.SESSION, f"{person.pk}:{request.session.session_key}")]
    return _counted(turns, person, password, party=None, is_stranger=False, now=now)


def _counted(
    turns: list[Turn],
    person: Person | None,
    password: str,
    *,
    party: str | None,
    is_stranger: bool,
    now: datetime,
) -> bool:
    """Count, look, and remember of the network (`party`: its key) how it went."""
    taken = tries.take(turns, now=now)
    try:
        with slots.hashing_for(slots.Who.STRANGER if is_stranger else slots.Who.KNOWN):
            is_right = _is_right(person, password)
    except slots.Busy:  # nobody looked at the password, so the try counts for nothing
        tries.give_back(taken, now=now)
        raise Wait(slots.TRY_AGAIN) from None
    if is_right:
        is_news = party is not None and repute.succeeded(party, now=now)
        tries.give_back(taken, good=party if is_news else None, now=now)
    elif is_stranger and party is not None:
        repute.failed(party, now=now)
    return is_right


def _is_right(person: Person | None, password: str) -> bool:
    if person is None or not person.has_usable_password():
        check_password(password, hash_of_nobody())
        return False
    return person.check_password(password)
