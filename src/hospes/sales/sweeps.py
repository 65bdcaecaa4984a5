"""Letting go of what is not needed any more, and minding the days of quotes."""

from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import connections
from django.utils.translation import gettext_lazy as _

from hospes.kernel import clock, datamap, journal
from hospes.kernel.acting import JOB, acting
from hospes.kernel.purposes import Purpose
from hospes.messaging import services as messaging
from hospes.sales.models import Cart, CartLine, Quote

journal.register({"quote.expired": _("Quote is over")})

# A cart that is used at this very moment is locked; once that is over, its day is looked at again and it stays.
_DELETE = """
DELETE FROM sales_cart WHERE used_on < %(before)s
   AND id IN (SELECT id FROM sales_cart WHERE used_on < %(before)s ORDER BY used_on, id LIMIT %(most)s)
RETURNING id
"""


def clear_carts(*, now: datetime, page_size: int = 500) -> int:
    """
    Delete the carts, visitors' and persons', that nobody used for as long as the data map says, and return how many.

    A page a transaction, so it can be killed and begun again at any moment.
    """
    keep = datamap.mapped(Cart).entry.keep
    if keep is None or not keep.days:
        raise LookupError("the data map does not say for how many days a cart is kept")
    before, cleared, more = clock.day_of(now) - timedelta(days=keep.days), 0, True
    while more:
        with acting(Purpose.RETENTION, actor=JOB) as scene, connections[scene.alias].cursor() as cursor:
            cursor.execute(_DELETE, {"before": before, "most": page_size})
            gone = [pk for (pk,) in cursor.fetchall()]
            CartLine.objects.filter(
                cart_id__in=gone
            ).delete()  # the key between the two is looked at in the end
        cleared, more = cleared + len(gone), len(gone) == page_size
    return cleared


def close_quotes(*, today: date, now: datetime, page_size: int = 500) -> int:
    """Say of every open quote whose last day was before today that it is over, and return how many. A page a transaction."""
    closed, more = 0, True
    while more:
        with acting(Purpose.CONTRACT, actor=JOB):
            due = Quote.objects.select_for_update(skip_locked=True).filter(
                state=Quote.State.OPEN, valid_until__lt=today
            )
            page = list(due.order_by("valid_until", "pk").values_list("pk", "customer_id")[:page_size])
            Quote.objects.filter(pk__in=[pk for pk, _customer in page]).update(
                state=Quote.State.EXPIRED, closed_at=now
            )
            for pk, customer_id in page:
                journal.record(
                    "quote.expired", at=now, table="sales_quote", object_id=pk, customer_id=customer_id
                )
        closed, more = closed + len(page), len(page) == page_size
    return closed


def remind_of_quotes(*, today: date, now: datetime, page_size: int = 500) -> int:
    """
    Remind once of every quote that is over in as many days as the operator says, and return how many those are.

    One that was made that short before its last day needs no reminder.
    """
    days = timedelta(days=settings.HOSPES_OPERATOR.quote_reminder_days)
    due = Quote.objects.filter(state=Quote.State.OPEN, valid_until__gte=today, valid_until__lte=today + days)
    told, last = 0, 0
    while True:
        with acting(Purpose.CONTRACT, actor=JOB):
            page = list(due.filter(pk__gt=last).order_by("pk")[:page_size])
            for quote in page:
                last = quote.pk
                if clock.day_of(quote.made_at) + days < quote.valid_until:
                    messaging.enqueue(
                        "sales.quote_reminder", key=f"quote:{quote.pk}:reminder", customer_id=quote.customer_id,
                        about_id=quote.pk, now=now,
                    )  # fmt: skip
                    told += 1
        if len(page) < page_size:
            return told
