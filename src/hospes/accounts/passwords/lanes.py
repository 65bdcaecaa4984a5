"""
Who goes first where more strangers want to log in than the machine can look at.

As long as there is place, everybody has one, and a short row waits for the next. As soon as somebody had to be sent away, each
lane is by itself for some seconds, so that nobody can fill the places of others:

- KNOWN: on a device that is known, as far as that can be told. Always has place.
- GOOD: from a network from which somebody logged in before. Has a place beside all others.
- FRESH, from a network that we know nothing about, and BACK, who was sent away and comes back with the same address, as people
  do: these two have half of the places, in turns. Who tries addresses from a list does not come back, or has to try each of
  them several times (the idea is that of greylisting mail); and who came back more often goes first.
- REST: from a network that failed lately, or that was sent away and now tries another address. Goes when nobody else is there;
  who comes back several times all the same is with BACK.

Then no network has more than one place at a time. A place is held for the whole of the page, since that costs as much as the
hash; who finds none has cost next to nothing.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from threading import Condition
from typing import Final

#: How long lanes stay apart after somebody was sent away.
STRAINED: Final = timedelta(seconds=10)
#: Seconds that somebody waits for a place in the row.
PATIENCE: Final = 2.0


class Full(Exception):
    """No place, and others wait already."""


class Lane(Enum):
    """In which row somebody stands."""

    KNOWN = auto()
    GOOD = auto()
    FRESH = auto()
    BACK = auto()
    REST = auto()


_TURNS: Final = {Lane.FRESH: Lane.BACK, Lane.BACK: Lane.FRESH}


@dataclass(eq=False)
class _Waiter:
    """Somebody in a row; `is_out`: somebody else came who goes first."""

    merit: int
    is_out: bool = False


class Lanes:
    """The places for strangers at the login page of this process: `size` of them, and one more for GOOD in a throng."""

    def __init__(self, size: int) -> None:
        self._size, self._half = size, max(1, size // 2)
        self._inside: Counter[Lane] = Counter()
        self._networks: Counter[str] = Counter()
        self._rows: defaultdict[Lane, list[_Waiter]] = defaultdict(list)
        self._last = Lane.BACK
        self._changed = Condition()
        self._strained_until: datetime | None = None

    def is_strained(self, now: datetime) -> bool:
        """Whether somebody had to be sent away lately."""
        return self._strained_until is not None and now < self._strained_until

    @contextmanager
    def entered(self, lane: Lane, network: str, *, merit: int = 0, now: datetime) -> Iterator[None]:
        """Have a place in a lane for somebody from a network (its key), or raise Full; with more merit one goes first."""
        with self._changed:
            if self._rows[lane] or not self._has_place(lane, network, now):
                self._wait(lane, network, _Waiter(merit), now)
            self._inside[lane] += 1
            self._networks[network] += 1
            self._last = lane if lane in _TURNS else self._last
        try:
            yield
        finally:
            with self._changed:
                self._inside[lane] -= 1
                self._networks[network] -= 1
                self._networks += Counter()  # drops those of which nobody is inside
                self._changed.notify_all()

    def _wait(self, lane: Lane, network: str, me: _Waiter, now: datetime) -> None:
        row = self._rows[lane]
        if self._is_long(lane, now):
            self._strained_until = now + STRAINED
            self._changed.notify_all()
            if not (row and row[-1].merit < me.merit):
                raise Full
            row.pop().is_out = True
        row.append(me)
        row.sort(key=lambda waiter: -waiter.merit)
        try:
            found = self._changed.wait_for(
                lambda: me.is_out or (row[0] is me and self._has_place(lane, network, now)), PATIENCE
            )
            if not found:  # pages take so long that a short row is too much: also then each lane is by itself
                self._strained_until = now + STRAINED
            if me.is_out or not found:
                raise Full
        finally:
            if me in row:
                row.remove(me)
            self._changed.notify_all()

    def _has_place(self, lane: Lane, network: str, now: datetime) -> bool:
        strangers = self._inside.total() - self._inside[Lane.KNOWN]
        if lane is Lane.KNOWN:
            return True
        if not self.is_strained(now):
            return strangers < self._size
        if self._networks[network]:
            return False
        if lane is Lane.GOOD:
            return self._inside[lane] < 1
        if lane is Lane.REST:
            return self._inside[lane] < self._half and not self._others()
        is_turn = not self._rows[_TURNS[lane]] or self._last is not lane
        return is_turn and self._inside[Lane.FRESH] + self._inside[Lane.BACK] < self._half

    def _others(self) -> bool:
        """Whether anybody is inside or waits who is not the rest."""
        return any(self._inside[lane] or self._rows[lane] for lane in Lane if lane is not Lane.REST)

    def _is_long(self, lane: Lane, now: datetime) -> bool:
        """Whether enough wait: few, since each holds one of the threads that answer pages."""
        if not self.is_strained(now):
            return sum(map(len, self._rows.values())) >= 2 * self._size
        return len(self._rows[lane]) >= (0 if lane is Lane.REST else 1)
