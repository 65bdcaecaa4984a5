"""Money for an order that was cancelled because nobody paid, by transfer: it comes back as with money through the provider."""

from datetime import timedelta
from typing import Any

import pytest

from hospes.billing.models import Invoice
from hospes.payments.bank import allocating
from hospes.payments.bank.models import BankLine
from hospes.payments.bank.rules import Kind
from hospes.payments.bank.saying import Part, Refused
from hospes.sales.models import Order
from tests.payments.bank.paper import act, came_in, line, said
from tests.payments.till import jobs
from tests.payments.unpaid_orders import mails
from tests.sales.shop import accepted, quoted, wanted
from tests.support import make
from tests.support.make import NOW, TODAY
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.login("worker")]

DAY = timedelta(days=1)


def cancelled(days_ago: int, why: str = "unpaid", **words: Any) -> Order:
    make.vat_rates()
    order = accepted(quoted(make.customer(), wanted(7500)))
    with as_owner():
        Order.objects.filter(pk=order.pk).update(
            state="cancelled", cancelled_at=NOW - days_ago * DAY, cancelled_why=why, pay_until=TODAY, **words
        )
    return order


def stands(order: Order) -> tuple[str, int]:
    with as_owner():
        state = Order.objects.values_list("state", flat=True).get(pk=order.pk)
        return str(state), Invoice.objects.filter(origin=f"order:{order.pk}").count()


def paid_with(order: Order, one: BankLine) -> None:
    part = Part(Kind.ORDER, one.cents, order.customer_id, order_id=order.pk)
    act(allocating.divide, line_id=one.pk, parts=[part])


@pytest.mark.parametrize("days", [0, 1, 14])
def test_who_transfers_soon_after_all_has_their_order(days: int) -> None:
    order = cancelled(days)
    came_in(line(9075, f"Bestelling {order.number}"))
    assert (said(), stands(order)) == ([("order", 9075, None)], ("paid", 1))
    assert ("sales.order_revived", order.pk) in mails()
    assert "sales.jobs.deliver" in {name for _pk, name, _of in jobs()}


def test_who_transferred_in_time_has_their_order_however_late_the_bank_tells() -> None:
    order = cancelled(0)
    came_in(line(9075, order.number, booked_on=TODAY - 2 * DAY), on=TODAY)
    assert stands(order) == ("paid", 1)


@pytest.mark.parametrize(("days", "why"), [(15, "unpaid"), (0, "customer"), (0, "staff")])
def test_later_or_after_somebody_cancelled_it_the_money_waits_for_a_colleague(days: int, why: str) -> None:
    order = cancelled(days, why, cancel_reason="Op verzoek" if why == "staff" else "")
    [one] = came_in(line(9075, order.number))
    assert (said(), stands(order), one.left_cents) == ([], ("cancelled", 0), 9075)
    with pytest.raises(Refused):
        paid_with(order, one)
    assert stands(order) == ("cancelled", 0)


def test_not_with_another_amount_nor_where_the_name_is_in_use_by_now() -> None:
    order = cancelled(1)
    [one] = came_in(line(9074, order.number))
    assert (said(), stands(order)) == ([], ("cancelled", 0))
    with pytest.raises(Refused):
        paid_with(order, one)
    with as_owner():
        sold = order.quote.lines.get()
    make.service(label=sold.label, product=sold.product)
    _, two = came_in(line(9075, order.number), opening=109_074, number="2")
    assert (said(), stands(order), two.left_cents) == ([], ("cancelled", 0), 9075)
