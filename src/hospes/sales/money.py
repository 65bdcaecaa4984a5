"""What giving back what was sold needs of billing, for a moment, while the contract acts."""

from collections.abc import Iterable
from contextlib import AbstractContextManager

from django.db.models import Q

from hospes.billing.models import Invoice, InvoiceLine
from hospes.kernel.acting import JOB, Scene, acting, current
from hospes.kernel.purposes import Purpose
from hospes.services.models import Charge


def as_billing(customer_id: int) -> AbstractContextManager[Scene]:
    """Act for billing: within the customer's rows where whoever acts is held to those."""
    scene = current()
    scoped = customer_id if scene and scene.customer is not None else None
    return acting(Purpose.BILLING, actor=scene.actor if scene else JOB, customer=scoped)


def hold(customer_id: int, service_ids: Iterable[int], origins: Iterable[str]) -> None:
    """
    Wait for who makes documents of the customer's charges, or credits the invoices of these services, before they are held.

    Those write lines that name the services: who held a service first, and waited then, would wait for ever.
    """
    of_it = Q(service_id__in=list(service_ids)) | Q(sold_as__in=[origin for origin in origins if origin])
    with as_billing(customer_id):
        waiting = Charge.objects.select_for_update().filter(customer_id=customer_id, settled_at=None)
        list(waiting.order_by("pk").values_list("pk", flat=True))
        lines = InvoiceLine.objects.filter(of_it, customer_id=customer_id).values("invoice_id")
        invoices = Invoice.objects.select_for_update().filter(pk__in=lines)
        list(invoices.order_by("pk").values_list("pk", flat=True))
