"""Rates in force, and the invoices of a customer."""

from datetime import date
from typing import Any

from django.conf import settings
from django.db.models import Count, F, Sum

from hospes.billing.models import OPEN, Document, Invoice, InvoiceLine, InvoiceSettings, InvoiceTax, VatRate
from hospes.billing.rules import RateUnknown
from hospes.catalogue.models import VatCode


def vat_rates(*, country: str, today: date) -> dict[str, int]:
    """
    The VAT rates of a country on a day by their kind, in hundredths of a percent.

    A kind that the country does not have has its standard rate: no less is charged than it asks for. SQL: run.sql.
    """
    known = VatRate.objects.filter(country=country, valid_from__lte=today).order_by("valid_from")
    found = dict(known.values_list("code", "basis_points"))
    standard = found.get(VatCode.STANDARD)
    return found if standard is None else dict.fromkeys(VatCode.values, standard) | found


def vat_basis_points(*, country: str, today: date, code: str = VatCode.STANDARD) -> int:
    """The VAT rate of a country on a day, in hundredths of a percent; raises RateUnknown when there is none."""
    rates = vat_rates(country=country, today=today)
    if code not in rates:
        raise RateUnknown(f"no {code} VAT rate is known for {country} on {today}")
    return rates[code]


def invoices(customer_id: int, *, limit: int, before: tuple[date, int] | None = None) -> list[Invoice]:
    """A page of a customer's invoices, the newest first; `before` is the (issued_on, id) that the page comes after."""
    found = Invoice.objects.filter(customer_id=customer_id)
    if before is not None:
        day, pk = before
        found = found.filter(issued_on__lte=day).exclude(issued_on=day, pk__gte=pk)
    return list(found.order_by("-issued_on", "-pk")[:limit])


def wishes(customer_id: int) -> InvoiceSettings:
    """How a customer wants to be invoiced: what was set, or else (not saved) what holds for everybody."""
    return InvoiceSettings.objects.filter(customer_id=customer_id).first() or InvoiceSettings(
        customer_id=customer_id
    )


def payment_days(customer_id: int) -> int:
    """Within how many days a customer has to pay an invoice: as agreed with this one, or the operator's own term."""
    agreed = wishes(customer_id).term_days
    return int(settings.HOSPES_OPERATOR.payment_days) if agreed is None else agreed


def open_total(customer_id: int) -> tuple[int, int]:
    """How many invoices of a customer are open, and what is open on them together, in cents."""
    row = Invoice.objects.filter(OPEN, customer_id=customer_id).aggregate(
        number=Count("pk"), cents=Sum(F("total_cents") - F("credited_cents") - F("paid_cents"))
    )
    return int(row["number"]), int(row["cents"] or 0)


def open_invoices(customer_id: int, *, limit: int) -> list[Invoice]:
    """The invoices of a customer on which something is open, the one that is due first first."""
    return list(Invoice.objects.filter(OPEN, customer_id=customer_id).order_by("due_on", "pk")[:limit])


def lines(invoice_id: int) -> list[InvoiceLine]:
    """The lines of an invoice in their order."""
    return list(InvoiceLine.objects.filter(invoice_id=invoice_id).order_by("position"))


def taxes(invoice_id: int) -> list[InvoiceTax]:
    """The VAT of an invoice by rate, the lowest rate first."""
    return list(InvoiceTax.objects.filter(invoice_id=invoice_id).order_by("vat_basis_points", "pk"))


def credit_notes(invoice_id: int) -> list[Invoice]:
    """The credit notes of an invoice, the oldest first."""
    return list(Invoice.objects.filter(credits_id=invoice_id).order_by("issued_on", "pk"))


def credited_number(invoice: Invoice) -> str:
    """The number of the invoice that a credit note credits; "" for an invoice."""
    found = Invoice.objects.filter(pk=invoice.credits_id or 0).values_list("number", flat=True)
    return found.first() or ""


def content(invoice: Invoice) -> dict[str, Any]:
    """What a page of an invoice or credit note shows of it: lines, VAT by rate, its credit notes, or the invoice it credits."""
    return {
        "lines": lines(invoice.pk), "taxes": taxes(invoice.pk), "corrects": credited_number(invoice),
        "notes": [] if invoice.is_credit_note else credit_notes(invoice.pk),
    }  # fmt: skip


def document(invoice_id: int) -> Document | None:
    """The file of an invoice, or None while it is being made."""
    return Document.objects.filter(invoice_id=invoice_id).first()
