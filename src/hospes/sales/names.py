"""Names under which nothing new can be set up: asked when a line is put in the cart, ordered, accepted, and before it is paid."""

from collections.abc import Iterable

from django.utils.translation import gettext, ngettext

from hospes.catalogue.models import Product
from hospes.sales.models import QuoteLine
from hospes.services.queries import names_in_use


def in_use(wanted: Iterable[tuple[int, str]]) -> list[str]:
    """Of pairs of a product and a name, the names that somebody has here already, sorted."""
    pairs = list(wanted)
    if not pairs:
        return []
    kinds = dict(Product.objects.filter(pk__in={product for product, _ in pairs}).values_list("pk", "kind"))
    return sorted(names_in_use((kinds[product], label) for product, label in pairs))


def in_use_of_quote(quote_id: int) -> list[str]:
    """The same of the lines of a quote, or of the order that it became."""
    lines = QuoteLine.objects.filter(quote_id=quote_id, product__isnull=False).exclude(label="")
    return in_use(lines.values_list("product_id", "label"))


def sentence(names: list[str]) -> str:
    """What a customer is told of names that are in use. It does not say whose they are, since that may be anybody's."""
    told = ngettext(
        "Under the name %(names)s we cannot set up anything new: it is in use with us already. Perhaps it stands among your"
        " services. If not, and the name is yours, contact us.",
        "Under the names %(names)s we cannot set up anything new: they are in use with us already. Perhaps they stand among"
        " your services. If not, and the names are yours, contact us.",
        len(names),
    )
    return told % {"names": ", ".join(names)}


def setup_of(description: str) -> str:
    """What the set-up fee of something is called on an invoice."""
    return gettext("%(what)s, set-up") % {"what": description}


def counted(line: QuoteLine) -> tuple[int, str]:
    """How many an invoice counts of a line, and what it calls it; of a sum that is no equal prices one, named with the number."""
    if line.steps_cents[0] % line.quantity:
        return 1, f"{line.quantity} × {line.description}"
    return line.quantity, line.description


def details_of(line: QuoteLine) -> str:
    """For what, and with which options, as far as it fits on a line of an invoice."""
    return details(line.label, line.details)


def details(label: str, options: str) -> str:
    """The same of a name and options in words."""
    told = " · ".join(part for part in (label, options) if part)
    return told if len(told) <= _ROOM else f"{told[: _ROOM - 1]}…"


_ROOM = 253
