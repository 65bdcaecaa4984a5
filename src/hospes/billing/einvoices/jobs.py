"""Sending e-invoices, and asking what became of them."""

from hospes.billing.einvoices import addresses, services
from hospes.billing.providers.peppol import access_point
from hospes.kernel import clock
from hospes.kernel.jobs import job
from hospes.kernel.purposes import Purpose


@job(queue="billing", purpose=Purpose.BILLING)
def send(*, invoice_id: int) -> None:
    """Hand the e-invoice of an invoice to the access point; tried again for a day while that does not take it."""
    services.hand_over(invoice_id=invoice_id, point=access_point(), now=clock.now())


@job(queue="upkeep", purpose=Purpose.BILLING)
def sweep(*, timestamp: int) -> None:
    """Find out what became of the e-invoices that were handed over (periodic: procrastinate says when it was due)."""
    services.look_up(point=access_point(), now=clock.now())
    services.mail_late(now=clock.now())


@job(queue="upkeep", purpose=Purpose.BILLING)
def sweep_addresses(*, timestamp: int) -> None:
    """Look up the addresses of which nothing is known yet (periodic: procrastinate says when it was due)."""
    addresses.check(point=access_point(), now=clock.now())
