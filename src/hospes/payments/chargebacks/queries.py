"""What banks took back of the payments of an invoice."""

from hospes.payments.chargebacks.models import ChargebackPart


def taken_back_of(invoice_id: int) -> ChargebackPart | None:
    """What a bank took back last of the payments of an invoice, and did not give again."""
    found = ChargebackPart.objects.with_related("chargeback").filter(
        invoice_id=invoice_id, chargeback__reversed_at=None
    )
    return found.order_by("-chargeback__charged_at", "-pk").first()
