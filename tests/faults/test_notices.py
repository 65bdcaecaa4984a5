"""The provider's notices: twenty at once, before and after the return, out of order, forged, and never."""

from datetime import timedelta

import httpx
import pytest

from hospes.payments.sweeps import PATIENCE as SWEEP_PATIENCE
from hospes.proofs.stage import Account
from tests.faults.world import World, together

pytestmark = [pytest.mark.faults, pytest.mark.xdist_group("faults")]

SWEEP = "from hospes.kernel import clock\nfrom hospes.payments.sweeps import check_open\nsaid = check_open(now=clock.now())"

BOOK = """
from hospes.kernel import clock
from hospes.kernel.acting import JOB, acting
from hospes.kernel.purposes import Purpose
from hospes.payments import services
from hospes.payments.models import Payment
from hospes.payments.providers import Charge

class Undo(Exception):
    pass

def told(reference, state, *, keep=True):
    try:
        with acting(Purpose.BILLING, actor=JOB):
            cents = Payment.objects.get(reference=reference).cents
            paid = {"paid_at": clock.now(), "holder": "X", "account": "NL00"} if state == "paid" else {}
            none = dict.fromkeys(("checkout_url", "paid_at", "holder", "account"))
            charge = Charge(reference=reference, state=state, cents=cents, method="ideal", order_key="", **{**none, **paid})
            answers.append(services.book(charge, now=clock.now()))
            if not keep:
                raise Undo
    except Undo:
        pass

answers = []
"""


def silent(world: World, account: Account) -> tuple[str, str]:
    """An order that is at the provider's, which sends no notice of its own accord; returns its number and the reference."""
    order = world.order(account)
    reference = world.begin_paying(account, order)
    world.provider.control("plan", payment=reference, copies=0)
    return order, reference


def notice(world: World, reference: str, via: str = "") -> int:
    """What the provider would send; `via` is the payment whose address it comes to, if another."""
    with httpx.Client(trust_env=False, timeout=30) as http:
        return http.post(
            f"{world.portal}{world.notice_path(via or reference)}", data={"id": reference}
        ).status_code


def notices_applied(world: World, reference: str) -> bool:
    """Whether all notices about a payment were looked into."""
    sql = "SELECT count(*) > 0 AND bool_and(applied_at IS NOT NULL) FROM payments_notice WHERE reference = %s"
    return bool(world.value(sql, reference))


def test_twenty_notices_at_once_book_one_payment(world: World, people: list[Account]) -> None:
    order, reference = silent(world, people[0])
    world.provider.settle(reference)
    assert together(20, lambda _: notice(world, reference)) == [200] * 20
    world.until(f"{order} is paid for", lambda: world.active(order))
    assert world.payments(order) == [(reference, "paid")]


def test_twenty_notices_and_twenty_returns_at_once(world: World, people: list[Account]) -> None:
    account = people[1]
    order = world.order(account)
    reference = world.begin_paying(account, order)
    world.provider.control("plan", payment=reference, copies=20)
    world.provider.settle(reference)  # it sends them all by itself, side by side
    back = account.page(f"bestellingen/{order}/?terug=1")
    assert together(20, lambda _: account.browser.http.get(back).status_code) == [200] * 20
    world.until(f"{order} is paid for", lambda: world.active(order))
    assert world.payments(order) == [(reference, "paid")]
    world.until("all notices are answered", lambda: all(
        delivery["state"] != "waiting" for delivery in world.provider.control("deliveries", payment=reference)
    ))  # fmt: skip
    answers = [(d["state"], d["attempts"]) for d in world.provider.control("deliveries", payment=reference)]
    assert answers == [("done", 1)] * 20, "each was taken at once"


def test_without_a_notice_the_return_finds_the_payment(world: World, people: list[Account]) -> None:
    account = people[2]
    order, reference = silent(world, account)
    world.provider.settle(reference)
    account.browser.get(account.page(f"bestellingen/{order}/?terug=1"))
    world.until(f"{order} is paid for", lambda: world.active(order))
    assert not world.rows("SELECT 1 FROM payments_notice WHERE reference = %s", reference)


def test_without_notice_and_return_the_sweep_finds_the_payment(world: World, people: list[Account]) -> None:
    order, reference = silent(world, people[3])
    world.provider.settle(reference)
    lying = (
        "INSERT INTO payments_notice (reference, received_at) VALUES ('tr_lyingnotice', now()) RETURNING id"
    )
    world.rows(lying)
    assert world.as_worker(SWEEP).get("notices", 0) == 0, "a notice gets some time to be looked into"
    assert world.state(order) == "awaiting_payment"
    found = world.as_worker(SWEEP, ahead=(SWEEP_PATIENCE + timedelta(seconds=30)).total_seconds())
    assert found["payments"] >= 1
    assert found["notices"] == 1
    world.until(f"{order} is paid for", lambda: world.active(order))
    world.until("the notice that was left lying", lambda: notices_applied(world, "tr_lyingnotice"))
    assert world.payments(order) == [(reference, "paid")]


def test_what_comes_out_of_order_changes_nothing_that_is_decided(world: World, people: list[Account]) -> None:
    account = people[4]
    order, first = silent(world, account)
    notice(world, first)  # too early: it is still open
    world.until("the early notice", lambda: notices_applied(world, first))
    assert world.payments(order) == [(first, "open")]
    world.provider.settle(first, "failed")
    account.browser.get(account.page(f"bestellingen/{order}/?terug=1"))
    world.until("the failure", lambda: world.payments(order) == [(first, "failed")])
    second = world.begin_paying(account, order)
    world.provider.settle(second)
    world.until(f"{order} is paid for", lambda: world.active(order))
    assert together(8, lambda number: notice(world, (first, second)[number % 2])) == [200] * 8
    world.until("the late notices", lambda: notices_applied(world, first) and notices_applied(world, second))
    # What a slow job asked before the end, and tells us after it.
    late = "".join(f"told({second!r}, {state!r})\n" for state in ("open", "pending", "failed", "paid"))
    late += "".join(f"told({first!r}, {state!r})\n" for state in ("open", "pending", "failed", "canceled"))
    twice = f"told({first!r}, 'paid', keep=False)\nsaid = answers"
    assert world.as_worker(f"{BOOK}{late}{twice}") == ["same"] * 8 + ["surplus"], (
        "money that came twice is never lost"
    )
    assert world.payments(order) == [(first, "failed"), (second, "paid")]


def test_forged_notices_change_nothing(world: World, people: list[Account]) -> None:
    account = people[0]
    order, reference = silent(world, account)
    forged = [
        "tr_nobodyknows",
        "tr_" + "x" * 30,
        "",
        "x",
        "tr_",
        "'; DROP TABLE x;--",
        "tr_" + "9" * 500,
        "ord_12345",
        reference,
    ]
    answers = together(18, lambda number: notice(world, forged[number // 2], via=reference))
    assert answers == [200] * 18, "what is not ours is answered like what is"
    world.until(
        "the forged notices", lambda: not world.rows("SELECT 1 FROM payments_notice WHERE applied_at IS NULL")
    )
    assert world.payments(order) == [(reference, "open")]
    assert world.state(order) == "awaiting_payment"
    assert not world.rows("SELECT 1 FROM payments_notice WHERE reference !~ '^[a-z]{2,6}_[A-Za-z0-9]{2,30}$'")
