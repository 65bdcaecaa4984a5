"""What the example operator sells: packages, domain names, monitoring and work, with their prices and a promotion code."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from hospes.billing.models import VatRate
from hospes.catalogue.models import (
    Choice,
    ChoicePrice,
    Group,
    Option,
    Price,
    Product,
    Promotion,
    PromotionProduct,
    RegistryNotice,
)
from hospes.cli.demo_registries import NOTICES

_SINCE: Final = date(2025, 1, 1)

#: slug, name, package at the panel, what for, disk in MB, mailboxes, cents a month, cents a year (without VAT)
PACKAGES = [
    ("start", "Start", "small", "Voor uw eerste website of alleen uw eigen e-mailadres.", "For your first website, or just your own e-mail address.", 5_000, 5, 395, 3_950),
    ("plus", "Plus", "medium", "Voor een website die goed bezocht wordt, met een webwinkel erbij.", "For a well visited website, with a shop beside it.", 25_000, 25, 795, 7_950),
    ("pro", "Pro", "large", "Voor wie meer sites heeft, of er klanten van bedient.", "For those who have several sites, or serve customers with them.", 100_000, 100, 1_595, 15_950),
]  # fmt: skip

_GROUPS = [
    ("hosting", "Hosting", "Hosting", "Een goede plek voor uw website en uw e-mail.", "A good place for your website and your e-mail."),
    ("domeinnamen", "Domeinnamen", "Domain names", "Uw eigen naam op internet, per jaar.", "Your own name on the internet, by the year."),
    ("monitoring", "Monitoring", "Monitoring", "Wij kijken of uw website er is, en laten het u weten als dat niet zo is.", "We watch whether your website is there, and tell you when it is not."),
    ("werk", "Werk", "Work", "Voor wat u liever aan ons overlaat.", "For what you would rather leave to us."),
]  # fmt: skip

#: extension, cents a year
_EXTENSIONS = [(".nl", 750), (".com", 1_295), (".be", 950), (".eu", 895), (".de", 950), (".net", 1_395), (".org", 1_395)]  # fmt: skip


def stock_catalogue() -> None:
    """Everything that is for sale, and the VAT rates; runs as the owner, and harmless to repeat."""
    groups = {
        slug: Group.objects.get_or_create(
            slug=slug,
            defaults={"name_nl": nl, "name_en": en, "summary_nl": about_nl, "summary_en": about_en, "position": position},
        )[0]
        for position, (slug, nl, en, about_nl, about_en) in enumerate(_GROUPS)
    }  # fmt: skip
    packages = _hosting(groups["hosting"])
    for position, (extension, year) in enumerate(_EXTENSIONS):
        nl, en = f"Domeinnaam {extension}", f"Domain name {extension}"
        about = "Een naam die eindigt op", "A name that ends in"
        made = _product(groups["domeinnamen"], extension.strip(".").replace(".", "-") + "-domein", "domain", nl, en,
                        f"{about[0]} {extension}.", f"{about[1]} {extension}.", {12: year}, extension=extension,
                        position=position, takes_idn=extension != ".nl")  # fmt: skip
        RegistryNotice.objects.get_or_create(
            product=made, version="2026-11", defaults={"valid_from": _SINCE, **NOTICES[extension]}
        )
    _options(packages)
    _product(groups["monitoring"], "in-de-gaten", "monitoring", "Website in de gaten", "Website watched",
             "Elke minuut kijken wij of uw website antwoordt.", "Every minute we look whether your website answers.",
             {1: 250, 12: 2_500})  # fmt: skip
    _product(groups["werk"], "werk-per-uur", "work", "Werk per uur", "Work by the hour",
             "Verhuizen, inrichten of aanpassen: wij doen het voor u.", "Moving, setting up or changing: we do it for you.",
             {0: 8_500}, unit_nl="uur", unit_en="hour", most=40)  # fmt: skip
    _promotion(packages)
    _vat_rates()


def _hosting(group: Group) -> dict[str, Product]:
    made: dict[str, Product] = {}
    for position, (slug, name, panel, nl, en, disk, mailboxes, month, year) in enumerate(PACKAGES):
        # Two years cost 5 % less, three years 10 %.
        prices = {1: month, 12: year, 24: 2 * year * 95 // 100, 36: 3 * year * 90 // 100}
        made[slug] = _product(
            group, slug, "hosting", f"Hosting {name}", f"Hosting {name}", nl, en, prices, disk_mb=disk, mailboxes=mailboxes,
            panel_package=panel, position=position, setup={1: 1_500} if slug == "pro" else {},
            intro={12: (5_950, 1)} if slug == "plus" else {},
        )  # fmt: skip
    for position, (slug, of) in enumerate({"onderhoud": "plus", "onderhoud-pro": "pro"}.items()):
        _product(group, slug, "addon", "Onderhoud van WordPress", "Care for WordPress",
                 "Wij houden WordPress en zijn uitbreidingen bij.", "We keep WordPress and its extensions up to date.",
                 {1: 1_950, 12: 19_500}, belongs_to=made[of], position=9 + position)  # fmt: skip
    _product(group, "extra-adres", "addon", "Eigen IP-adres", "IP address of your own",
             "Een adres dat u met niemand deelt.", "An address that you share with nobody.",
             {1: 200, 12: 2_400}, belongs_to=made["pro"], position=11, most=4)  # fmt: skip
    return made


def _options(packages: Mapping[str, Product]) -> None:
    """What can be chosen with the packages: more room by the piece, a back-up yes or no, and one of a list."""
    for slug in ("start", "plus", "pro"):
        _option(packages[slug], "ruimte", "quantity", "Meer ruimte", "More space", 10,
                [("10 GB erbij", "10 GB extra", 150, 10_000, 0)])  # fmt: skip
        _option(packages[slug], "postvakken", "quantity", "Meer mailboxen", "More mailboxes", 20,
                [("5 mailboxen erbij", "5 mailboxes extra", 100, 0, 5)], position=1)  # fmt: skip
    for slug in ("plus", "pro"):
        _option(packages[slug], "kopie", "quantity", "Elk uur een reservekopie", "A back-up every hour", 1,
                [("reservekopie", "back-up", 295, 0, 0)], position=2)  # fmt: skip
    _option(packages["pro"], "hulp", "choice", "Hulp", "Help", 1,
            [("op werkdagen", "on working days", 0, 0, 0), ("dag en nacht", "day and night", 1_950, 0, 0)], position=3)  # fmt: skip


def _option(
    product: Product, slug: str, kind: str, nl: str, en: str, most: int,
    choices: Sequence[tuple[str, str, int, int, int]], *, position: int = 0,
) -> None:  # fmt: skip
    """An option with its choices: names, cents a month (a year is ten months), and what it adds in MB and mailboxes."""
    option, is_new = Option.objects.get_or_create(
        product=product, slug=slug,
        defaults={"kind": kind, "name_nl": nl, "name_en": en, "most": most, "position": position},
    )  # fmt: skip
    for place, (choice_nl, choice_en, month, disk_mb, mailboxes) in enumerate(choices if is_new else ()):
        choice = Choice.objects.create(
            option=option,
            position=place,
            name_nl=choice_nl,
            name_en=choice_en,
            disk_mb=disk_mb,
            mailboxes=mailboxes,
        )
        for months, times in ((1, 1), (12, 10), (24, 19), (36, 27)):
            ChoicePrice.objects.create(choice=choice, months=months, valid_from=_SINCE, cents=month * times)


def _product(
    group: Group,
    slug: str,
    kind: str,
    nl: str,
    en: str,
    about_nl: str,
    about_en: str,
    prices: Mapping[int, int],
    *,
    setup: Mapping[int, int] | None = None,
    intro: Mapping[int, tuple[int, int]] | None = None,
    **more: Any,
) -> Product:
    product, _ = Product.objects.get_or_create(
        slug=slug,
        defaults={"kind": kind, "group": group, "name_nl": nl, "name_en": en, "summary_nl": about_nl, "summary_en": about_en,
                  **more},
    )  # fmt: skip
    for months, cents in prices.items():
        intro_cents, intro_terms = (intro or {}).get(months, (None, 0))
        Price.objects.get_or_create(
            product=product, months=months, valid_from=_SINCE, withdrawn_at=None,
            defaults={"cents": cents, "setup_cents": (setup or {}).get(months, 0), "intro_cents": intro_cents,
                      "intro_terms": intro_terms},
        )  # fmt: skip
    return product


def _promotion(packages: Mapping[str, Product]) -> None:
    promotion, is_new = Promotion.objects.get_or_create(
        code="WELKOM10",
        defaults={"name_nl": "Welkomstkorting", "name_en": "Welcome discount", "basis_points": 1_000, "valid_from": _SINCE,
                  "most_per_customer": 1},
    )  # fmt: skip
    if is_new:
        PromotionProduct.objects.bulk_create(
            PromotionProduct(promotion=promotion, product=product) for product in packages.values()
        )


def _vat_rates() -> None:
    for code, rate, since in (
        (VatRate.Code.STANDARD, 2100, date(2012, 10, 1)),
        (VatRate.Code.REDUCED, 900, date(2019, 1, 1)),
    ):
        VatRate.objects.get_or_create(
            country="NL", code=code, valid_from=since, defaults={"basis_points": rate}
        )
