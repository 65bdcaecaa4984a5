"""Money for an order that is over goes back by itself, as the customer is told."""

from datetime import timedelta

import pytest

from hospes.payments.balances.models import Balance, Payout
from hospes.sales.models import Order
from tests.payments.till import Till, invoices, state_of, states
from tests.payments.unpaid_orders import GONE, at, book, cancelled, mails
from tests.support import make
from tests.support.make import NOW
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.login("worker")]


def payouts() -> list[tuple[int, str, int | None]]:
    """What goes back of balances: cents, state, through which payment."""
    with as_owner():
        return list(Payout.objects.order_by("pk").values_list("cents", "state", "payment_id"))


def held(order: Order) -> int:
    with as_owner():
        return int(
            Balance.objects.filter(customer_id=order.customer_id).values_list("cents", flat=True).first() or 0
        )


@pytest.mark.parametrize("why", ["customer", "staff", "unpaid"])
def test_money_for_a_cancelled_order_goes_back_the_way_it_came(till: Till, why: str) -> None:
    order = make.order()
    till.begin(order)
    [begun] = till.charges()
    with as_owner():
        Order.objects.filter(pk=order.pk).update(
            state="cancelled", cancelled_why=why, cancelled_at=till.now - timedelta(days=20)
        )
    till.settle(begun.id, "paid")
    till.note(begun.id)
    till.work(), till.work(), till.work()
    assert (states(order), state_of(order), invoices(order)) == (["surplus"], "cancelled", [])
    assert mails() == [("sales.order_paid_late", order.pk)]
    with as_owner():
        pk = order.payments.get().pk
    assert [(cents, of) for cents, _state, of in payouts()] == [(order.total_cents, pk)]
    assert payouts()[0][1] in ("sent", "done")
    assert held(order) == 0


def test_so_does_money_for_an_order_that_was_withdrawn_from_and_the_customer_is_told() -> None:
    payment = make.payment(order=make.order(state="withdrawn"))
    assert book(payment, paid_at=NOW) == "surplus"
    assert mails() == [("sales.order_paid_late", payment.order_id)]
    with as_owner():
        from hospes.payments.balances.models import PayoutWish

        assert PayoutWish.objects.filter(customer_id=payment.customer_id, seen_to_at=None).count() == 1


def test_what_is_paid_twice_stays_a_balance() -> None:
    order = make.order(paid=True)
    assert book(make.payment(order=order), paid_at=NOW) == "surplus"
    assert (held(order), mails(), payouts()) == (order.total_cents, [], [])


def test_two_late_payments_go_back_together_or_one_after_the_other() -> None:
    order = cancelled("customer")
    for _each in range(2):
        payment = make.payment(order=order, state="expired")
        assert book(payment, paid_at=at(GONE)) == "surplus"
    assert held(order) == 2 * order.total_cents
    assert len(mails()) == 2
