"""kill -9 of the portal and the worker at the worst moments, and two workers at once."""

from concurrent.futures import ThreadPoolExecutor

import httpx
import psycopg
import pytest

from hospes.proofs.stage import Account
from tests.faults.invariants import in_the_database
from tests.faults.world import World, another_window

pytestmark = [pytest.mark.faults, pytest.mark.xdist_group("faults")]


def test_the_portal_is_killed_after_the_provider_made_the_payment(
    world: World, people: list[Account]
) -> None:
    account = people[1]
    order = world.order(account)
    page = account.browser.get(account.page(f"bestellingen/{order}/")).page
    form = account.browser._form("", "betalen")
    world.provider.control("slow", seconds=3.0)
    with ThreadPoolExecutor(1) as pool, another_window(account.browser) as window:
        click = pool.submit(
            window.post, form.get("action"), data=dict(form.form_values()), headers={"referer": str(page.url)}
        )
        world.until("the provider made it", lambda: order in world.provider.http.get("/").text)
        world.stack.kill("portal")
        with pytest.raises(httpx.HTTPError):
            click.result()
    world.provider.calm()
    assert world.payments(order) == [(None, "open")], "we never heard how it is called"
    world.stack.wait_ready()
    reference = world.begin_paying(account, order)
    assert [payment["id"] for payment in world.provider.of_order(order)] == [reference]
    assert world.payments(order) == [(reference, "open")]


def test_the_worker_is_killed_while_it_books_and_sets_up(world: World, people: list[Account]) -> None:
    """One payment is being booked; for another order the panel has made the account, and we do not know it yet."""
    booking = world.order(people[3])
    begun = world.begin_paying(
        people[3], booking
    )  # beforehand: who begins waits for whoever has the order, too
    with world.held(booking):
        world.provider.settle(begun)
        world.until("the payment is being booked", lambda: world.waiting_for_a_lock())
        world.panel.control("slow", seconds=1.0)
        made = world.order_and_pay(people[2])
        world.until("the panel made the account", lambda: world.panel.has(world.label(made)))
        world.stack.kill("worker")
        assert not world.active(made)
    world.calm()
    for order in (made, booking):
        world.until(f"the service of {order} works", lambda order=order: world.active(order))  # type: ignore[misc]
    assert list(world.panel.accounts().values()).count(world.label(made)) == 1
    assert [state for _, state in world.payments(booking)] == ["paid"]


def test_a_worker_is_killed_while_it_writes_the_file_of_an_invoice(
    world: World, people: list[Account]
) -> None:
    order = world.order_and_pay(people[0])
    filed = "SELECT i.id, d.path FROM billing_invoice i JOIN billing_document d ON d.invoice_id = i.id WHERE i.origin = %s"
    origin = f"order:{world.value('SELECT id FROM sales_order WHERE number = %s', order)}"
    [(invoice, path)] = world.until("the file is there", lambda: world.rows(filed, origin))
    place = (world.stack.var / "media" / path).parent
    make = f"from hospes.billing.jobs import make_document\nmake_document.run(invoice_id={invoice})"
    world.as_worker(
        f"import os, signal\nos.fsync = lambda file: os.kill(os.getpid(), signal.SIGKILL)\n{make}", ends=-9
    )
    assert list(place.glob("*.part")), "it was killed too early or too late"
    world.as_worker(make)
    assert not list(place.glob("*.part"))
    assert world.rows(filed, origin) == [(invoice, path)]


def test_jobs_stand_or_fall_with_the_transaction_that_wants_them(world: World, people: list[Account]) -> None:
    """What a worker enqueues while it books a payment is not to be seen, let alone done, before that is booked."""
    order = world.order(people[4])
    reference = world.begin_paying(people[4], order)
    assert world.stack.dsn is not None
    with psycopg.connect(world.stack.dsn.url()) as other:
        other.execute("LOCK TABLE payments_paidfrom IN EXCLUSIVE MODE")  # the last thing that is written
        world.provider.settle(reference)
        world.until("all but that is written", lambda: world.waiting_for_a_lock())
        order_id = world.value("SELECT id FROM sales_order WHERE number = %s", order)
        jobs = "SELECT task_name FROM procrastinate_jobs WHERE args->>'order_id' = %s OR task_name = 'billing.jobs.make_document'"
        assert world.rows(jobs, str(order_id)) == []
        world.rows("SELECT pg_terminate_backend(%s)", world.waiting_for_a_lock()[0])
        world.until("that try is over", lambda: not world.waiting_for_a_lock())
        assert world.rows(jobs, str(order_id)) == []
        other.rollback()
    world.until(f"the service of {order} works", lambda: world.active(order))
    assert world.payments(order) == [(reference, "paid")]


def test_two_workers_do_nothing_twice(world: World, people: list[Account]) -> None:
    with world.a_second_worker():
        world.provider.control("plan", copies=4)
        with ThreadPoolExecutor(5) as pool:
            orders = list(pool.map(world.order_and_pay, people))
        for order in orders:
            world.until(f"the service of {order} works", lambda order=order: world.active(order))  # type: ignore[misc]
    world.until("all is told, filed and right", lambda: not in_the_database(world))
