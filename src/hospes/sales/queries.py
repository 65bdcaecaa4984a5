"""Quotes and orders of a customer."""

from django.db import connections

from hospes.kernel import acting
from hospes.sales.models import Order, Quote, QuoteLine


def quotes(customer_id: int) -> list[Quote]:
    """The quotes of a customer, the newest first."""
    return list(Quote.objects.filter(customer_id=customer_id).order_by("-made_at", "-pk")[:200])


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
