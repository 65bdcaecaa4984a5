"""The contract that every payment provider keeps about leave to collect, money paid back, and money taken back; over the wire."""

from datetime import timedelta

import pytest

from hospes.payments.providers import Charge, ProviderRefused, ProviderUnavailable, UnknownCharge
from tests.payments.providers.test_payment_providers import asked
from tests.payments.providers.worlds import World


def paid(world: World, method: str = "ideal", **changes: object) -> Charge:
    """A payment that was made."""
    made = world.provider.create(**asked(**changes))
    world.settle(made.reference, "paid", method)
    return world.provider.fetch(made.reference)


def first(world: World, method: str, **changes: object) -> tuple[str, str]:
    """Somebody gives leave to collect with a first payment; what the provider calls them, and the leave."""
    payer = world.provider.new_payer(key="word")
    charge = paid(world, method, payer=payer, **changes)
    assert charge.payer == payer
    assert charge.mandate
    return payer, charge.mandate


def collected(world: World, payer: str, mandate: str, key: str = "F2026-00001-1") -> Charge:
    return world.provider.collect(
        cents=1210, description="F2026-00001", notice_url="http://127.0.0.1:9/notice", order_key=key, payer=payer,
        mandate=mandate, idempotency_key=key,
    )  # fmt: skip


# --- leave to collect -----------------------------------------------------------------------------------------------------


def test_the_same_word_makes_one_payer(world: World) -> None:
    assert world.provider.new_payer(key="word") == world.provider.new_payer(key="word")


def test_a_payment_without_that_wish_gives_no_leave(world: World) -> None:
    assert paid(world).mandate == ""


@pytest.mark.parametrize("method", ["ideal", "creditcard", "paypal"])
def test_what_is_collected_by_leave_of_a_first_payment_ends_in_a_payment(world: World, method: str) -> None:
    payer, mandate = first(world, method)
    assert world.provider.may_collect(payer, mandate)
    charge = collected(world, payer, mandate)
    assert charge.checkout_url is None
    if charge.state != "paid":
        assert charge.state == "pending"
        world.settle(charge.reference, "paid", "")
    now = world.provider.fetch(charge.reference)
    assert (now.state, now.cents, now.order_key) == ("paid", 1210, "F2026-00001-1")
    assert now.method == {"ideal": "directdebit"}.get(method, method)
    assert now.paid_at is not None
    assert world.provider.find("F2026-00001-1", since=world.now() - timedelta(minutes=5)) == now


def test_something_is_collected_once_however_often_that_is_asked(world: World) -> None:
    payer, mandate = first(world, "ideal")
    before = world.charges()
    charge = collected(world, payer, mandate)
    assert collected(world, payer, mandate).reference == charge.reference
    assert world.charges() == before + 1


def test_a_collection_that_broke_off_is_found_when_its_key_has_lapsed(world: World) -> None:
    payer, mandate = first(world, "ideal")
    since = world.now()
    world.hang_up(before=False)
    with pytest.raises(ProviderUnavailable):
        collected(world, payer, mandate)
    world.later(timedelta(hours=2))
    found = world.provider.find("F2026-00001-1", since=since - timedelta(minutes=5))
    assert found is not None
    assert found.cents == 1210


def test_what_cannot_be_collected_is_a_charge_that_failed(world: World) -> None:
    payer, mandate = first(world, "ideal")
    charge = collected(world, payer, mandate)
    world.settle(charge.reference, "failed", "")
    now = world.provider.fetch(charge.reference)
    assert (now.state, now.holder, now.account, now.paid_at) == ("failed", None, None, None)


def test_nothing_is_collected_by_leave_that_ended(world: World) -> None:
    payer, mandate = first(world, "ideal")
    world.provider.end_mandate(payer, mandate)
    world.provider.end_mandate(payer, mandate)
    assert not world.provider.may_collect(payer, mandate)
    with pytest.raises(ProviderRefused):
        collected(world, payer, mandate)


def test_leave_that_ended_at_the_provider_shows_when_it_is_asked(world: World) -> None:
    payer, mandate = first(world, "creditcard")
    world.end_mandate(mandate)
    assert not world.provider.may_collect(payer, mandate)


@pytest.mark.parametrize("mandate", ["mdt_DoesNotExist", "pm_DoesNotExist", "nonsense", "../../v1/charges"])
def test_leave_that_nobody_gave_does_not_hold_and_can_be_ended(world: World, mandate: str) -> None:
    payer = world.provider.new_payer(key="word")
    assert not world.provider.may_collect(payer, mandate)
    world.provider.end_mandate(payer, mandate)


# --- money paid back ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["ideal", "paypal", "creditcard"])
def test_the_whole_or_a_part_is_paid_back(world: World, method: str) -> None:
    reference = paid(world, method).reference
    part = world.provider.refund(reference, cents=1000, description="C2026-00001", key="C2026-00001-1")
    assert (part.state, part.cents, part.key) == ("sent", 1000, "C2026-00001-1")
    rest = world.provider.refund(reference, cents=8075, description="C2026-00002", key="C2026-00002-1")
    with pytest.raises(ProviderRefused):
        world.provider.refund(reference, cents=1, description="C2026-00003", key="C2026-00003-1")
    world.settle_refund(part.reference, is_done=True)
    world.settle_refund(rest.reference, is_done=False)
    told = {each.key: each.state for each in world.provider.refunds(reference)}
    assert told == {"C2026-00001-1": "done", "C2026-00002-1": "failed"}


def test_the_same_key_pays_back_once(world: World) -> None:
    reference = paid(world).reference
    world.hang_up(before=False)
    with pytest.raises(ProviderUnavailable):
        world.provider.refund(reference, cents=1000, description="C2026-00001", key="C2026-00001-1")
    again = world.provider.refund(reference, cents=1000, description="C2026-00001", key="C2026-00001-1")
    assert [each.reference for each in world.provider.refunds(reference)] == [again.reference]


def test_what_was_collected_can_be_paid_back(world: World) -> None:
    charge = collected(world, *first(world, "ideal"))
    world.settle(charge.reference, "paid", "")
    world.provider.refund(charge.reference, cents=1210, description="C2026-00001", key="C2026-00001-1")
    assert [each.cents for each in world.provider.refunds(charge.reference)] == [1210]


def test_what_was_not_paid_cannot_be_paid_back(world: World) -> None:
    reference = world.provider.create(**asked()).reference
    assert world.provider.refunds(reference) == []
    with pytest.raises(ProviderRefused):
        world.provider.refund(reference, cents=1000, description="C2026-00001", key="C2026-00001-1")


@pytest.mark.parametrize("reference", ["tr_DoesNotExist", "cs_test_DoesNotExist", "pi_../../v1/charges"])
def test_nothing_is_known_of_an_unknown_charge(world: World, reference: str) -> None:
    for call in (world.provider.refunds, world.provider.chargebacks):
        with pytest.raises(UnknownCharge):
            call(reference)


# --- money taken back -----------------------------------------------------------------------------------------------------


def test_what_the_bank_takes_back_shows_with_its_charge(world: World) -> None:
    reference = paid(world).reference
    assert world.provider.chargebacks(reference) == []
    taken = world.charge_back(reference)
    (told,) = world.provider.chargebacks(reference)
    assert (told.reference, told.charge, told.cents, told.reversed_at) == (taken, reference, 9075, None)
    assert told.reason
    charge = world.provider.fetch(reference)
    assert (charge.state, charge.charged_back_cents) == ("paid", 9075)
    world.reverse(taken)
    (told,) = world.provider.chargebacks(reference)
    assert told.reversed_at is not None
    assert told.reversed_at >= told.at


def test_chargebacks_of_these_days_are_told_of_all_charges(world: World) -> None:
    early = paid(world).reference
    world.charge_back(early)
    world.later(timedelta(days=2))
    since = world.now() - timedelta(minutes=5)
    late = paid(world, idempotency_key="2", order_key="2").reference
    debit = collected(world, *first(world, "ideal", idempotency_key="first", order_key="first"))
    world.settle(debit.reference, "paid", "")
    world.charge_back(late)
    world.later(timedelta(minutes=1))
    world.charge_back(debit.reference)
    assert [each.charge for each in world.provider.recent_chargebacks(since=since)] == [debit.reference, late]
    since -= timedelta(days=3)
    assert [each.charge for each in world.provider.recent_chargebacks(since=since)][-1] == early


def test_trouble_passes_here_too(world: World) -> None:
    reference = paid(world).reference
    for call in (
        lambda: world.provider.refunds(reference),
        lambda: world.provider.chargebacks(reference),
        lambda: world.provider.recent_chargebacks(since=world.now()),
        lambda: world.provider.new_payer(key="word"),
    ):
        world.outage(1)
        with pytest.raises(ProviderUnavailable):
            call()
        call()
