"""The others are away, too busy, or hang up after they did what was asked."""

import pytest

from hospes.proofs.stage import Account
from tests.faults.world import World, press, together

pytestmark = [pytest.mark.faults, pytest.mark.xdist_group("faults")]


def tried(world: World, task: str) -> bool:
    """Whether a job of this name was tried in vain and waits for another try."""
    return bool(
        world.rows(
            "SELECT 1 FROM procrastinate_jobs WHERE task_name = %s AND attempts > 0 AND status = 'todo'", task
        )
    )


@pytest.mark.parametrize("before", [False, True], ids=["after_making_it", "before_making_it"])
def test_the_provider_hangs_up(world: World, people: list[Account], before: bool) -> None:
    account = people[0]
    order = world.order(account)
    page = account.page(f"bestellingen/{order}/")
    world.provider.control("drop", requests=1, before=before)
    account.browser.get(page).submit({}, action="betalen")
    assert account.browser.path == page, "whom the provider did not take on stays at the order"
    assert len(world.provider.of_order(order)) == (0 if before else 1)
    reference = world.begin_paying(account, order)
    assert [payment["id"] for payment in world.provider.of_order(order)] == [reference]


def test_the_provider_hangs_up_on_some_of_twenty(world: World, people: list[Account]) -> None:
    account = people[1]
    order = world.order(account)
    account.browser.get(account.page(f"bestellingen/{order}/"))
    world.provider.control("drop", requests=7)
    answers = press(account, 20, {}, action="betalen")
    assert {answer.status_code for answer in answers} <= {200, 302}
    reference = world.begin_paying(account, order)
    assert [payment["id"] for payment in world.provider.of_order(order)] == [reference]
    assert len(world.payments(order)) == 1


def test_the_provider_is_away_and_too_busy_between_the_steps(world: World, people: list[Account]) -> None:
    account = people[2]
    order = world.order(account)
    page = account.page(f"bestellingen/{order}/")
    for weather in ("outage", "rate_limit"):
        world.provider.control(weather, requests=-1)
        account.browser.get(page).submit({}, action="betalen")
        assert account.browser.path == page
    world.provider.calm()
    reference = world.begin_paying(account, order)
    world.provider.control("outage", requests=1, html=True)
    world.provider.control("rate_limit", requests=1)
    world.provider.settle(reference)
    # Who comes back meanwhile, and reloads, and reloads: one look-up waits, and the page stands.
    back = f"{page}?terug=1"
    assert together(10, lambda _: account.browser.http.get(back).status_code) == [200] * 10
    world.until(f"{order} is paid for", lambda: world.active(order))
    assert world.payments(order) == [(reference, "paid")]


def test_two_looks_at_one_payment_break_off_together(world: World, people: list[Account]) -> None:
    """Both have to be tried again, and only one of the kind may wait: neither may be left as running for ever."""
    account = people[3]
    order = world.order(account)
    reference = world.begin_paying(account, order)
    world.provider.control("plan", payment=reference, copies=0)
    world.provider.settle(reference)
    with world.held(order):
        for number in (1, 2):
            account.browser.get(account.page(f"bestellingen/{order}/?terug=1"))
            world.until("the look-ups run", lambda number=number: len(world.waiting_for_a_lock()) == number)  # type: ignore[misc]
        for pid in world.waiting_for_a_lock():
            world.rows("SELECT pg_terminate_backend(%s)", pid)
        world.until("one is left, and waits", lambda: world.rows(
            "SELECT 1 FROM procrastinate_jobs WHERE task_name = 'payments.jobs.check' HAVING count(*) = 1"
            " AND bool_and(status = 'todo')"
        ))  # fmt: skip
    world.until(f"{order} is paid for", lambda: world.active(order))


def test_panel_and_mail_server_are_away_then_hang_up_after_doing_it(
    world: World, people: list[Account]
) -> None:
    account = people[4]
    before = world.post.copies(account.email)
    world.panel.control("outage")
    world.post.control("outage")
    order = world.order_and_pay(account)
    unsent = "SELECT count(*) = 2 FROM procrastinate_jobs WHERE task_name = 'messaging.jobs.deliver' AND attempts > 0"
    world.until("the panel was asked in vain", lambda: tried(world, "hosting.jobs.provision"))
    world.until("neither order nor invoice could be mailed", lambda: world.value(unsent))
    assert world.state(order) == "paid"
    assert not world.active(order)
    for simulator in (world.panel, world.post):
        simulator.calm()
        simulator.control("drop", requests=1)
    world.until("the panel made it, and hung up", lambda: world.panel.has(world.label(order)))
    world.until(f"the service of {order} works", lambda: world.active(order))
    assert list(world.panel.accounts().values()).count(world.label(order)) == 1
    world.until(
        "the mails went out",
        lambda: not world.rows("SELECT 1 FROM messaging_message WHERE state = 'waiting'"),
    )
    new = world.post.copies(account.email) - before
    assert sorted(new.values()) == [1, 1, 2], (
        f"the one that was hung up on comes twice under one Message-ID: {new}"
    )
