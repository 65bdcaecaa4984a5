"""A bank transfer at the provider: chosen, waited for during days, and paid or expired. Over the wire, at the simulator."""

import re
from datetime import date, timedelta
from typing import Any

import httpx
import pytest

from hospes.billing.methods import queries as methods
from hospes.kernel import clock
from hospes.kernel.acting import JOB, acting
from hospes.kernel.purposes import Purpose
from hospes.messaging import rendering
from hospes.messaging.models import Message
from hospes.payments import queries, services, unpaid
from hospes.payments.debits import announcing
from hospes.payments.models import Payment, TransferTo
from hospes.payments.providers import Transfer, provider, takes
from hospes.payments.providers.mollie import charge_of
from hospes.sales.models import Order
from tests.billing.books import again, draft, issue
from tests.payments.till import Till, paid_from, state_of, states
from tests.payments.unpaid_orders import mails
from tests.support import make
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.login("worker"), pytest.mark.promise("P14")]

DAY = timedelta(days=1)


def choose(till: Till) -> str:
    """At the page of the provider the customer chooses to transfer it, and we look; returns the reference."""
    reference = till.charges()[-1].id
    till.settle(reference, "pending", "banktransfer")
    till.later(timedelta(minutes=3))
    till.sweep()
    till.work()
    return reference


def begun(till: Till) -> tuple[Order, str]:
    order = make.order()
    till.begin(order)
    return order, choose(till)


def kept() -> list[tuple[str, str, str, str, date | None]]:
    with as_owner():
        found = TransferTo.objects.order_by("pk")
        return list(found.values_list("name", "account", "bic", "reference", "until"))


def test_the_provider_says_where_to_and_until_when(till: Till) -> None:
    _order, reference = begun(till)
    said = httpx.get(
        f"{till.sim.url}/v2/payments/{reference}", headers={"Authorization": "Bearer test_till"}
    ).json()
    assert (said["status"], said["method"], said["isCancelable"]) == ("pending", "banktransfer", True)
    assert said["details"] == {
        "bankName": "Stichting Mollie Payments", "bankAccount": "NL53ABNA0627535577", "bankBic": "ABNANL2A",
        "transferReference": "RF11-0000-0000-0001",
    }  # fmt: skip
    until = clock.day_of(till.now - timedelta(minutes=3)) + 12 * DAY
    there = provider().fetch(reference)
    assert (there.state, there.checkout_url, there.account) == ("pending", None, None)
    assert there.transfer == Transfer(
        "Stichting Mollie Payments", "NL53ABNA0627535577", "ABNANL2A", "RF11-0000-0000-0001", until
    )


@pytest.mark.promise("P13")
def test_it_is_waited_for_during_days_and_then_paid(till: Till) -> None:
    order, reference = begun(till)
    until = clock.day_of(till.now) + 12 * DAY
    transfer = ("Stichting Mollie Payments", "NL53ABNA0627535577", "ABNANL2A", "RF11-0000-0000-0001", until)
    assert (states(order), state_of(order), kept()) == (["pending"], "awaiting_payment", [transfer])
    for _ in range(4):
        till.later(DAY)
        till.sweep()
        till.work()
    assert (states(order), kept(), paid_from()) == (["pending"], [transfer], [])
    till.settle(reference, "paid", "banktransfer")
    till.note(reference)
    till.note(reference)
    till.work()
    with as_owner():
        payment = Payment.objects.get(order=order)
    assert (states(order), state_of(order), payment.method) == (["paid"], "paid", "banktransfer")
    [(of, _holder, account)] = paid_from()
    assert (of, account[:2]) == (payment.pk, "NL")
    assert account != "NL53ABNA0627535577"
    with acting(Purpose.BILLING, actor=JOB):
        assert queries.transfer_of(queries.of_order(order.pk)) is None


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("nl", "Maak precies dit bedrag over naar NL53ABNA0627535577 op naam van Stichting Mollie Payments."),
        (
            "en",
            "Transfer exactly this amount to NL53ABNA0627535577 in the name of Stichting Mollie Payments.",
        ),
    ],
)
def test_where_to_is_mailed_once(till: Till, language: str, words: str) -> None:
    order = make.order(customer=make.customer(holder=make.person(language=language)))
    till.begin(order)
    choose(till)
    till.later(DAY)
    till.sweep()
    till.work()
    with as_owner():
        [message] = Message.objects.filter(kind="payments.transfer_to")
    with acting(Purpose.MESSAGES, actor=JOB):
        said = rendering.render(message, now=till.now)
    text = " ".join(said.text.replace("\u00a0", " ").split())
    assert words in text
    assert "RF11-0000-0000-0001" in text
    assert ("€ 90,75" if language == "nl" else "€90.75") in text
    assert not re.search(r"\{\{|\{%|None", said.text + said.html)


def test_after_its_days_it_expires_and_can_be_paid_in_another_way(till: Till) -> None:
    order, _reference = begun(till)
    till.later(12 * DAY - timedelta(minutes=10))
    till.sweep()
    till.work()
    assert states(order) == ["pending"]
    till.later(timedelta(minutes=10))
    till.sweep()
    till.work()
    assert (states(order), state_of(order)) == (["expired"], "awaiting_payment")
    assert till.begin(order).startswith(f"{till.sim.url}/checkout/")
    assert states(order) == ["expired", "open"]


def test_meanwhile_it_is_not_asked_for_again_nor_cancelled(till: Till) -> None:
    order, _reference = begun(till)
    with pytest.raises(services.AlreadyHandled):
        till.begin(order)
    assert len(till.charges()) == 1
    placed = clock.day_of(order.placed_at)
    with as_owner():  # it was ordered before, and its day has come
        Payment.objects.update(created_at=order.placed_at)
    with clock.moved_to(order.placed_at + 9 * DAY):
        assert unpaid.remind(today=placed + 9 * DAY, now=clock.now())["reminded"] == 0
    assert mails() == []
    with as_owner():
        Order.objects.filter(pk=order.pk).update(pay_until=placed + 14 * DAY)
    assert unpaid.cancel_overdue(today=placed + 15 * DAY, now=order.placed_at + 15 * DAY) == {"paying": 1}
    assert state_of(order) == "awaiting_payment"


def test_whoever_wants_another_way_has_it_cancelled_there(till: Till) -> None:
    order, reference = begun(till)
    with as_owner():
        payment = Payment.objects.get(order=order)
    assert till.begin(order, instead_of=payment.pk).startswith(f"{till.sim.url}/checkout/")
    assert provider().fetch(reference).state == "canceled"
    till.work()
    assert states(order) == ["canceled", "open"]


def test_an_invoice_that_is_transferred_is_neither_collected_nor_set_off(till: Till) -> None:
    invoice = issue(draft(due_on=clock.day_of(till.now) + DAY), today=clock.day_of(till.now), now=till.now)
    till.begin_invoice(invoice)
    reference = choose(till)
    with acting(Purpose.BILLING, actor=JOB):
        assert queries.is_being_paid(invoice.pk)
        assert announcing.is_pending(invoice.pk)
    till.later(3 * DAY)
    till.settle(reference, "paid", "banktransfer")
    till.note(reference)
    till.work()
    assert (again(invoice).open_cents, again(invoice).paid_with) == (0, "banktransfer")


@pytest.mark.parametrize("status", ["open", "pending"])
def test_open_with_a_reference_to_mention_is_under_way(status: str) -> None:
    """Mollie calls a transfer that was chosen open, or pending."""
    said: dict[str, Any] = {
        "id": "tr_1", "status": status, "amount": {"currency": "EUR", "value": "90.75"}, "method": "banktransfer",
        "createdAt": "2026-11-23T10:00:00+00:00", "expiresAt": "2026-12-05T22:59:59+00:00", "metadata": {"order": "x"},
        "details": {"bankName": "M", "bankAccount": "NL53ABNA0627535577", "bankBic": "ABNANL2A", "transferReference": "RF1"},
        "_links": {"checkout": {"href": "https://example.com"}},
    }  # fmt: skip
    there = charge_of(said)
    assert (there.state, there.checkout_url) == ("pending", None)
    assert there.transfer == Transfer("M", "NL53ABNA0627535577", "ABNANL2A", "RF1", date(2026, 12, 5))
    chosen = charge_of(said | {"details": None, "status": "open"})
    assert (chosen.state, chosen.transfer) == ("open", None)


def test_it_is_offered_from_a_day_on_and_not_by_every_provider(settings: Any) -> None:
    def offered(on: date) -> list[str]:
        return [each.code for each in methods.offered(on=on)]

    assert offered(date(2026, 11, 22)) == ["ideal", "paypal", "creditcard"]
    assert offered(date(2026, 11, 23)) == ["ideal", "paypal", "creditcard", "banktransfer"]
    assert methods.name_of("banktransfer", on=date(2020, 1, 1)) == "overschrijving"
    assert takes("banktransfer")
    settings.HOSPES_PAYMENT_PROVIDER = "stripe"
    assert not takes("banktransfer")
    assert takes("ideal")
