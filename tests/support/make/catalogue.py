"""What is for sale, and the VAT on it."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from hospes.billing.models import VatRate
from hospes.catalogue.models import (
    Choice,
    ChoicePrice,
    Group,
    Option,
    Price,
    Product,
    ProductVat,
    Promotion,
    PromotionProduct,
    PromotionUse,
)
from hospes.customers.models import Customer
from tests.support import names
from tests.support.make.base import TODAY, VAT_REDUCED, VAT_STANDARD, row
from tests.support.rights import as_owner


def group(**words: Any) -> Group:
    """Make a group; without words, the one that everything is in."""
    if words:
        name = names.word()
        return row(Group, words, slug=f"{name.lower()}-{names.count()}", name_nl=name, name_en=name)
    with as_owner():
        return Group.objects.get_or_create(
            slug="hosting", defaults={"name_nl": "Hosting", "name_en": "Hosting"}
        )[0]


def product(*, prices: dict[int, int] | None = None, **words: Any) -> Product:
    """Make a hosting package with prices: cents by months, without VAT."""
    name = names.word()
    with as_owner():
        made = row(
            Product,
            words,
            slug=f"{name.lower()}-{names.count()}",
            kind="hosting",
            group=words.get("group") or group(),
            name_nl=name,
            name_en=name,
            summary_nl=f"Hosting {name}",
            summary_en=f"Hosting {name}",
            disk_mb=10_000,
            mailboxes=10,
            panel_package=name.lower(),
        )
        for months, cents in ({1: 750, 12: 7500} if prices is None else prices).items():
            price(product=made, months=months, cents=cents)
    return made


def price(
    *, product: Product, months: int, cents: int, valid_from: date = date(2025, 1, 1), **words: Any
) -> Price:
    """Give a product a price from a day on."""
    return row(Price, words, product=product, months=months, cents=cents, valid_from=valid_from)


def option(
    *, product: Product, choices: Sequence[dict[int, int]], kind: str = "choice", **words: Any
) -> list[Choice]:
    """Give a product an option, with what each choice costs: cents by months; of a number just one."""
    with as_owner():
        usual = {"name_nl": names.word(), "name_en": names.word(), "most": 10 if kind == "quantity" else 1}
        made = row(Option, words, product=product, kind=kind, slug=f"optie-{names.count()}", **usual)
        return [_choice(made, position, prices) for position, prices in enumerate(choices)]


def _choice(option: Option, position: int, prices: dict[int, int]) -> Choice:
    name = f"{names.word()}-{names.count()}"
    choice = row(Choice, {}, option=option, position=position, name_nl=name, name_en=name)
    for months, cents in prices.items():
        row(ChoicePrice, {}, choice=choice, months=months, cents=cents, valid_from=date(2025, 1, 1))
    return choice


def promotion(*, products: Sequence[Product] = (), **words: Any) -> Promotion:
    """Make a promotion code; without words, ten percent off the first term of everything."""
    with as_owner():
        usual: dict[str, Any] = {} if "cents" in words else {"basis_points": 1_000}
        made = row(
            Promotion,
            words,
            code=f"ACTIE-{names.count()}",
            name_nl="Korting",
            name_en="Discount",
            valid_from=date(2025, 1, 1),
            **usual,
        )
        for each in products:
            row(PromotionProduct, {}, promotion=made, product=each)
    return made


def promotion_use(*, customer: Customer, **words: Any) -> PromotionUse:
    """Let a customer use a promotion code."""
    with as_owner():
        usual = {"promotion": words.get("promotion") or promotion(), "origin": f"test:{names.count()}"}
        return row(PromotionUse, words, customer=customer, used_on=TODAY, **usual)


def vat_rate(
    basis_points: int, *, since: date, code: str = VatRate.Code.STANDARD, country: str = "NL"
) -> VatRate:
    """Let a rate be in force from a day on."""
    return row(VatRate, {}, country=country, code=code, basis_points=basis_points, valid_from=since)


def vat_of(product: Product, code: str, *, since: date = date(2025, 1, 1)) -> ProductVat:
    """Give a product a kind of VAT rate from a day on."""
    return row(ProductVat, {}, product=product, code=code, valid_from=since)


def vat_rates() -> list[VatRate]:
    """Make the Dutch VAT rates, unless they are there."""
    with as_owner():
        return [
            VatRate.objects.get_or_create(
                country="NL", code=code, valid_from=date(2012, 10, 1), defaults={"basis_points": rate}
            )[0]
            for code, rate in ((VatRate.Code.STANDARD, VAT_STANDARD), (VatRate.Code.REDUCED, VAT_REDUCED))
        ]
