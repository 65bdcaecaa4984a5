"""What the tests of invoices share: something to invoice, and how the books stand."""

from datetime import date, datetime
from typing import Any

from hospes.billing import services
from hospes.billing.models import Invoice, InvoiceLine
from hospes.billing.services import Draft, DraftLine
from hospes.customers.models import Customer
from hospes.kernel.acting import JOB, acting
from hospes.kernel.purposes import Purpose
from tests.support import make
from tests.support.make import NOW, TODAY
from tests.support.rights import as_owner


def line(net_cents: int = 7500, rate: int = 2100, **words: Any) -> DraftLine:
    """A line to be invoiced, over a year."""
    usual = {
        "description": "Hosting Plus", "details": "voorbeeld.test", "net_cents": net_cents, "vat_basis_points": rate,
        "period_from": TODAY, "period_until": date(2027, 3, 1),
    }  # fmt: skip
    return DraftLine(**(usual | words))


def draft(customer: Customer | None = None, *, origin: str = "order:1", **words: Any) -> Draft:
    """Something to invoice to a customer."""
    usual: dict[str, Any] = {"quote_number": "O2026-00001", "lines": [line()], "due_on": TODAY}
    return Draft(customer_id=(customer or make.customer()).pk, origin=origin, **(usual | words))


def issue(what: Draft, *, today: date = TODAY, now: datetime = NOW) -> Invoice:
    """Issue it, as the worker does."""
    with acting(Purpose.BILLING, actor=JOB):
        return services.issue(what, today=today, now=now)


def again(invoice: Invoice) -> Invoice:
    """An invoice as it is in the books now."""
    with as_owner():
        return Invoice.objects.get(pk=invoice.pk)


def lines_of(invoice: Invoice) -> list[InvoiceLine]:
    """Its lines in their order."""
    with as_owner():
        return list(InvoiceLine.objects.filter(invoice=invoice).order_by("position"))


def numbers() -> list[str]:
    """All invoice numbers, in the order in which they were given."""
    with as_owner():
        return list(Invoice.objects.order_by("pk").values_list("number", flat=True))
