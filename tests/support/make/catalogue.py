"""What is for sale, and the VAT on it."""

from datetime import date
from typing import Any

from hospes.billing.models import VatRate
from hospes.catalogue.models import Price, Product
from tests.support import names
from tests.support.make.base import VAT_REDUCED, VAT_STANDARD, row
from tests.support.rights import as_owner


def product(*, prices: dict[int, int] | None = None, **words: Any) -> Product:
    """Make a hosting package with prices: cents by months, without VAT."""
    name = names.word()
    with as_owner():
        made = row(
            Product,
            words,
            slug=f"{name.lower()}-{names.count()}",
            kind="hosting",
            name_nl=name,
            name_en=name,
            summary_nl=f"Hosting {name}",
            summary_en=f"Hosting {name}",
            disk_mb=10_000,
            mailboxes=10,
            panel_package=name.lower(),
        )
        for months, cents in (prices or {1: 750, 12: 7500}).items():
            price(product=made, months=months, cents=cents)
    return made


def price(*, product: Product, months: int, cents: int, valid_from: date = date(2025, 1, 1)) -> Price:
    """Give a product a price from a day on."""
    return row(Price, {}, product=product, months=months, cents=cents, valid_from=valid_from)


def vat_rate(
    basis_points: int, *, since: date, code: str = VatRate.Code.STANDARD, country: str = "NL"
) -> VatRate:
    """Let a rate be in force from a day on."""
    return row(VatRate, {}, country=country, code=code, basis_points=basis_points, valid_from=since)


def vat_rates() -> list[VatRate]:
    """Make the Dutch VAT rates, unless they are there."""
    with as_owner():
        return [
            VatRate.objects.get_or_create(
                country="NL", code=code, valid_from=date(2012, 10, 1), defaults={"basis_points": rate}
            )[0]
            for code, rate in ((VatRate.Code.STANDARD, VAT_STANDARD), (VatRate.Code.REDUCED, VAT_REDUCED))
        ]
