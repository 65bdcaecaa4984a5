"""Two runs at once, and a death in the middle: each collection is in one file, and a file is there with what is in it or not at all."""

import os
import threading
import time
from datetime import date
from random import Random

import pytest
from django.db import connection

from hospes.kernel.acting import JOB, acting
from hospes.kernel.purposes import Purpose
from hospes.payments.debits import files, services, sweeps
from hospes.payments.debits.batches import content
from tests.payments.debits import desk
from tests.payments.debits.desk import at, balance, batches, debits, states
from tests.support import make
from tests.support.killing import started, until_nobody_works
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.login("worker")]

D, THURSDAY, AFTER = date(2026, 3, 2), date(2026, 3, 12), date(2026, 3, 17)
KILLS, CUSTOMERS = 5, 12

_RUN = """
import sys
from datetime import UTC, datetime
import django
django.setup()
from django.db import connection
from hospes.kernel.acting import SYSTEM
from hospes.payments.debits import sweeps
connection.ensure_connection()
print("ready", flush=True)
sweeps.day_begins(now=datetime.fromisoformat(sys.argv[1]), actor=SYSTEM)
print("done", flush=True)
"""


def customers(number: int) -> None:
    for _each in range(number):
        customer = desk.paying_customer()
        desk.sign(customer)
        desk.invoice(customer)


def at_once(work: "object", threads: int = 4) -> None:
    def run() -> None:
        work()  # type: ignore[operator]
        connection.close()

    started = [threading.Thread(target=run) for _ in range(threads)]
    for each in started:
        each.start()
    for each in started:
        each.join()


def assert_files_hold_what_they_say() -> None:
    """Each file has just the collections that are in it, and every collection under way is in one file that counts."""
    by_batch: dict[int, dict[str, int]] = {}
    for each in debits():
        if each.batch_id is not None:
            by_batch.setdefault(each.batch_id, {})[each.end_to_end_id] = each.cents
    for batch in batches():
        if batch.state in ("made", "submitted"):
            assert files.amounts(content(batch)) == by_batch[batch.pk]
            assert (batch.count, batch.total_cents) == (
                len(by_batch[batch.pk]),
                sum(by_batch[batch.pk].values()),
            )


def test_two_runs_at_once_announce_file_and_book_once() -> None:
    customers(5)
    at_once(lambda: sweeps.day_begins(now=at(D)))
    assert states() == ["announced"] * 5
    at_once(lambda: sweeps.day_begins(now=at(THURSDAY)))
    assert [(each.count, each.state) for each in batches()] == [(5, "made")]
    assert_files_hold_what_they_say()
    desk.submit(batches()[0], THURSDAY)
    at_once(lambda: sweeps.day_begins(now=at(AFTER)))
    assert (states(), balance("debits"), desk.open_items()) == (["collected"] * 5, 5 * 9075, 0)
    key = debits()[0].end_to_end_id
    said: list[str] = []

    def come_back() -> None:
        with acting(Purpose.BILLING, actor=JOB):
            said.append(services.returned(end_to_end_id=key, code="AC04", on=AFTER, now=at(AFTER)))

    at_once(come_back)
    assert sorted(said) == ["returned", "same", "same", "same"]
    assert (balance("debits"), desk.open_items(), balance("debtors")) == (4 * 9075, 9075, 9075)


def test_signing_twice_at_once_makes_one_mandate() -> None:
    customer = desk.paying_customer()
    refused: list[str] = []

    def sign() -> None:
        try:
            desk.sign(customer)
        except services.MandateRefused as refusal:
            refused.append(str(refusal))

    at_once(sign)
    with as_owner():
        from hospes.payments.debits.models import Mandate

        assert (Mandate.objects.count(), len(refused)) == (1, 3)


def test_kill_9_at_random_moments_of_each_day() -> None:
    seed = int(os.environ.get("HOSPES_FAULTS_SEED") or Random().randrange(2**32))  # noqa: S311  # no secrets
    rng = Random(seed)  # noqa: S311
    customers(CUSTOMERS)
    for day in (D, THURSDAY, AFTER):
        for _kill in range(KILLS):
            with started(_RUN, at(day).isoformat()) as process:
                assert process.stdout is not None
                assert process.stdout.readline() == "ready\n"
                time.sleep(rng.uniform(0, 0.6))
                process.kill()
            until_nobody_works()
            assert_files_hold_what_they_say()
            assert balance("debtors") == desk.open_items(), seed
        desk.day(day)
        for batch in batches():
            if batch.state == "made":
                desk.submit(batch, day)
    assert states() == ["collected"] * CUSTOMERS, seed
    assert (balance("debits"), desk.open_items()) == (CUSTOMERS * 9075, 0), seed
    assert len({each.invoice_id for each in debits()}) == CUSTOMERS
    assert desk.mails().count("announced") == CUSTOMERS
    assert make.TODAY == D
