"""
Who chose a bank transfer at the provider may have transferred already: Mollie calls such a payment open until the money is there,
and only it can be cancelled, so that the money would come back to who sent it.
"""

from datetime import timedelta

import pytest

from hospes.kernel.acting import JOB, acting
from hospes.kernel.purposes import Purpose
from hospes.payments import services, unpaid
from hospes.payments.models import Payment
from tests.payments.till import charge, state_of
from tests.payments.unpaid_orders import DAY, GONE, at, cancel, overdue
from tests.support import make
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.login("worker")]


def begun(method: str, age: timedelta = 5 * DAY) -> Payment:
    """A payment of an order whose last day was yesterday, of which the provider says that it is open."""
    payment = make.payment(order=overdue(), created_at=at(GONE) - age)
    with acting(Purpose.BILLING, actor=JOB):
        assert services.book(charge(payment, state="open", method=method), now=at(GONE) - age) == "same"
    return payment


@pytest.mark.parametrize(("method", "age", "left"), [
    ("banktransfer", 5 * DAY, True), ("banktransfer", 101 * DAY, False), ("ideal", 5 * DAY, False), ("", 5 * DAY, False),
])  # fmt: skip
def test_an_order_is_not_cancelled_while_a_transfer_is_under_way(
    method: str, age: timedelta, left: bool
) -> None:
    order = begun(method, age).order
    assert order is not None
    assert cancel(GONE) == ({"paying": 1} if left else {"cancelled": 1})
    assert state_of(order) == ("awaiting_payment" if left else "cancelled")


def test_it_is_cancelled_once_the_provider_waits_no_longer_or_another_way_was_wanted() -> None:
    expired, replaced = begun("banktransfer"), begun("banktransfer")
    with acting(Purpose.BILLING, actor=JOB):
        services.book(charge(expired, state="expired", method="banktransfer"), now=at(GONE))
    with as_owner():
        Payment.objects.filter(pk=replaced.pk).update(replaced_at=at(GONE))
    assert cancel(GONE) == {"cancelled": 2}


def test_a_colleague_can_cancel_it_all_the_same() -> None:
    order = begun("banktransfer").order
    assert order is not None
    with acting(Purpose.BILLING, actor=JOB):
        unpaid.cancel(order_id=order.pk, reason="Op verzoek", now=at(GONE))
    assert state_of(order) == "cancelled"
