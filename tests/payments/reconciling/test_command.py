"""`hospes payments reconcile`: one JSON object, and the exit code that says whether all agrees."""

import json
from argparse import Namespace
from typing import Any

import pytest

from hospes.cli.commands import payments
from hospes.cli.problems import Problem
from hospes.kernel import clock
from tests.payments.reconciling.three import Three

pytestmark = [pytest.mark.django_db, pytest.mark.login("worker"), pytest.mark.promise("P14")]


def run(three: Three, capsys: Any, **words: Any) -> tuple[int, str]:
    capsys.readouterr()
    with clock.moved_to(three.till.now):
        code = payments.run(Namespace(**{"verb": "reconcile", "date": None, "json": False} | words))
    return code, capsys.readouterr().out


def test_all_agrees(three: Three, capsys: Any) -> None:
    three.paid()
    three.days_later()
    code, said = run(three, capsys, json=True)
    answer = json.loads(said)
    assert (code, answer["ok"], answer["open"]) == (0, True, [])
    [day] = answer["days"]
    assert (day["day"], day["finished"], day["movements"]) == (str(three.begin), True, 1)
    assert run(three, capsys) == (0, "✓ books, payment provider and bank agree\n")


def test_something_does_not(three: Three, capsys: Any) -> None:
    reference = three.paid()
    three.till.sim.control.tell_movement(reference, "amount", 1)
    three.days_later()
    code, said = run(three, capsys, date=str(three.begin), json=True)
    [held] = json.loads(said)["open"]
    assert code == 1
    assert (held["about"], held["kind"], held["theirs_cents"], held["between"]) == (
        reference,
        "amount",
        1,
        "provider",
    )
    code, said = run(three, capsys, date=str(three.begin))
    assert code == 1
    assert f"✗ {three.begin} another amount at the payment provider: {reference}" in said


def test_an_outage_is_a_failed_check(three: Three, capsys: Any) -> None:
    three.paid()
    three.days_later()
    three.till.sim.control.outage()
    code, said = run(three, capsys, json=True)
    assert (code, json.loads(said)["days"][0]["finished"]) == (1, False)


@pytest.mark.parametrize("day", ["today", "2026-13-01", "yesterday"])
def test_wrong_use(three: Three, capsys: Any, day: str) -> None:
    said = str(three.today) if day == "today" else day
    with pytest.raises(Problem):
        run(three, capsys, date=said)
