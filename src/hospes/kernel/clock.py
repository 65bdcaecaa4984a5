"""
The one place that reads the clock.

Only faces, jobs and commands ask it; rules and services get `now` or `today` as an argument. Tests and the
demo's story move it, so that months can be played in seconds.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

OFFSET_VARIABLE: Final = "HOSPES_CLOCK_OFFSET"
"""Environment variable: seconds that the clock of a whole process runs ahead; may be negative."""

_HOME: Final = ZoneInfo("Europe/Amsterdam")


def _system_clock() -> datetime:
    real = datetime.now(UTC)
    raw = os.environ.get(OFFSET_VARIABLE, "").strip()
    if not raw:
        return real
    try:
        return real + timedelta(seconds=float(raw))
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{OFFSET_VARIABLE}={raw!r}: give a number of seconds, such as 86400") from error


def phone_time() -> datetime:
    """
    Return this moment as devices outside have it, also while the clock here is moved.

    For codes that an authenticator app makes of the time; for nothing else.
    """
    return datetime.now(UTC)


# A thread starts with the system clock: it gets no context variables unless its context is copied.
_clock: ContextVar[Callable[[], datetime]] = ContextVar("hospes_clock", default=_system_clock)


def now() -> datetime:
    """Return this moment, aware, in UTC."""
    return _clock.get()()


def today() -> date:
    """Return the day that it is in Europe/Amsterdam, where invoices are dated and terms end."""
    return day_of(now())


def day_of(moment: datetime) -> date:
    """Return the day that an aware moment falls on in Europe/Amsterdam."""
    return moment.astimezone(_HOME).date()


@contextmanager
def moved_to(moment: datetime) -> Iterator[None]:
    """Let the clock stand still at an aware moment within the block; ValueError when it has no time zone."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment!r} has no time zone: say which moment is meant")
    still = moment.astimezone(UTC)
    with _running(lambda: still):
        yield


@contextmanager
def shifted(by: timedelta) -> Iterator[None]:
    """Let the clock run ahead (or behind, when negative) of what it says outside the block."""
    outside = _clock.get()
    with _running(lambda: outside() + by):
        yield


@contextmanager
def _running(clock: Callable[[], datetime]) -> Iterator[None]:
    token = _clock.set(clock)
    try:
        yield
    finally:
        _clock.reset(token)
