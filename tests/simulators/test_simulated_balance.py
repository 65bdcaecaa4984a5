"""The balance and the settlements, as a merchant with Mollie's own client sees them, and how either is told wrong."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from mollie.api.client import Client
from mollie.api.error import ResponseError, UnauthorizedError
from mollie.api.resources.balances import BalanceTransactions

from simulators import PaymentProvider
from simulators.base import ControlError
from tests.simulators.merchant import http


@pytest.fixture
def organisation(provider: PaymentProvider) -> Client:
    """The merchant's organisation, which an access token stands for."""
    client = Client(api_endpoint=provider.url, timeout=(2, 10))
    client.set_access_token("access_merchant")
    return client


def paid(client: Client, provider: PaymentProvider, order: Any, euros: str = "10.00") -> str:
    payment = client.payments.create(order | {"amount": {"currency": "EUR", "value": euros}})
    provider.control.settle(payment.id, "paid", "ideal")
    return str(payment.id)


def balance(organisation: Client) -> list[tuple[str, str]]:
    """Types and amounts, the oldest first."""
    found = BalanceTransactions(organisation, SimpleNamespace(id="primary")).list(limit=250)  # type: ignore[arg-type]
    return [(each["type"], each["initialAmount"]["value"]) for each in found][::-1]


def lines(settlement: Any) -> list[tuple[str, str]]:
    return [
        (each["id"], each["settlementAmount"]["value"])
        for kind in (settlement.payments, settlement.refunds, settlement.chargebacks)
        for each in kind.list()
    ]


def test_what_moves_stands_on_the_balance_and_then_in_a_settlement(
    client: Client, organisation: Client, provider: PaymentProvider, order: Any
) -> None:
    one, two = paid(client, provider, order), paid(client, provider, order, "20.00")
    back = client.payments.get(one).refunds.create(
        {"amount": {"currency": "EUR", "value": "3.00"}, "description": "x"}
    )
    taken = provider.control.charge_back(two, 500)["id"]
    assert balance(organisation) == [
        ("payment", "10.00"),
        ("payment", "20.00"),
        ("refund", "-3.00"),
        ("chargeback", "-5.00"),
    ]
    assert [each.id for each in client.refunds.list()] == [back.id]
    made = provider.control.pay_out("pending")
    [settlement] = list(organisation.settlements.list())
    assert (settlement.status, settlement.settled_at, settlement.reference) == (
        "pending",
        None,
        made["reference"],
    )
    provider.control.settle_payout(made["id"], "paidout")
    settlement = organisation.settlements.get(made["reference"])
    assert (settlement.is_open(), settlement.status) == (False, "paidout")
    assert sorted(lines(settlement)) == sorted(
        [(one, "10.00"), (two, "20.00"), (back.id, "-3.00"), (taken, "-5.00")]
    )
    [month] = next(iter(settlement.periods.values())).values()
    assert month["costs"][0]["amountGross"]["value"] == "0.7018"
    assert settlement.amount["value"] == "21.30"


def test_what_was_paid_out_is_not_paid_out_again(
    client: Client, organisation: Client, provider: PaymentProvider, order: Any
) -> None:
    assert provider.control.pay_out() == {}
    one = paid(client, provider, order)
    provider.control.pay_out()
    provider.control.reverse_chargeback(provider.control.charge_back(one)["id"])
    second = provider.control.pay_out()
    assert second["cents"] == 0
    assert [value for _id, value in lines(organisation.settlements.get(second["id"]))] == ["-10.00", "10.00"]
    assert [each.reference[-2:] for each in organisation.settlements.list()] == ["02", "01"]


@pytest.mark.parametrize(
    ("fault", "values"),
    [("hide", []), ("double", ["10.00", "10.00"]), ("amount", ["0.07"]), ("none", ["10.00"])],
)
def test_either_can_be_told_wrong_and_right_again(
    client: Client, organisation: Client, provider: PaymentProvider, order: Any, fault: str, values: list[str]
) -> None:
    one = paid(client, provider, order)
    made = provider.control.pay_out()
    provider.control.tell_movement(one, fault, 7)
    provider.control.tell_line(one, fault, 7)
    assert [value for _type, value in balance(organisation)] == values
    assert [value for _id, value in lines(organisation.settlements.get(made["id"]))] == values
    provider.control.tell_movement(one, "none")
    provider.control.tell_line(one, "none")
    assert [value for _type, value in balance(organisation)] == ["10.00"]
    provider.control.tell_payout(made["id"], 1)
    assert organisation.settlements.get(made["id"]).amount["value"] == "0.01"
    provider.control.tell_payout(made["id"])
    assert organisation.settlements.get(made["id"]).amount["value"] == "9.65"


def test_what_there_is_not_is_refused(client: Client, provider: PaymentProvider, order: Any) -> None:
    one = paid(client, provider, order)
    for wrong in (
        lambda: provider.control.tell_movement("tr_unknown", "hide"),
        lambda: provider.control.tell_movement(one, "vanish"),
        lambda: provider.control.tell_line(one, "vanish"),
        lambda: provider.control.settle_payout("stl_unknown", "paidout"),
        lambda: provider.control.settle_payout(provider.control.pay_out()["id"], "lost"),
    ):
        with pytest.raises(ControlError):
            wrong()


def test_only_the_organisation_sees_them(
    client: Client, organisation: Client, provider: PaymentProvider
) -> None:
    with pytest.raises((ResponseError, UnauthorizedError)):
        client.settlements.list()
    with pytest.raises((ResponseError, UnauthorizedError)):
        organisation.payments.list()
    with PaymentProvider(access_token="access_right") as strict:
        answers = [
            http.get(f"{strict.url}/v2/settlements", headers={"Authorization": f"Bearer {token}"}).status_code
            for token in ("access_wrong", "access_right")
        ]
    assert answers == [403, 200]


@pytest.mark.parametrize("limit", ["0", "251", "x"])
def test_a_page_has_at_most_250(provider: PaymentProvider, limit: str) -> None:
    for path in ("balances/primary/transactions", "settlements"):
        answer = http.get(
            f"{provider.url}/v2/{path}?limit={limit}", headers={"Authorization": "Bearer access_merchant"}
        )
        assert answer.status_code == 400


def test_what_happened_before_it_began_is_known_once(tmp_path: Path) -> None:
    told = {
        "payments": [
            {"id": f"tr_demo{n}", "cents": 1_000 * n, "description": "x", "order": f"B2026-0000{n}", "paid_at": 1_700_000_000.0 + n}
            for n in (1, 2)
        ],
        "paid_out_at": 1_700_000_001.5,
    }  # fmt: skip
    path = tmp_path / "payments.json"
    with PaymentProvider(state=tmp_path / "state") as sim:
        sim.recall(path)
        assert sim.ledger.page(newest=None, limit=9)[0] == []
        path.write_text(json.dumps(told))
        sim.recall(path)
        sim.recall(path)
        assert [each.id for each in sim.ledger.page(newest=None, limit=9)[0]] == ["tr_demo2", "tr_demo1"]
        [settlement] = sim.balance.settlements(None, 9)[0]
        assert (settlement.cents, settlement.settled) == (1_000 - 35, 1_700_000_001.5)
        assert http.get(f"{sim.url}/payments/tr_demo1").status_code == 200
