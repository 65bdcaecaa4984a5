"""Who changed what in the catalogue, and in the rules that count from a day on. Acts for the contract."""

from datetime import datetime
from typing import Final

from hospes.catalogue.models import CatalogueChange
from hospes.kernel import acting

#: Not of the catalogue, though kept by the same people.
RULES: Final = (
    CatalogueChange.What.VAT_RATE, CatalogueChange.What.OSS_THRESHOLD, CatalogueChange.What.BOOK_YEARS,
)  # fmt: skip


def rule_changes(*, limit: int) -> list[CatalogueChange]:
    """What changed lately in the rules that count from a day on, the newest first."""
    return list(CatalogueChange.objects.filter(what__in=RULES).order_by("-at", "-pk")[:limit])


def note_rule(
    what: CatalogueChange.What, how: CatalogueChange.How, thing_id: int, *, name: str, now: datetime, was: str = "",
    became: str = "",
) -> None:  # fmt: skip
    """Write down that such a rule was made, changed, or withdrawn before it began, and by whom."""
    scene = acting.current()
    by = scene.actor.id if scene and scene.actor.kind == "staff" else None
    CatalogueChange.objects.create(
        at=now, by_id=by, what=what, how=how, thing_id=thing_id, name=name, was=was, became=became
    )


def changes(*, product: int | None = None, promotion: int | None = None, limit: int) -> list[CatalogueChange]:
    """What changed lately about a product or a promotion, or in all, the newest first."""
    found = CatalogueChange.objects.order_by("-at", "-pk")
    if product is not None:
        found = found.filter(product_id=product)
    if promotion is not None:
        found = found.filter(promotion_id=promotion)
    return list(found[:limit])
