"""Stories about money, from what somebody asked to what is on their account: withdrawal, upgrade, downgrade, the law of Van Dam."""

import importlib
import uuid
from collections.abc import Iterator
from datetime import date, datetime, timedelta

import pytest
from django.db import connection
from django.utils import translation

from hospes.billing import sweeps as billing_sweeps
from hospes.billing.ledger import checks
from hospes.billing.models import Invoice
from hospes.kernel import clock
from hospes.kernel.acting import JOB, acting
from hospes.kernel.jobs import Job
from hospes.kernel.purposes import Purpose
from hospes.messaging.models import Message
from hospes.payments import sweeps
from hospes.payments.models import Refund
from hospes.sales import withdrawals
from hospes.sales.models import Order, Withdrawal
from hospes.sales.models import Refund as Promised
from hospes.sales.withdrawals import Said
from hospes.services import changes, endings, requests
from hospes.services import sweeps as service_sweeps
from hospes.services.models import By, Service
from hospes.services.services import Asked
from tests.payments.till import Till, jobs
from tests.support import make
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.login("worker")]

DAY = timedelta(days=1)
_WORKED = (
    "payments.",
    "sales.jobs.deliver",
    "sales.jobs.take_in",
    "billing.jobs.settle_charges",
    "services.jobs.carry_out",
)


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with translation.override("en"):
        yield


def work(till: Till) -> None:
    """What the worker does until nothing is left of it: sweeps and jobs, but no files, mails and panels."""
    for _ in range(4):
        billing_sweeps.find_charges()
        sweeps.see_to_refunds(now=till.now)
        for pk, name, arguments in jobs():
            if name.startswith(_WORKED):
                module, _dot, function = name.rpartition(".")
                job: Job = getattr(importlib.import_module(f"hospes.{module}"), function)
                with as_owner(), connection.cursor() as cursor:
                    cursor.execute("DELETE FROM procrastinate_jobs WHERE id = %s", [pk])
                with clock.moved_to(till.now):
                    job.run(**arguments)


def bought(till: Till, net_cents: int = 7300, kind: str = "private", **words: object) -> Order:
    """Something for a year that was ordered and paid, so that it runs."""
    holder = make.person(language="nl")
    customer = make.customer(holder=holder, kind=kind)
    quote = make.quote(
        customer=customer, net_cents=net_cents, made_at=till.now, valid_until=till.now.date() + 30 * DAY
    )
    order = make.order(quote=quote, placed_at=till.now, **words)
    till.begin(order)
    charge = till.charges()[-1]
    till.settle(charge.id, "paid")
    till.note(charge.id)
    work(till)
    with as_owner():
        Service.objects.filter(customer=customer).update(state="active")
    return order


def service_of(order: Order) -> Service:
    with as_owner():
        return Service.objects.select_related("product").get(customer_id=order.customer_id)


def withdraw(order: Order, till: Till) -> None:
    with acting(Purpose.CONTRACT, actor=JOB, customer=order.customer_id):
        withdrawals.receive(
            form_id=uuid.uuid4(), said=Said("Somebody", order.number, "a@mail.example"), customer_id=order.customer_id,
            person_id=order.person_id, now=till.now,
        )  # fmt: skip
    with acting(Purpose.CONTRACT, actor=JOB):
        withdrawals.take_in(withdrawal_id=Withdrawal.objects.latest("pk").pk, now=till.now)
    work(till)


def ask(service: Service, till: Till, **words: object) -> None:
    with acting(Purpose.CONTRACT, actor=JOB):
        requests.ask(
            service, words, asked=Asked(By.STAFF, note="as agreed"), key=str(uuid.uuid4()), now=till.now
        )
    work(till)


def documents(order: Order) -> list[tuple[str, int, int, int]]:
    """Kind, total, what is open, what was paid (back), the first first."""
    with as_owner():
        rows = Invoice.objects.filter(customer_id=order.customer_id).order_by("pk")
        return [(x.kind, x.total_cents, x.open_cents, x.paid_cents) for x in rows]


def paid_back(till: Till) -> list[tuple[int, str]]:
    return [
        (x["cents"], x["status"]) for charge in till.charges() for x in till.sim.control.refunds_of(charge.id)
    ]


def mails(order: Order) -> set[str]:
    with as_owner():
        return set(Message.objects.filter(customer_id=order.customer_id).values_list("kind", flat=True))


def books_are_right() -> None:
    with as_owner():
        assert checks.findings(connection) == []


def at(till: Till, day: date) -> None:
    """Go on to noon of a day."""
    noon = datetime.combine(day, datetime.min.time(), tzinfo=till.now.tzinfo) + timedelta(hours=11)
    till.later(noon - till.now)


@pytest.mark.parametrize("asked_to_begin", [True, False])
def test_withdrawn_on_day_13_the_money_is_back_for_the_days_that_are_left(
    till: Till, asked_to_begin: bool
) -> None:
    at(till, date(2027, 9, 6))  # a Monday
    order = bought(till, start_asked_at=till.now if asked_to_begin else None)
    begun = service_of(order)
    till.later(13 * DAY)
    withdraw(order, till)
    with as_owner():
        promised, refund = Promised.objects.get(), Refund.objects.get()
    days = (begun.renews_on - begun.started_on).days
    used = round(7300 * 13 / days) if asked_to_begin else 0
    gross = (7300 - used) + round((7300 - used) * 0.21)
    assert (promised.cents, refund.cents, refund.state) == (gross, gross, "done")
    assert (promised.settled_at is not None, refund.due_on) == (True, clock.day_of(till.now) + 14 * DAY)
    assert paid_back(till) == [(gross, "refunded")]
    assert documents(order) == [("invoice", 8833, 0, 8833), ("credit_note", gross, 0, gross)]
    assert {"sales.withdrawal", "sales.withdrawal_decided", "payments.refund_done"} <= mails(order)
    books_are_right()


def test_on_day_15_it_is_too_late_and_no_money_goes_back(till: Till) -> None:
    at(till, date(2027, 9, 6))
    order = bought(till, start_asked_at=till.now)
    till.later(15 * DAY)
    withdraw(order, till)
    assert (paid_back(till), documents(order)) == ([], [("invoice", 8833, 0, 8833)])
    assert service_of(order).state == "active"
    books_are_right()


def test_withdrawn_before_anything_was_made_all_of_it_goes_back(till: Till) -> None:
    at(till, date(2027, 9, 6))
    holder = make.person()
    quote = make.quote(customer=make.customer(holder=holder), net_cents=7300)
    order = make.order(quote=quote, placed_at=till.now)
    till.begin(order)
    till.settle(till.charges()[-1].id, "paid")
    till.note(till.charges()[-1].id)
    till.work()  # the money is here, nothing was delivered yet
    withdraw(order, till)
    assert (paid_back(till), documents(order)[1:]) == ([(8833, "refunded")], [("credit_note", 8833, 0, 8833)])
    with as_owner():
        assert not Service.objects.exists()
    books_are_right()


def test_an_upgrade_mid_term_is_an_open_invoice_that_is_paid_in_the_portal(till: Till) -> None:
    at(till, date(2027, 3, 1))
    order = bought(till, kind="business")
    large = make.product(prices={12: 14600})
    till.later(100 * DAY)
    service, today = service_of(order), clock.day_of(till.now)
    with acting(Purpose.CONTRACT, actor=JOB):
        want = changes.wanted(service, product_id=large.pk, quantity=1, months=12, today=today)
        words = requests.change_words(changes.propose(service, want, at_once=True, today=today))
    ask(service, till, **words)
    left = service.renews_on - today
    cents = round(14600 * left.days / 366) - round(7300 * left.days / 366)
    gross = cents + round(cents * 0.21)
    assert documents(order)[1:] == [("invoice", gross, gross, 0)]
    with as_owner():
        invoice = Invoice.objects.latest("pk")
    assert invoice.due_on == today + 14 * DAY
    till.begin_invoice(invoice)
    till.settle(till.charges()[-1].id, "paid")
    till.note(till.charges()[-1].id)
    work(till)
    assert documents(order)[1:] == [("invoice", gross, 0, gross)]
    books_are_right()


def test_a_downgrade_at_once_is_paid_back(till: Till) -> None:
    at(till, date(2027, 3, 1))
    order = bought(till, net_cents=14600, kind="business")
    small = make.product(prices={12: 7300})
    till.later(100 * DAY)
    service, today = service_of(order), clock.day_of(till.now)
    with acting(Purpose.CONTRACT, actor=JOB):
        want = changes.wanted(service, product_id=small.pk, quantity=1, months=12, today=today)
        words = requests.change_words(changes.propose(service, want, at_once=True, today=today))
    ask(service, till, **words)
    days = (service.renews_on - today).days
    cents = round(14600 * days / 366) - round(7300 * days / 366)
    gross = cents + round(cents * 0.21)
    assert documents(order)[1:] == [("credit_note", gross, 0, gross)]
    assert paid_back(till) == [(gross, "refunded")]
    books_are_right()


def test_notice_on_31_january_ends_it_on_28_february_and_the_unused_part_is_paid_back(till: Till) -> None:
    at(till, date(2027, 11, 30))
    order = bought(till)
    with as_owner():  # it was renewed silently: the consumer is bound no longer
        Service.objects.filter(customer_id=order.customer_id).update(bound_until=date(2027, 11, 30))
    at(till, date(2028, 1, 31))
    service = service_of(order)
    with acting(Purpose.CONTRACT, actor=JOB):
        ways = endings.ways_to_end(service, today=date(2028, 1, 31))
        assert ways.soonest == date(2028, 2, 29)
        words = {
            "kind": "cancel",
            "when": "soonest",
            "on": ways.soonest,
            "cents": -endings.given_back(service, ways.soonest),
        }
    ask(service, till, **words)
    assert documents(order) == [("invoice", 8833, 0, 8833)]  # not before its day
    at(till, date(2028, 2, 29))
    service_sweeps.end_what_is_due(today=clock.day_of(till.now), now=till.now)
    work(till)
    days, used = (service.renews_on - service.started_on).days, (date(2028, 2, 29) - service.started_on).days
    net = 7300 - round(7300 * used / days)
    gross = net + round(net * 0.21)
    assert documents(order)[1:] == [("credit_note", gross, 0, gross)]
    assert paid_back(till) == [(gross, "refunded")]
    with as_owner():
        note = Invoice.objects.latest("pk")
    assert (
        note.reason
        == f"{service.label} is op 29 februari 2028 geëindigd: u krijgt terug wat u hebt betaald voor de tijd daarna, tot en met 29 november 2028."
    )
    books_are_right()
