"""
Invoices and credit notes as they were issued, with what they said about both parties then; their numbers, VAT and files.

An issued document never changes: the database sees to it (migration 0006), also for the owner of the tables.
"""

from hospes.billing.models.charges import StuckCharge
from hospes.billing.models.documents import Document
from hospes.billing.models.einvoices import EInvoice, EInvoiceAddress
from hospes.billing.models.invoices import (
    OPEN,
    TO_BE_PAID_BACK,
    Invoice,
    InvoiceLine,
    InvoiceTax,
    VatCategory,
)
from hospes.billing.models.numbering import BookYear, Seller, Series
from hospes.billing.models.rates import VatRate
from hospes.billing.models.runs import Run, RunProblem
from hospes.billing.models.settings import InvoiceSettings
from hospes.billing.models.taxes import (
    LocationEvidence,
    MemberState,
    OssThreshold,
    TaxExemption,
    TaxSettings,
    TaxStatus,
    ViesCheck,
)

__all__ = [
    "OPEN",
    "TO_BE_PAID_BACK",
    "BookYear",
    "Document",
    "EInvoice",
    "EInvoiceAddress",
    "Invoice",
    "InvoiceLine",
    "InvoiceSettings",
    "InvoiceTax",
    "LocationEvidence",
    "MemberState",
    "OssThreshold",
    "Run",
    "RunProblem",
    "Seller",
    "Series",
    "StuckCharge",
    "TaxExemption",
    "TaxSettings",
    "TaxStatus",
    "VatCategory",
    "VatRate",
    "ViesCheck",
]
