"""The life of a service: begun once, moved by the table only, each move on record (P22)."""

import json
import threading
from datetime import date, timedelta
from itertools import product as pairs
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from hospes.kernel.acting import JOB, SYSTEM, acting
from hospes.kernel.models import JournalEntry
from hospes.kernel.purposes import Purpose
from hospes.kernel.refusals import Refused
from hospes.messaging.models import Message
from hospes.services import kinds, services
from hospes.services.models import Service, ServiceChange, State
from hospes.services.queries import entitlements, history
from hospes.services.rules import Term, renewal
from hospes.services.services import MOVES, MoveRefused, Sold
from tests.support import make
from tests.support.make import NOW, TODAY
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.login("worker")]

LATER = NOW + timedelta(hours=1)
DAY = timedelta(days=1)

#: The life cycle in words of its own, not taken from the table that is tested.
ALLOWED = {
    ("pending", "active"), ("pending", "cancelled"),
    ("active", "suspended"), ("active", "cancelled"), ("active", "terminated"),
    ("suspended", "active"), ("suspended", "cancelled"), ("suspended", "terminated"),
    ("cancelled", "terminated"), ("cancelled", "active"), ("cancelled", "suspended"), ("pending", "terminated"),
    ("pending", "refused"), ("refused", "pending"), ("refused", "terminated"),
}  # fmt: skip


def sold(**words: Any) -> Sold:
    usual = {"label": "voorbeeld.test", "months": 12, "price_cents": 7500, "origin": "quote_line:1"}
    if "customer_id" not in words:
        words["customer_id"] = make.customer().pk
    if "product_id" not in words:
        words["product_id"] = make.product().pk
    return Sold(**(usual | words))


def start(what: Sold, *, today: date = TODAY, now: Any = NOW) -> Service:
    with acting(Purpose.CONTRACT, actor=JOB):
        return services.start(what, today=today, now=now)


def move(service: Service, to: State, *, now: Any = LATER) -> None:
    with acting(Purpose.CONTRACT, actor=JOB):
        services.move(service, to, reason="test", now=now)


def activate(service: Service, *, now: Any = LATER) -> None:
    with acting(Purpose.CONTRACT, actor=JOB):
        services.activate(service_id=service.pk, reason="provisioned", now=now)


def again(service: Service) -> Service:
    with as_owner():
        return Service.objects.get(pk=service.pk)


def changes(service: Service) -> list[tuple[str, str, str]]:
    with as_owner():
        return list(
            ServiceChange.objects.filter(service=service)
            .order_by("pk")
            .values_list("was", "became", "reason")
        )


def jobs() -> list[tuple[str, dict[str, Any]]]:
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("SELECT task_name, args FROM procrastinate_jobs ORDER BY id")
        return [(task, json.loads(arguments)) for task, arguments in cursor.fetchall()]


def entries(action: str) -> list[JournalEntry]:
    with as_owner():
        return list(JournalEntry.objects.filter(action=action).order_by("pk"))


# --- beginning ---


@pytest.mark.promise("P22")
def test_what_was_sold_becomes_a_service_that_is_being_set_up() -> None:
    what = sold(months=1)
    service = start(what, today=date(2026, 1, 31))
    assert (service.state, service.label, service.months, service.price_cents) == (
        "pending",
        "voorbeeld.test",
        1,
        7500,
    )
    assert (service.started_on, service.renews_on, service.ended_on) == (
        date(2026, 1, 31),
        date(2026, 2, 28),
        None,
    )
    assert (service.customer_id, service.product_id, service.origin) == (
        what.customer_id,
        what.product_id,
        what.origin,
    )
    assert changes(service) == [("", "pending", "ordered")]
    assert jobs() == [("hosting.jobs.provision", {"service_id": service.pk})]
    [entry] = entries("service.started")
    assert (entry.customer_id, entry.object_id, entry.at) == (what.customer_id, service.pk, NOW)


def test_delivered_twice_it_is_one_service_made_once() -> None:
    what = sold()
    first = start(what)
    second = start(what, today=TODAY + 40 * DAY, now=LATER)
    assert second == first
    assert (second.started_on, second.renews_on) == (first.started_on, first.renews_on)
    assert len(jobs()) == len(changes(first)) == len(entries("service.started")) == 1


def test_another_origin_is_another_service() -> None:
    what = sold()
    other = sold(
        customer_id=what.customer_id, product_id=what.product_id, origin="quote_line:2", label="ander.test"
    )
    assert start(what) != start(other)
    assert [name for name, _ in jobs()] == ["hosting.jobs.provision"] * 2


def test_what_nobody_can_make_is_not_sold_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(kinds._PROVISIONERS, "hosting")
    with pytest.raises(LookupError, match="nobody makes services of the kind hosting"):
        start(sold())
    with as_owner():
        assert not Service.objects.exists()
    assert jobs() == []
    assert entries("service.started") == []


def test_a_term_of_no_months_is_refused_by_the_database() -> None:
    with pytest.raises(IntegrityError, match="service_renews_after_its_start"):
        start(sold(months=0))


# --- moving ---


@pytest.mark.parametrize(("was", "to"), list(pairs(State, State)))
def test_a_service_moves_as_the_table_says_and_no_other_way(was: State, to: State) -> None:
    service = make.service(state=was)
    before = changes(service)
    if (was, to) in ALLOWED:
        move(service, to)
        assert again(service).state == service.state == to
        assert changes(service) == [*before, (was, to, "test")]
        [entry] = entries("service.moved")
        assert (entry.object_id, entry.customer_id, entry.changed) == (
            service.pk,
            service.customer_id,
            ["state", *{"terminated": ["ended_on"], "cancelled": ["ends_on"]}.get(to, [])]
            + (["ends_on"] if (was, to) == ("cancelled", "active") else []),
        )
    else:
        with pytest.raises(MoveRefused, match=f"{was} cannot become {to}"):
            move(service, to)
        assert again(service).state == was
        assert changes(service) == before
        assert entries("service.moved") == []


def test_the_table_says_just_that() -> None:
    assert {(was, to) for was, tos in MOVES.items() for to in tos} == ALLOWED
    assert set(MOVES) == set(State)


@pytest.mark.parametrize("was", ["active", "suspended", "cancelled"])
def test_a_service_that_ends_says_on_which_day(was: str) -> None:
    service = make.service(state=was)
    move(service, State.TERMINATED, now=NOW + timedelta(hours=12))  # half past midnight in Amsterdam
    assert again(service).ended_on == service.ended_on == TODAY + DAY


def test_the_database_takes_no_ended_service_without_its_day() -> None:
    service = make.service()
    with as_owner(), pytest.raises(IntegrityError, match="ended_service_says_when"), transaction.atomic():
        Service.objects.filter(pk=service.pk).update(state="terminated")


@pytest.mark.parametrize("to", [State.SUSPENDED, State.CANCELLED])
def test_who_looked_before_somebody_else_moved_it_is_refused(to: State) -> None:
    service = make.service(state="active")
    stale = again(service)
    move(service, State.SUSPENDED)
    with pytest.raises(MoveRefused):
        move(stale, to)
    assert again(service).state == "suspended"
    assert len(changes(service)) == 2


@pytest.mark.django_db(transaction=True)
def test_of_rivals_exactly_one_wins() -> None:
    service = make.service(state="active")
    gate, won, lost = threading.Barrier(6), [], []

    def rival(to: State) -> None:
        mine = again(service)
        gate.wait(10)
        try:
            move(mine, to)
            won.append(to)
        except MoveRefused:
            lost.append(to)
        finally:
            connection.close()

    threads = [threading.Thread(target=rival, args=(to,)) for to in (State.SUSPENDED, State.CANCELLED) * 3]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(won), len(lost)) == (1, 5)
    assert changes(service)[1:] == [("active", won[0], "test")]
    assert again(service).state == won[0]


@pytest.mark.django_db(transaction=True)
def test_delivered_by_two_workers_at_once_it_is_one_service() -> None:
    what = sold()
    gate, made = threading.Barrier(2), []

    def deliver() -> None:
        gate.wait(10)
        try:
            made.append(start(what).pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=deliver) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 2
    assert len(set(made)) == len(jobs()) == len(entries("service.started")) == 1


def test_a_change_is_only_ever_added() -> None:
    service = make.service()
    for purpose in Purpose:
        with acting(purpose, actor=SYSTEM), pytest.raises(Refused), transaction.atomic():
            ServiceChange.objects.filter(service_id=service.pk).update(reason="rewritten")


# --- putting on ---


@pytest.mark.promise("P04")
@pytest.mark.parametrize("was", ["pending", "suspended"])
def test_a_service_that_works_is_active_and_its_customer_hears_of_it(was: str) -> None:
    service = make.service(state=was)
    activate(service)
    assert again(service).state == "active"
    assert changes(service)[1:] == [(was, "active", "provisioned")]
    with as_owner():
        message = Message.objects.get()
    assert (message.kind, message.customer_id, message.about_id) == (
        "services.active",
        service.customer_id,
        service.pk,
    )
    assert (message.created_at, message.person_id) == (LATER, None)


def test_put_on_twice_it_is_one_move_and_one_message() -> None:
    service = make.service(state="pending")
    activate(service)
    activate(service, now=LATER + DAY)
    assert changes(service)[1:] == [("pending", "active", "provisioned")]
    with as_owner():
        assert Message.objects.count() == 1
    assert [task for task, _ in jobs()] == ["messaging.jobs.deliver"]


def test_put_on_again_after_it_was_suspended_no_second_welcome_is_sent() -> None:
    service = make.service(state="pending")
    activate(service)
    move(again(service), State.SUSPENDED)
    activate(service)
    assert [became for _, became, _ in changes(service)] == ["pending", "active", "suspended", "active"]
    with as_owner():
        assert Message.objects.count() == 1


@pytest.mark.parametrize("was", ["cancelled", "terminated"])
def test_what_has_ended_is_not_put_on_and_nobody_is_told(was: str) -> None:
    service = make.service(state=was)
    with pytest.raises(MoveRefused):
        activate(service)
    assert again(service).state == was
    assert jobs() == []
    with as_owner():
        assert not Message.objects.exists()


# --- delivered late ---


@pytest.mark.parametrize("days", [0, 1, 78])
def test_the_first_term_begins_when_there_is_a_service(days: int) -> None:
    service = start(sold(months=1))
    on = TODAY + days * DAY
    activate(service, now=NOW + days * DAY)
    held = again(service)
    assert held.term == Term.first(on, 1)
    assert (held.started_on, held.renews_on, held.bound_until) == (TODAY, renewal(on, 1), renewal(on, 1))
    said = ["anchor_on", "run_months", "months", "renews_on", "bound_until"] if days else []
    assert [x.changed for x in entries("service.moved")] == [["state", *said]]


def test_a_term_that_begins_later_still_stays_and_so_does_one_that_another_followed() -> None:
    later = make.service(state="pending", anchor_on=TODAY + 15 * DAY)
    renewed = make.service(state="pending", run_months=24)
    for service in (later, renewed):
        activate(service, now=NOW + 9 * DAY)
        assert again(service).term == service.term


def test_what_was_suspended_or_cancelled_keeps_its_term() -> None:
    for was in ("suspended", "cancelled"):
        service = make.service(state=was)
        move(service, State.ACTIVE, now=NOW + 40 * DAY)
        assert again(service).term == service.term


def test_an_addition_that_was_there_before_begins_with_what_it_belongs_to() -> None:
    main = make.service(state="pending", months=1)
    early, late, over = (
        make.service(customer=main.customer, belongs_to=main, state=state, months=1)
        for state in ("active", "pending", "terminated")
    )
    renewed = make.service(customer=main.customer, belongs_to=main, months=1, run_months=2)
    activate(main, now=NOW + 40 * DAY)
    assert again(early).term == again(main).term == Term.first(TODAY + 40 * DAY, 1)
    assert [again(x).term for x in (late, over, renewed)] == [x.term for x in (late, over, renewed)]
    activate(late, now=NOW + 45 * DAY)
    assert again(late).anchor_on == TODAY + 45 * DAY


# --- what a customer is entitled to ---


def entitled(service: Service, today: date) -> bool:
    with acting(Purpose.CONTRACT, actor=SYSTEM, customer=service.customer_id):
        return [s.pk for s in entitlements(service.customer_id, today=today)] == [service.pk]


@pytest.mark.promise("P22")
@pytest.mark.parametrize("state", ["pending", "active", "suspended"])
def test_a_customer_is_entitled_from_the_first_day_on(state: str) -> None:
    service = make.service(state=state)
    assert [entitled(service, TODAY + n * DAY) for n in (-1, 0, 1, 10_000)] == [False, True, True, True]


@pytest.mark.promise("P22")
@pytest.mark.parametrize("state", ["cancelled", "terminated"])
def test_and_up_to_the_day_on_which_it_ended_which_is_the_first_without(state: str) -> None:
    end = TODAY + 30 * DAY
    service = make.service(state=state, **{"ends_on" if state == "cancelled" else "ended_on": end})
    assert [entitled(service, day) for day in (TODAY, end - DAY, end, end + DAY)] == [
        True,
        True,
        False,
        False,
    ]


def test_entitlements_come_the_newest_first_and_of_nobody_else() -> None:
    customer = make.customer()
    old, new, newer = (make.service(customer=customer, started_on=TODAY + n * DAY) for n in (-2, -1, -1))
    make.service()
    with acting(Purpose.CONTRACT, actor=SYSTEM, customer=customer.pk):
        assert entitlements(customer.pk, today=TODAY) == [newer, new, old]


def test_history_has_the_last_change_first() -> None:
    service = make.service(state="pending")
    activate(service, now=LATER)
    move(again(service), State.SUSPENDED, now=LATER)  # at the same moment
    with acting(Purpose.CONTRACT, actor=SYSTEM, customer=service.customer_id):
        assert [c.became for c in history(service.pk)] == ["suspended", "active", "pending"]
