"""Orders that nobody pays are reminded of and then cancelled, once; money that comes all the same is never lost."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, connection

from hospes.catalogue.models import Promotion, PromotionUse
from hospes.catalogue.promotions import use
from hospes.config.operators import read_operator
from hospes.kernel import clock
from hospes.kernel.acting import JOB, Actor, acting
from hospes.kernel.logins import LOGINS
from hospes.kernel.models import JournalEntry
from hospes.kernel.purposes import Purpose
from hospes.kernel.refusals import Refused
from hospes.payments import jobs as payment_jobs
from hospes.payments import services, unpaid
from hospes.payments.models import Payment
from hospes.payments.unpaid import NotCancelled
from hospes.sales.models import Order
from tests.payments.till import Till, entries, invoices, jobs, state_of, states
from tests.payments.unpaid_orders import (
    DAY,
    GONE,
    REMINDED,
    again,
    at,
    book,
    cancel,
    cancel_own,
    cancelled,
    mails,
    overdue,
    remind,
)
from tests.support import make, rights
from tests.support.make import NOW, TODAY
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.login("worker")]

# --- both sides of the days ---


def test_an_order_is_reminded_of_on_its_day_and_once() -> None:
    order = make.order()
    assert remind(REMINDED - DAY) == {}
    assert again(order).pay_until is None
    assert mails() == []
    assert remind(REMINDED) == {"reminded": 1}
    assert remind(REMINDED) == remind(REMINDED + DAY) == {}
    assert again(order).pay_until == TODAY + 14 * DAY == REMINDED + 5 * DAY
    assert (mails(), entries()) == ([("sales.order_reminder", order.pk)], ["order.reminded"])


def test_an_order_is_cancelled_the_day_after_its_last_and_once() -> None:
    order = make.order()
    remind(REMINDED)
    assert cancel(GONE - DAY) == {}
    assert state_of(order) == "awaiting_payment"
    assert cancel(GONE) == {"cancelled": 1}
    assert cancel(GONE) == cancel(GONE + DAY) == {}
    now = again(order)
    assert (now.state, now.cancelled_at, now.cancelled_why) == ("cancelled", at(GONE), "unpaid")
    assert mails() == [("sales.order_reminder", order.pk), ("sales.order_cancelled", order.pk)]
    assert entries() == ["order.reminded", "order.cancelled"]
    assert invoices(order) == [], "nothing was in the books, so nothing has to be undone in them"


def test_the_day_is_that_of_amsterdam() -> None:
    late = make.order(placed_at=datetime(2026, 3, 1, 23, 30, tzinfo=UTC))  # half past midnight on the 2nd
    assert remind(REMINDED - DAY) == {}
    assert remind(REMINDED) == {"reminded": 1}
    assert again(late).pay_until == TODAY + 14 * DAY


def test_nothing_is_cancelled_without_a_reminder_in_time() -> None:
    order = make.order()
    assert cancel(TODAY + 300 * DAY) == {}
    assert remind(TODAY + 300 * DAY) == {"reminded": 1}
    assert again(order).pay_until == TODAY + 305 * DAY
    assert cancel(TODAY + 305 * DAY) == {}
    assert cancel(TODAY + 306 * DAY) == {"cancelled": 1}


def test_who_was_told_a_day_keeps_it_when_the_operator_changes_the_days(settings: Any) -> None:
    order = make.order()
    remind(REMINDED)
    settings.HOSPES_OPERATOR = type(settings.HOSPES_OPERATOR)(
        **vars(settings.HOSPES_OPERATOR) | {"order_unpaid_days": 3, "order_reminder_days": 1}
    )
    assert cancel(GONE - DAY) == {}
    assert cancel(GONE) == {"cancelled": 1}
    assert again(order).pay_until == GONE - DAY


@pytest.mark.parametrize("words", [
    {"state": "paid", "paid_at": NOW}, {"state": "on_account"}, {"state": "withdrawn"},
])  # fmt: skip
def test_what_does_not_wait_for_its_payment_is_left_alone(words: dict[str, Any]) -> None:
    order = make.order(**words)
    assert remind(GONE) == {}
    with as_owner():
        Order.objects.update(pay_until=GONE - DAY)
    assert cancel(GONE) == {}
    assert (state_of(order), mails()) == (words["state"], [])


def test_what_is_invoiced_afterwards_waits_for_nobody() -> None:
    order = make.order(quote=make.quote(customer=make.customer(kind="business"), on_account=True))
    assert remind(GONE) == {}
    with as_owner():
        Order.objects.update(pay_until=GONE - DAY)
    assert cancel(GONE) == {}
    with acting(Purpose.BILLING, actor=JOB), pytest.raises(NotCancelled):
        unpaid.cancel(order_id=order.pk, reason="x", now=NOW)
    assert state_of(order) == "awaiting_payment"


# --- many ---


def test_many_are_done_a_page_at_a_time() -> None:
    orders = [make.order() for _ in range(7)]
    assert remind(REMINDED, page_size=3) == {"reminded": 7}
    assert cancel(GONE, page_size=3) == {"cancelled": 7}
    assert {state_of(order) for order in orders} == {"cancelled"}
    assert len(mails()) == 14


@pytest.mark.django_db(transaction=True)
def test_one_that_fails_stops_nobody() -> None:
    orders = [overdue() for _ in range(5)]
    broken = (
        f"ALTER TABLE sales_order ADD CONSTRAINT broken CHECK (id <> {orders[2].pk} OR state <> 'cancelled')"
    )
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(broken)
    assert cancel(GONE) == {"cancelled": 4, "failed": 1}
    assert [state_of(order) for order in orders].count("cancelled") == 4
    assert state_of(orders[2]) == "awaiting_payment"
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE sales_order DROP CONSTRAINT broken")
    assert cancel(GONE + DAY) == {"cancelled": 1}
    assert len(mails()) == 5


# --- what hangs on it ---


def test_the_promotion_is_free_again() -> None:
    customer = make.customer()
    code = make.promotion(most_uses=1)
    order = overdue(quote=make.quote(customer=customer, promotion=code))
    make.promotion_use(customer=customer, promotion=code, origin=f"quote:{order.quote_id}", used_on=TODAY)
    cancel(GONE)
    with as_owner():
        assert PromotionUse.objects.get().given_back_on is not None
        assert Promotion.objects.get(pk=code.pk).uses == 0


def test_a_payment_that_is_open_is_cancelled_at_the_provider(till: Till) -> None:
    order = make.order()
    till.begin(order)
    [begun] = till.charges()
    with acting(Purpose.BILLING, actor=JOB):
        unpaid.cancel(order_id=order.pk, reason="Op verzoek", now=till.now)
    assert "payments.jobs.let_go" in till.work()
    assert [each.status for each in till.charges()] == ["canceled"]
    assert (states(order), state_of(order)) == (["canceled"], "cancelled")
    with pytest.raises(services.PaymentRefused):
        till.begin(order)
    assert [each.id for each in till.charges()] == [begun.id]


@pytest.mark.parametrize(("state", "age", "left"), [
    ("pending", 30 * DAY, True), ("pending", 101 * DAY, False), ("open", timedelta(minutes=59), True),
    ("open", timedelta(minutes=61), False), ("failed", timedelta(0), False),
])  # fmt: skip
def test_what_is_being_paid_is_looked_at_again_later(state: str, age: timedelta, left: bool) -> None:
    order = overdue()
    make.payment(order=order, state=state, created_at=at(GONE) - age)
    assert cancel(GONE) == ({"paying": 1} if left else {"cancelled": 1})
    assert state_of(order) == ("awaiting_payment" if left else "cancelled")


# --- somebody cancels it ---


def test_a_customer_cancels_their_own_and_what_hangs_on_it_follows() -> None:
    order = make.order()
    payment = make.payment(order=order)
    cancel_own(order)
    assert (state_of(order), again(order).cancelled_why, again(order).cancelled_at) == (
        "cancelled",
        "customer",
        NOW,
    )
    with as_owner():
        [entry] = JournalEntry.objects.filter(action="order.cancelled")
    assert (entry.actor_kind, entry.customer_id) == ("person", order.customer_id)
    for _ in range(2):
        with clock.moved_to(NOW):
            payment_jobs.see_to_cancelled.run(order_id=order.pk)
    with as_owner():
        assert Payment.objects.get().replaced_at == NOW
    assert mails() == [("sales.order_cancelled", order.pk)]
    assert [name for _, name, _ in jobs()].count("payments.jobs.let_go") == 2  # harmless again
    with pytest.raises(NotCancelled):
        cancel_own(order)
    assert payment.pk


def test_not_while_the_provider_handles_a_payment() -> None:
    order = make.order()
    make.payment(order=order, state="pending")
    with pytest.raises(NotCancelled, match="verwerkt"):
        cancel_own(order)
    with acting(Purpose.BILLING, actor=JOB), pytest.raises(NotCancelled):
        unpaid.cancel(order_id=order.pk, reason="x", now=NOW)
    assert (state_of(order), entries()) == ("awaiting_payment", [])


@pytest.mark.parametrize("words", [{"paid": True}, {"state": "withdrawn"}, {"state": "on_account"}])
def test_not_what_does_not_wait(words: dict[str, Any]) -> None:
    order = make.order(**words)
    was = state_of(order)
    with pytest.raises(NotCancelled):
        cancel_own(order)
    assert state_of(order) == was


def test_nobody_cancels_another_customers_order_nor_at_another_time() -> None:
    order, other = make.order(), make.order()
    holder = make.holder_of(other.customer)

    def cancelled_as_other(order: Order) -> None:
        with acting(Purpose.BILLING, actor=Actor.person(holder.pk), customer=other.customer_id):
            unpaid.cancel_own(order_id=order.pk, now=NOW)

    with pytest.raises(NotCancelled):
        cancelled_as_other(order)
    with (
        connection.cursor() as cursor
    ):  # a connection that belongs to the portal's login, as in an installation
        cursor.execute(f'SET SESSION AUTHORIZATION "{LOGINS["portal"].role}"')
        try:
            with pytest.raises(IntegrityError, match="an order is cancelled when it is cancelled"):
                cancelled_as_other(other)
        finally:
            cursor.execute("RESET SESSION AUTHORIZATION")
            rights.dress(connection)
    assert state_of(order) == state_of(other) == "awaiting_payment"


@pytest.mark.parametrize("column", ["pay_until", "cancelled_at", "cancelled_why", "cancel_reason", "state"])
def test_a_customers_session_writes_none_of_it(column: str) -> None:
    order = make.order()
    value = {"pay_until": GONE, "cancelled_at": NOW}.get(column, "cancelled")
    for purpose in (Purpose.BILLING, Purpose.CONTRACT):
        with (
            pytest.raises(Refused),
            acting(purpose, actor=Actor.person(1), customer=order.customer_id),
        ):
            Order.objects.filter(pk=order.pk).update(**{column: value})


def test_staff_cancel_it_for_a_reason() -> None:
    order = make.order()
    with acting(Purpose.BILLING, actor=JOB):
        unpaid.cancel(order_id=order.pk, reason="Op verzoek", now=NOW)
    now = again(order)
    assert (now.state, now.cancelled_why, now.cancel_reason) == ("cancelled", "staff", "Op verzoek")
    assert mails() == [("sales.order_cancelled", order.pk)]
    with acting(Purpose.BILLING, actor=JOB), pytest.raises(NotCancelled):
        unpaid.cancel(order_id=order.pk, reason="nog eens", now=NOW)


# --- money that comes after that ---


@pytest.mark.parametrize(("days", "said"), [(0, "booked"), (14, "booked"), (15, "surplus")])
def test_who_pays_soon_after_all_has_their_order(days: int, said: str) -> None:
    payment = make.payment(order=cancelled(), created_at=at(GONE - 3 * DAY))
    assert book(payment, paid_at=at(GONE + days * DAY)) == said
    if said == "booked":
        now = again(payment.order)
        assert (now.state, now.cancelled_at, now.cancelled_why) == ("paid", None, "")
        assert len(invoices(payment.order)) == 1
        assert entries()[:3] == ["order.revived", "payment.booked", "order.paid"]
        assert mails() == [("sales.order_revived", payment.order_id)]
        assert "sales.jobs.deliver" in [name for _, name, _ in jobs()]
    else:
        assert (states(payment.order), state_of(payment.order)) == (["surplus"], "cancelled")
        assert invoices(payment.order) == []
        assert mails() == [("sales.order_paid_late", payment.order_id)]
    assert book(payment, paid_at=at(GONE + days * DAY)) == "same"
    assert len(mails()) == 1


@pytest.mark.parametrize("why", ["customer", "staff"])
def test_what_somebody_cancelled_stays_so_and_the_money_goes_back(why: str) -> None:
    payment = make.payment(order=cancelled(why))
    assert book(payment, paid_at=at(GONE)) == "surplus"
    assert (states(payment.order), state_of(payment.order)) == (["surplus"], "cancelled")
    assert mails() == [("sales.order_paid_late", payment.order_id)]


def test_another_amount_brings_nothing_back() -> None:
    payment = make.payment(order=cancelled())
    assert book(payment, paid_at=at(GONE), cents=payment.cents - 1) == "surplus"
    assert state_of(payment.order) == "cancelled"


def test_a_name_that_somebody_else_has_by_now_does_not_come_back() -> None:
    order = cancelled()
    payment = make.payment(order=order)
    with as_owner():
        line = order.quote.lines.get()
    make.service(label=line.label, product=line.product)
    assert book(payment, paid_at=at(GONE)) == "surplus"
    assert state_of(order) == "cancelled"


@pytest.mark.parametrize("taken", [True, False])
def test_a_promotion_is_used_again_if_it_can_be(taken: bool) -> None:
    customer, code = make.customer(), make.promotion(most_uses=1)
    order = overdue(quote=make.quote(customer=customer, promotion=code))
    make.promotion_use(customer=customer, promotion=code, origin=f"quote:{order.quote_id}", used_on=TODAY)
    payment = make.payment(order=order)
    cancel(GONE)
    if taken:
        other = make.customer()
        with acting(Purpose.CONTRACT, actor=JOB):
            use(promotion_id=code.pk, customer_id=other.pk, origin="quote:0", today=GONE)
    assert book(payment, paid_at=at(GONE)) == ("surplus" if taken else "booked")
    with as_owner():
        held = PromotionUse.objects.filter(given_back_on=None).values_list("origin", flat=True)
        assert list(held) == ["quote:0" if taken else f"order:{order.pk}"]


# --- the operator's days ---


@pytest.mark.parametrize(("unpaid_days", "reminder_days", "said"), [
    (14, 5, ""), (2, 1, ""), (100, 99, ""), (1, 1, "order_unpaid_days"), (101, 5, "order_unpaid_days"),
    (14, 0, "order_reminder_days"), (14, 14, "order_reminder_days"), (14, -1, "order_reminder_days"),
    ('"14"', 5, "order_unpaid_days"),
])  # fmt: skip
def test_the_days_are_sensible_or_it_is_said_which_are_not(
    unpaid_days: Any, reminder_days: int, said: str, tmp_path: Any
) -> None:
    from django.core.exceptions import ImproperlyConfigured

    text = (Path(__file__).parents[2] / "operator.toml").read_text("utf-8")
    text = text.replace("order_unpaid_days = 14", f"order_unpaid_days = {unpaid_days}")
    path = tmp_path / "operator.toml"
    path.write_text(
        text.replace("order_reminder_days = 5", f"order_reminder_days = {reminder_days}"), "utf-8"
    )
    if not said:
        assert read_operator(path).order_unpaid_days == unpaid_days
        return
    with pytest.raises(ImproperlyConfigured, match=said):
        read_operator(path)
