"""Who changed what in the catalogue: reads for who keeps it. Acts for the contract."""

from hospes.catalogue.models import CatalogueChange


def changes(*, product: int | None = None, promotion: int | None = None, limit: int) -> list[CatalogueChange]:
    """What changed lately about a product or a promotion, or in all, the newest first."""
    found = CatalogueChange.objects.order_by("-at", "-pk")
    if product is not None:
        found = found.filter(product_id=product)
    if promotion is not None:
        found = found.filter(promotion_id=promotion)
    return list(found[:limit])
