"""
Counting tries: before what is tried, for all that count, in one statement that survives parallel requests.

    taken = tries.take([Turn(limits.NETWORK, "192.0.2.1"), Turn(limits.ACCOUNT, "person:7")], now=now)   # or Wait
    ...
    tries.give_back(taken, now=now)     # it was right

Counted through the face's own login, outside of the door's transaction: what was tried stays so when the page breaks.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import connections

from hospes.accounts.passwords.limits import EVERYONE, USUAL, Limit
from hospes.kernel.secrets import blind_index


@dataclass(frozen=True)
class Turn:
    """One try that counts for a limit; `whose`: of which network, account, device."""

    limit: Limit
    whose: str

    @property
    def key(self) -> str:
        """What the table holds: it says nothing about whose it is."""
        return blind_index(f"{self.limit.name}:{self.whose}", context="accounts_tries:key").hex()


@dataclass(frozen=True)
class Taken:
    """Tries that were counted, and what each did; `besieged`: more tries than usual fail everywhere."""

    turns: tuple[Turn, ...]
    untils: tuple[datetime, ...]
    besieged: bool


class Wait(Exception):
    """Not yet: try again in so many seconds. `key` is the one that says so ("" where it is the machine)."""

    def __init__(self, seconds: float, key: str = "") -> None:
        self.seconds, self.key = seconds, key
        super().__init__(f"wait {seconds:.0f} seconds")


_TAKE = """
SELECT wait, stopped_by, untils, besieged FROM accounts_take_turn(%s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
_NUMBERS = ("drain", "free", "first", "most", "siege_free", "siege_first")
_GIVE_BACK = "SELECT accounts_give_back(%s, %s, %s, %s::timestamptz[], %s, %s)"
_IS_GOOD = "SELECT accounts_is_good(%s, %s)"

#: How long a network is good from which somebody logged in.
GOOD_FOR: Final = timedelta(days=30)

#: Counted with every try to get in of somebody whom we do not know.
OF_EVERYONE = Turn(EVERYONE, "")


def take(turns: Sequence[Turn], *, now: datetime) -> Taken:
    """
    Count one try for all of these, or raise Wait and count it for none.

    Where `OF_EVERYONE` is the first of them, and has more than usual, fewer tries are free for the others.
    """
    counted = tuple(turns)
    each = [turn.limit for turn in counted]
    numbers = [[float(getattr(limit, name)) for limit in each] for name in _NUMBERS]
    with connections["default"].cursor() as cursor:
        cursor.execute(_TAKE, [now, [turn.key for turn in counted], *numbers, USUAL])
        wait, stopped_by, untils, besieged = cursor.fetchone()
    if wait > 0:
        raise Wait(wait, stopped_by)
    return Taken(counted, tuple(untils), besieged)


def give_back(taken: Taken, *, good: str | None = None, now: datetime) -> None:
    """A try was right: it counts no more, and makes nobody wait. `good`: the key of a network that is a good one from now on."""
    with connections["default"].cursor() as cursor:
        cursor.execute(_GIVE_BACK, [
            now, [turn.key for turn in taken.turns], [float(turn.limit.drain) for turn in taken.turns], list(taken.untils),
            good, now + GOOD_FOR,
        ])  # fmt: skip


def is_good(key: str, *, now: datetime) -> bool:
    """Whether somebody logged in lately from the network with this key."""
    with connections["default"].cursor() as cursor:
        cursor.execute(_IS_GOOD, [key, now])
        return bool(cursor.fetchone()[0])


def until(wait: Wait, *, now: datetime) -> datetime:
    """The moment until which one has to wait."""
    return now + timedelta(seconds=wait.seconds)
