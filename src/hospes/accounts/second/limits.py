"""
How often something may be tried. Counted in the shared cache, outside of the door's transaction: what was used up stays so
when a page breaks. Windows of fixed length; of many at once each counts.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.core.cache import cache

MINUTE, HOUR, DAY = 60, 3600, 86_400


@dataclass(frozen=True)
class Limit:
    """So many in so many seconds, for each key."""

    name: str
    most: int
    seconds: int


#: Codes that are sent: to one number, for one person, from one network.
SENT_TO_NUMBER: Final = (Limit("to_number", 4, 10 * MINUTE), Limit("to_number_day", 10, DAY))
SENT_FOR_PERSON: Final = (Limit("for_person", 6, HOUR), Limit("for_person_day", 12, DAY))
SENT_FROM_NETWORK: Final = (Limit("from_network", 12, HOUR), Limit("from_network_day", 40, DAY))

#: Codes that are given and wrong: for one person and password, from one network, and of one code that was sent.
WRONG_FOR_PERSON: Final = Limit("wrong", 5, 5 * MINUTE)
WRONG_FOR_PERSON_DAY: Final = Limit("wrong_day", 20, DAY)
WRONG_FROM_NETWORK: Final = Limit("wrong_network", 60, HOUR)
TRIES_OF_A_CODE: Final = Limit("of_code", 5, DAY)

#: Logins by passkey from one network: there is nothing to guess, but each costs a check.
PASSKEY_FROM_NETWORK: Final = Limit("passkey_network", 60, 10 * MINUTE)


def spend(limit: Limit, key: object, *, now: datetime, by: int = 1) -> bool:
    """Count one more (or `by`), and say whether that is still within the limit."""
    name = _name(limit, key, now)
    cache.add(name, 0, 2 * limit.seconds)
    return cache.incr(name, by) <= limit.most


def give_back(limit: Limit, key: object, *, now: datetime) -> None:
    """Count one less: it turned out not to be what is limited."""
    name = _name(limit, key, now)
    cache.add(name, 0, 2 * limit.seconds)
    cache.incr(name, -1)


def is_spent(limit: Limit, key: object, *, now: datetime) -> bool:
    """Whether one more would be too many; counts nothing."""
    return int(cache.get(_name(limit, key, now), 0)) >= limit.most


def _name(limit: Limit, key: object, now: datetime) -> str:
    return f"second:{limit.name}:{key}:{int(now.timestamp()) // limit.seconds}"
