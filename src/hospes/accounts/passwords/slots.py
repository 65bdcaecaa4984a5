"""
How many passwords are hashed at once in this process.

Each hash takes memory and a core. People whom we do not know yet share a few places, with a short row of who waits; others
(who is logged in, or comes with a device that is known) have one more. So whoever sends many tries fills neither the memory
nor all threads, and cannot keep those out.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.conf import settings

#: Seconds that somebody waits for a place, and the seconds after which to try again where there was none.
PATIENCE = 3.0
TRY_AGAIN = 3


class Busy(Exception):
    """All places are taken, and others wait already: try again in `TRY_AGAIN` seconds."""


class Places:
    """A bounded number of places; one for whom we know on top of those for everybody."""

    def __init__(self, for_strangers: int) -> None:
        self._all = threading.BoundedSemaphore(for_strangers + 1)
        self._strangers = threading.BoundedSemaphore(for_strangers)
        self._row = threading.BoundedSemaphore(2 * for_strangers)

    @contextmanager
    def taken(self, *, by_stranger: bool) -> Iterator[None]:
        """Take a place for one hash: who is known waits as long as it takes, a stranger raises Busy."""
        if by_stranger:
            self._join()
        try:
            with self._all:
                yield
        finally:
            if by_stranger:
                self._strangers.release()

    def _join(self) -> None:
        if self._strangers.acquire(blocking=False):
            return
        if not self._row.acquire(blocking=False):
            raise Busy
        try:
            if not self._strangers.acquire(timeout=PATIENCE):
                raise Busy
        finally:
            self._row.release()


_places: dict[int, Places] = {}
_making = threading.Lock()
_is_stranger: ContextVar[bool] = ContextVar("hospes_hashes_for_stranger", default=False)


def places() -> Places:
    """The places of this process."""
    number = max(1, int(settings.HOSPES_HASHES_AT_ONCE))
    if number not in _places:
        with _making:
            _places.setdefault(number, Places(number))
    return _places[number]


@contextmanager
def as_stranger() -> Iterator[None]:
    """Whatever is hashed within is for somebody whom we do not know yet: raises Busy where too many are."""
    token = _is_stranger.set(True)
    try:
        yield
    finally:
        _is_stranger.reset(token)


@contextmanager
def hashing() -> Iterator[None]:
    """Around one hash; raises Busy for strangers only."""
    with places().taken(by_stranger=_is_stranger.get()):
        yield
