"""Quotes and orders of a customer."""

from datetime import date, timedelta

from django.conf import settings
from django.db import connections

from hospes.kernel import acting, clock
from hospes.sales.models import Order, Quote, QuoteLine
from hospes.services.tasks import BY_HAND


def quotes(customer_id: int) -> list[Quote]:
    """The quotes of a customer, the newest first."""
    return list(Quote.objects.filter(customer_id=customer_id).order_by("-made_at", "-pk")[:200])


def quote(customer_id: int, number: str, version: int | None = None) -> Quote | None:
    """A quote of a customer by its number: the newest version, or the one that is asked for."""
    found = Quote.objects.filter(customer_id=customer_id, number=number)
    return (found if version is None else found.filter(version=version)).order_by("-version").first()


def versions(found: Quote) -> list[Quote]:
    """All versions under the number of a quote, the newest first."""
    held = Quote.objects.filter(customer_id=found.customer_id, number=found.number)
    return list(held.order_by("-version"))


def is_on_account(order: Order) -> bool:
    """Whether an order is invoiced once it was accepted, and not paid first."""
    return Quote.objects.filter(pk=order.quote_id, on_account=True).exists()


def pay_until(order: Order, *, today: date) -> date:
    """
    The last day on which an order that waits for its payment can be paid; the day after, it is cancelled by itself.

    It is the day that the reminder names, once that was sent: so never sooner than the operator's days after a reminder.
    """
    operator = settings.HOSPES_OPERATOR
    usual = clock.day_of(order.placed_at) + timedelta(days=operator.order_unpaid_days)
    return order.pay_until or max(usual, today + timedelta(days=operator.order_reminder_days))


def orders(customer_id: int) -> list[Order]:
    """The orders of a customer with their quotes, the newest first."""
    found = Order.objects.with_related("quote").filter(customer_id=customer_id)
    return list(found.order_by("-placed_at", "-pk")[:200])


def ordered_elsewhere() -> int:
    """
    What consumers in other member states ordered and did not pay yet, together, in cents without VAT.

    Orders that ask at the same time wait for each other, so that two of them never both fit below the threshold.
    """
    scene = acting.current()
    with connections[scene.alias if scene else "default"].cursor() as cursor:
        cursor.execute("SELECT sales_ordered_elsewhere()")
        return int(cursor.fetchone()[0])


def quote_lines(quote_id: int) -> list[QuoteLine]:
    """The lines of a quote in their order."""
    return list(QuoteLine.objects.filter(quote_id=quote_id).order_by("position"))


def has_work(quote_id: int) -> bool:
    """Whether there is something in a quote that a colleague does by hand, which cannot be undone once it was done."""
    return QuoteLine.objects.filter(quote_id=quote_id, product__kind__in=BY_HAND).exists()
