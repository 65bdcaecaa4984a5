"""What can be ordered today, and what it costs."""

from dataclasses import dataclass
from datetime import date

from hospes.catalogue.models import Price, Product


@dataclass(frozen=True)
class Offer:
    """A product for a term at today's price (cents without VAT for the whole term)."""

    product: Product
    months: int
    cents: int


def offers(*, today: date) -> list[Offer]:
    """Everything that can be ordered today, in the order of the catalogue, the shortest term first."""
    prices = Price.objects.filter(valid_from__lte=today, product__for_sale=True).select_related("product")
    newest = {(p.product_id, p.months): p for p in prices.order_by("valid_from")}
    ordered = sorted(newest.values(), key=lambda p: (p.product.position, p.product_id, p.months))
    return [Offer(p.product, p.months, p.cents) for p in ordered]


def offer(*, slug: str, months: int, today: date) -> Offer | None:
    """One product for one term, or None when that is not for sale today."""
    return next((o for o in offers(today=today) if o.product.slug == slug and o.months == months), None)
