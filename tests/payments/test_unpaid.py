"""Orders that nobody pays are reminded of and then cancelled, once; money that comes all the same is never lost."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from hospes.catalogue.models import Promotion, PromotionUse
from hospes.catalogue.promotions import use
from hospes.config.operators import read_operator
from hospes.kernel import clock
from hospes.kernel.acting import JOB, Actor, acting
from hospes.kernel.logins import LOGINS
from hospes.kernel.models import JournalEntry
from hospes.kernel.purposes import Purpose
from hospes.kernel.refusals import Refused
from hospes.messaging.models import Message
from hospes.payments import jobs as payment_jobs
from hospes.payments import services, unpaid
from hospes.payments.models import Payment
from hospes.payments.unpaid import NotCancelled
from hospes.sales.models import Order
from tests.payments.till import Till, charge, entries, invoices, jobs, state_of, states
from tests.support import make, rights
from tests.support.make import NOW, TODAY
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.login("worker")]

DAY = timedelta(days=1)
#: With 14 days to pay and a reminder 5 days before: reminded on the first, cancelled on the second.
REMINDED, GONE = TODAY + 9 * DAY, TODAY + 15 * DAY


def at(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 5, 29, tzinfo=UTC)


def remind(day: date, **words: Any) -> dict[str, int]:
    return dict(unpaid.remind(today=day, now=at(day), **words))


def cancel(day: date, **words: Any) -> dict[str, int]:
    return dict(unpaid.cancel_overdue(today=day, now=at(day), **words))


def again(order: Order) -> Order:
    with as_owner():
        return Order.objects.get(pk=order.pk)


def mails() -> list[tuple[str, int | None]]:
    with as_owner():
        return [
            (m.kind, m.about_id) for m in Message.objects.filter(kind__startswith="sales.").order_by("pk")
        ]


def book(payment: Payment, *, paid_at: datetime, **words: Any) -> str:
    with acting(Purpose.BILLING, actor=JOB):
        return services.book(charge(payment, paid_at=paid_at, **words), now=paid_at)


def overdue(**words: Any) -> Order:
    """An order of which its customer was reminded, and whose last day was yesterday."""
    return make.order(pay_until=GONE - DAY, **words)


def cancelled(why: str = "unpaid", **words: Any) -> Order:
    usual = {"state": "cancelled", "cancelled_at": at(GONE), "cancelled_why": why, "pay_until": GONE - DAY}
    return make.order(**(usual | words))


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


def cancel_own(order: Order, now: datetime = NOW) -> None:
    holder = make.holder_of(order.customer)
    with acting(Purpose.BILLING, actor=Actor.person(holder.pk, ip="192.0.2.7"), customer=order.customer_id):
        unpaid.cancel_own(order_id=order.pk, now=now)


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
        with _started() as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            time.sleep(rng.uniform(0, 0.4))
            process.kill()
        _until_nobody_works()
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


def _started() -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", _SWEEP], stdout=subprocess.PIPE, text=True,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "hospes.config.settings"},
    )  # fmt: skip


def _until_nobody_works() -> None:
    for _try in range(200):
        with as_owner(), connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                           " AND pid <> pg_backend_pid() AND state <> 'idle'")  # fmt: skip
            if cursor.fetchone() == (0,):
                return
        time.sleep(0.05)
    raise AssertionError("the server goes on without its client")


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
