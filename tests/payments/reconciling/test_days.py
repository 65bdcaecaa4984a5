"""A day on which all agrees leaves nothing; what does not agree is one difference, which closes by itself once it agrees."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import translation

from hospes.payments.reconciling.models import ReconciledDay, Settlement
from tests.payments.reconciling.three import Three, differences, kinds
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.login("worker"), pytest.mark.promise("P14")]


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with translation.override("en"):
        yield


def test_a_day_on_which_all_agrees_is_finished_without_a_difference(three: Three) -> None:
    references = [three.paid(), three.paid()]
    three.charge_back(references[0])
    tally = three.next_morning()
    assert kinds() == []
    assert tally["movements"] == 3
    assert tally["waits"] == 0
    with as_owner():
        assert ReconciledDay.objects.get().finished_at is not None


def test_a_payout_that_arrives_is_booked_with_its_costs(three: Three) -> None:
    three.paid()
    three.paid()
    payout = three.pay_out()
    three.next_morning()
    three.arrives(payout)
    three.next_morning()
    assert kinds() == []
    with as_owner():
        held = Settlement.objects.get()
    assert held.line_id is not None
    assert (held.fee_cents, held.fee_vat_cents) == (58, 12)


def test_what_is_only_at_the_provider_is_one_difference_until_it_is_booked(three: Three) -> None:
    invoice = three.invoice()
    three.till.begin_invoice(invoice)
    reference = three.till.charges()[-1].id
    three.till.settle(reference, "paid")
    three.next_morning()
    assert kinds() == [("provider", "not_booked", reference)]
    three.hear(reference)
    three.days_later()
    three.reconcile()
    assert kinds() == []
    assert [each.closed for each in differences(closed=True)] == ["itself"]
    assert differences(closed=True)[0].day == three.begin
    assert three.today - three.begin == timedelta(days=2)


FAULTS = (
    "hide",
    "double",
    "amount",
    "line_hide",
    "line_double",
    "line_amount",
    "payout_amount",
    "bank_amount",
    "bank_missing",
)


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_gives_one_difference_and_closes_when_it_is_put_right(three: Three, fault: str) -> None:
    sim, references = three.till.sim.control, [three.paid() for _ in range(3)]
    wrong = references[1]
    if fault in ("hide", "double", "amount"):
        sim.tell_movement(wrong, fault, 1)
    payout = three.pay_out()
    if fault.startswith("line_"):
        sim.tell_line(wrong, fault.removeprefix("line_"), 1)
    if fault == "payout_amount":
        sim.tell_payout(payout["id"], payout["cents"] + 1)
    three.next_morning()
    if fault == "bank_amount":
        three.arrives(payout | {"cents": payout["cents"] - 100})
    elif fault != "bank_missing":
        three.arrives(payout)
    else:
        three.statement()
    for _ in range(5):
        three.next_morning()
        three.statement()
    three.next_morning()
    assert [kind for _side, kind, _about in kinds()] == [EXPECTED[fault]]
    sim.tell_movement(wrong, "none")
    sim.tell_line(wrong, "none")
    sim.tell_payout(payout["id"])
    if fault == "bank_missing":
        three.arrives(payout)
    if fault == "bank_amount":
        three.statement(three.line(100, f"{payout['reference']} rest"))
    three.next_morning()
    if fault != "bank_amount":
        assert kinds() == []
        assert [each.closed for each in differences(closed=True)] == ["itself"]


EXPECTED = {
    "hide": "not_there",
    "double": "twice",
    "amount": "amount",
    "line_hide": "sum",
    "line_double": "sum",
    "line_amount": "sum",
    "payout_amount": "other_arrived",
    "bank_amount": "other_arrived",
    "bank_missing": "not_arrived",
}
