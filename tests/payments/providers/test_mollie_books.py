"""What Mollie keeps, read over the wire from its simulator, and amounts that have parts of cents."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from hospes.payments.providers import ProviderUnavailable
from hospes.payments.providers.books import Costs
from hospes.payments.providers.mollie_books import MollieBooks, costs_of
from tests.payments.providers.worlds import MollieWorld

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def books(world: MollieWorld, **words: Any) -> MollieBooks:
    return MollieBooks(
        **{"url": world.sim.url, "key": "test_contract", "access_token": "access_contract"} | words
    )


def paid(world: MollieWorld, cents: int = 1_000) -> str:
    made = world.provider.create(
        cents=cents, description="O2026-00001", return_url="http://127.0.0.1:9/terug", notice_url="http://127.0.0.1:9/melding",
        order_key=f"key-{world.charges()}", language="nl", idempotency_key=f"key-{world.charges()}",
    )  # fmt: skip
    world.settle(made.reference, "paid", "ideal")
    return made.reference


def moved(world: MollieWorld, since: datetime = LONG_AGO) -> list[tuple[str, str, int]]:
    return [(e.kind, e.about, e.cents) for page in books(world).movements(since=since) for e in page]


def test_everything_that_moves_is_told_with_what_it_is_of(mollie_world: MollieWorld) -> None:
    one, two = paid(mollie_world), paid(mollie_world, 2_000)
    back = mollie_world.provider.refund(one, cents=300, description="x", key="r1")
    taken = mollie_world.sim.control.charge_back(two, 500)["id"]
    mollie_world.sim.control.reverse_chargeback(taken)
    assert sorted(moved(mollie_world)) == sorted([
        ("payment", one, 1_000), ("payment", two, 2_000), ("refund", back.reference, -300), ("chargeback", taken, -500),
        ("chargeback", taken, 500),
    ])  # fmt: skip


def test_only_what_is_new_enough_is_told(mollie_world: MollieWorld) -> None:
    paid(mollie_world)
    mollie_world.later(timedelta(days=3))
    new = paid(mollie_world)
    assert [
        about for _kind, about, _cents in moved(mollie_world, mollie_world.now() - timedelta(days=1))
    ] == [new]


def test_many_come_by_the_page_and_the_oldest_too(
    mollie_world: MollieWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hospes.payments.providers.mollie_books._PAGE", 2)
    references = [paid(mollie_world) for _ in range(5)]
    assert sorted(about for _kind, about, _cents in moved(mollie_world)) == sorted(references)
    assert [len(page) for page in books(mollie_world).movements(since=LONG_AGO)] == [2, 2, 1]
    charges = [each.reference for page in books(mollie_world).charges(since=LONG_AGO) for each in page]
    assert sorted(charges) == sorted(references)
    mollie_world.sim.control.pay_out()
    [[payout]] = list(books(mollie_world).paid_out(since=LONG_AGO))
    assert sorted(part.about for part in books(mollie_world).parts(payout.reference)) == sorted(references)


def test_a_payout_has_its_number_its_lines_and_its_costs(mollie_world: MollieWorld) -> None:
    one, two = paid(mollie_world), paid(mollie_world, 2_000)
    taken = mollie_world.sim.control.charge_back(two, 500)["id"]
    made = mollie_world.sim.control.pay_out("pending")
    [[payout]] = list(books(mollie_world).paid_out(since=LONG_AGO))
    assert (payout.state, payout.settled_on, payout.number) == ("pending", None, made["reference"])
    mollie_world.sim.control.settle_payout(made["id"], "paidout")
    [[payout]] = list(books(mollie_world).paid_out(since=LONG_AGO))
    assert payout.state == "paidout"
    assert payout.settled_on == mollie_world.now().date() or payout.settled_on is not None
    parts = books(mollie_world).parts(payout.reference)
    assert sorted((part.kind, part.about, part.cents) for part in parts) == sorted(
        [("payment", one, 1_000), ("payment", two, 2_000), ("chargeback", taken, -500)]
    )
    [costs] = payout.costs
    assert (costs.net_cents, costs.vat_cents) == (58, 12)
    assert sum(part.cents for part in parts) - 70 == payout.cents


def test_no_vat_is_charged_on_what_is_exempt(mollie_world: MollieWorld) -> None:
    mollie_world.sim.control.fees("29", "0")
    paid(mollie_world)
    mollie_world.sim.control.pay_out()
    [[payout]] = list(books(mollie_world).paid_out(since=LONG_AGO))
    assert [(each.net_cents, each.vat_cents) for each in payout.costs] == [(29, 0)]


@pytest.mark.parametrize(
    "words", [{"access_token": "test_contract"}, {"access_token": ""}, {"access_token": "access-wrong"}]
)
def test_the_key_of_a_profile_does_not_open_the_books(
    mollie_world: MollieWorld, words: dict[str, str]
) -> None:
    with pytest.raises(ProviderUnavailable):
        list(books(mollie_world, **words).movements(since=LONG_AGO))


def test_an_outage_is_one_also_in_the_middle(
    mollie_world: MollieWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hospes.payments.providers.mollie_books._PAGE", 1)
    paid(mollie_world)
    paid(mollie_world)
    pages = books(mollie_world).movements(since=LONG_AGO)
    assert len(next(pages)) == 1
    mollie_world.outage(-1)
    with pytest.raises(ProviderUnavailable):
        next(pages)


def costs(*each: tuple[str, str, str]) -> dict[str, Any]:
    """Settlement periods: month of 2026, net and VAT in euros."""
    return {"2026": {
        month: {"costs": [{"amountNet": {"currency": "EUR", "value": net}, "amountVat": {"currency": "EUR", "value": vat} if vat else None}]}
        for month, net, vat in each
    }}  # fmt: skip


@pytest.mark.parametrize(
    ("periods", "expected"),
    [
        ({}, ()),
        (costs(("11", "0.2900", "0.0609")), (Costs(date(2026, 11, 1), 29, 6),)),
        (costs(("11", "0.29", "")), (Costs(date(2026, 11, 1), 29, 0),)),
        (costs(("11", "0.2975", "0.0625")), (Costs(date(2026, 11, 1), 30, 6),)),
        (
            costs(("10", "0.1045", "0.0219"), ("11", "0.1045", "0.0219")),
            (Costs(date(2026, 10, 1), 11, 2), Costs(date(2026, 11, 1), 10, 2)),
        ),
    ],
)
def test_parts_of_cents_are_rounded_as_a_whole(periods: dict[str, Any], expected: tuple[Costs, ...]) -> None:
    assert costs_of(periods) == expected


def test_costs_in_another_currency_are_not_understood() -> None:
    periods = {"2026": {"11": {"costs": [{"amountNet": {"currency": "USD", "value": "1.00"}}]}}}
    with pytest.raises(ValueError, match="euros"):
        costs_of(periods)
