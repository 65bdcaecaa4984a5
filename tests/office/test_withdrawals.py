"""Withdrawals of who was not logged in wait for a colleague, and what is to be paid back for who handles the money."""

import uuid
from datetime import timedelta

import pytest

from hospes.kernel import clock
from hospes.sales.models import Order, Refund, Withdrawal
from tests.office.conftest import AsRole
from tests.support import make
from tests.support.make import NOW
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.login("office")]


def a_withdrawal(state: str = "check") -> Withdrawal:
    holder = make.person()
    order = make.order(customer=make.customer(holder=holder, kind="private"), paid=True, placed_at=NOW)
    known = {"order": order, "customer": order.customer} if state == "check" else {}
    with as_owner():
        return Withdrawal.objects.create(
            form_id=uuid.uuid4(), name="Somebody", contract=order.number, email="a@mail.example", received_at=NOW,
            state=state, **known,
        )  # fmt: skip


def test_a_colleague_carries_it_out_once_and_money_waits_to_be_paid_back(as_role: AsRole) -> None:
    with clock.moved_to(NOW + timedelta(days=2)):
        made, client = a_withdrawal(), as_role("administrator")
        assert made.contract in client.get("/werk/herroepingen/").content.decode()
        for _ in range(2):
            client.post(f"/werk/herroepingen/{made.pk}/opnieuw/", {"once": "a"})
        assert made.contract not in client.get("/werk/herroepingen/").content.decode()
        with as_owner():
            assert Order.objects.get(pk=made.order_id).state == "withdrawn"
            assert Withdrawal.objects.get(pk=made.pk).state == "done"
            assert Refund.objects.get().due_on == clock.day_of(NOW) + timedelta(days=14)
        assert as_role("billing_clerk").get("/werk/terugbetalen-na-herroeping/").status_code == 200


def test_what_nobody_knows_is_listed_and_cannot_be_carried_out(as_role: AsRole) -> None:
    with clock.moved_to(NOW + timedelta(days=2)):
        made, client = a_withdrawal("unknown"), as_role("administrator")
        assert made.contract in client.get("/werk/onbekende-herroepingen/").content.decode()
        client.post(f"/werk/onbekende-herroepingen/{made.pk}/opnieuw/", {"once": "a"})
        with as_owner():
            assert Withdrawal.objects.get(pk=made.pk).state == "unknown"
