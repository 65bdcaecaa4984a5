"""Jobs belong to the transaction that wants them, act for the purpose that they declare, and survive their worker."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest
from django.db import connection, connections, transaction
from procrastinate import App, PsycopgConnector
from procrastinate.contrib.django import procrastinate_app
from procrastinate.contrib.django.models import ProcrastinateJob

from hospes.billing.models import Invoice
from hospes.config import schedule  # noqa: F401  # registers what is periodic
from hospes.kernel import acting as stage
from hospes.kernel import jobs
from hospes.kernel.acting import SYSTEM, Actor, acting
from hospes.kernel.jobs import MOST_TRIES, STALLED_AFTER, at_work, job
from hospes.kernel.logins import LOGINS
from hospes.kernel.outside import NotOnTheMap
from hospes.kernel.purposes import Grantee, Own, Purpose
from hospes.kernel.refusals import Refused
from hospes.kernel.secrets import derived_password
from tests.support import make, oracle, places
from tests.support.rights import as_owner

pytestmark = pytest.mark.database
rolled_back = pytest.mark.django_db
committed = pytest.mark.django_db(transaction=True)

_done: list[tuple[int, str]] = []


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setitem(
        connections.settings["default"], "CONN_MAX_AGE", 0
    )  # the worker's threads end with the test
    _done.clear()
    yield
    _done.clear()


@job(queue="test", purpose=Purpose.BILLING)
def note(*, thing_id: int) -> None:
    with at_work(), connection.cursor() as cursor:
        cursor.execute("SELECT current_user FROM billing_invoice")
        _done.append((thing_id, cursor.fetchone()[0]))


@job(queue="test", purpose=Purpose.MESSAGES)
def wrong(*, thing_id: int) -> None:
    note.run(thing_id=thing_id)  # a job within a job acts for itself
    with at_work():
        Invoice.objects.values_list("buyer_street").first()


@job(queue="test", purpose=Purpose.BILLING)
def twice(*, thing_id: int) -> None:
    note.enqueue(thing_id=thing_id)
    with at_work(), transaction.atomic():
        note.enqueue(thing_id=thing_id + 1)
        transaction.set_rollback(True)


def _waiting() -> list[tuple[str, dict[str, Any]]]:
    with as_owner():
        found = ProcrastinateJob.objects.filter(queue_name="test").order_by("pk")
        return [(entry.task_name, entry.args) for entry in found if entry.status == "todo"]


# --- enqueueing ---


@committed
def test_a_job_is_there_when_its_transaction_ends() -> None:
    with acting(Purpose.BILLING, actor=Actor.person(1), customer=1):
        note.enqueue(thing_id=7)
        with places.database().connect() as other:  # somebody else looks
            assert other.execute("SELECT count(*) FROM procrastinate_jobs").fetchone() == (0,)
    assert _waiting() == [("tests.kernel.test_jobs.note", {"thing_id": 7})]


@committed
def test_a_transaction_that_is_rolled_back_leaves_no_job() -> None:
    with acting(Purpose.BILLING, actor=SYSTEM):
        note.enqueue(thing_id=7)
        transaction.set_rollback(True)
    assert _waiting() == []


@rolled_back
@pytest.mark.parametrize("grantee", oracle.everybody(), ids=lambda grantee: grantee.role)
def test_every_purpose_enqueues_and_none_reads_the_queue(grantee: Grantee) -> None:
    purpose = grantee.purpose if isinstance(grantee, Own) else grantee
    scope = {"customer": 1} if isinstance(grantee, Own) else {}
    with acting(purpose, actor=SYSTEM, **cast(Any, scope)):
        note.enqueue(thing_id=7)
        for statement in (
            "SELECT args FROM procrastinate_jobs",
            "SELECT * FROM procrastinate_events",
            "UPDATE procrastinate_jobs SET status = 'todo'",
            "DELETE FROM procrastinate_jobs",
            "INSERT INTO procrastinate_jobs (task_name) VALUES ('x')",
            "SELECT procrastinate_fetch_job_v2(NULL, NULL)",
        ):
            with pytest.raises(Refused), transaction.atomic():
                connection.cursor().execute(statement)
    assert len(_waiting()) == 1


@rolled_back
def test_a_job_takes_ids_only() -> None:
    with acting(Purpose.BILLING, actor=SYSTEM), pytest.raises(NotOnTheMap):
        note.enqueue(email="a@example.com")
    with acting(Purpose.BILLING, actor=SYSTEM), pytest.raises(NotOnTheMap):
        note.enqueue_once("x", name="x")
    assert _waiting() == []


@rolled_back
def test_once_means_once_and_costs_the_transaction_nothing() -> None:
    with acting(Purpose.BILLING, actor=SYSTEM):
        for _ in range(3):
            note.enqueue_once("thing:7", thing_id=7)
        note.enqueue_once("thing:8", thing_id=8)
        note.enqueue(thing_id=9)  # the transaction goes on
    assert [arguments["thing_id"] for _, arguments in _waiting()] == [7, 8, 9]


@rolled_back
def test_the_portal_enqueues_before_anybody_acts() -> None:
    note.enqueue(thing_id=7)
    assert len(_waiting()) == 1


# --- at work ---


def test_outside_of_a_job_nobody_is_at_work() -> None:
    with pytest.raises(RuntimeError, match="inside of a job"), at_work():
        pytest.fail("worked")


@rolled_back
def test_a_job_acts_for_the_purpose_that_it_declared() -> None:
    make.invoice()
    note.run(thing_id=7)
    assert _done == [(7, Purpose.BILLING.role)]
    with pytest.raises(Refused, match=f"{Purpose.MESSAGES.role} may not .* billing_invoice.*buyer_street"):
        wrong.run(thing_id=8)
    assert _done[1:] == [(8, Purpose.BILLING.role)]
    with pytest.raises(RuntimeError), at_work():  # and is not at work any more
        pass
    assert stage.current() is None


@rolled_back
def test_a_job_may_keep_to_one_customer() -> None:
    mine, _ = make.invoice(), make.invoice()
    token = jobs._declared.set(Purpose.BILLING)
    try:
        with at_work(customer=mine.customer_id) as scene:
            assert scene.grantee == Purpose.BILLING.own
            assert [invoice.pk for invoice in Invoice.objects.all()] == [mine.pk]
    finally:
        jobs._declared.reset(token)


# --- the worker, with its own login ---


def _in_worker(do: Callable[[App], Awaitable[Any]]) -> Any:
    words = places.database().words() | {"user": LOGINS["worker"].role}
    words["password"] = derived_password(words["user"])
    connector = PsycopgConnector(kwargs=words)

    async def run() -> Any:
        with procrastinate_app.current_app.replace_connector(connector) as app:
            async with app.open_async():
                return await do(app)

    return asyncio.run(run())


def _work() -> None:
    _in_worker(lambda app: app.run_worker_async(queues=["test"], wait=False, install_signal_handlers=False))


@committed
@pytest.mark.login("worker")
def test_the_worker_does_what_was_enqueued_with_the_rights_of_its_login() -> None:
    make.invoice()
    with acting(Purpose.CONTRACT, actor=Actor.person(1), customer=1):
        note.enqueue(thing_id=7)
        note.enqueue(thing_id=8, one_at_a_time="thing")
    _work()
    assert sorted(_done) == [(7, Purpose.BILLING.role), (8, Purpose.BILLING.role)]
    assert _waiting() == []


@committed
@pytest.mark.login("worker")
def test_a_job_that_fails_is_tried_again_later() -> None:
    make.invoice()
    wrong.enqueue(thing_id=7)
    _work()
    with as_owner():
        (entry,) = ProcrastinateJob.objects.filter(queue_name="test")
        assert (entry.status, entry.attempts) == ("todo", 1)
        assert entry.scheduled_at is not None


@committed
@pytest.mark.login("worker")
def test_what_a_job_enqueues_belongs_to_its_transaction() -> None:
    make.invoice()
    twice.enqueue(thing_id=10)
    _work()
    _work()
    assert _done == [(10, Purpose.BILLING.role)]


# --- jobs whose worker died ---


def _taken_by_a_worker_silent_for(seconds: float, *, attempts: int = 0) -> int:
    """A job that is being done by a worker that gave a sign of life so long ago."""
    note.enqueue(thing_id=7)
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - %s) RETURNING id",
            [timedelta(seconds=seconds)],
        )
        (worker,) = cursor.fetchone()
        cursor.execute("SELECT max(id) FROM procrastinate_jobs")
        (pk,) = cursor.fetchone()
        cursor.execute(
            "UPDATE procrastinate_jobs SET status = 'doing', worker_id = %s, attempts = %s WHERE id = %s",
            [worker, attempts, pk],
        )
    return int(pk)


def _rescue() -> None:
    _in_worker(lambda app: jobs.rescue_stalled(cast(Any, SimpleNamespace(app=app)), 0))


def _state(pk: int) -> tuple[str, int]:
    with as_owner():
        entry = ProcrastinateJob.objects.get(pk=pk)
        return entry.status, entry.attempts


@committed
@pytest.mark.login("worker")
def test_a_job_whose_worker_died_is_done_after_all() -> None:
    make.invoice()
    pk = _taken_by_a_worker_silent_for(STALLED_AFTER + 1)
    _work()
    assert _done == []
    _rescue()
    assert _state(pk) == ("todo", 1)
    _work()
    assert _done == [(7, Purpose.BILLING.role)]
    assert _state(pk) == ("succeeded", 2)


@committed
@pytest.mark.login("worker")
def test_a_job_whose_worker_lives_is_left_alone() -> None:
    pk = _taken_by_a_worker_silent_for(STALLED_AFTER / 2)
    _rescue()
    assert _state(pk) == ("doing", 0)


@committed
@pytest.mark.login("worker")
def test_a_job_of_a_worker_that_is_forgotten_is_rescued_too() -> None:
    pk = _taken_by_a_worker_silent_for(STALLED_AFTER + 1)
    with as_owner():
        connection.cursor().execute("DELETE FROM procrastinate_workers")
    _rescue()
    assert _state(pk) == ("todo", 1)


@committed
@pytest.mark.login("worker")
def test_a_job_that_kills_its_workers_is_given_up() -> None:
    last = _taken_by_a_worker_silent_for(STALLED_AFTER + 1, attempts=MOST_TRIES - 1)
    never = _taken_by_a_worker_silent_for(STALLED_AFTER + 1, attempts=MOST_TRIES)
    _rescue()
    assert _state(last) == ("todo", MOST_TRIES)
    assert _state(never)[0] == "failed"


def test_the_rescue_runs_by_itself() -> None:
    periodic = procrastinate_app.current_app.periodic_registry.periodic_tasks.values()
    assert "kernel.rescue_stalled" in {entry.task.name for entry in periodic}
