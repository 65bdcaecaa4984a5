"""The contract that every payment provider keeps, over the wire."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from hospes.payments.models import Payment
from hospes.payments.providers import Charge, ProviderRefused, ProviderUnavailable, UnknownCharge
from tests.payments.providers.worlds import World


def asked(**changes: Any) -> dict[str, Any]:
    """What a payment is asked with."""
    usual = {
        "cents": 9075, "description": "O2026-00001", "return_url": "http://127.0.0.1:9/back", "language": "nl",
        "notice_url": "http://127.0.0.1:9/notice", "order_key": "O2026-00001-1", "idempotency_key": "O2026-00001-1",
    }  # fmt: skip
    return usual | changes


def test_a_new_charge_is_open_and_can_be_paid_somewhere(world: World) -> None:
    charge = world.provider.create(**asked())
    assert (charge.state, charge.cents, charge.method, charge.paid_at) == ("open", 9075, "", None)
    assert charge.order_key == "O2026-00001-1"
    assert charge.checkout_url is not None
    assert charge.checkout_url.startswith("http")
    assert world.provider.fetch(charge.reference) == charge


@pytest.mark.parametrize("cents", [1, 10, 99, 100, 101, 1000, 123_456, 4_999_999])
def test_amounts_are_exact_to_the_cent(world: World, cents: int) -> None:
    if cents < world.least_cents:
        with pytest.raises(ProviderRefused, match=r"[Aa]mount"):
            world.provider.create(**asked(cents=cents))
        return
    charge = world.provider.create(**asked(cents=cents))
    assert world.provider.fetch(charge.reference).cents == cents


@pytest.mark.promise("P13")
def test_nothing_is_told_of_the_payer_unless_it_was_paid(world: World) -> None:
    for outcome in world.outcomes:
        charge = world.provider.create(**asked(idempotency_key=outcome))
        world.settle(charge.reference, outcome, "ideal")
        now = world.provider.fetch(charge.reference)
        assert now.state == outcome
        assert (now.holder, now.account, now.paid_at, now.checkout_url) == (None, None, None, None)


@pytest.mark.promise("P13", "P14")
@pytest.mark.parametrize("method", ["ideal", "paypal", "creditcard"])
def test_a_paid_charge_says_when_how_and_by_whom(world: World, method: str) -> None:
    charge = world.provider.create(**asked())
    world.settle(charge.reference, "paid", method)
    paid = world.provider.fetch(charge.reference)
    assert (paid.state, paid.method, paid.cents) == (Payment.State.PAID, method, 9075)
    assert paid.paid_at is not None
    assert abs(paid.paid_at - world.now()) < timedelta(minutes=1)
    assert paid.holder
    assert paid.account
    if method == "creditcard":
        assert len(paid.account) == 4
        assert paid.account.isdigit()


def test_the_same_key_makes_one_charge_however_often(world: World) -> None:
    first = world.provider.create(**asked())
    assert world.provider.create(**asked()) == first
    assert world.charges() == 1


def test_after_it_was_paid_the_same_key_leads_to_the_payment_that_was_made(world: World) -> None:
    charge = world.provider.create(**asked())
    world.settle(charge.reference, "paid", "ideal")
    assert world.provider.create(**asked()).reference == charge.reference
    assert world.provider.fetch(charge.reference).state == "paid"
    assert world.charges() == 1


def test_a_create_that_broke_off_is_repeated_with_its_key(world: World) -> None:
    world.hang_up(before=False)
    with pytest.raises(ProviderUnavailable):
        world.provider.create(**asked())
    charge = world.provider.create(**asked())
    assert charge.state == "open"
    assert world.charges() == 1


def test_a_create_that_broke_off_is_found_when_its_key_has_lapsed(world: World) -> None:
    since = world.now()
    world.hang_up(before=False)
    with pytest.raises(ProviderUnavailable):
        world.provider.create(**asked())
    world.later(timedelta(hours=2))
    found = world.provider.find("O2026-00001-1", since=since - timedelta(minutes=5))
    assert found is not None
    assert (found.order_key, found.cents) == ("O2026-00001-1", 9075)
    assert world.charges() == 1


def test_a_create_that_did_not_arrive_is_not_found_and_can_be_repeated(world: World) -> None:
    world.hang_up(before=True)
    with pytest.raises(ProviderUnavailable):
        world.provider.create(**asked())
    assert world.provider.find("O2026-00001-1") is None
    world.provider.create(**asked())
    assert world.charges() == 1


def test_an_answer_that_comes_too_late_is_as_good_as_none(world: World) -> None:
    world.slow(2.5)
    with pytest.raises(ProviderUnavailable):
        world.impatient.create(**asked())
    assert world.provider.create(**asked()).state == "open"
    assert world.charges() == 1


def test_find_gives_the_newest_of_a_key_and_no_other(world: World) -> None:
    world.provider.create(**asked(idempotency_key="1"))
    newest = world.provider.create(**asked(idempotency_key="2"))
    world.provider.create(**asked(idempotency_key="3", order_key="O2026-00002-1"))
    assert world.provider.find("O2026-00001-1") == newest
    assert world.provider.find("O2026-00003-1") is None


def test_find_does_not_look_at_charges_from_before_the_day_it_is_told(world: World) -> None:
    world.provider.create(**asked())
    world.later(timedelta(hours=1))
    assert world.provider.find("O2026-00001-1", since=world.now() - timedelta(minutes=30)) is None


def test_find_looks_on_more_than_one_page(world: World) -> None:
    sought = world.provider.create(**asked())
    for number in range(255):
        world.provider.create(**asked(idempotency_key=str(number), order_key=f"other-{number}"))
    assert world.provider.find("O2026-00001-1") == sought


def test_cancel_ends_a_charge_and_again_changes_nothing(world: World) -> None:
    charge = world.provider.create(**asked())
    canceled = world.provider.cancel(charge.reference)
    assert canceled.state in (Payment.State.CANCELED, Payment.State.EXPIRED)
    assert canceled.checkout_url is None
    assert world.provider.cancel(charge.reference) == canceled


def test_cancel_of_what_was_paid_says_that_it_was_paid(world: World) -> None:
    charge = world.provider.create(**asked())
    world.settle(charge.reference, "paid", "ideal")
    assert world.provider.cancel(charge.reference).state == Payment.State.PAID


def test_cancel_of_what_is_on_its_way_is_refused(world: World) -> None:
    charge = world.provider.create(**asked())
    world.settle(charge.reference, "pending", "ideal")
    with pytest.raises(ProviderRefused):
        world.provider.cancel(charge.reference)


@pytest.mark.parametrize(
    "reference",
    [
        "tr_DoesNotExist",
        "nonsense",
        "tr_../../v2/methods",
        "cs_test_DoesNotExist",
        "cs_../../v1/charges",
        "pi_no",
    ],
)
def test_an_unknown_reference_is_an_unknown_charge(world: World, reference: str) -> None:
    with pytest.raises(UnknownCharge):
        world.provider.fetch(reference)
    with pytest.raises(UnknownCharge):
        world.provider.cancel(reference)


def test_what_can_never_be_is_refused_with_the_reason(world: World) -> None:
    with pytest.raises(ProviderRefused, match=r"[Aa]mount"):
        world.provider.create(**asked(cents=0))


Call = Callable[[World, Charge], object]


@pytest.mark.parametrize(
    "call",
    [
        lambda world, charge: world.provider.create(**asked(idempotency_key="another")),
        lambda world, charge: world.provider.fetch(charge.reference),
        lambda world, charge: world.provider.cancel(charge.reference),
        lambda world, charge: world.provider.find("O2026-00001-1"),
    ],
    ids=["create", "fetch", "cancel", "find"],
)
@pytest.mark.parametrize("trouble", ["outage", "html", "busy"])
def test_trouble_at_the_provider_passes(world: World, call: Call, trouble: str) -> None:
    charge = world.provider.create(**asked())
    if trouble == "busy":
        world.too_busy(1)
    else:
        world.outage(1, html=trouble == "html")
    with pytest.raises(ProviderUnavailable):
        call(world, charge)
    assert call(world, charge)
