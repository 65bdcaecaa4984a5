"""
Orders that nobody pays: reminded of, cancelled once their last day is over, and what becomes of money that comes after that.

All of this acts for billing. Nothing of such an order was made or invoiced yet: that begins with its payment (decision 0003).
What hangs on it is a use of a promotion code, and perhaps a payment that is open at the provider. An order on account waits
for nobody and is none of these.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, suppress
from datetime import date, datetime, timedelta
from functools import partial
from itertools import groupby
from typing import Final

import structlog
from django.conf import settings
from django.db import connections, transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from hospes.billing.rules import RateUnknown
from hospes.catalogue import promotions
from hospes.kernel import clock, journal
from hospes.kernel.acting import JOB, Scene, acting, current
from hospes.kernel.purposes import Purpose
from hospes.messaging import services as messaging
from hospes.payments.balances import payouts
from hospes.payments.models import UNDECIDED, Payment
from hospes.sales import additions, names
from hospes.sales import services as sales
from hospes.sales.models import Order, Quote, QuoteLine
from hospes.sales.queries import pay_until

logger = structlog.get_logger(__name__)

journal.register({
    "order.reminded": _("Reminded of an order that was not paid"), "order.cancelled": _("Order cancelled"),
    "order.revived": _("Cancelled order paid after all"),
})  # fmt: skip

#: Who began to pay so short ago is paying: their order is looked at again the next day.
PAYING_TAKES: Final = timedelta(hours=1)
#: So long a bank transfer may be under way; after that the provider is not asked any more either.
UNDER_WAY: Final = timedelta(days=100)
#: What the provider calls a bank transfer.
TRANSFER: Final = "banktransfer"
#: An order that was cancelled because nobody paid goes ahead when it is paid at most so many days later.
REVIVE_DAYS: Final = 14

_State, _Why = Order.State, Order.Why
_WAITING: Final = Q(state=_State.AWAITING_PAYMENT, quote__on_account=False)


class NotCancelled(Exception):
    """The order cannot be cancelled (any more); the message is fit to show."""


_NOT_AWAITED = _("This order does not wait for its payment (any more).")
_BEING_PAID = _(
    "A payment of this order is being handled. It cannot be cancelled before that has ended; look again later."
)


# --- the sweep ------------------------------------------------------------------------------------------------------------


def remind(*, today: date, now: datetime, page_size: int = 200) -> Counter[str]:
    """
    Remind once of every order that is about to be cancelled, and write down until which day it can be paid.

    That day is never sooner than the operator's days after the reminder, whenever that could be sent.
    """
    operator = settings.HOSPES_OPERATOR
    wait = timedelta(days=operator.order_unpaid_days - operator.order_reminder_days)
    due = _WAITING & Q(pay_until=None, placed_at__date__lte=today - wait)
    return _in_pages(due, partial(_remind, today=today, now=now), page_size)


def _remind(held: list[Order], *, today: date, now: datetime) -> Counter[str]:
    """What the provider handles at this moment, a bank transfer for instance, is not asked for again: it is looked at later."""
    handled = _being_paid(held, now).filter(state=Payment.State.PENDING)
    paying = set(handled.values_list("order_id", flat=True))
    held = [order for order in held if order.pk not in paying]

    def day(order: Order) -> date:
        return pay_until(order, today=today)

    for until, orders in groupby(sorted(held, key=day), key=day):
        Order.objects.filter(pk__in=[order.pk for order in orders]).update(pay_until=until)
    _note("order.reminded", held, now, "pay_until")
    _mail("reminder", held, now)
    return Counter(reminded=len(held))


def cancel_overdue(*, today: date, now: datetime, page_size: int = 200) -> Counter[str]:
    """
    Cancel every order that was reminded of and whose last day was before today, but for what is being paid at this moment.

    Those are looked at again the next time.
    """
    due = _WAITING & Q(pay_until__lt=today)
    return _in_pages(due, partial(_cancel_overdue, now=now), page_size)


def _cancel_overdue(held: list[Order], *, now: datetime) -> Counter[str]:
    paying = set(_being_paid(held, now).values_list("order_id", flat=True))
    gone = [order for order in held if order.pk not in paying]
    _cancelled(gone, _Why.UNPAID, now)
    return Counter(cancelled=len(gone), paying=len(paying))


def _being_paid(orders: Iterable[Order], now: datetime) -> QuerySet[Payment]:
    """Payments that may come in any moment: the provider handles them, waits for a transfer, or somebody is at its page."""
    handled = Q(state=Payment.State.PENDING, created_at__gt=now - UNDER_WAY)
    # Of a transfer Mollie says "open" until the money is there; cancelled meanwhile, it would go back to who sent it.
    handled |= Q(state=Payment.State.OPEN, method=TRANSFER, replaced_at=None, created_at__gt=now - UNDER_WAY)
    begun = Q(state=Payment.State.OPEN, replaced_at=None, created_at__gt=now - PAYING_TAKES)
    return Payment.objects.filter(handled | begun, order_id__in=[order.pk for order in orders])


def _in_pages(due: Q, do: Callable[[list[Order]], Counter[str]], page_size: int) -> Counter[str]:
    """
    Do something to orders, a page in a transaction, and count what happened.

    It may be killed and begun again at any moment. A page that fails is halved until the one is left that it fails for: that is
    logged, and left for the next time. What somebody else holds at this moment is left, too.
    """
    tally, last = Counter[str](), 0
    while True:
        with acting(Purpose.BILLING, actor=JOB):
            found = Order.objects.filter(due, pk__gt=last).order_by("pk")
            page = list(found.values_list("pk", flat=True)[:page_size])
        if page:
            tally += _done(page, due, do)
            last = page[-1]
        if len(page) < page_size:
            return tally


def _done(pks: Sequence[int], due: Q, do: Callable[[list[Order]], Counter[str]]) -> Counter[str]:
    try:
        with acting(Purpose.BILLING, actor=JOB):
            held = Order.objects.select_for_update(skip_locked=True, of=("self",)).filter(due, pk__in=pks)
            orders = list(held.order_by("pk"))
            return do(orders) if orders else Counter()
    except Exception as error:
        if len(pks) == 1:
            logger.warning("an unpaid order could not be seen to", order_id=pks[0], exc_info=error)
            return Counter(failed=1)
    half = len(pks) // 2
    return _done(pks[:half], due, do) + _done(pks[half:], due, do)


# --- somebody cancels it --------------------------------------------------------------------------------------------------


def cancel_own(*, order_id: int, now: datetime) -> None:
    """
    Cancel an unpaid order of the customer in whose rows we act (own twin); what hangs on it follows at once, by a job.

    Raises NotCancelled when it was paid or cancelled meanwhile, or a payment of it is being handled.
    """
    from hospes.payments.jobs import see_to_cancelled

    scene = current()
    with connections[scene.alias if scene else "default"].cursor() as cursor:
        cursor.execute("SELECT payments_cancel_order(%s, %s)", [order_id, now])
        said = cursor.fetchone()[0]
    if said != "cancelled":
        raise NotCancelled(_BEING_PAID if said == "being_paid" else _NOT_AWAITED)
    journal.record("order.cancelled", at=now, table="sales_order", object_id=order_id, changed=["state"])
    see_to_cancelled.enqueue(order_id=order_id)


@transaction.atomic
def cancel(*, order_id: int, reason: str, now: datetime) -> None:
    """Cancel an unpaid order for the operator, for a reason that the customer reads; raises NotCancelled as `cancel_own` does."""
    held = Order.objects.select_for_update(of=("self",)).filter(_WAITING, pk=order_id).first()
    if held is None:
        raise NotCancelled(_NOT_AWAITED)
    if _being_paid([held], now).filter(state=Payment.State.PENDING).exists():
        raise NotCancelled(_BEING_PAID)
    _cancelled([held], _Why.STAFF, now, reason)


def _cancelled(orders: list[Order], why: Order.Why, now: datetime, reason: str = "") -> None:
    pks = [order.pk for order in orders]
    Order.objects.filter(pk__in=pks).update(
        state=_State.CANCELLED, cancelled_at=now, cancelled_why=why, cancel_reason=reason[:200]
    )
    _note("order.cancelled", orders, now, "state")
    see_to(pks, now=now)


def see_to(order_ids: Sequence[int], *, now: datetime) -> None:
    """
    Let go of the open payments of cancelled orders, and mail their customers; again changes nothing.

    The database gives back the use of a promotion code itself. A payment that is open at the provider is cancelled there by a
    job. Should it be paid all the same, that comes to light.
    """
    from hospes.payments.jobs import let_go

    orders = list(Order.objects.filter(pk__in=order_ids, cancelled_at__isnull=False).order_by("pk"))
    undecided = Payment.objects.filter(order_id__in=[order.pk for order in orders], state__in=UNDECIDED)
    for payment_id in undecided.order_by("pk").values_list("pk", flat=True):
        let_go.enqueue(payment_id=payment_id)
    undecided.filter(replaced_at=None).update(replaced_at=now)
    _mail("cancelled", orders, now)


# --- money that comes after that ------------------------------------------------------------------------------------------


def may_come_back(*, paid_on: date) -> Q:
    """Orders that were cancelled because nobody paid, and that money which came on a day (or later) may bring back."""
    since = paid_on - timedelta(days=REVIVE_DAYS)
    return Q(state=_State.CANCELLED, cancelled_why=_Why.UNPAID, cancelled_at__date__gte=since)


def revive(order: Order, *, paid_at: datetime, now: datetime) -> bool:
    """
    Have an order that was cancelled because nobody paid wait again, since its money came in; False when it cannot.

    Within reason: it was paid at most 14 days after that, and what was ordered can still be had at its price, with its VAT. What
    a customer or a colleague cancelled stays so: that money goes back. Under the lock of the order's row.
    """
    if order.state != _State.CANCELLED or order.cancelled_why != _Why.UNPAID or order.cancelled_at is None:
        return False
    if clock.day_of(paid_at) > clock.day_of(order.cancelled_at) + timedelta(days=REVIVE_DAYS):
        return False
    today = clock.day_of(now)
    if not _can_be_had(order) or not _has_its_vat(order, today) or not _promotion_again(order, today):
        return False
    Order.objects.filter(pk=order.pk).update(
        state=_State.AWAITING_PAYMENT, cancelled_at=None, cancelled_why=""
    )
    _note("order.revived", [order], now, "state")
    _mail("revived", [order], now)
    return True


def _can_be_had(order: Order) -> bool:
    """Whether nobody has its names by now, and what its additions belong to still runs."""
    if names.in_use_of_quote(order.quote_id):
        return False
    lines = QuoteLine.objects.filter(quote_id=order.quote_id)
    try:
        additions.refuse_strange(lines.values_list("service_id", flat=True), order.customer_id)
    except additions.Strange:
        return False
    return True


def _for_the_contract() -> AbstractContextManager[Scene]:
    """Who books the money acts for the contract meanwhile: a job, or a colleague who divides a bank transfer."""
    scene = current()
    return acting(Purpose.CONTRACT, actor=scene.actor if scene else JOB)


def _has_its_vat(order: Order, today: date) -> bool:
    """
    Whether the VAT that it was ordered with is that of today: while it was cancelled a rate can have changed, or others have
    taken the room below the threshold of the one-stop shop, for which it did not count.
    """
    try:
        with _for_the_contract():
            sales.refuse_other_vat(Quote.objects.get(pk=order.quote_id), today)
    except (sales.QuoteRefused, RateUnknown):
        return False
    return True


def _promotion_again(order: Order, today: date) -> bool:
    """Take a use of its promotion code once more: what was given back may be somebody else's by now."""
    promotion_id = Quote.objects.values_list("promotion_id", flat=True).get(pk=order.quote_id)
    if promotion_id is None:
        return True
    try:
        with _for_the_contract():
            promotions.use(
                promotion_id=promotion_id,
                customer_id=order.customer_id,
                origin=f"order:{order.pk}",
                today=today,
            )
    except promotions.CodeRefused:
        return False
    return True


def give_back(order: Order, payment: Payment, *, now: datetime) -> None:
    """
    Have money that came in for an order that was cancelled, or withdrawn from, go back the way it came, and tell the customer.

    It is on their balance by now, and goes back with what else is there. Of whom less came in than was asked hears that the order
    is not paid by that.
    """
    if order.state == _State.AWAITING_PAYMENT and Payment.objects.get(pk=payment.pk).is_part:
        messaging.enqueue("payments.paid_in_part", key=f"payment:{payment.pk}:part", customer_id=order.customer_id,
                          about_id=payment.pk, now=now)  # fmt: skip
    if order.state not in (_State.CANCELLED, _State.WITHDRAWN):
        return
    with suppress(payouts.NothingToPayOut):  # it was asked already, and is not seen to yet: this goes along
        payouts.ask(customer_id=order.customer_id, person_id=order.person_id, now=now)
    messaging.enqueue("sales.order_paid_late", key=f"payment:{payment.pk}:late", customer_id=order.customer_id,
                      about_id=order.pk, now=now)  # fmt: skip


def _note(action: str, orders: Iterable[Order], now: datetime, column: str) -> None:
    about = [journal.About(order.pk, order.customer_id, None) for order in orders]
    journal.record_each(action, about, at=now, table="sales_order", changed=[column])


def _mail(what: str, orders: Iterable[Order], now: datetime) -> None:
    about = [(f"order:{order.pk}:{what}", order.customer_id, order.pk) for order in orders]
    messaging.enqueue_each(f"sales.order_{what}", about, now=now)
