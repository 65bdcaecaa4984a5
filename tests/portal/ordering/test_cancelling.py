"""A customer cancels an order that was not paid; the page says until when it can be paid, and why it is over."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from hospes.kernel import clock
from hospes.sales.models import Order
from tests.portal.ordering.buying import MAY_NOT
from tests.portal.visit import all_of, browser, jobs, member, text
from tests.support import make
from tests.support.make import NOW
from tests.support.rights import as_owner

pytestmark = pytest.mark.usefixtures("site")


def page_of(order: Order) -> str:
    return f"/k/{order.customer.number}/bestellingen/{order.number}/"


def test_the_page_says_until_when_it_can_be_paid(customer: Any, client: Client) -> None:
    order = make.order(customer=customer)
    with clock.moved_to(NOW):
        assert "tot en met 16 maart 2026" in text(client.get(page_of(order)))
    with as_owner():
        Order.objects.update(pay_until="2026-03-20")
    assert "tot en met 20 maart 2026" in text(client.get(page_of(order)))


def test_it_is_cancelled_in_two_steps_and_owes_nothing(customer: Any, client: Client) -> None:
    order = make.order(customer=customer)
    make.payment(order=order)
    assert f"{page_of(order)}annuleren/" in client.get(page_of(order)).content.decode()
    asked = client.get(f"{page_of(order)}annuleren/")
    assert (asked.status_code, all_of(Order)[0].state) == (200, "awaiting_payment")
    answer = client.post(f"{page_of(order)}annuleren/", follow=True)
    assert "U, of iemand met toegang, heeft deze bestelling" in text(answer)
    assert "annuleren/" not in answer.content.decode()
    [held] = all_of(Order)
    assert (held.state, held.cancelled_why) == ("cancelled", "customer")
    assert jobs() == ["payments.jobs.see_to_cancelled"]
    assert client.post(f"{page_of(order)}annuleren/").status_code == 302
    assert client.get(f"{page_of(order)}annuleren/").status_code == 302
    assert len(jobs()) == 1
    assert client.get(f"{page_of(order)}pro-forma/").status_code == 404


def test_not_while_a_payment_is_being_handled(customer: Any, client: Client) -> None:
    order = make.order(customer=customer)
    make.payment(order=order, state="pending", created_at=clock.now())
    answer = client.post(f"{page_of(order)}annuleren/", follow=True)
    assert "wordt nog verwerkt" in text(answer)
    assert (all_of(Order)[0].state, jobs()) == ("awaiting_payment", [])


@pytest.mark.parametrize("words", [{"paid": True}, {"state": "withdrawn"}])
def test_what_does_not_wait_is_not_cancelled(customer: Any, client: Client, words: dict[str, Any]) -> None:
    order = make.order(customer=customer, **words)
    assert "annuleren/" not in client.get(page_of(order)).content.decode()
    client.post(f"{page_of(order)}annuleren/")
    assert (all_of(Order)[0].state, jobs()) == (order.state, [])


@pytest.mark.promise("P09")
@pytest.mark.parametrize("role", MAY_NOT)
def test_who_may_only_look_cancels_nothing(customer: Any, role: str) -> None:
    order, client = make.order(customer=customer), browser(member(customer, role))
    assert client.get(f"{page_of(order)}annuleren/").status_code == 403
    assert client.post(f"{page_of(order)}annuleren/").status_code == 403
    assert all_of(Order)[0].state == "awaiting_payment"
    assert "annuleren/" not in client.get(page_of(order)).content.decode()


@pytest.mark.parametrize(("why", "said"), [
    ("unpaid", "niet op tijd betaald"), ("staff", "De naam klopt niet"), ("customer", "heeft deze bestelling op"),
])  # fmt: skip
def test_an_order_that_is_over_says_why_and_what_became_of_money(
    customer: Any, client: Client, why: str, said: str
) -> None:
    order = make.order(customer=customer, state="cancelled", cancelled_at=NOW, cancelled_why=why,
                       cancel_reason="De naam klopt niet" if why == "staff" else "")  # fmt: skip
    page = text(client.get(page_of(order)))
    assert said in page
    assert "2 maart 2026" in page
    assert "terug" not in page
    make.payment(order=order, state="surplus", paid_at=NOW + timedelta(days=30))
    assert "binnen veertien dagen terug" in text(client.get(page_of(order)))
    assert "cancelled" in text(client.get("/en" + page_of(order)))
