"""kill -9 of the billing run, with both its hands at work, at random moments: whoever runs it again gets exactly the right set, and nothing twice."""

import os
import time
from datetime import date
from random import Random

import pytest

from hospes.services.rules import renewal
from tests.billing.run import due
from tests.billing.run.due import TODAY
from tests.support.killing import started, until_nobody_works

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.login("worker")]

KILLS, CUSTOMERS = 20, 40

_RUN = """
import sys
from datetime import UTC, date, datetime
import django
django.setup()
from django.db import connection
from hospes.billing.run import services
from hospes.kernel.acting import SYSTEM
connection.ensure_connection()
print("ready", flush=True)
services.run(date(2026, 3, 2), today=date(2026, 3, 2), now=datetime(2026, 3, 2, 11, 30, tzinfo=UTC), actor=SYSTEM, size=5, hands=2)
print("done", flush=True)
"""


def test_kill_9_at_twenty_random_moments() -> None:
    seed = int(os.environ.get("HOSPES_FAULTS_SEED") or Random().randrange(2**32))  # noqa: S311  # no secrets
    rng = Random(seed)  # noqa: S311
    services = [due.service(due.customer(kind=kind), months=1, started_on=date(2025, 1 + number % 3, 20))
                for number in range(CUSTOMERS) for kind in ("private", "business")]  # fmt: skip
    progress = []
    for _kill in range(KILLS):
        with started(_RUN) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            time.sleep(rng.uniform(0, 0.5))
            process.kill()
        until_nobody_works()
        progress.append(len(due.lines()))
        due.assert_books_are_right()
    due.run()
    wanted = set()
    for each in services:
        first = each.renews_on
        wanted |= {
            (each.pk, renewal(each.anchor_on, n))
            for n in range(1, 40)
            if renewal(each.anchor_on, n) <= TODAY + 14 * due.DAY
        }
        assert first <= TODAY
    found = [(line.service_id, line.period_from) for line in due.lines()]
    assert len(found) == len(set(found)), seed
    assert set(found) == wanted, seed
    assert {due.again(each).renews_on > TODAY + 14 * due.DAY for each in services} == {True}, seed
    assert sorted(progress) == progress
    print(f"seed {seed}: lines after each kill {progress}, {len(found)} in the end")
    due.assert_books_are_right()
