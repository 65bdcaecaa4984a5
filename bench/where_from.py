"""`hospes bench where-from`: the page of logins and changes of somebody with 100,000 of them, and the look-up of networks."""

import os
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from random import Random
from statistics import median

from django.db import connection

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
#: A p95 is measured so often, of so many requests each, in turns with its floor; what is told is the median.
RUNS, REQUESTS = 5, 20
PERSON = 77_778
PAGE = f"/k/{10000 + PERSON}/toegang/geschiedenis/"
ENTRIES = 26  # a page, and the one by which it is known that there are more


def run() -> list[Measure]:
    """Measure the newest page, one far back, one kind only, and one person only; the queries alone; and the look-ups."""
    _events()
    return [*_pages(), *_queries(), *_lookups()]


def _pages() -> list[Measure]:
    """Pages as a browser gets them; the floor is the same page of somebody about whom there are hardly any entries."""
    client, other = logged_in(PERSON), logged_in(PERSON + 1)
    few = f"/k/{10000 + PERSON + 1}/toegang/geschiedenis/"
    deep = history.Mark(_moment_of(EVENTS * 9 // 10), 10**12)
    asked = {
        "newest entries": "",
        "after 90,000 entries": f"?na={deep}",
        "logins only": "?soort=login",
        "failed attempts only": "?soort=failed",
        "other changes only, of which there are none": "?soort=change",
        "of one person only": f"?wie={PERSON}",
    }
    pages = [
        _measure(
            f"page: {name}, p95", lambda q=query: get(client, PAGE + q), lambda q=query: get(other, few + q)
        )  # type: ignore[misc]
        for name, query in asked.items()
    ]
    cost = [(_processor(lambda: get(client, PAGE)), _processor(lambda: get(other, few))) for _ in range(RUNS)]
    value, floor = (median(column) for column in zip(*cost, strict=True))
    name = "page: newest entries, processor time of page and database"
    return [*pages, Measure(name, value, "ms", floor, value / floor, f"below {P95:.0f} ms", value < P95)]


def _processor(ask: Callable[[], None]) -> float:
    """Milliseconds of processor time of one request, here and in the database, which do not depend on what else runs."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        backend = Path(f"/proc/{cursor.fetchone()[0]}/stat")
    began = time.process_time(), _ticks(backend)
    for _ in range(REQUESTS):
        ask()
    here, there = time.process_time() - began[0], _ticks(backend) - began[1]
    return (here + there / os.sysconf("SC_CLK_TCK")) / REQUESTS * 1000


def _ticks(stat: Path) -> int:
    user, system = stat.read_text().rpartition(")")[2].split()[11:13]
    return int(user) + int(system)


def _queries() -> list[Measure]:
    """The list alone, with roles and policies; the floor is plain SQL of the owner, by index, that fetches as many rows."""
    of = [history.Member(PERSON, "", "holder", clock.now() - timedelta(days=900), True)]

    def listed() -> None:
        with acting(Purpose.SECURITY, actor=Actor.person(PERSON), customer=PERSON, person=PERSON):
            if len(history.events(PERSON, of, sees_all=True, limit=ENTRIES)) != ENTRIES:
                raise RuntimeError("there should be a page of entries")

    def plain() -> None:
        with connection.cursor() as cursor:
            cursor.execute(_PLAIN, [PERSON, ENTRIES])
            cursor.fetchall()

    def failed() -> None:
        with acting(Purpose.SECURITY, actor=Actor.person(PERSON), customer=PERSON, person=PERSON):
            history.failed_lately(PERSON, of, now=clock.now())

    return [
        _measure("query: newest entries, p95", listed, plain),
        _measure("query: how many failed lately, p95", failed, plain),
    ]


_PLAIN = """
SELECT id, at, action, purpose, actor_kind, actor_id, person_id, ip, browser FROM kernel_journalentry
 WHERE person_id = %s ORDER BY at DESC, id DESC LIMIT %s
"""


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


def _measure(name: str, ask: Callable[[], None], floor: Callable[[], None]) -> Measure:
    runs = [(_p95(ask), _p95(floor)) for _ in range(RUNS)]
    value, least = (median(column) for column in zip(*runs, strict=True))
    return Measure(name, value, "ms", least, value / least, f"below {P95:.0f} ms", value < P95)


def _p95(ask: Callable[[], None]) -> float:
    for _ in range(3):
        ask()
    times = sorted(timed(ask) * 1000 for _ in range(REQUESTS))
    return times[int(len(times) * 0.95) - 1]


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
