"""From an invoice in the books to the document that says the same."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, cast

from django.utils.translation import override

from hospes.billing.collection import Collection
from hospes.billing.documents.model import (
    DirectDebit,
    DocumentKind,
    DocumentLine,
    InvoiceDocument,
    Language,
    Party,
    PaymentMeans,
    VatCategory,
    VatGroup,
)
from hospes.billing.models import Document, Invoice, InvoiceLine, InvoiceTax, Seller
from hospes.billing.words import method_words
from hospes.customers.models import Customer
from hospes.kernel import clock


@dataclass(frozen=True)
class PaymentSaid:
    """What a document says of payment: cents, the day, and the name of the method."""

    cents: int
    on: date | None
    with_: str


def payment_said(invoice: Invoice) -> PaymentSaid:
    """What a document of an invoice says of payment when it is made now."""
    if not invoice.paid_cents:
        return PaymentSaid(0, None, "")
    return PaymentSaid(
        invoice.paid_cents, clock.day_of(invoice.paid_at) if invoice.paid_at else None, invoice.paid_with
    )


def document_of(invoice: Invoice, collected: Collection | None = None) -> InvoiceDocument:
    """
    The document of an issued invoice or credit note; acts within the purpose of billing.

    What it says of payment, and of how it is collected, is what its file says; as long as it has none, what is in the books, and
    `collected`.
    """
    file = Document.objects.filter(invoice_id=invoice.pk).first()
    paid = PaymentSaid(file.paid_cents, file.paid_on, file.paid_with) if file else payment_said(invoice)
    lines = InvoiceLine.objects.filter(invoice_id=invoice.pk).order_by("position")
    taxes = list(InvoiceTax.objects.filter(invoice_id=invoice.pk).order_by("vat_basis_points", "pk"))
    credited = Invoice.objects.filter(pk=invoice.credits_id or 0).first()
    customer, seller = Customer.objects.get(pk=invoice.customer_id), Seller.objects.get(pk=invoice.seller_id)
    with override(invoice.language):
        paid_with = method_words(paid.with_, paid.on or invoice.issued_on)
    return InvoiceDocument(
        number=invoice.number, kind=DocumentKind(invoice.kind), corrects_number=credited.number if credited else "",
        issued_on=invoice.issued_on, due_on=invoice.due_on, seller=_seller(seller), seller_iban=seller.iban,
        buyer=_buyer(invoice), customer_number=str(customer.number), quote_number=invoice.quote_number,
        buyer_reference=invoice.reference, order_reference=invoice.purchase_order, vat_country=_abroad(taxes, seller),
        corrects_issued_on=credited.issued_on if credited else None, reason=invoice.reason, set_off_cents=invoice.set_off_cents,
        lines=tuple(_line(line) for line in lines),
        vat_groups=tuple(_group(tax) for tax in taxes), net_cents=invoice.net_cents, vat_cents=invoice.vat_cents,
        total_cents=invoice.total_cents, paid_cents=paid.cents, paid_on=paid.on, **_collecting(file, collected),
        payment_method=paid_with if paid.cents else "", language=cast(Language, invoice.language), accent=seller.accent,
    )  # fmt: skip


def _collecting(file: Document | None, collected: Collection | None) -> dict[str, Any]:
    """What the document says of how it is collected."""
    if file is not None:
        on = file.collect_on
        collected = Collection(on, file.collect_from, file.mandate, file.creditor) if on else None
    if collected is None:
        return {}
    if not collected.mandate:
        return {"collect_on": collected.on}
    debit = DirectDebit(
        mandate_reference=collected.mandate,
        creditor_identifier=collected.creditor,
        debited_iban=collected.account,
    )
    return {"collect_on": collected.on, "direct_debit": debit, "payment_means": PaymentMeans.DIRECT_DEBIT}


def _seller(seller: Seller) -> Party:
    return Party(
        name=seller.name, street=seller.street, postcode=seller.postcode, town=seller.town, country=seller.country,
        kvk=seller.kvk_number, vat_number=seller.vat_number, email=seller.email,
    )  # fmt: skip


def _abroad(taxes: list[InvoiceTax], seller: Seller) -> str:
    """Whose VAT is charged, where that is another member state's (one-stop shop)."""
    abroad = {tax.vat_country for tax in taxes if tax.vat_category == "S"} - {seller.country}
    return abroad.pop() if abroad else ""


def _group(tax: InvoiceTax) -> VatGroup:
    return VatGroup(
        category=VatCategory(tax.vat_category), percent=Decimal(tax.vat_basis_points) / 100, net_cents=tax.net_cents,
        vat_cents=tax.vat_cents,
    )  # fmt: skip


def _buyer(invoice: Invoice) -> Party:
    return Party(
        name=invoice.buyer_name, contact_name=invoice.buyer_contact, street=invoice.buyer_street,
        postcode=invoice.buyer_postcode, town=invoice.buyer_town, country=invoice.buyer_country,
        kvk=invoice.buyer_kvk_number, vat_number=invoice.buyer_vat_number, email=invoice.buyer_email,
    )  # fmt: skip


def _line(line: InvoiceLine) -> DocumentLine:
    return DocumentLine(
        description=line.description, details=line.details, quantity=Decimal(line.quantity),
        unit_price_cents=line.unit_cents, net_cents=line.net_cents, vat_percent=Decimal(line.vat_basis_points) / 100,
        vat_category=VatCategory(line.vat_category),
        period_from=line.period_from, period_to=line.period_until,
    )  # fmt: skip
