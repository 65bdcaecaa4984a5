"""
How many passwords are hashed at once in this process.

Each hash takes memory and a core. People whom we do not know yet share a few places, with a short row of who waits; others
(who is logged in, or comes with a device that is known) have one more. So whoever sends many tries fills neither the memory
nor all threads, and cannot keep those out. Who goes first at the login page, and that a throng costs no pages, is for `lanes`.
"""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from enum import Enum, auto

from django.conf import settings

#: Seconds that somebody waits for a place, and the seconds after which to try again where there was none.
PATIENCE = 3.0
TRY_AGAIN = 3


class Busy(Exception):
    """All places are taken, and others wait already: try again in `TRY_AGAIN` seconds."""


class Who(Enum):
    """For whom something is hashed."""

    KNOWN = auto()
    STRANGER = auto()


class Places:
    """A bounded number of places, one of them for whom we know only."""

    def __init__(self, for_strangers: int) -> None:
        self._all = threading.BoundedSemaphore(for_strangers + 1)
        self._strangers = threading.BoundedSemaphore(for_strangers)
        self._row = threading.BoundedSemaphore(2 * for_strangers)

    @contextmanager
    def taken(self, by: Who) -> Iterator[None]:
        """Take a place for one hash: who is known waits as long as it takes, others raise Busy."""
        with ExitStack() as held:
            if by is not Who.KNOWN:
                self._join(self._strangers, self._row)
                held.callback(self._strangers.release)
            held.enter_context(self._all)
            yield

    @staticmethod
    def _join(places: threading.BoundedSemaphore, row: threading.BoundedSemaphore) -> None:
        if places.acquire(blocking=False):
            return
        if not row.acquire(blocking=False):
            raise Busy
        try:
            if not places.acquire(timeout=PATIENCE):
                raise Busy
        finally:
            row.release()


_places: dict[int, Places] = {}
_making = threading.Lock()
_who: ContextVar[Who] = ContextVar("hospes_hashes_for", default=Who.KNOWN)


def places() -> Places:
    """The places of this process."""
    number = max(1, int(settings.HOSPES_HASHES_AT_ONCE))
    if number not in _places:
        with _making:
            _places.setdefault(number, Places(number))
    return _places[number]


@contextmanager
def hashing_for(who: Who) -> Iterator[None]:
    """For whom it is that something is hashed within; raises Busy where too many are."""
    token = _who.set(who)
    try:
        yield
    finally:
        _who.reset(token)


@contextmanager
def hashing() -> Iterator[None]:
    """Around one hash; raises Busy for strangers only."""
    with places().taken(_who.get()):
        yield
