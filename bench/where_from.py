"""`hospes bench where-from`: the page of logins and changes of somebody with 100,000 of them, and the look-up of networks."""

import sys
import time
from collections.abc import Callable
from datetime import timedelta
from random import Random

from django.db import connection
from django.test import Client

from bench.faces import get, logged_in, timed
from bench.report import Measure
from hospes.accounts import services as accounts  # noqa: F401  # makes the actions known to the journal
from hospes.accounts.origins import history
from hospes.accounts.origins.places import place_of
from hospes.kernel import clock, journal
from hospes.kernel.acting import Actor, acting
from hospes.kernel.purposes import Purpose

EVENTS, BATCH = 100_000, 500
#: One attempt in so many failed: who asks for those alone has the database pass by all others.
FAILED = 200
P95 = 100.0  # milliseconds
PERSON = 77_778
PAGE = f"/k/{10000 + PERSON}/toegang/geschiedenis/"


def run() -> list[Measure]:
    """Measure the newest page, one far back, one kind only, and one person only; and what each look-up costs."""
    _events()
    client = logged_in(PERSON)
    deep = f"?na={history.Mark(_moment_of(EVENTS * 9 // 10), 10**12)}"
    measures = [
        _page(client, "newest entries, p95", "", _floor()),
        _page(client, "after 90,000 entries, p95", deep, None),
        _page(client, "failed attempts only, p95", "?soort=failed", None),
        _page(client, "of one person only, p95", f"?wie={PERSON}", None),
    ]
    return [*measures, *_lookups()]


def _moment_of(entry: int) -> object:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT at FROM kernel_journalentry WHERE person_id = %s ORDER BY at DESC OFFSET %s LIMIT 1", [PERSON, entry]
        )  # fmt: skip
        return cursor.fetchone()[0]


def _events() -> None:
    """Write so many entries about the person, through the journal itself; they stay for the next time."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM kernel_journalentry WHERE person_id = %s", [PERSON])
        there = cursor.fetchone()[0]
    if there >= EVENTS:
        return
    began, random, now = time.monotonic(), Random(3), clock.now()
    print(f"writing {EVENTS - there:,} entries ...", file=sys.stderr)
    about = journal.About(PERSON, None, PERSON)
    for batch in range((EVENTS - there) // BATCH):
        actor = Actor.person(PERSON, ip=f"192.0.2.{random.randrange(256)}", browser="Firefox 144 on Windows")
        at = now - timedelta(minutes=EVENTS // BATCH - batch)
        with acting(Purpose.ACCESS, actor=actor):
            journal.record_each("account.login", [about] * (BATCH - BATCH // FAILED), at=at)
            journal.record_each("account.login_failed", [about] * max(1, BATCH // FAILED), at=at)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE kernel_journalentry")
    print(f"written in {time.monotonic() - began:.0f} s", file=sys.stderr)


def _page(client: Client, name: str, query: str, floor: float | None) -> Measure:
    value = _p95([lambda: get(client, PAGE + query) for _ in range(40)])
    ratio = None if floor is None else value / floor
    return Measure(name, value, "ms", floor, ratio, f"below {P95:.0f} ms", value < P95)


def _p95(asks: list[Callable[[], None]]) -> float:
    for ask in asks[:5]:
        ask()
    times = sorted(timed(ask) * 1000 for ask in asks)
    return times[int(len(times) * 0.95) - 1]


def _floor() -> float:
    """The same page of somebody about whom there are hardly any entries, in milliseconds: what does not depend on how many."""
    other = PERSON + 1
    client = logged_in(other)
    return _p95([lambda: get(client, f"/k/{10000 + other}/toegang/geschiedenis/") for _ in range(40)])


def _lookups() -> list[Measure]:
    random = Random(5)
    for version, ips in (
        (
            "IPv4",
            [
                f"{random.randrange(1, 224)}.{random.randrange(256)}.{random.randrange(256)}.1"
                for _ in range(5000)
            ],
        ),
        (
            "IPv6",
            [
                f"2{random.randrange(16):x}{random.randrange(256):02x}:{random.randrange(65536):x}::1"
                for _ in range(5000)
            ],
        ),
    ):
        place_of(ips[0])
        each = timed(lambda ips=ips: [place_of(ip) for ip in ips]) / len(ips) * 1e6  # type: ignore[misc]
        yield_ = Measure(
            f"country and network of an {version} address", each, "µs", None, None, "below 100 µs", each < 100
        )
        if version == "IPv4":
            first = yield_
    return [first, yield_]
