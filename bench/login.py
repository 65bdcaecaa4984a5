"""
`hospes bench login`: logins a second, the share of Argon2 in it, and what 10,000 failed tries a minute do to others.

The floor is Argon2 alone, measured in turns with the logins; for the attack it is the same server without it, just before.
"""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from statistics import median

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.db import connection
from django.test import Client

from bench import siege
from bench.faces import timed
from bench.report import Measure
from bench.server import serving
from bench.siege import PASSWORD, PEOPLE, Kind, address, network
from bench.wire import form_secret
from hospes.cli.ports import Ports

ROUNDS, BATCH = 7, 12

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
        "/account/login/", {"login": address(number), "password": PASSWORD}, REMOTE_ADDR=network(number)
    )
    if answer.status_code != 302:
        raise RuntimeError(f"login answered {answer.status_code}")


# --- a server -------------------------------------------------------------------------------------------------------------


def _on_a_server() -> list[Measure]:
    ports = Ports(settings.PORT_BASE)
    with serving(ports):
        port, secret = ports["portal"], form_secret(ports["portal"])
        cores = max(1, os.cpu_count() or 1)
        stored = make_password(PASSWORD)
        with ThreadPoolExecutor(cores) as pool:
            floor, value = _in_turns(
                lambda: list(pool.map(lambda _: check_password(PASSWORD, stored), range(BATCH * cores))),
                lambda: list(
                    pool.map(lambda _: siege.log_in(port, secret, Kind.KNOWN), range(BATCH * cores))
                ),
            )
        many = _share("logins on the server", BATCH * cores / value, BATCH * cores / floor, 0.4)
        return [many, *siege.measured(port, secret, ports["mail"])]
