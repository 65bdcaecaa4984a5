"""Pressing "pay": one page at the provider, whatever breaks off in between and however often it is pressed."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from hospes.kernel.acting import SYSTEM, acting
from hospes.kernel.purposes import Purpose
from hospes.payments.models import Payment
from hospes.payments.providers import ProviderUnavailable
from hospes.payments.services import MARGIN, NotTaken, PaymentRefused
from hospes.sales.models import Order
from hospes.services.models import Service
from tests.payments.till import IP, Till, entries, jobs, state_of, states
from tests.support import make
from tests.support.rights import as_owner

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


def payments() -> list[Payment]:
    with as_owner():
        return list(Payment.objects.order_by("pk"))


@pytest.mark.promise("P14", "P41")
def test_paying_begins_at_the_providers_page_which_gets_sum_and_order_number(till: Till) -> None:
    order = make.order()
    page = till.begin(order, "en")
    [charge] = till.charges()
    [payment] = payments()
    assert page == payment.checkout_url
    assert page.startswith(till.sim.url)
    assert charge.asked["amount"] == {"currency": "EUR", "value": "90.75"}
    assert (charge.asked["description"], charge.asked["metadata"]) == (
        order.number,
        {"order": f"{order.number}-1"},
    )
    assert charge.asked["locale"] == "en_GB"
    assert charge.asked["redirectUrl"] == "http://127.0.0.1:9/terug"
    assert charge.asked["webhookUrl"] == f"http://127.0.0.1:9/melding/{order.number}-1"
    assert (payment.reference, payment.cents, payment.state) == (charge.id, 9075, "open")
    assert (payment.customer_id, payment.order_id, payment.idempotency_key) == (
        order.customer_id,
        order.pk,
        f"{order.number}-1",
    )
    assert (payment.method, payment.paid_at) == ("", None)
    assert entries() == ["payment.begun"]
    assert jobs() == []


def test_pressed_again_it_is_the_same_page_and_one_payment(till: Till) -> None:
    order = make.order()
    assert len({till.begin(order) for _ in range(3)}) == 1
    till.later(2 * HOUR)
    till.begin(order)
    assert len(till.charges()) == len(payments()) == len(entries()) == 1


def test_two_orders_are_two_payments(till: Till) -> None:
    one, other = make.order(), make.order()
    assert till.begin(one) != till.begin(other)
    assert [p.order_id for p in payments()] == [one.pk, other.pk]


@pytest.mark.parametrize("state", ["paid", "cancelled"])
def test_what_does_not_have_to_be_paid_is_not_asked_for(till: Till, state: str) -> None:
    order = make.order(state=state, paid_at=till.now, cancelled_at=till.now, cancelled_why="unpaid")
    with pytest.raises(PaymentRefused):
        till.begin(order)
    assert till.charges() == payments() == entries() == []


@pytest.mark.parametrize("end", ["failed", "canceled", "expired"])
def test_after_a_payment_that_was_not_made_another_can_be_begun(till: Till, end: str) -> None:
    order = make.order()
    first = till.begin(order)
    till.settle(till.charges()[0].id, end)
    till.note(till.charges()[0].id)
    till.work()
    assert till.begin(order) != first
    assert states(order) == [end, "open"]
    assert [p.idempotency_key for p in payments()] == [f"{order.number}-1", f"{order.number}-2"]
    assert [c.asked["metadata"]["order"] for c in till.charges()] == [
        f"{order.number}-1",
        f"{order.number}-2",
    ]


def test_nobody_pays_for_a_name_that_somebody_else_has_by_now(till: Till) -> None:
    order = make.order()
    till.begin(order)
    with as_owner():
        [line] = order.quote.lines.all()
    service = make.service(label=line.label)
    for instead_of in (None, payments()[0].pk):
        with pytest.raises(PaymentRefused, match=f"Onder de naam {line.label}"):
            till.begin(order, instead_of=instead_of)
    assert len(till.charges()) == 1
    with as_owner():
        Service.objects.filter(pk=service.pk).update(state="refused")
    till.begin(order)


# --- what breaks off in between ---


@pytest.mark.parametrize("before", [True, False], ids=["before it was made", "after it was made"])
@pytest.mark.parametrize("wait", [timedelta(0), 2 * HOUR], ids=["at once", "when the key has lapsed"])
def test_a_connection_that_breaks_costs_no_second_payment(till: Till, before: bool, wait: timedelta) -> None:
    order = make.order()
    till.sim.control.drop(1, before)
    with pytest.raises(ProviderUnavailable):
        till.begin(order)
    [payment] = payments()
    assert (payment.reference, payment.checkout_url, payment.state) == (None, "", "open")
    till.later(wait)
    page = till.begin(order)
    [charge] = till.charges()
    [payment] = payments()
    assert (payment.reference, payment.checkout_url) == (charge.id, page)
    assert entries() == ["payment.begun"]


@pytest.mark.parametrize("weather", ["outage", "rate_limit"])
def test_while_the_provider_is_away_paying_waits_and_works_afterwards(till: Till, weather: str) -> None:
    order = make.order()
    getattr(till.sim.control, weather)(-1)
    for _ in range(3):
        with pytest.raises(ProviderUnavailable):
            till.begin(order)
    assert till.charges() == []
    assert states(order) == ["open"]
    till.sim.control.calm()
    till.begin(order)
    assert (len(till.charges()), states(order)) == (1, ["open"])


def test_what_the_provider_refuses_for_good_is_said_and_nothing_is_taken(till: Till) -> None:
    quote = make.quote(net_cents=5_000_001)  # more than the provider takes at once
    order = make.order(quote=quote)
    with pytest.raises(NotTaken):
        till.begin(order)
    assert (till.charges(), state_of(order)) == ([], "awaiting_payment")


@pytest.mark.parametrize(("end", "becomes"), [("paid", "paid"), ("failed", "failed")])
def test_a_payment_that_was_over_before_we_heard_of_it_is_looked_up(
    till: Till, end: str, becomes: str
) -> None:
    order = make.order()
    till.sim.control.drop(1, False)
    with pytest.raises(ProviderUnavailable):
        till.begin(order)
    till.settle(till.charges()[0].id, end)
    with pytest.raises(PaymentRefused):
        till.begin(order)
    assert (len(till.charges()), payments()[0].reference) == (1, till.charges()[0].id)
    till.later(HOUR)
    till.sweep()
    till.work()
    assert states(order) == [becomes]


def test_what_the_provider_made_some_minutes_before_by_its_own_clock_is_found_too(till: Till) -> None:
    order = make.order()
    till.sim.control.drop(1, False)
    with pytest.raises(ProviderUnavailable):
        till.begin(order)
    with as_owner():
        Payment.objects.update(created_at=till.now + MARGIN - timedelta(minutes=1))
    till.later(2 * HOUR)
    till.begin(order)
    assert len(till.charges()) == 1


# --- at the same moment ---


@pytest.mark.django_db(transaction=True)
def test_pressed_in_five_windows_at_once_it_is_one_payment_and_one_page(till: Till) -> None:
    order = make.order()
    gate, pages, failed = threading.Barrier(5), [], []

    def press() -> None:
        gate.wait(10)
        try:
            pages.append(till.begin(order))
        except Exception as error:  # noqa: BLE001  # said below
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=press) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert (len(pages), len(set(pages))) == (5, 1)
    assert len(till.charges()) == len(payments()) == len(entries()) == 1


def test_the_database_has_one_payment_a_key(till: Till) -> None:
    payment = make.payment()
    with pytest.raises(IntegrityError, match="idempotency_key"), transaction.atomic():
        make.payment(idempotency_key=payment.idempotency_key)
    with pytest.raises(IntegrityError, match="reference"), transaction.atomic():
        make.payment(reference=payment.reference)


# --- whose order it is ---


@pytest.mark.promise("P25")
def test_nobody_begins_paying_the_order_of_another_customer(till: Till) -> None:
    theirs, mine = make.order(), make.customer()
    theirs.customer_id = mine.pk
    with pytest.raises(Order.DoesNotExist):
        till.begin(theirs)
    assert till.charges() == payments() == []


def test_it_is_on_record_who_began_paying_and_from_where(till: Till) -> None:
    from hospes.kernel.models import JournalEntry

    order = make.order()
    till.begin(order)
    with as_owner():
        entry = JournalEntry.objects.get(action="payment.begun")
    held: dict[str, Any] = {
        "actor_id": order.person_id,
        "ip": IP,
        "customer_id": order.customer_id,
        "purpose": "billing",
    }
    assert {name: getattr(entry, name) for name in held} == held
    assert entry.object_id == payments()[0].pk
    with acting(Purpose.BILLING, actor=SYSTEM, customer=make.customer().pk):
        assert not Payment.objects.exists()
