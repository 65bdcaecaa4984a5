"""
What 10,000 failed tries a minute do to the logins of others.

Others log in one after another, each kind by itself: on a device that is known; on a new one in a network from which somebody
logged in before; on a new one in a network that nobody ever came from. Who is asked to wait waits as long as the answer says.

The crowd runs on the same machine, which its own client and sockets make slower too. So the floor is the same crowd at the same
rate running into a wall (`bench.wall`) beside the server, before and after the siege; without any crowd is told as well.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from enum import Enum
from itertools import count
from statistics import median, quantiles

from django.core import signing

from bench.report import Measure
from bench.wire import Secret, answer_to, login_request
from hospes.accounts.passwords import familiar
from hospes.cli.places import ROOT

PASSWORD = "korenschuur-9-bij-de-brug"  # noqa: S105  # of people who are made up
PEOPLE = range(1_000, 1_400)  # of the dataset: they get this password
TRIES_A_MINUTE, NETWORKS = 10_000, 500
ALONE, WALL, ATTACK = 12.0, 12.0, 60.0  # seconds
BEGINS = 10.0  # seconds in which a siege begins
PAUSE = 0.1  # seconds between two logins of one kind
KEPT = 0.8  # of the logins that the floor has

Times = list[
    tuple[float, float, int]
]  # when a login began, in seconds since the phase did; how many it took; waits asked for

_turn = count()


class Kind(Enum):
    """Who logs in, in words."""

    KNOWN = "known device"
    USED = "new device, used network"
    NEW = "new device, new network"


def address(number: int) -> str:
    """The address of somebody with the password."""
    return f"person-{PEOPLE[number % len(PEOPLE)]}@mail.example"


def network(number: int) -> str:
    """A network of one's own, as other people have."""
    return f"127.{1 + number // 200 % 90}.{1 + number % 200}.1"


def log_in(port: int, secret: Secret, kind: Kind) -> tuple[float, int]:
    """Seconds that one person's login takes, and how often they were asked to wait; who has to wait, waits."""
    number, waits = next(_turn), 0
    cookies = f"; {familiar.COOKIE}={_mailbox(number)}" if kind is Kind.KNOWN else ""
    request = login_request(port, secret, address(number), PASSWORD, cookies=cookies)
    place = f"127.95.{1 + number % 40}.1" if kind is Kind.USED else network(number)
    began = time.perf_counter()
    while (answer := answer_to(port, place, request)).status != 302:
        if answer.status != 429:
            raise RuntimeError(f"login answered {answer.status}")
        waits += 1
        time.sleep(answer.retry_after)
    return time.perf_counter() - began, waits


def _mailbox(number: int) -> str:
    """What makes a browser one that is known."""
    return signing.dumps([PEOPLE[number % len(PEOPLE)], 1], salt=familiar._SALT)


def measured(port: int, secret: Secret, spare: int) -> list[Measure]:
    """Besiege the server at `port`; `spare` is a free port."""
    for _ in range(80):  # warm, and used networks are used
        log_in(port, secret, Kind.USED)
    alone = _others(port, secret, ALONE)
    wall = _beside_a_wall(port, secret, spare)
    with _crowd(port, ATTACK, port) as crowd:
        siege = _others(port, secret, ATTACK - 1)
        answers = json.loads(crowd.communicate(timeout=60)[0])
    after = _beside_a_wall(port, secret, spare)
    wall = {kind: wall[kind] + after[kind] for kind in Kind}
    return [*_tried(answers), *(measure for kind in Kind for measure in _of_kind(kind, alone, wall, siege))]


def _beside_a_wall(port: int, secret: Secret, spare: int) -> dict[Kind, Times]:
    command = [sys.executable, "-m", "bench.wall", str(spare)]
    wall = subprocess.Popen(command, cwd=ROOT, env=os.environ)  # noqa: S603  # our own module
    try:
        time.sleep(1.0)
        with _crowd(port, WALL, spare) as crowd:
            times = _others(port, secret, WALL - 1)
            crowd.communicate(timeout=60)
    finally:
        wall.kill()
        wall.wait()
    return times


@contextmanager
def _crowd(port: int, seconds: float, at: int) -> Iterator["subprocess.Popen[bytes]"]:
    words = (port, TRIES_A_MINUTE / 60, seconds, NETWORKS, at)
    command = [sys.executable, "-m", "bench.crowd", *map(str, words)]
    crowd = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT, env=os.environ)  # noqa: S603  # our own module
    try:
        yield crowd
    finally:
        crowd.kill()
        crowd.wait()


def _others(port: int, secret: Secret, seconds: float) -> dict[Kind, Times]:
    with ThreadPoolExecutor(len(Kind)) as pool:
        running = {kind: pool.submit(_one_after_another, port, secret, kind, seconds) for kind in Kind}
        return {kind: future.result() for kind, future in running.items()}


def _one_after_another(port: int, secret: Secret, kind: Kind, seconds: float) -> Times:
    times: Times = []
    began = time.monotonic()
    while (passed := time.monotonic() - began) < seconds:
        times.append((passed, *log_in(port, secret, kind)))
        time.sleep(PAUSE)
    return times


# --- what it says ---------------------------------------------------------------------------------------------------------


def _tried(answers: dict[str, int]) -> list[Measure]:
    tried, print_to = answers.pop("sent"), sys.stderr
    print(f"the crowd was answered: {answers}", file=print_to)
    looked_at, rate = answers.get("200", 0), tried * 60 / ATTACK
    answered = sum(answers.values()) > 0.98 * tried
    return [
        Measure("failed tries a minute", rate, "tries", None, None, f"about {TRIES_A_MINUTE:,}, all answered",
                rate > 0.98 * TRIES_A_MINUTE and answered),
        Measure("of those looked at", looked_at, "tries", tried, looked_at / tried, "the rest is asked to wait",
                looked_at < 0.3 * tried),
    ]  # fmt: skip


def _of_kind(
    kind: Kind, alone: dict[Kind, Times], wall: dict[Kind, Times], siege: dict[Kind, Times]
) -> Iterator[Measure]:
    floor, bare = _a_second(wall[kind]), _a_second(alone[kind])
    value = _a_second(siege[kind])
    least = f"at least {KEPT:.0%} of beside a wall"
    name = f"others, {kind.value}"
    yield Measure(f"{name}, attacked", value, "logins/s", floor, value / floor, least, value / floor >= KEPT)
    yield Measure(
        f"{name}, attacked, of no crowd at all", value, "logins/s", bare, value / bare, "told only", True
    )
    later = _a_second([login for login in siege[kind] if login[0] >= BEGINS])
    yield Measure(
        f"{name}, after {BEGINS:.0f} s of it",
        later,
        "logins/s",
        floor,
        later / floor,
        least,
        later / floor >= KEPT,
    )
    asked = sum(1 for _, _, waits in siege[kind] if waits)
    number = len(siege[kind])
    yield Measure(f"{name}, asked to wait", asked, "logins", number, asked / number, "told only", True)
    for what, of in (("median", median), ("p95", _p95), ("longest", max)):
        slow, usual = (of([took for _, took, _ in times[kind]]) * 1000 for times in (siege, wall))
        yield Measure(f"{name}, {what}", slow, "ms", usual, slow / usual, "told only", True)


def _a_second(times: Times) -> float:
    return len(times) / sum(took for _, took, _ in times) if times else 0.0


def _p95(times: list[float]) -> float:
    return quantiles([*times, *times[:1]], n=20)[18]
