"""
`hospes bench login`: logins a second, the share of Argon2 in it, and what 10,000 failed tries a minute do to others.

The floor is Argon2 alone, measured in turns with the logins; for the attack it is the same server without it, just before.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from statistics import median, quantiles

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.core import signing
from django.db import connection
from django.test import Client

from bench.faces import timed
from bench.report import Measure
from bench.wire import Secret, form_secret, log_in, login_request
from hospes.accounts.passwords import familiar
from hospes.cli.dsn import Dsn
from hospes.cli.installation import program_environment
from hospes.cli.places import ROOT
from hospes.cli.ports import Ports
from hospes.cli.programs import running

PASSWORD = "korenschuur-9-bij-de-brug"  # noqa: S105  # of people who are made up
PEOPLE = range(1_000, 1_400)  # of the dataset: they get this password
ROUNDS, BATCH = 7, 12
TRIES_A_MINUTE, NETWORKS = 10_000, 500
BEFORE, ATTACK = 20.0, 60.0  # seconds
KEPT = 0.8  # of the logins without an attack

_turn = count()


def run() -> list[Measure]:
    """Measure in this process, then on a server of its own, which ends with the benchmark."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE customers_person SET password = %s WHERE id BETWEEN %s AND %s",
                       [make_password(PASSWORD), PEOPLE[0], PEOPLE[-1]])  # fmt: skip
        cursor.execute("DELETE FROM accounts_tries")
    return [_in_process(), *_on_a_server()]


def _share(name: str, value: float, floor: float, least: float) -> Measure:
    target = f"at least {least:.0%} of Argon2 alone"
    return Measure(name, value, "logins/s", floor, value / floor, target, value / floor >= least)


# --- one process ----------------------------------------------------------------------------------------------------------


def _in_process() -> Measure:
    stored = make_password(PASSWORD)
    alone = lambda: [check_password(PASSWORD, stored) for _ in range(BATCH)]  # noqa: E731
    whole = lambda: [_log_in_here() for _ in range(BATCH)]  # noqa: E731
    floor, value = _in_turns(alone, whole)
    return _share("logins in one process", BATCH / value, BATCH / floor, 0.5)


def _in_turns(*batches: Callable[[], object]) -> list[float]:
    """Median seconds of each batch, measured in turns after one round to warm up."""
    for batch in batches:
        batch()
    times = [[timed(batch) for batch in batches] for _ in range(ROUNDS)]
    return [median(column) for column in zip(*times, strict=True)]


def _log_in_here() -> None:
    number = next(_turn)
    answer = Client(HTTP_HOST="localhost").post(
        "/account/login/", {"login": _address(number), "password": PASSWORD}, REMOTE_ADDR=_network(number)
    )
    if answer.status_code != 302:
        raise RuntimeError(f"login answered {answer.status_code}")


def _address(number: int) -> str:
    return f"person-{PEOPLE[number % len(PEOPLE)]}@mail.example"


def _network(number: int) -> str:
    """A network of one's own, as other people have."""
    return f"127.{1 + number // 200 % 90}.{1 + number % 200}.1"


# --- a server -------------------------------------------------------------------------------------------------------------


def _on_a_server() -> list[Measure]:
    ports = Ports(settings.PORT_BASE)
    with _server(ports):
        port, secret = ports["portal"], form_secret(ports["portal"])
        cores = max(1, os.cpu_count() or 1)
        stored = make_password(PASSWORD)
        with ThreadPoolExecutor(cores) as pool:
            floor, value = _in_turns(
                lambda: list(pool.map(lambda _: check_password(PASSWORD, stored), range(BATCH * cores))),
                lambda: list(pool.map(lambda _: _logged_in(port, secret, known=True), range(BATCH * cores))),
            )
        many = _share("logins on the server", BATCH * cores / value, BATCH * cores / floor, 0.4)
        return [many, *_besieged(port, secret)]


@contextmanager
def _server(ports: Ports) -> Iterator[None]:
    """The portal as an installation runs it, with the bench database and its own database logins."""
    program = next(program for program in running(ports) if program.name == "portal")
    environment = program_environment(
        "portal",
        var=Path(os.environ["HOSPES_VAR"]),
        ports=ports,
        dsn=Dsn.from_url(os.environ["HOSPES_DATABASE_URL"]),
    ) | {"HOSPES_ROLE_PREFIX": os.environ["HOSPES_ROLE_PREFIX"]}
    log = Path(os.environ["HOSPES_VAR"]) / "log" / "bench-portal.log"
    with log.open("wb") as output:
        process = subprocess.Popen(program.command, env=environment, cwd=ROOT, stdout=output, stderr=output)  # noqa: S603
    try:
        _wait(ports["portal"], process)
        yield
    finally:
        process.terminate()
        process.wait(20)


def _wait(port: int, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(300):
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with {process.returncode}: see log/bench-portal.log")
        try:
            form_secret(port)
        except (OSError, RuntimeError):
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("the server does not answer")


def _logged_in(port: int, secret: Secret, *, known: bool) -> float:
    """Seconds that one person's login takes, from a network of their own; who has to wait, waits."""
    number = next(_turn)
    cookies = f"; {familiar.COOKIE}={_mailbox(number)}" if known else ""
    request = login_request(port, secret, _address(number), PASSWORD, cookies=cookies)
    began = time.perf_counter()
    while (status := log_in(port, _network(number), request)) != 302:
        if status != 429:
            raise RuntimeError(f"login answered {status}")
        time.sleep(0.25)
    return time.perf_counter() - began


def _mailbox(number: int) -> str:
    """What makes a browser one that is known."""
    return signing.dumps([PEOPLE[number % len(PEOPLE)], 1], salt=familiar._SALT)


# --- with and without an attack -------------------------------------------------------------------------------------------


def _besieged(port: int, secret: Secret) -> list[Measure]:
    _logins(port, secret, 2.0)
    without = _logins(port, secret, BEFORE)
    crowd = subprocess.Popen(  # noqa: S603  # our own module
        [sys.executable, "-m", "bench.crowd", str(port), str(TRIES_A_MINUTE / 60), str(ATTACK), str(NETWORKS)],
        stdout=subprocess.PIPE, cwd=ROOT, env=os.environ,
    )  # fmt: skip
    try:
        within = _logins(port, secret, ATTACK - 1)
        answers = json.loads(crowd.communicate(timeout=30)[0])
    finally:
        crowd.kill()
    tried = answers.pop("sent")
    print(f"the crowd: {answers}", file=sys.stderr)
    measures = [
        Measure("failed tries a minute", tried * 60 / ATTACK, "tries", None, None, f"about {TRIES_A_MINUTE:,}",
                tried * 60 / ATTACK > 0.98 * TRIES_A_MINUTE and sum(answers.values()) > 0.98 * tried),
        Measure("of those looked at", answers.get("200", 0), "tries", tried, answers.get("200", 0) / tried,
                "the rest is asked to wait", answers.get("200", 0) < 0.3 * tried),
    ]  # fmt: skip
    for who in (True, False):
        name = "others, known device" if who else "others, new device"
        kept = _a_second(without[who]), _a_second(within[who])
        measures.append(Measure(f"{name}, one after another, attacked", kept[1], "logins/s", kept[0], kept[1] / kept[0],
                                f"at least {KEPT:.0%} of those without", kept[1] / kept[0] >= KEPT))  # fmt: skip
        slow = _p95(within[who]), _p95(without[who])
        measures.append(
            Measure(
                f"{name}, p95, attacked",
                slow[0] * 1000,
                "ms",
                slow[1] * 1000,
                slow[0] / slow[1],
                "told only",
                True,
            )
        )
    return measures


def _logins(port: int, secret: Secret, seconds: float) -> dict[bool, list[float]]:
    """Log people in one after another for so long, on known and on new devices in turns: the seconds that each took."""
    took: dict[bool, list[float]] = {True: [], False: []}
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        for known, times in took.items():
            times.append(_logged_in(port, secret, known=known))
            time.sleep(0.05)
    return took


def _a_second(times: list[float]) -> float:
    return len(times) / sum(times)


def _p95(times: list[float]) -> float:
    return quantiles(times, n=20)[18]
