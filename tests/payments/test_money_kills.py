"""kill -9 while money is collected, paid back and paid out: before the provider was asked, after it did it, and at random moments."""

import json
import os
import time
from collections.abc import Iterator
from random import Random

import pytest
from django.utils import translation

from tests.payments import under_way
from tests.payments.till import Till
from tests.payments.under_way import UnderWay
from tests.support.killing import started, until_nobody_works

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.login("worker"),
    pytest.mark.promise("P14"),
]

EACH, KILLS = 2, 8

_RUN = """
import json, os, signal
import django
django.setup()
from django.db import connection
from hospes.payments.balances.jobs import send
from hospes.payments.collecting.jobs import collect
from hospes.payments.jobs import send_refund
from hospes.payments.providers.mollie import Mollie

connection.ensure_connection()
for name in {names}:
    def killed(self, *given, really=getattr(Mollie, name), **words):
        if {before}:
            os.kill(os.getpid(), signal.SIGKILL)
        really(self, *given, **words)
        os.kill(os.getpid(), signal.SIGKILL)
    setattr(Mollie, name, killed)
print("ready", flush=True)
jobs = json.loads('{made}')
for kind, pk in jobs:
    if kind == "collection":
        collect.run(collection_id=pk)
    elif kind == "refund":
        send_refund.run(refund_id=pk)
    else:
        send.run(payout_id=pk)
print("done", flush=True)
"""


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def made(till: Till, monkeypatch: pytest.MonkeyPatch) -> UnderWay:
    """What is to be done, for programs that are started as well: they have the same provider and the same day."""
    found = under_way.prepare(till, EACH)
    monkeypatch.setenv("HOSPES_MOLLIE_URL", till.sim.url)
    monkeypatch.setenv("HOSPES_CLOCK_OFFSET", str(till.ahead))
    return found


def jobs_of(made: UnderWay) -> list[tuple[str, int]]:
    return [
        *(("collection", pk) for pk in made.collections), *(("refund", pk) for pk in made.refunds),
        *(("payout", pk) for pk in made.payouts),
    ]  # fmt: skip


def program(jobs: list[tuple[str, int]], *, at: tuple[str, ...] = (), before: bool = False) -> str:
    """Does these jobs; dies by itself before it asks the provider to do one of these things, or right after it did."""
    return _RUN.format(names=at, before=before, made=json.dumps(jobs))


@pytest.mark.parametrize("before", [True, False], ids=["before it was asked", "after it did it"])
def test_killed_at_each_question(till: Till, made: UnderWay, before: bool) -> None:
    for job in jobs_of(made):
        with started(program([job], at=("collect", "refund"), before=before)) as process:
            assert process.wait(60) == -9
        until_nobody_works()
    assert done_there(till) == (0 if before else 3 * EACH)
    with started(program(jobs_of(made))) as process:
        assert process.stdout is not None
        assert process.stdout.read() == "ready\ndone\n"
    assert done_there(till) == 3 * EACH
    _nothing_is_lost(till, made)


def test_kill_9_at_random_moments(till: Till, made: UnderWay) -> None:
    seed = int(os.environ.get("HOSPES_FAULTS_SEED") or Random().randrange(2**32))  # noqa: S311  # no secrets
    rng = Random(seed)  # noqa: S311
    progress: list[int] = []
    for _kill in range(KILLS):
        jobs = jobs_of(made)
        rng.shuffle(jobs)
        with started(program(jobs)) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            time.sleep(rng.uniform(0, 0.4))
            process.kill()
        until_nobody_works()
        progress.append(done_there(till))
    print(f"seed {seed}: done at the provider after each kill {progress} of {3 * EACH}")
    assert sorted(progress) == progress
    _nothing_is_lost(till, made)


def done_there(till: Till) -> int:
    """How much was collected and paid back at the provider."""
    back = sum(len(till.sim.control.refunds_of(charge.id)) for charge in till.charges())
    return back + sum(charge.asked.get("sequenceType") == "recurring" for charge in till.charges())


def _nothing_is_lost(till: Till, made: UnderWay) -> None:
    """Also with the keys lapsed: what was done is found, what was not is done."""
    till.later(2 * under_way.HOUR)
    for _ in range(3):
        under_way.a_run(till)
    under_way.end(till)
    under_way.assert_each_once(till, made)
