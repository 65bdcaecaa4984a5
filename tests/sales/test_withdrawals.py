"""Withdrawing from an order within fourteen days: who can, until when, and what they get back (art. 6:230o Civil Code)."""

import uuid
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hospes.billing import charging
from hospes.billing.models import StuckCharge
from hospes.customers.models import Customer
from hospes.kernel.acting import JOB, Actor, acting
from hospes.kernel.purposes import Purpose
from hospes.kernel.refusals import Refused
from hospes.messaging.models import Message
from hospes.sales import jobs, withdrawals
from hospes.sales.models import Order, QuoteLine, Refund, Withdrawal
from hospes.sales.rules import is_working_day, last_day_to_withdraw
from hospes.sales.withdrawals import Said
from hospes.services.models import By, Charge, Service
from hospes.services.services import Asked
from tests.support import make
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.login("worker")]

DAY = timedelta(days=1)
#: A Monday; the fourteenth day after it is one as well.
ORDERED = datetime(2026, 9, 7, 10, tzinfo=UTC)


def an_order(
    *, kind: str = "private", start_asked: bool = True, paid: bool = True, served: bool = True
) -> Order:
    """A paid order of a year for 73 euro without VAT (20 cents a day), begun on the day itself."""
    holder = make.person()
    customer = make.customer(holder=holder, kind=kind)
    order = make.order(
        customer=customer, person=holder, paid=paid, placed_at=ORDERED, start_asked_at=ORDERED if start_asked else None,
        **({"paid_at": ORDERED} if paid else {}),
    )  # fmt: skip
    with as_owner():
        line = QuoteLine.objects.get(quote_id=order.quote_id)
        QuoteLine.objects.filter(pk=line.pk).update(net_cents=7300, steps_cents=[7300], months=12)
        Order.objects.filter(pk=order.pk).update(total_cents=8833)
        order = Order.objects.select_related("person", "quote").get(pk=order.pk)
    if served and paid:
        make.service(
            customer=customer, label=line.label, origin=f"quote_line:{line.pk}", price_cents=7300,
            started_on=ORDERED.date(), product=line.product,
        )  # fmt: skip
    return order


def withdraw(order: Order, *, at: datetime, logged_in: bool = True, **words: Any) -> Withdrawal:
    said = Said(**({"name": "Somebody", "contract": order.number, "email": order.person.email} | words))
    form_id = uuid.uuid4()
    scope = {"customer": order.customer_id} if logged_in else {"cart": form_id}
    with acting(Purpose.CONTRACT, actor=JOB, **scope):
        withdrawals.receive(
            form_id=form_id, said=said, customer_id=order.customer_id if logged_in else None,
            person_id=order.person_id if logged_in else None, now=at,
        )  # fmt: skip
    with as_owner():
        made = Withdrawal.objects.get(form_id=form_id)
    with acting(Purpose.CONTRACT, actor=JOB):
        withdrawals.take_in(withdrawal_id=made.pk, now=at)
    with as_owner():
        made.refresh_from_db()
    return made


def refund(made: Withdrawal) -> tuple[int, date] | None:
    with as_owner():
        found = Refund.objects.filter(withdrawal=made).first()
    return (found.cents, found.due_on) if found else None


def state(order: Order) -> str:
    with as_owner():
        return Order.objects.get(pk=order.pk).state


def service_of(order: Order) -> Service:
    with as_owner():
        return Service.objects.get(customer_id=order.customer_id)


def mails() -> list[str]:
    with as_owner():
        return list(Message.objects.order_by("pk").values_list("kind", flat=True))


# --- the period ---


@pytest.mark.parametrize(
    ("agreed_on", "last"),
    [
        (date(2026, 9, 7), date(2026, 9, 21)),
        (date(2026, 9, 5), date(2026, 9, 21)),  # a Saturday: the Monday after
        (date(2026, 9, 6), date(2026, 9, 21)),
        (date(2026, 12, 11), date(2026, 12, 28)),  # Christmas, and a weekend
        (date(2026, 3, 20), date(2026, 4, 7)),  # Good Friday, Easter
        (date(2026, 12, 18), date(2027, 1, 4)),  # new year
        (date(2028, 2, 15), date(2028, 2, 29)),
    ],
)
def test_the_period_is_fourteen_days_and_ends_on_a_working_day(agreed_on: date, last: date) -> None:
    assert last_day_to_withdraw(agreed_on) == last


@settings(deadline=None)
@given(st.dates(date(2020, 1, 1), date(2099, 12, 31)))
def test_it_is_never_shorter_and_never_much_longer(agreed_on: date) -> None:
    last = last_day_to_withdraw(agreed_on)
    assert 14 <= (last - agreed_on).days <= 19
    assert is_working_day(last)


# --- the stories ---


def test_on_day_13_a_consumer_withdraws_and_pays_for_thirteen_days() -> None:
    order = an_order()
    made = withdraw(order, at=ORDERED + 13 * DAY)
    assert (made.state, state(order)) == ("done", "withdrawn")
    service = service_of(order)
    assert (service.state, service.ended_on) == ("terminated", date(2026, 9, 20))
    kept = 13 * 20
    with as_owner():
        [charge] = Charge.objects.all()
    assert (charge.kind, charge.cents) == ("withdrawn", -(7300 - kept))
    gross = 7040 + 1478  # 21 % of 70.40 is 14.784
    assert refund(made) == (gross, date(2026, 10, 4))
    assert mails() == ["sales.withdrawal", "sales.withdrawal_decided"]


def test_on_day_15_it_is_too_late_and_nothing_is_ended() -> None:
    order = an_order()
    made = withdraw(order, at=ORDERED + 15 * DAY)
    assert (made.state, state(order), service_of(order).state) == ("late", "paid", "active")
    assert refund(made) is None
    assert mails() == ["sales.withdrawal", "sales.withdrawal_decided"]
    with as_owner():
        assert not Charge.objects.exists()


@pytest.mark.parametrize(("hour", "expected"), [(21, "done"), (22, "late")])
def test_day_14_ends_at_midnight_in_amsterdam(hour: int, expected: str) -> None:
    order = an_order()
    at = (ORDERED + 14 * DAY).replace(hour=hour, minute=59 if hour == 21 else 0)
    assert withdraw(order, at=at).state == expected


def test_what_counts_is_when_it_was_received_not_when_it_is_looked_at() -> None:
    order, form_id = an_order(), uuid.uuid4()
    with acting(Purpose.CONTRACT, actor=JOB, customer=order.customer_id):
        withdrawals.receive(
            form_id=form_id, said=Said("x", order.number, "x@mail.example"), customer_id=order.customer_id,
            person_id=order.person_id, now=ORDERED + 14 * DAY,
        )  # fmt: skip
    with as_owner():
        made = Withdrawal.objects.get(form_id=form_id)
    with acting(Purpose.CONTRACT, actor=JOB):
        assert withdrawals.take_in(withdrawal_id=made.pk, now=ORDERED + 20 * DAY) == "done"
    assert service_of(order).ended_on == date(2026, 9, 21)


def test_who_did_not_ask_to_begin_at_once_pays_nothing() -> None:
    order = an_order(start_asked=False)
    made = withdraw(order, at=ORDERED + 13 * DAY)
    assert refund(made) == (8833, date(2026, 10, 4))  # all of it, VAT and all


def test_a_company_cannot() -> None:
    order = an_order(kind="business")
    made = withdraw(order, at=ORDERED + DAY)
    assert (made.state, state(order), service_of(order).state) == ("business", "paid", "active")


def test_an_order_that_was_not_paid_is_just_over() -> None:
    order = an_order(paid=False)
    made = withdraw(order, at=ORDERED + DAY)
    assert (made.state, state(order), refund(made)) == ("done", "withdrawn", None)


def test_who_withdraws_from_what_was_cancelled_is_not_told_that_they_are_late() -> None:
    order = an_order(paid=False)
    with as_owner():
        Order.objects.filter(pk=order.pk).update(
            state="cancelled", cancelled_at=ORDERED, cancelled_why="customer"
        )
    made = withdraw(order, at=ORDERED + DAY)
    assert (made.state, refund(made), state(order)) == ("done", None, "withdrawn")


def test_what_was_paid_and_not_delivered_yet_is_paid_back_and_not_delivered() -> None:
    order = an_order(served=False)
    made = withdraw(order, at=ORDERED + DAY)
    assert refund(made) == (8833, date(2026, 9, 22))
    jobs.deliver.run(order_id=order.pk)
    with as_owner():
        assert not Service.objects.exists()


@pytest.mark.parametrize("served", [True, False])
def test_a_promise_of_what_no_invoice_covers_is_over_when_a_colleague_dealt_with_it(served: bool) -> None:
    order = an_order(served=served)
    made = withdraw(order, at=ORDERED + DAY)

    def kept() -> int:
        with acting(Purpose.BILLING, actor=JOB):
            return withdrawals.keep_promises(now=ORDERED + 2 * DAY)

    assert (refund(made) is not None, kept()) == (True, 0)
    if served:
        with acting(Purpose.BILLING, actor=JOB):
            stuck = StuckCharge.objects.get()
            charging.by_hand(stuck_id=stuck.pk, note="Paid back from the bank", now=ORDERED + 2 * DAY)
    assert (kept(), kept()) == (int(served), 0)


def test_twice_is_once() -> None:
    order = an_order()
    first, second = (withdraw(order, at=ORDERED + n * DAY) for n in (3, 4))
    assert (first.state, second.state) == ("done", "late")
    with as_owner():
        assert Refund.objects.count() == Charge.objects.count() == 1
    with acting(Purpose.CONTRACT, actor=JOB):
        assert withdrawals.take_in(withdrawal_id=first.pk, now=ORDERED + 9 * DAY) == "done"


# --- who is not logged in ---


@pytest.mark.promise("P25")
def test_who_is_not_logged_in_is_acknowledged_and_a_colleague_looks_first() -> None:
    order = an_order()
    made = withdraw(order, at=ORDERED + 13 * DAY, logged_in=False, email=order.person.email.upper())
    assert (made.state, made.order_id, made.customer_id) == ("check", order.pk, order.customer_id)
    assert (state(order), mails()) == ("paid", ["sales.withdrawal"])
    with acting(Purpose.CONTRACT, actor=JOB):  # two days later, as of the day on which it came in
        assert (
            withdrawals.checked(withdrawal_id=made.pk, asked=Asked(By.STAFF), now=ORDERED + 15 * DAY)
            == "done"
        )
    assert service_of(order).ended_on == date(2026, 9, 20)
    assert refund(made) == (8518, date(2026, 10, 4))


@pytest.mark.parametrize("meant", ["number", "quote", "label"])
def test_the_order_is_found_by_its_number_its_quote_or_a_name_in_it(meant: str) -> None:
    order = an_order()
    with as_owner():
        contract = {"number": order.number, "quote": order.quote.number, "label": service_of(order).label}[
            meant
        ]
    assert withdraw(order, at=ORDERED + DAY, contract=f" {contract.lower()} ").state == "done"


@pytest.mark.promise("P25")
@pytest.mark.parametrize("words", [{"email": "somebody.else@mail.example"}, {"contract": "B2026-99999"}])
def test_what_does_not_go_together_is_kept_for_a_colleague_and_nobody_is_mailed(
    words: dict[str, str],
) -> None:
    order = an_order()
    made = withdraw(order, at=ORDERED + DAY, logged_in=False, **words)
    assert (made.state, made.order_id, made.customer_id) == ("unknown", None, None)
    assert (state(order), mails()) == ("paid", [])


def test_a_customer_cannot_withdraw_from_an_order_of_another() -> None:
    order, other = an_order(), an_order()
    made = withdraw(order, at=ORDERED + DAY, contract=other.number)
    assert (made.state, state(other), state(order)) == ("unknown", "paid", "paid")


@pytest.mark.login("portal")
@pytest.mark.promise("P30")
def test_a_visitor_writes_one_row_and_reads_none_of_others() -> None:
    with as_owner():
        other = Withdrawal.objects.create(
            form_id=uuid.uuid4(), name="n", contract="c", email="e@mail.example", received_at=ORDERED
        )
    form_id = uuid.uuid4()
    with acting(Purpose.CONTRACT, actor=Actor.visitor(ip="192.0.2.1"), cart=form_id):
        for _ in range(2):
            withdrawals.receive(
                form_id=form_id,
                said=Said("n", "c", "e@mail.example"),
                customer_id=None,
                person_id=None,
                now=ORDERED,
            )
        assert [w.form_id for w in Withdrawal.objects.all()] == [form_id]
        with pytest.raises(Refused):
            Withdrawal.objects.filter(form_id=form_id).update(state="done")
    with acting(Purpose.CONTRACT, actor=Actor.visitor(), cart=uuid.uuid4()):
        assert not Withdrawal.objects.filter(pk=other.pk).exists()
        assert not Customer.objects.exists()
