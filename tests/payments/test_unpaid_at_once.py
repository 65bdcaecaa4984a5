"""Cancelling and paying at the same moment, and dying in the middle: an order is one or the other, and no money is lost."""

import os
import threading
import time
from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from django.db import connection, transaction

from hospes.catalogue.models import PromotionUse
from hospes.kernel.models import JournalEntry
from hospes.payments import services
from hospes.payments.models import Payment
from hospes.payments.unpaid import NotCancelled
from hospes.sales.models import Order
from tests.payments.till import Till, invoices, state_of, states
from tests.payments.unpaid_orders import (
    GONE,
    REMINDED,
    at,
    book,
    cancel,
    cancel_own,
    mails,
    overdue,
    remind,
)
from tests.support import make
from tests.support.killing import started, until_nobody_works
from tests.support.make import NOW, TODAY
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.login("worker")]

# --- at the same moment ---


def together(*acts: Callable[[], Any]) -> list[Any]:
    """Do these at once, each in a connection of its own; what each said or raised."""
    gate, said = threading.Barrier(len(acts)), dict[int, Any]()

    def run(number: int, act: Callable[[], Any]) -> None:
        gate.wait(10)
        try:
            said[number] = act()
        except Exception as error:  # noqa: BLE001  # the test says which it expects
            said[number] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=each) for each in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [said[number] for number in range(len(acts))]


def held_by(act: Callable[[], Any], rival: Callable[[], Any]) -> tuple[Any, Any]:
    """Do the one, and the rival in a connection of its own while the first has not committed; the first is not asked to wait."""
    begun, done, said = threading.Event(), threading.Event(), list[Any]()

    def run() -> None:
        begun.wait(10)
        try:
            said.append(rival())
        except Exception as error:  # noqa: BLE001
            said.append(error)
        finally:
            done.set()
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    with transaction.atomic():
        first = act()
        begun.set()
        done.wait(1)  # it waits for us, or left it alone
    thread.join()
    return first, said[0]


@pytest.mark.django_db(transaction=True)
def test_a_payment_in_the_middle_of_being_booked_is_left_alone() -> None:
    payment = make.payment(order=overdue())

    def booking() -> str:
        return book(payment, paid_at=at(GONE))

    assert held_by(booking, lambda: cancel(GONE)) == ("booked", {})
    assert (state_of(payment.order), len(invoices(payment.order)), mails()) == ("paid", 1, [])


@pytest.mark.django_db(transaction=True)
def test_a_payment_that_comes_while_the_order_is_being_cancelled_brings_it_back() -> None:
    payment = make.payment(order=overdue())
    assert held_by(lambda: cancel(GONE), lambda: book(payment, paid_at=at(GONE))) == (
        {"cancelled": 1},
        "booked",
    )
    assert (state_of(payment.order), states(payment.order), len(invoices(payment.order))) == (
        "paid",
        ["paid"],
        1,
    )
    assert mails() == [("sales.order_cancelled", payment.order_id), ("sales.order_revived", payment.order_id)]


@pytest.mark.django_db(transaction=True)
def test_a_payment_that_comes_while_its_customer_cancels_goes_back() -> None:
    payment = make.payment(order=make.order())
    first, second = held_by(lambda: cancel_own(payment.order), lambda: book(payment, paid_at=NOW))
    assert (first, second) == (None, "surplus")
    assert (state_of(payment.order), states(payment.order), invoices(payment.order)) == (
        "cancelled",
        ["surplus"],
        [],
    )


@pytest.mark.django_db(transaction=True)
def test_who_cancels_while_their_payment_is_booked_has_paid() -> None:
    payment = make.payment(order=make.order())
    first, second = held_by(lambda: book(payment, paid_at=NOW), lambda: cancel_own(payment.order))
    assert first == "booked"
    assert isinstance(second, NotCancelled)
    assert (state_of(payment.order), len(invoices(payment.order))) == ("paid", 1)


@pytest.mark.django_db(transaction=True)
def test_no_payment_is_begun_of_an_order_that_is_being_cancelled(till: Till) -> None:
    order = overdue()
    first, second = held_by(lambda: cancel(GONE), lambda: till.begin(order))
    assert first == {"cancelled": 1}
    assert isinstance(second, services.PaymentRefused)
    assert (states(order), till.charges()) == ([], [])


@pytest.mark.django_db(transaction=True)
def test_money_and_the_last_day_at_once_many_times() -> None:
    for _round in range(6):
        payment = make.payment(order=overdue())

        def booking(payment: Payment = payment) -> str:
            return book(payment, paid_at=at(GONE))

        said = together(booking, lambda: cancel(GONE), booking, lambda: cancel(GONE))
        assert sorted(each for each in said if isinstance(each, str)) == ["booked", "same"], said
        assert (state_of(payment.order), states(payment.order)) == ("paid", ["paid"])
        assert len(invoices(payment.order)) == 1


# --- kill in the middle ---

_SWEEP = """
import sys
from datetime import UTC, date, datetime
import django
django.setup()
from django.db import connection
from hospes.payments import unpaid
connection.ensure_connection()
print("ready", flush=True)
for day in (11, 17):
    moment = {"today": date(2026, 3, day), "now": datetime(2026, 3, day, 5, 29, tzinfo=UTC), "page_size": 4}
    unpaid.cancel_overdue(**moment)
    unpaid.remind(**moment)
print("done", flush=True)
"""


@pytest.mark.django_db(transaction=True)
def test_kill_9_at_random_moments_leaves_every_order_done_once_or_not_yet() -> None:
    seed = int(os.environ.get("HOSPES_FAULTS_SEED") or Random().randrange(2**32))  # noqa: S311  # no secrets
    rng, orders = Random(seed), [make.order(quote=_coded()) for _ in range(40)]  # noqa: S311
    for _kill in range(8):
        with started(_SWEEP) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            time.sleep(rng.uniform(0, 0.4))
            process.kill()
        until_nobody_works()
        _nothing_is_half_done(seed)
    remind(REMINDED), cancel(GONE)
    _nothing_is_half_done(seed)
    assert {state_of(order) for order in orders} == {"cancelled"}
    assert sorted(mails()) == sorted(
        (f"sales.order_{what}", order.pk) for order in orders for what in ("reminder", "cancelled")
    )


def _coded() -> Any:
    customer, code = make.customer(), make.promotion()
    quote = make.quote(customer=customer, promotion=code)
    make.promotion_use(customer=customer, promotion=code, origin=f"quote:{quote.pk}", used_on=TODAY)
    return quote


def _nothing_is_half_done(seed: int) -> None:
    """What was reminded of has its mail and entry; what was cancelled as well, and its promotion is given back."""
    with as_owner():
        told = set(Order.objects.filter(pay_until__isnull=False).values_list("pk", flat=True))
        gone = {order.pk: order.quote_id for order in Order.objects.filter(state="cancelled")}
        free = set(PromotionUse.objects.exclude(given_back_on=None).values_list("origin", flat=True))
        noted = JournalEntry.objects.filter(object_table="sales_order").values_list("action", "object_id")
        noted = sorted(noted)
    assert sorted(mails()) == sorted(
        [("sales.order_reminder", pk) for pk in told] + [("sales.order_cancelled", pk) for pk in gone]
    ), seed
    assert noted == sorted(
        [("order.reminded", pk) for pk in told] + [("order.cancelled", pk) for pk in gone]
    ), seed
    assert free == {f"quote:{quote_id}" for quote_id in gone.values()}, seed
