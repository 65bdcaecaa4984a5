"""Where a customer gets e-invoices."""

from hospes.billing.models.einvoices import EInvoiceAddress


def address(customer_id: int) -> EInvoiceAddress | None:
    """Where a customer wants e-invoices, whether or not that address can receive them; acts for billing."""
    return EInvoiceAddress.objects.filter(customer_id=customer_id, ended_at=None).first()


def address_in_use(customer_id: int) -> EInvoiceAddress | None:
    """The same where e-invoices are made: the access point said that the address can receive them."""
    found = address(customer_id)
    return found if found and found.state == EInvoiceAddress.State.REACHABLE else None
