"""What somebody who orders a domain name is told about its registry, and that it is written down (P42)."""

from collections.abc import Iterable
from datetime import date, datetime

from hospes.catalogue.models import Product, RegistryNotice
from hospes.catalogue.queries import notices
from hospes.sales.models import Order, QuoteLine, RegistryKnown


def of_quote(quote_id: int, *, today: date) -> list[RegistryNotice]:
    """What is said today of the registries of the domain names in a quote, in the order of the catalogue."""
    products = QuoteLine.objects.filter(quote_id=quote_id).values_list("product_id", flat=True)
    domains = Product.objects.filter(pk__in=set(products), kind=Product.Kind.DOMAIN).values_list(
        "pk", flat=True
    )
    found = notices(domains, today=today).values()
    return sorted(found, key=lambda notice: (notice.product.position, notice.pk))


def note(order: Order, said: Iterable[RegistryNotice], *, language: str, now: datetime) -> None:
    """Write down what was read before it was ordered, in which language and when."""
    words = "en" if language.startswith("en") else "nl"
    RegistryKnown.objects.bulk_create(
        RegistryKnown(order=order, customer_id=order.customer_id, notice=notice, language=words, known_at=now)
        for notice in said
    )


def known(order_id: int) -> list[RegistryKnown]:
    """What was told with an order."""
    held = RegistryKnown.objects.filter(order_id=order_id).select_related("notice__product").order_by("pk")
    return list(held)
