"""The run of a night has two hands: what they do beside each other is what one alone would do, each thing once."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import OperationalError, connection

from hospes.billing.models import TaxSettings
from hospes.billing.run import batches, hands
from hospes.billing.run.services import Progress
from hospes.kernel.acting import JOB, acting
from hospes.kernel.purposes import Purpose
from hospes.services.models import Content
from tests.billing.run import due
from tests.billing.run.due import DAY, TODAY
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.login("worker")]


def test_each_thing_is_begun_once_and_in_order() -> None:
    began: list[int] = []
    hands.share(range(50), began.append, hands=2)
    assert sorted(began) == list(range(50))
    began.clear()
    hands.share(range(50), began.append, hands=1)
    assert began == list(range(50))


def test_two_hands_are_at_work_at_the_same_time() -> None:
    both = threading.Barrier(2)
    hands.share([1, 2], lambda _thing: both.wait(20) and None, hands=2)
    assert not both.broken


def test_after_an_error_nothing_new_is_begun_and_it_is_told() -> None:
    began: list[int] = []

    def work(thing: int) -> None:
        began.append(thing)
        raise ValueError(thing)

    with pytest.raises(ValueError, match=r"^\d$"):
        hands.share(range(100), work, hands=2)
    assert len(began) <= 2


@pytest.mark.parametrize("size", [1, 3])
def test_two_hands_do_everything_once(size: int) -> None:
    customers = [due.customer() for _ in range(12)]
    for each in customers:
        due.service(each)
        due.service(each, renews=TODAY + DAY)
    told: list[Progress] = []
    done = due.run(size=size, hands=2, say=told.append)
    assert (done.due, done.services, done.invoices, done.problems) == (24, 24, 12, 0)
    assert sorted((x.customer_id, x.position) for x in due.lines()) == [
        (c.pk, n) for c in customers for n in (1, 2)
    ]
    assert [x.sequence for x in due.invoices()] == list(range(1, 13))
    assert max(each.seen for each in told) == 24
    due.assert_books_are_right()


def test_two_runs_of_two_hands_keep_a_customers_services_together() -> None:
    customers = [due.customer() for _ in range(10)]
    for each in customers:
        due.service(each)
        due.service(each, renews=TODAY + DAY)
    due.rivals(2, size=3, hands=2)
    assert sorted((x.customer_id, x.position) for x in due.lines()) == [
        (c.pk, n) for c in customers for n in (1, 2)
    ]
    assert len(due.invoices()) == 10
    due.assert_books_are_right()


def test_a_run_waits_for_one_that_is_at_work() -> None:
    due.service(due.customer())
    due.service(due.customer())
    done: list[int] = []

    def other() -> None:
        done.append(due.run(size=1, hands=2).services)
        connection.close()

    with acting(Purpose.BILLING, actor=JOB):
        batches.alone()
        thread = threading.Thread(target=other)
        thread.start()
        _until_somebody_waits()
        assert due.lines() == []
    thread.join(60)
    assert done == [2]


def _until_somebody_waits() -> None:
    """Until another session waits for a lock that is not given."""
    nap = threading.Event()  # never set: napping is waiting for it
    for _try in range(400):
        with as_owner(), connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
            if cursor.fetchone() != (0,):
                return
        nap.wait(0.05)
    raise AssertionError("nobody waits")


@pytest.fixture
def not_in_the_one_stop_shop() -> Iterator[None]:
    """The settings are one row for all tests: what is committed here is taken back."""
    yield
    with as_owner():
        TaxSettings.objects.update(oss_since=None)


@pytest.mark.parametrize("size", [1, 2])
@pytest.mark.usefixtures("not_in_the_one_stop_shop")
def test_two_hands_pass_the_threshold_of_the_one_stop_shop_once(size: int) -> None:
    """What one hand wrote down before the other passed it is written down anew."""
    for _ in range(8):
        due.german(400_000)
    done = due.run(size=size, hands=2)
    ways = [(x.vat_country, x.vat_reason) for x in due.lines()]
    assert ways.count(("NL", "consumer_home_rate")) == 2  # the third passes 10,000 euro
    assert ways.count(("DE", "consumer_oss")) == 6
    assert (done.services, done.problems) == (8, 0)
    with as_owner():
        assert TaxSettings.objects.get().oss_since == TODAY
    due.assert_books_are_right()


def test_one_bad_customer_stops_neither_hand() -> None:
    services = [due.service(due.customer()) for _ in range(6)]
    with as_owner():
        Content.objects.filter(service=services[2]).update(price_cents=2**62, quantity=1)
    done = due.run(size=2, hands=2)
    assert (done.services, done.problems) == (5, 1)
    assert due.problems() == [(services[2].customer_id, "refused")]
    assert [x.sequence for x in due.invoices()] == list(range(1, 6))
    due.assert_books_are_right()


def test_a_server_that_goes_away_ends_the_run_and_what_is_done_stands(monkeypatch: Any) -> None:
    for _ in range(8):
        due.service(due.customer())
    step, count = batches._invoice, iter(range(100))

    def gone(horizon: Any) -> Any:
        if next(count) >= 3:
            raise OperationalError("the connection is lost")
        return step(horizon)

    monkeypatch.setattr(batches, "_invoice", gone)
    with pytest.raises(OperationalError):
        due.run(size=1, hands=2)
    assert len(due.lines()) == 3
    due.assert_books_are_right()
    monkeypatch.undo()
    assert due.run(size=1, hands=2).services == 5
    assert [x.sequence for x in due.invoices()] == list(range(1, 9))
    due.assert_books_are_right()
