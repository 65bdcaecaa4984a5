"""
The provider is away for over an hour, and forgot the idempotency keys when it is back: nothing is lost, and nothing made twice.

Of what was asked just before, the answer was lost, so nobody here knows whether it was done.
"""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any

import pytest
from django.utils import translation

from hospes.kernel import clock
from hospes.payments.balances.jobs import send
from hospes.payments.collecting.jobs import collect
from hospes.payments.jobs import send_refund
from hospes.payments.providers import ProviderUnavailable
from hospes.payments.providers.mollie import Mollie
from tests.payments import under_way
from tests.payments.till import Till
from tests.payments.under_way import UnderWay

pytestmark = [pytest.mark.django_db, pytest.mark.login("worker"), pytest.mark.promise("P14")]

OVER_AN_HOUR = timedelta(minutes=75)


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with translation.override("en"):
        yield


@contextmanager
def says_503(till: Till, settings: Any) -> Iterator[None]:
    till.sim.control.outage(-1)
    yield
    till.sim.control.calm()


@contextmanager
def refuses_connections(till: Till, settings: Any) -> Iterator[None]:
    there = settings.HOSPES_MOLLIE
    with socket.socket() as taken:  # bound, and nobody listens
        taken.bind(("127.0.0.1", 0))
        settings.HOSPES_MOLLIE = there | {"url": f"http://127.0.0.1:{taken.getsockname()[1]}"}
        yield
    settings.HOSPES_MOLLIE = there


def ask(till: Till, made: UnderWay) -> None:
    """Ask for each once; whatever becomes of the answer."""
    jobs: list[Callable[[], None]] = [
        *(lambda pk=pk: collect.run(collection_id=pk) for pk in made.collections),  # type: ignore[misc]
        *(lambda pk=pk: send_refund.run(refund_id=pk) for pk in made.refunds),  # type: ignore[misc]
        *(lambda pk=pk: send.run(payout_id=pk) for pk in made.payouts),  # type: ignore[misc]
    ]
    for job in jobs:
        with suppress(ProviderUnavailable), clock.moved_to(till.now):
            job()


@pytest.mark.parametrize("away", [says_503, refuses_connections])
@pytest.mark.parametrize("before", [False, True], ids=["the answer was lost", "the question was lost"])
def test_away_for_an_hour_with_answers_under_way(till: Till, settings: Any, away: Any, before: bool) -> None:
    made = under_way.prepare(till, 2)
    till.sim.control.drop(-1, before)
    ask(till, made)
    till.sim.control.calm()
    asked = [charge for charge in till.charges() if charge.asked.get("sequenceType") == "recurring"]
    assert len(asked) == (0 if before else 2)
    with away(till, settings):
        for _ in range(5):
            under_way.a_run(till)
            till.later(OVER_AN_HOUR / 5)
    for _ in range(3):
        under_way.a_run(till)
    under_way.end(till)
    under_way.assert_each_once(till, made)


def test_it_goes_away_in_the_middle_of_a_run(till: Till) -> None:
    """Some were answered, of some the answer was lost, some were never asked."""
    made = under_way.prepare(till, 4)
    for question in range(3):
        till.sim.control.drop(2 - question, False)
        ask(till, UnderWay(*([pk[question]] for pk in (made.collections, made.refunds, made.payouts))))
    till.sim.control.outage(-1)
    till.later(OVER_AN_HOUR)
    under_way.a_run(till)
    till.sim.control.calm()
    for _ in range(3):
        under_way.a_run(till)
    under_way.end(till)
    under_way.assert_each_once(till, made)


def test_who_does_not_look_first_does_it_twice(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the tests above prove: with the keys alone all of it would be done twice."""
    made = under_way.prepare(till, 1)
    till.sim.control.drop(-1, False)
    ask(till, made)
    till.sim.control.calm()
    till.later(OVER_AN_HOUR)
    monkeypatch.setattr(Mollie, "find", lambda *_args, **_words: None)
    monkeypatch.setattr(Mollie, "refunds", lambda *_args: [])
    ask(till, made)
    twice = [charge for charge in till.charges() if charge.asked.get("sequenceType") == "recurring"]
    assert len(twice) == 2
    with pytest.raises(AssertionError):
        under_way.assert_each_once(till, made)
