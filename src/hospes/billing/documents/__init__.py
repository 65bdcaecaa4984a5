"""
The document that a customer gets: `InvoiceDocument` in, UBL and PDF/A-3 out.

Pure functions: no database, no clock, no settings. The same document always gives the same bytes.
"""

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
    group_vat,
    line_net,
)
from hospes.billing.documents.pdf import invoice_pdf
from hospes.billing.documents.ubl import Customization, best_customization, invoice_xml

__all__ = [
    "Customization",
    "DirectDebit",
    "DocumentKind",
    "DocumentLine",
    "InvoiceDocument",
    "Language",
    "Party",
    "PaymentMeans",
    "VatCategory",
    "VatGroup",
    "best_customization",
    "group_vat",
    "invoice_pdf",
    "invoice_xml",
    "line_net",
]
