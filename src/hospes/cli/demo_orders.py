"""What the customers of the demo order: packages, with options, additions, a name and work where that fits."""

from collections.abc import Mapping
from datetime import date

from hospes.catalogue.models import Product
from hospes.catalogue.queries import Offer, additions, choice_words, offer
from hospes.sales.services import Wanted


def lines_of(slug: str, months: int, label: str, *, today: date, everything: bool) -> list[Wanted]:
    """A package for a name; with `everything`, what can be chosen with it, its additions, the name itself and two hours of work."""
    package = _offer(slug, months, today)
    counts: dict[int, int] = {}
    if everything:
        of_number = [each for each in package.options if each.option.kind == "quantity"]
        counts = {each.choices[0].choice.pk: min(2, each.option.most) for each in of_number}
    lines = [_line(package, label, counts)]
    if everything:
        lines += [
            _line(each, label, {}, parent=0)
            for each in additions(package.product.pk, months=months, today=today)[:1]
        ]
        extension = "." + label.rpartition(".")[2]
        domain = Product.objects.filter(extension=extension).first()
        lines += (
            [_line(_offer(domain.slug, 12, today), label, {})] if domain and label.count(".") == 1 else []
        )
        lines.append(_line(_offer("werk-per-uur", 0, today), label, {}, quantity=2))
    return lines


def _offer(slug: str, months: int, today: date) -> Offer:
    found = offer(slug=slug, months=months, today=today)
    if found is None:
        raise LookupError("the catalogue of the demo has no price for what is ordered")
    return found


def _line(
    chosen: Offer, label: str, counts: Mapping[int, int], *, quantity: int = 1, parent: int | None = None
) -> Wanted:
    options = chosen.chosen(counts) or []
    costs = chosen.quotation(chosen=options, quantity=quantity)
    return Wanted(
        chosen.product.pk, chosen.product.name_nl, label, chosen.months, costs.now_cents, costs.setup_cents, costs.steps, quantity,
        tuple((each.choice.pk, n) for each, n in options), choice_words((each.choice, n) for each, n in options), parent,
    )  # fmt: skip
