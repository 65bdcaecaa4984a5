"""With VAT or without: how whoever looks sees the prices of the shop."""

from typing import Any

from hospes.billing.queries import vat_basis_points
from hospes.billing.rules import Tax
from hospes.billing.tax.queries import TaxUnknown, tax_of
from hospes.customers.queries import Capacity
from hospes.faces.prices import View
from hospes.kernel import clock


def home_rate() -> int:
    """Our own VAT today, in hundredths of a percent."""
    return vat_basis_points(country="NL", today=clock.today())


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
