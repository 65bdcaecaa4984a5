"""Several at once, and a death in the middle: every movement, payout, cost and difference is there once."""

import os
import subprocess
import threading
import time
from random import Random

import pytest
from django.db import connection

from hospes.billing.ledger import checks as ledger
from hospes.billing.ledger.models import LedgerEntry
from hospes.payments.bank import checks as bank
from hospes.payments.bank.models import BankAllocation
from hospes.payments.reconciling.models import Difference, Movement, Settlement
from tests.payments.reconciling.three import Three, kinds
from tests.support.killing import started, until_nobody_works
from tests.support.rights import as_owner

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.login("worker"),
    pytest.mark.promise("P14"),
]

PAYMENTS, KILLS = 6, 6

_RUN = """
import sys
from datetime import datetime
import django
django.setup()
from django.db import connection
from hospes.kernel.acting import SYSTEM
from hospes.payments.reconciling import sweeps
now = datetime.fromisoformat(sys.argv[1])
connection.ensure_connection()
print("ready", flush=True)
for _day, _tally in sweeps.catch_up(now=now, actor=SYSTEM):
    pass
print("done", flush=True)
"""


def a_busy_day(three: Three) -> str:
    """Payments, a payout that arrives, and one thing that is wrong; returns what that is about."""
    references = [three.paid() for _ in range(PAYMENTS)]
    three.till.sim.control.tell_movement(references[0], "double")
    three.arrives(three.pay_out())
    three.days_later()
    return references[0]


def assert_once(wrong: str) -> None:
    assert kinds() == [("provider", "twice", wrong)]
    with as_owner():
        assert Difference.objects.count() == 1
        assert Movement.objects.count() == PAYMENTS + 1
        assert Settlement.objects.exclude(line=None).count() == 1
        assert LedgerEntry.objects.filter(origin__startswith="settlement:").count() == 1
        assert BankAllocation.objects.filter(kind="payout", undone_at=None).count() == 1
        assert (ledger.findings(connection), bank.findings(connection)) == ([], [])


def test_several_at_once(three: Three) -> None:
    wrong, failed = a_busy_day(three), list[BaseException]()

    def run() -> None:
        try:
            three.reconcile()
        except BaseException as error:  # noqa: BLE001  # whatever it is, the test shows it
            failed.append(error)
        finally:
            connection.close()

    started = [threading.Thread(target=run) for _ in range(3)]
    for each in started:
        each.start()
    for each in started:
        each.join()
    assert failed == []
    assert_once(wrong)


def test_kill_9_at_random_moments(three: Three) -> None:
    seed = int(os.environ.get("HOSPES_FAULTS_SEED") or Random().randrange(2**32))  # noqa: S311  # no secrets
    rng = Random(seed)  # noqa: S311
    wrong = a_busy_day(three)
    for _kill in range(KILLS):
        with _started(three) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            time.sleep(rng.uniform(0, 0.5))
            process.kill()
        until_nobody_works()
        with as_owner():
            assert Difference.objects.count() <= 1, seed
            assert ledger.findings(connection) == [], seed
    three.reconcile()
    assert_once(wrong)


def _started(three: Three) -> "subprocess.Popen[str]":
    return started(
        _RUN, three.till.now.isoformat(), HOSPES_MOLLIE_URL=three.till.sim.url, HOSPES_MOLLIE_KEY="test_till",
        HOSPES_MOLLIE_ACCESS_TOKEN="access_till",
    )  # fmt: skip
