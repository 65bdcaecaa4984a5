"""The demo shows a day that agrees, a payout that arrived, and one difference."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from hospes.cli import demo_reconciling
from hospes.kernel.acting import JOB, acting
from hospes.kernel.purposes import Purpose
from hospes.payments.reconciling import queries
from hospes.payments.reconciling.models import Settlement
from tests.payments.reconciling.three import Three, kinds
from tests.payments.till import jobs
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.login("worker")]


def test_one_day_agrees_and_one_has_a_difference(
    three: Three, settings: Any, tmp_path: Path, django_capture_on_commit_callbacks: Any
) -> None:
    settings.VAR = tmp_path
    three.paid()
    three.days_later()
    three.paid()
    three.days_later()
    with django_capture_on_commit_callbacks(execute=True):
        cents, number = demo_reconciling.fill(three.till.now)
    three.till.sim.recall(tmp_path / "simulators" / "payments.json")
    three.statement(three.line(cents, number, account=""))
    again = [arguments["day_id"] for _pk, name, arguments in jobs() if name.endswith("look_again")]
    assert again == [(three.today - timedelta(days=days)).toordinal() for days in (2, 1)]
    for days in (2, 1):
        three.reconcile(three.today - timedelta(days=days))
    assert kinds() == [("provider", "not_booked", "tr_demobyhand")]
    with as_owner():
        assert Settlement.objects.exclude(line=None).count() == 1

    with acting(Purpose.BILLING, actor=JOB):
        second, first = queries.days(limit=5)
        assert (first.agrees, second.agrees) == (True, False)
        sides = {each.what: each for each in queries.sides(first.day.day)}
    assert sides["payment"].agrees
    assert sides["payment"].books == 9_075
