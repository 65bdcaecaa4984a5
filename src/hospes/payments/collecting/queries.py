"""Leave to collect, and what is collected by it."""

from hospes.payments.collecting.models import LIVE, Collection, ProviderMandate

_ACTIVE = ProviderMandate.State.ACTIVE


def mandate_of(customer_id: int) -> ProviderMandate | None:
    """The leave to collect that a customer gave and nobody ended."""
    return ProviderMandate.objects.filter(customer_id=customer_id, state=_ACTIVE).first()


def mandates(customer_id: int) -> list[ProviderMandate]:
    """All leave that a customer gave, the last first."""
    return list(ProviderMandate.objects.filter(customer_id=customer_id).order_by("-pk"))


def to_come(customer_id: int) -> list[Collection]:
    """What was announced or is being collected, the soonest first."""
    found = Collection.objects.with_related("invoice").filter(customer_id=customer_id, state__in=LIVE)
    return list(found.order_by("collect_on", "pk"))


def of_invoice(invoice_id: int) -> Collection | None:
    """How an invoice is collected, or was last."""
    return Collection.objects.filter(invoice_id=invoice_id).order_by("-pk").first()


def is_collected(invoice_id: int) -> bool:
    """Whether an invoice is announced to be collected, or being collected: then nobody else collects it."""
    return Collection.objects.filter(invoice_id=invoice_id, state__in=LIVE).exists()
