"""With VAT or without: how whoever looks sees the prices of the shop."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from hospes.billing.queries import vat_basis_points, vat_rates
from hospes.billing.rules import Taxes
from hospes.billing.tax.queries import TaxUnknown, taxes_of
from hospes.catalogue.queries import vat_code
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


def home_taxes() -> Taxes:
    """Our own VAT today; raises RateUnknown where there is none."""
    country = settings.HOSPES_OPERATOR.country
    vat_basis_points(country=country, today=clock.today())
    return Taxes("S", country, rates=vat_rates(country=country, today=clock.today()))


def own_view(capacity: Capacity, product_id: int | None = None) -> View:
    """
    How a customer sees its own prices, with the VAT that applies to it; of a product, with the rate of that. Acts for the
    contract, or for billing.
    """
    try:
        taxes = taxes_of(capacity.customer_id, net_cents=0, today=clock.today())
    except TaxUnknown:
        taxes = home_taxes()
    view = View.by(taxes, with_vat=capacity.kind != "business")
    return view if product_id is None else view.of(vat_code(product_id, today=clock.today()))


def view_of(request: Any, capacity: Capacity | None = None, taxes: Taxes | None = None) -> View:
    """
    Prices with VAT or without: as the one for whom is ordered sees them, as was asked, or as who only has companies does.

    What was asked goes along in the address of each page of the shop (`prijzen`).
    """
    if capacity is not None:
        return View.by(taxes or home_taxes(), with_vat=capacity.kind != "business")
    asked = request.GET.get("prijzen", "")
    if asked in ("met", "zonder"):
        return View.by(home_taxes(), with_vat=asked == "met")
    kinds_of = {held.kind for held in getattr(request, "capacities", [])}
    return View.by(home_taxes(), with_vat=kinds_of != {"business"})
