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
        assert ReconciledDay.objects.get().finished_at == three.till.now


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
