"""Less came in for an order than was asked: it stays unpaid, what came in is the customer's, and customer and staff are told."""

import re

import pytest

from hospes.billing.ledger.models import LedgerLine
from hospes.kernel.acting import JOB, acting
from hospes.kernel.purposes import Purpose
from hospes.messaging import rendering
from hospes.messaging.models import Message
from hospes.payments import booking, sweeps
from hospes.payments.balances import payouts
from hospes.payments.balances.models import Balance, Payout, PayoutWish
from hospes.payments.models import Payment
from hospes.sales.models import Order
from tests.payments.agreement import assert_agreement
from tests.payments.till import Till, charge, state_of, states
from tests.support import make
from tests.support.make import NOW
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.login("worker"), pytest.mark.promise("P14")]

PART = 4000  # of 90.75


def book(payment: Payment, cents: int) -> str:
    with acting(Purpose.BILLING, actor=JOB):
        return booking.book(charge(payment, cents=cents, paid_at=NOW), now=NOW)


def came_in_part() -> Payment:
    payment = make.payment()
    assert book(payment, PART) == "surplus"
    with as_owner():
        return Payment.objects.select_related("order").get(pk=payment.pk)


def order_of(payment: Payment) -> Order:
    assert payment.order is not None
    return payment.order


def ledger() -> dict[str, int]:
    with as_owner():
        lines = LedgerLine.objects.values_list("account__use", "debit_cents", "credit_cents")
        found: dict[str, int] = {}
        for use, debit, credit in lines:
            found[use] = found.get(use, 0) + debit - credit
    return found


def test_the_order_stays_unpaid_and_the_part_is_the_balance_once() -> None:
    payment = came_in_part()
    assert book(payment, PART) == "same"
    assert (state_of(order_of(payment)), states(order_of(payment))) == ("awaiting_payment", ["surplus"])
    assert (payment.cents, payment.surplus_cents, payment.surplus, payment.is_part) == (
        9075,
        PART,
        PART,
        True,
    )
    with as_owner():
        assert Balance.objects.get(customer=payment.customer).cents == PART
    assert ledger() == {"clearing": PART, "surplus": -PART}
    assert_agreement()


def test_booked_later_it_is_still_what_came_in() -> None:
    payment = came_in_part()
    assert sweeps.book_missing(now=NOW) == 0
    receipt = booking._receipt(payment, None)
    assert receipt.lines == [("clearing", PART), ("surplus", -PART)]


def test_no_more_of_it_goes_back_than_came_in() -> None:
    """The customer has more with us than that by another payment: only what came in goes back with this one."""
    payment = came_in_part()
    with as_owner():
        customer = payment.customer
    other = make.payment(order=make.order(customer=customer))
    assert book(other, 1) == "surplus"
    with as_owner():
        person = make.holder_of(payment.customer)
        wish = PayoutWish.objects.create(customer=payment.customer, person=person, asked_at=NOW)
    with acting(Purpose.BILLING, actor=JOB):
        payouts.plan(wish_id=wish.pk, now=NOW)
    with as_owner():
        planned = dict(Payout.objects.values_list("payment_id", "cents"))
    assert planned == {payment.pk: PART, other.pk: 1}


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("nl", "We ontvingen € 40,00 voor bestelling {number}, die € 90,75 kost."),
        ("en", "We received €40.00 for order {number}, which comes to €90.75."),
    ],
)
def test_the_customer_is_told_once(language: str, words: str) -> None:
    customer = make.customer(holder=make.person(language=language))
    payment = make.payment(order=make.order(customer=customer))
    book(payment, PART)
    with as_owner():
        [message] = Message.objects.filter(kind="payments.paid_in_part")
        number = order_of(payment).number
    with acting(Purpose.MESSAGES, actor=JOB):
        said = rendering.render(message, now=NOW)
    text = " ".join(said.text.replace("\u00a0", " ").split())
    assert words.format(number=number) in text
    assert f"/bestellingen/{number}/" in said.text
    assert not re.search(r"\{\{|\{%|None", said.text + said.html)


def test_the_whole_pays_the_order_afterwards() -> None:
    payment = came_in_part()
    right = make.payment(order=payment.order)
    assert book(right, 9075) == "booked"
    assert (state_of(order_of(payment)), states(order_of(payment))) == ("paid", ["surplus", "paid"])
    assert ledger()["surplus"] == -PART
    assert_agreement()


def test_over_the_wire_the_provider_tells_less(till: Till) -> None:
    """As a bank transfer of too little would be told: the payment is paid, with another amount."""
    order = make.order()
    till.begin(order)
    [made] = till.charges()
    with as_owner():
        payment = Payment.objects.get(order=order)
    till.settle(made.id, "paid")
    assert till.book(charge(payment, cents=PART)) == "surplus"
    assert (state_of(order), states(order)) == ("awaiting_payment", ["surplus"])
    assert till.begin(order).startswith(till.sim.url)  # it can be paid again
