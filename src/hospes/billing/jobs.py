"""Making the files of invoices, and checking VAT numbers."""

from hospes.billing import charging, services
from hospes.billing.collection import collection_of
from hospes.billing.documents.pdf import invoice_pdf
from hospes.billing.documents.ubl import invoice_xml
from hospes.billing.drafts import document_of
from hospes.billing.einvoices import services as einvoices
from hospes.billing.einvoices.jobs import send
from hospes.billing.models import Invoice
from hospes.billing.tax import services as tax
from hospes.billing.tax.providers import register
from hospes.billing.tax.queries import numbers_to_check
from hospes.kernel import clock
from hospes.kernel.jobs import at_work, job
from hospes.kernel.purposes import Purpose


@job(queue="billing", purpose=Purpose.BILLING)
def make_document(*, invoice_id: int) -> None:
    """Make the PDF/A-3 with the UBL invoice inside, keep it, and have it mailed or sent as an e-invoice, as is wanted."""
    with at_work():
        invoice = Invoice.objects.get(pk=invoice_id)
        planned = einvoices.plan(invoice, now=clock.now())
        collected = collection_of(invoice, today=invoice.issued_on)
        document = einvoices.addressed(document_of(invoice, collected), planned)
    pdf = invoice_pdf(document, invoice_xml(document))  # takes a while: not inside a transaction
    with at_work():
        services.store_document(
            invoice=invoice, pdf=pdf, now=clock.now(), with_mail=einvoices.wants_mail(planned), collected=collected
        )  # fmt: skip
        if planned:
            send.enqueue_once(f"einvoice:{invoice_id}", invoice_id=invoice_id)


@job(queue="billing", purpose=Purpose.BILLING)
def check_vat_number(*, customer_id: int) -> None:
    """Put the VAT number of a customer to VIES, and keep the answer or that there was none: the sweep asks again."""
    with at_work():
        number = tax.number_to_check(customer_id)
    if not number:
        return
    result, consultation, reason = tax.ask(register(), number)  # not inside a transaction
    with at_work():
        tax.note_check(
            customer_id=customer_id, number=number, result=result, consultation=consultation, reason=reason,
            now=clock.now(),
        )  # fmt: skip


@job(queue="upkeep", purpose=Purpose.BILLING)
def sweep_vat_numbers(*, timestamp: int) -> None:
    """Have the VAT numbers checked that are due (periodic: procrastinate says when it was due)."""
    with at_work():
        for customer_id in numbers_to_check(now=clock.now(), limit=20):
            check_vat_number.enqueue_once(f"vies:{customer_id}", customer_id=customer_id)


@job(queue="upkeep", purpose=Purpose.BILLING)
def sweep_exemptions(*, timestamp: int) -> None:
    """Let exemptions from VAT begin and end by the day (periodic: procrastinate says when it was due)."""
    with at_work():
        tax.settle_exemptions(today=clock.today())


@job(queue="billing", purpose=Purpose.BILLING)
def settle_charges(*, customer_id: int) -> None:
    """Put what changes, endings and withdrawals of a customer cost or give back on documents; again changes nothing."""
    with at_work():
        now = clock.now()
        charging.settle(customer_id=customer_id, today=clock.day_of(now), now=now)


@job(queue="billing", purpose=Purpose.BILLING)
def sweep_charges(*, timestamp: int) -> None:
    """Have every customer's charges settled that wait for it (periodic: procrastinate says when it was due)."""
    from hospes.billing.sweeps import find_charges

    find_charges()
