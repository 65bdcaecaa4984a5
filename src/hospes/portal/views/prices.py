"""With VAT or without: how whoever looks sees the prices of the shop."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from hospes.billing.queries import vat_basis_points
from hospes.billing.rules import Tax
from hospes.billing.tax.queries import TaxUnknown, tax_of
from hospes.customers.queries import Capacity
from hospes.faces.prices import View
from hospes.kernel import clock
from hospes.sales.models import QuoteLine


@dataclass(frozen=True)
class Later:
    """What a term of a line costs from a term on, with VAT (cents), as a private person reads it."""

    name: str
    cents: int
    months: int
    from_term: int


def later_terms(lines: Iterable[QuoteLine], capacity: Capacity) -> list[Later]:
    """What a quote costs after the first term, VAT included; nothing for companies, who read prices without it."""
    found = list[Later]()
    for line in lines if capacity.kind == "private" else ():
        view = View(line.vat_basis_points, with_vat=True)
        steps = [(step.from_term, step.cents) for step in line.steps[1:]] or [(2, line.steps[0].cents)]
        # Work has no term: it is paid once.
        found += [
            Later(line.description, view.cents(cents), line.months, nth)
            for nth, cents in steps
            if line.months
        ]
    return found


def home_rate() -> int:
    """Our own VAT today, in hundredths of a percent."""
    return vat_basis_points(country=settings.HOSPES_OPERATOR.country, today=clock.today())


def own_view(capacity: Capacity) -> View:
    """How a customer sees its own prices, with the VAT that applies to it. Acts for the contract, or for billing."""
    try:
        rate = tax_of(capacity.customer_id, net_cents=0, today=clock.today()).basis_points
    except TaxUnknown:
        rate = home_rate()
    return View(rate, with_vat=capacity.kind != "business")


def view_of(request: Any, capacity: Capacity | None = None, tax: Tax | None = None) -> View:
    """
    Prices with VAT or without: as the one for whom is ordered sees them, as was asked, or as who only has companies does.

    What was asked goes along in the address of each page of the shop (`prijzen`).
    """
    if capacity is not None:
        return View(tax.basis_points if tax else home_rate(), with_vat=capacity.kind != "business")
    asked = request.GET.get("prijzen", "")
    if asked in ("met", "zonder"):
        return View(home_rate(), with_vat=asked == "met")
    kinds_of = {held.kind for held in getattr(request, "capacities", [])}
    return View(home_rate(), with_vat=kinds_of != {"business"})
