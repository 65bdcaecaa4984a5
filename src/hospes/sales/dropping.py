"""
Dropping a service that was never delivered: all that was invoiced for it is given back. Acts for the contract.

It waits to be set up, or could not be. What it was invoiced with is credited as a whole, set-up fees as well, but for what was
credited before; what was paid of it goes back as with every credit note. Where all of a quote was dropped, the use of its
promotion code is given back as well.
"""

from datetime import datetime

from django.db.models import Q

from hospes.billing.models import Invoice, InvoiceLine
from hospes.catalogue import promotions
from hospes.kernel import clock
from hospes.sales.delivery import origin_of
from hospes.sales.models import Order, QuoteLine
from hospes.sales.money import as_billing, hold
from hospes.services import endings
from hospes.services.models import Service, ServiceChange
from hospes.services.services import Asked


def drop(*, service_id: int, asked: Asked, now: datetime) -> bool:
    """Drop a service with its additions, and tell the customer; False when it does not wait (any more), which changes nothing."""
    known = Service.objects.get(pk=service_id)
    together = Q(pk=service_id) | Q(belongs_to_id=service_id, customer_id=known.customer_id, ended_on=None)
    services = list(Service.objects.filter(together))
    hold(known.customer_id, [each.pk for each in services], [each.origin for each in services])
    held = Service.objects.select_related("product").select_for_update(of=("self",))
    service = held.get(pk=service_id)
    if service.state not in endings.NOT_DELIVERED:
        return False
    endings.drop(service, on=clock.day_of(now), back=left, asked=asked, now=now)
    _give_code_back(service, now=now)
    return True


def _give_code_back(service: Service, *, now: datetime) -> None:
    """Give back the use of the code of what a service was ordered with, once nothing of that was delivered or still can be."""
    sold_as = {origin_of(line): line.quote_id for line in _ordered_with(service)}
    gone = ServiceChange.objects.filter(service__origin__in=sold_as, reason__in=("dropped", "dropped_with"))
    if not sold_as or set(gone.values_list("service__origin", flat=True)) != sold_as.keys():
        return
    orders = Order.objects.filter(quote_id__in=sold_as.values())
    for origin in {f"quote:{pk}" for pk in sold_as.values()} | {f"order:{order.pk}" for order in orders}:
        promotions.give_back(origin=origin, today=clock.day_of(now))


def _ordered_with(service: Service) -> list[QuoteLine]:
    """The lines of the quote that a service comes from; none where it was not ordered."""
    kind, _colon, line_id = service.origin.partition(":")
    if kind != "quote_line":
        return []
    quote = QuoteLine.objects.filter(pk=int(line_id), quote__customer_id=service.customer_id).values(
        "quote_id"
    )
    return list(QuoteLine.objects.filter(quote_id__in=quote))


def left(service: Service) -> int:
    """What was invoiced for a service and not credited yet, in cents without VAT."""
    of_it = Q(service_id=service.pk) | Q(sold_as=service.origin) & ~Q(sold_as="")
    with as_billing(service.customer_id):
        lines = InvoiceLine.objects.filter(
            of_it, customer_id=service.customer_id, invoice__kind=Invoice.Kind.INVOICE
        )
        return max(sum(line.creditable_cents for line in lines), 0)
