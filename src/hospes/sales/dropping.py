"""
Dropping a service that was never delivered: all that was invoiced for it is given back. Acts for the contract.

It waits to be set up, or could not be. What it was invoiced with is credited as a whole, set-up fees as well, but for what was
credited before; what was paid of it goes back as with every credit note.
"""

from datetime import datetime

from django.db.models import Q

from hospes.billing.models import Invoice, InvoiceLine
from hospes.kernel import clock
from hospes.sales.money import as_billing, hold
from hospes.services import endings
from hospes.services.models import Service
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
    return True


def left(service: Service) -> int:
    """What was invoiced for a service and not credited yet, in cents without VAT."""
    of_it = Q(service_id=service.pk) | Q(sold_as=service.origin) & ~Q(sold_as="")
    with as_billing(service.customer_id):
        lines = InvoiceLine.objects.filter(
            of_it, customer_id=service.customer_id, invoice__kind=Invoice.Kind.INVOICE
        )
        return max(sum(line.creditable_cents for line in lines), 0)
