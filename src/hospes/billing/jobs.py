"""Making the files of invoices."""

from hospes.billing import services
from hospes.billing.documents.pdf import invoice_pdf
from hospes.billing.documents.ubl import invoice_xml
from hospes.billing.drafts import document_of
from hospes.billing.einvoices import services as einvoices
from hospes.billing.einvoices.jobs import send
from hospes.billing.models import Invoice
from hospes.kernel import clock
from hospes.kernel.jobs import at_work, job
from hospes.kernel.purposes import Purpose


@job(queue="billing", purpose=Purpose.BILLING)
def make_document(*, invoice_id: int) -> None:
    """Make the PDF/A-3 with the UBL invoice inside, keep it, and have it mailed."""
    with at_work():
        invoice = Invoice.objects.get(pk=invoice_id)
        planned = einvoices.plan(invoice, now=clock.now())
        document = einvoices.addressed(document_of(invoice), planned)
    pdf = invoice_pdf(document, invoice_xml(document))  # takes a while: not inside a transaction
    with at_work():
        services.store_document(invoice=invoice, pdf=pdf, now=clock.now())
        if planned:
            send.enqueue_once(f"einvoice:{invoice_id}", invoice_id=invoice_id)
