"""What the tests of unpaid orders share: their days, the sweep, and what came of an order."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from hospes.kernel.acting import JOB, Actor, acting
from hospes.kernel.purposes import Purpose
from hospes.messaging.models import Message
from hospes.payments import services, unpaid
from hospes.payments.models import Payment
from hospes.sales.models import Order
from tests.payments.till import charge
from tests.support import make
from tests.support.make import NOW, TODAY
from tests.support.rights import as_owner

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


def cancel_own(order: Order, now: datetime = NOW) -> None:
    holder = make.holder_of(order.customer)
    with acting(Purpose.BILLING, actor=Actor.person(holder.pk, ip="192.0.2.7"), customer=order.customer_id):
        unpaid.cancel_own(order_id=order.pk, now=now)
