"""From an invoice in the books to the document that says the same."""

from decimal import Decimal
from typing import cast

from django.conf import settings
from django.utils.translation import override

from hospes.billing import rules
from hospes.billing.documents.model import DocumentLine, InvoiceDocument, Language, Party, VatGroup
from hospes.billing.models import Invoice, InvoiceLine
from hospes.billing.words import method_words
from hospes.customers.models import Customer
from hospes.kernel import clock


def document_of(invoice: Invoice) -> InvoiceDocument:
    """The document of an issued invoice; acts within the purpose of billing."""
    lines = list(InvoiceLine.objects.filter(invoice_id=invoice.pk).order_by("position"))
    sums = rules.totals((line.net_cents, line.vat_basis_points) for line in lines)
    customer = Customer.objects.get(pk=invoice.customer_id)
    with override(invoice.language):
        paid_with = method_words(invoice.paid_with)
    return InvoiceDocument(
        number=invoice.number, issued_on=invoice.issued_on, due_on=invoice.due_on, seller=_seller(),
        seller_iban=settings.HOSPES_OPERATOR.iban, buyer=_buyer(invoice, customer), customer_number=str(customer.number),
        quote_number=invoice.quote_number, lines=tuple(_line(line) for line in lines),
        vat_groups=tuple(VatGroup(percent=g.percent, net_cents=g.net_cents, vat_cents=g.vat_cents) for g in sums.groups),
        net_cents=invoice.net_cents, vat_cents=invoice.vat_cents, total_cents=invoice.total_cents,
        paid_cents=invoice.paid_cents, paid_on=clock.day_of(invoice.paid_at) if invoice.paid_at else None,
        payment_method=paid_with, language=cast(Language, invoice.language),
        accent=settings.HOSPES_OPERATOR.accent,
    )  # fmt: skip


def _seller() -> Party:
    operator = settings.HOSPES_OPERATOR
    return Party(
        name=operator.name, street=operator.street, postcode=operator.postcode, town=operator.town,
        country=operator.country, kvk=operator.kvk, vat_number=operator.vat_number, email=operator.email,
    )  # fmt: skip


def _buyer(invoice: Invoice, customer: Customer) -> Party:
    return Party(
        name=invoice.buyer_name, contact_name=invoice.buyer_contact, street=invoice.buyer_street,
        postcode=invoice.buyer_postcode, town=invoice.buyer_town, country=invoice.buyer_country,
        kvk=invoice.buyer_kvk_number, vat_number=invoice.buyer_vat_number, email=customer.invoice_email,
    )  # fmt: skip


def _line(line: InvoiceLine) -> DocumentLine:
    return DocumentLine(
        description=line.description, details=line.details, quantity=Decimal(line.quantity),
        unit_price_cents=line.unit_cents, net_cents=line.net_cents, vat_percent=Decimal(line.vat_basis_points) / 100,
        period_from=line.period_from, period_to=line.period_until,
    )  # fmt: skip
