"""Who cannot be invoiced stops nobody else, stands on the work list, and is off it once a run did what it could not do before."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import OperationalError, connection

from hospes.billing.models import Run, TaxSettings, VatRate
from hospes.billing.run import batches
from hospes.billing.run import services as runs
from hospes.customers.models import Customer
from hospes.kernel.acting import JOB, acting
from hospes.kernel.purposes import Purpose
from hospes.office.boards import BOARDS
from hospes.services.models import Content, Service
from tests.billing.run import due
from tests.billing.run.due import DAY, NOW, TODAY
from tests.support import make
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.login("worker")]


def bad_address(service: Service) -> None:
    Customer.objects.filter(pk=service.customer_id).update(town=" ")


def no_content(service: Service) -> None:
    Content.objects.filter(service=service).update(until_on=TODAY)


def tax_unknown(service: Service) -> None:
    """A consumer outside of the EU, of whom nothing says that this is so."""
    Customer.objects.filter(pk=service.customer_id).update(country="CH")


def no_rate(service: Service) -> None:
    VatRate.objects.filter(country="NL").delete()


def restricted(service: Service) -> None:
    make.restriction(
        customer=service.customer, person=make.holder_of(service.customer), purpose=Purpose.CONTRACT
    )


SPOILS = {"no_address": bad_address, "no_content": no_content, "tax_unknown": tax_unknown, "no_rate": no_rate,
          "restricted": restricted}  # fmt: skip


@pytest.mark.parametrize("reason", SPOILS)
def test_who_cannot_be_invoiced_is_told_why_and_is_not_renewed(reason: str) -> None:
    customers = [due.customer() for _ in range(3)]
    services = [due.service(each) for each in customers for _ in range(2)]
    with as_owner():
        SPOILS[reason](services[2])
    done = due.run()
    left_out = set(customers) if reason == "no_rate" else {customers[1]}
    assert (done.services, done.invoices) == (6 - 2 * len(left_out), 3 - len(left_out))
    assert {pk for pk, _ in due.problems()} == {each.pk for each in left_out}
    assert {why for _, why in due.problems()} == {reason}
    assert done.problems == len(due.problems())
    assert due.again(services[2]).renews_on == TODAY
    due.assert_books_are_right()


def test_what_was_put_right_is_done_by_the_next_run_and_off_the_list() -> None:
    service = due.service(due.customer())
    with as_owner():
        bad_address(service)
    due.run()
    first = due.problems()
    due.run(TODAY + DAY)
    assert due.problems() == first == [(service.customer_id, "no_address")]
    with as_owner():
        Customer.objects.filter(pk=service.customer_id).update(town="Lindenhaven")
    assert due.run(TODAY + 2 * DAY).services == 1
    assert (due.problems(), due.problems(solved=True)) == ([], first)
    [board] = [each for each in BOARDS if each.key == "niet-gefactureerd"]
    assert board.purpose == Purpose.BILLING


def test_a_run_of_an_earlier_day_solves_nothing_that_it_does_not_look_at() -> None:
    service = due.service(due.customer(), renews=TODAY + 14 * DAY)
    with as_owner():
        bad_address(service)
    due.run(TODAY)
    due.run(TODAY - DAY, today=TODAY)
    assert due.problems() == [(service.customer_id, "no_address")]


@pytest.mark.parametrize("bad", [{3}, {0, 7}, {2, 3, 4}, set(range(8))])
def test_what_nobody_foresaw_is_narrowed_down_to_who_is_to_blame(bad: set[int]) -> None:
    """A document with an impossible amount: the database refuses it."""
    services = [due.service(due.customer()) for _ in range(8)]
    with as_owner():
        for place in bad:
            Content.objects.filter(service=services[place]).update(price_cents=2**62, quantity=1)
    done = due.run()
    assert [pk for pk, _ in due.problems()] == [services[place].customer_id for place in sorted(bad)]
    assert {why for _, why in due.problems()} == {"refused"}
    assert (done.services, done.problems) == (8 - len(bad), len(bad))
    due.assert_books_are_right()


def test_when_everybody_fails_it_is_not_they_who_are_to_blame(monkeypatch: Any) -> None:
    for _ in range(4):
        due.service(due.customer())
    monkeypatch.setattr(runs, "TOO_MANY", 2)
    monkeypatch.setattr(batches, "_invoice", lambda horizon: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        due.run()
    with as_owner():
        assert not Run.objects.get().is_finished


def test_a_server_that_went_away_is_nobodys_fault(monkeypatch: Any) -> None:
    due.service(due.customer())

    def gone(horizon: Any) -> None:
        raise OperationalError("gone")

    monkeypatch.setattr(batches, "_invoice", gone)
    with pytest.raises(OperationalError):
        due.run()
    assert due.problems() == []


# --- again, and two at once ---


def test_again_changes_nothing() -> None:
    for _ in range(3):
        due.service(due.customer())
    due.run()
    before = [(x.pk, x.number) for x in due.invoices()]
    done = due.run()
    assert (done.due, done.services, done.invoices) == (0, 0, 0)
    assert [(x.pk, x.number) for x in due.invoices()] == before
    due.assert_books_are_right()


def test_only_looking_changes_nothing_and_tells_what_would_be_done() -> None:
    services = [due.service(due.customer(), price_cents=1000) for _ in range(3)]
    with as_owner():
        bad_address(services[0])
    told = runs.look(TODAY, today=TODAY, now=NOW, actor=JOB, size=1)
    assert (told.services, told.invoices, told.net_cents, told.total_cents) == (2, 2, 2000, 2420)
    assert [each.reason for each in told.problems] == ["no_address"]
    assert due.invoices() == []
    assert due.problems() == []
    assert all(due.again(each).renews_on == TODAY for each in services)
    due.run()
    assert sum(each.total_cents for each in due.invoices()) == told.total_cents


@pytest.mark.django_db(transaction=True)
def test_two_runs_at_once_do_everything_once() -> None:
    customers = [due.customer() for _ in range(12)]
    for each in customers:
        due.service(each)
        due.service(each, renews=TODAY + DAY)
    due.rivals(3, size=3)
    assert due.problems() == []
    assert sorted((x.customer_id, x.position) for x in due.lines()) == [
        (c.pk, n) for c in customers for n in (1, 2)
    ]
    assert len(due.invoices()) == 12
    due.assert_books_are_right()


@contextmanager
def somebody_holds(service: Service) -> Iterator[None]:
    """Another session has it for itself within the block."""
    holding, done = threading.Event(), threading.Event()

    def holder() -> None:
        with acting(Purpose.CONTRACT, actor=JOB):
            Service.objects.select_for_update(of=("self",)).get(pk=service.pk)
            holding.set()
            done.wait(60)
        connection.close()

    thread = threading.Thread(target=holder)
    thread.start()
    assert holding.wait(20)
    try:
        yield
    finally:
        done.set()
        thread.join()


@pytest.mark.django_db(transaction=True)
def test_a_service_that_somebody_holds_at_this_moment_is_left_for_the_next_run() -> None:
    held, free = due.service(due.customer()), due.service(due.customer())
    with somebody_holds(held):
        assert due.run().services == 1
    assert (due.again(held).renews_on, due.again(free).renews_on > TODAY) == (TODAY, True)
    assert due.run().services == 1
    assert due.problems() == []
    due.assert_books_are_right()


@pytest.mark.django_db(transaction=True)
def test_what_is_written_down_of_a_service_cannot_change_before_it_is_renewed(monkeypatch: Any) -> None:
    """Another customer or price that is committed in between would be invoiced to whom it was, at what it was."""
    service, other = due.service(due.customer()), due.customer()
    tried: list[str] = []

    def mover() -> None:
        try:
            with acting(Purpose.CONTRACT, actor=JOB):
                Service.objects.select_for_update(of=("self",), nowait=True).get(pk=service.pk)
                Service.objects.filter(pk=service.pk).update(customer=other)
            tried.append("moved")
        except OperationalError:
            tried.append("has to wait")
        finally:
            connection.close()

    step = batches._cross

    def in_between(horizon: Any) -> int | None:
        thread = threading.Thread(target=mover)
        thread.start()
        thread.join(30)
        return step(horizon)

    monkeypatch.setattr(batches, "_cross", in_between)
    due.run()
    assert set(tried) == {"has to wait"}
    assert [each.customer_id for each in due.invoices()] == [service.customer_id]


@pytest.mark.django_db(transaction=True)
def test_whoever_writes_something_about_a_service_need_not_wait_for_the_run(monkeypatch: Any) -> None:
    """Who credits has taken a number, which the run waits for: would they wait for its services, neither could go on."""
    service = due.service(due.customer())
    told: list[str] = []

    def clerk() -> None:
        try:
            with acting(Purpose.CONTRACT, actor=JOB), connection.cursor() as cursor:
                cursor.execute("SET LOCAL lock_timeout = '5s'")
                cursor.execute("SELECT id FROM services_service WHERE id = %s FOR KEY SHARE", [service.pk])
            told.append("went on")
        except OperationalError:
            told.append("had to wait")
        finally:
            connection.close()

    step = batches._invoice

    def meanwhile(horizon: Any) -> Any:
        thread = threading.Thread(target=clerk)
        thread.start()
        thread.join(30)
        return step(horizon)

    monkeypatch.setattr(batches, "_invoice", meanwhile)
    assert due.run().services == 1
    assert told[0] == "went on"


@pytest.mark.django_db(transaction=True)
def test_of_a_customer_the_rest_goes_on_while_one_is_held_which_comes_with_the_next_run() -> None:
    """A run that meets what somebody holds ends, however often it looks."""
    customer = due.customer()
    held, free = due.service(customer, renews=due.back(TODAY, 12)), due.service(customer)
    with somebody_holds(held):
        assert due.run().services == 1
    assert [x.service_id for x in due.lines()] == [free.pk]
    assert due.again(held).renews_on == due.back(TODAY, 12)
    assert due.run().services == 2  # one term after another
    due.assert_books_are_right()


# --- the threshold of the one-stop shop ---


@pytest.mark.parametrize("size", [1, 2, 100])
def test_the_renewal_that_would_pass_the_threshold_has_the_vat_of_the_consumers_country(size: int) -> None:
    for _ in range(5):
        due.german(400_000)  # the third passes 10,000 euro
    due.service(due.customer())
    done = due.run(size=size)
    assert [(x.vat_country, x.vat_reason) for x in due.lines()] == [
        ("NL", "consumer_home_rate"), ("NL", "consumer_home_rate"), ("DE", "consumer_oss"), ("DE", "consumer_oss"),
        ("DE", "consumer_oss"), ("NL", "domestic"),
    ]  # fmt: skip
    assert (done.services, done.problems) == (6, 0)
    with as_owner():
        assert TaxSettings.objects.get().oss_since == TODAY
    due.assert_books_are_right()


def test_what_reaches_the_threshold_to_the_cent_does_not_pass_it() -> None:
    for _ in range(2):
        due.german(500_000)
    due.run()
    assert {x.vat_country for x in due.lines()} == {"NL"}
