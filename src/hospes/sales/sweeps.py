"""Letting go of what is not needed any more."""

from datetime import datetime, timedelta

from django.db import connections

from hospes.kernel import clock, datamap
from hospes.kernel.acting import JOB, acting
from hospes.kernel.purposes import Purpose
from hospes.sales.models import Cart, CartLine

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
