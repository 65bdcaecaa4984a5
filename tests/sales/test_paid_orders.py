"""What follows once an order was paid: one invoice, and one service for each of its lines (P15, P22)."""

import threading
from datetime import UTC, date, datetime

import pytest
from django.db import IntegrityError, connection, transaction

from hospes.billing.models import Invoice, InvoiceLine
from hospes.kernel import clock
from hospes.kernel.acting import SYSTEM, acting
from hospes.kernel.purposes import Purpose
from hospes.kernel.refusals import Refused
from hospes.messaging.models import Message
from hospes.sales import jobs as sales_jobs
from hospes.sales import queries
from hospes.sales.models import Order
from hospes.services.models import Service
from tests.sales.shop import DAY, LATER, accepted, all_of, entries, jobs, paid, quoted, wanted
from tests.support import make
from tests.support.make import NOW, TODAY
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.login("worker")]

#: One minute before the end of 31 January in Amsterdam.
PAID_AT = datetime(2026, 1, 31, 22, 59, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _rate(_rights: None) -> None:
    make.vat_rates()


def an_order() -> Order:
    return accepted(quoted(make.customer(), wanted(7500), wanted(750, label="b.test", months=1)))


@pytest.mark.promise("P03", "P15")
def test_a_paid_order_has_an_invoice_of_the_same_lines_and_sum() -> None:
    order = an_order()
    day, next_day = date(2026, 1, 31), date(2026, 2, 1)
    invoice = paid(order, paid_at=PAID_AT, today=next_day)  # it was booked the day after
    assert invoice is not None
    [kept] = all_of(Invoice)
    [now] = all_of(Order)
    assert (now.state, now.paid_at) == ("paid", PAID_AT)
    assert (kept.origin, kept.quote_number, kept.customer_id) == (
        f"order:{order.pk}",
        "O2026-00001",
        order.customer_id,
    )
    assert (kept.number, kept.issued_on, kept.due_on) == ("F2026-00001", next_day, next_day)
    assert kept.total_cents == kept.paid_cents == order.total_cents == 9983
    assert (kept.paid_at, kept.paid_with) == (PAID_AT, "ideal")
    assert [
        (x.details, x.net_cents, x.vat_basis_points, x.period_from, x.period_until)
        for x in all_of(InvoiceLine)
    ] == [
        ("voorbeeld.test", 7500, 2100, day, date(2027, 1, 30)),
        ("b.test", 750, 2100, day, date(2026, 2, 27)),
    ]
    assert entries("order.paid") == [("order.paid", "sales_order", order.customer_id)]
    assert [task for task, _ in jobs()] == [
        "messaging.jobs.deliver",
        "billing.jobs.make_document",
        "sales.jobs.deliver",
    ]


def test_said_twice_it_is_paid_once() -> None:
    order = an_order()
    assert paid(order) is not None
    assert paid(order, paid_at=NOW + DAY, today=TODAY + DAY) is None
    assert len(all_of(Invoice)) == len(entries("order.paid")) == 1
    assert all_of(Order)[0].paid_at == NOW
    assert [task for task, _ in jobs()].count("sales.jobs.deliver") == 1


def test_a_cancelled_order_is_not_paid() -> None:
    order = an_order()
    with as_owner():
        Order.objects.update(state="cancelled", cancelled_at=NOW, cancelled_why="customer")
    assert paid(order) is None
    assert all_of(Invoice) == []
    assert all_of(Order)[0].state == "cancelled"


def test_what_cannot_be_invoiced_is_not_paid_either() -> None:
    order = an_order()
    taken = make.invoice(number="F2026-00001")
    with pytest.raises(IntegrityError, match="number"):
        paid(order)
    assert all_of(Order)[0].state == "awaiting_payment"
    assert all_of(Invoice) == [taken]
    assert entries("order.paid") == []


def test_a_paid_order_says_when() -> None:
    an_order()
    with as_owner(), pytest.raises(IntegrityError, match="paid_order_says_when"), transaction.atomic():
        Order.objects.update(state="paid")


@pytest.mark.parametrize(
    "column",
    [
        "total_cents",
        "number",
        "customer_id",
        "person_id",
        "placed_at",
        "terms_version",
        "terms_sha256",
        "state",
    ],
)
def test_a_customer_changes_nothing_about_an_order_and_staff_not_what_was_agreed(column: str) -> None:
    order = an_order()
    for purpose in Purpose:
        scopes = [{"customer": order.customer_id}] + (
            [{}] if (purpose, column) != (Purpose.BILLING, "state") else []
        )
        for scope in scopes:
            with acting(purpose, actor=SYSTEM, **scope), pytest.raises(Refused), transaction.atomic():
                Order.objects.filter(pk=order.pk).update(**{column: getattr(order, column)})


def test_orders_come_with_their_quotes_the_newest_first() -> None:
    customer = make.customer()
    made = [accepted(quoted(customer, key=f"cart:{n}"), now=LATER + n * DAY) for n in range(3)]
    with acting(Purpose.CONTRACT, actor=SYSTEM, customer=customer.pk):
        found = queries.orders(customer.pk)
        assert found == made[::-1]
        assert [order.quote.number for order in found] == ["O2026-00003", "O2026-00002", "O2026-00001"]


# --- delivering ---


@pytest.mark.promise("P22")
def test_a_paid_order_becomes_a_service_for_each_of_its_lines_once() -> None:
    order = an_order()
    paid(order, paid_at=PAID_AT)
    for moment in (
        PAID_AT + DAY,
        datetime(2026, 6, 1, tzinfo=UTC),
    ):  # its term begins when it was paid all the same
        with clock.moved_to(moment):
            sales_jobs.deliver.run(order_id=order.pk)
    services = all_of(Service)
    assert [(s.label, s.months, s.price_cents, s.state, s.started_on, s.renews_on) for s in services] == [
        ("voorbeeld.test", 12, 7500, "pending", date(2026, 1, 31), date(2027, 1, 31)),
        ("b.test", 1, 750, "pending", date(2026, 1, 31), date(2026, 2, 28)),
    ]
    assert [task for task, _ in jobs()].count("hosting.jobs.provision") == 2
    for line, service in zip(
        all_of(InvoiceLine), services, strict=True
    ):  # what was invoiced is what is delivered
        assert (line.period_from, line.period_until + DAY) == (service.started_on, service.renews_on)


@pytest.mark.promise("P22")
@pytest.mark.parametrize("state", ["awaiting_payment", "cancelled"])
def test_what_was_not_paid_is_not_delivered(state: str) -> None:
    order = an_order()
    with as_owner():
        Order.objects.update(state=state, cancelled_at=NOW, cancelled_why="unpaid")
    with pytest.raises(Order.DoesNotExist):
        sales_jobs.deliver.run(order_id=order.pk)
    assert all_of(Service) == []


# --- two customers, one name ---


def two_orders() -> list[Order]:
    """Two customers ordered the same name before either paid; the second also something else."""
    first = accepted(quoted(make.customer(), wanted(), key="cart:1"))
    second = accepted(quoted(make.customer(), wanted(), wanted(750, label="b.test", months=1), key="cart:2"))
    for order in (first, second):
        paid(order)
    return [first, second]


@pytest.mark.promise("P22")
def test_of_two_who_paid_for_one_name_the_first_gets_it_and_the_other_all_the_rest() -> None:
    orders = two_orders()
    for order in orders:
        sales_jobs.deliver.run(order_id=order.pk)
    assert [(s.customer_id, s.label, s.state) for s in all_of(Service)] == [
        (orders[0].customer_id, "voorbeeld.test", "pending"),
        (orders[1].customer_id, "voorbeeld.test", "refused"),
        (orders[1].customer_id, "b.test", "pending"),
    ]
    assert [task for task, _ in jobs()].count("hosting.jobs.provision") == 2
    with as_owner():
        assert list(
            Message.objects.filter(kind="services.refused").values_list("customer_id", flat=True)
        ) == [orders[1].customer_id]


@pytest.mark.django_db(transaction=True)
def test_delivered_at_the_same_moment_exactly_one_gets_it() -> None:
    orders, gate, failed = two_orders(), threading.Barrier(2), list[Exception]()

    def deliver(order: Order) -> None:
        try:
            gate.wait(10)
            sales_jobs.deliver.run(order_id=order.pk)
        except Exception as error:  # noqa: BLE001  # said below
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=deliver, args=[order]) for order in orders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert sorted(s.state for s in all_of(Service) if s.label == "voorbeeld.test") == ["pending", "refused"]
