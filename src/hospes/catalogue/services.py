"""
Keeping the catalogue: every verb writes down who changed what, and what it was. All of it acts for the contract.

What was sold stays: a product is no longer for sale, a price is replaced by another from a day on, a code is stopped. That who
asks for it has the power to, the database holds (`guards`).
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, TypeVar

from django.db import IntegrityError, models, transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from hospes.catalogue.models import (
    CatalogueChange,
    Choice,
    ChoicePrice,
    Group,
    Option,
    Price,
    Product,
    ProductVat,
    Promotion,
    PromotionProduct,
    RegistryNotice,
    VatCode,
)
from hospes.kernel import acting, clock, journal

journal.register({
    "catalogue.made": _("Something added to what is for sale"),
    "catalogue.changed": _("What is for sale changed"),
    "catalogue.price_set": _("Price set"),
    "catalogue.price_withdrawn": _("Price withdrawn before it began"),
    "catalogue.vat_set": _("VAT of a product set"), "catalogue.vat_withdrawn": _("VAT of a product withdrawn before it began"),
})  # fmt: skip

_T = TypeVar("_T", bound=models.Model)
_P = TypeVar("_P", Price, ChoicePrice)
_What = CatalogueChange.What
_How = CatalogueChange.How

_WHAT: Final[dict[type[models.Model], CatalogueChange.What]] = {
    Group: _What.GROUP, Product: _What.PRODUCT, Price: _What.PRICE, Option: _What.OPTION, Choice: _What.CHOICE,
    ChoicePrice: _What.CHOICE_PRICE, Promotion: _What.PROMOTION, RegistryNotice: _What.NOTICE,
    ProductVat: _What.PRODUCT_VAT,
}  # fmt: skip


class CatalogueRefused(Exception):
    """It was not done; the message is fit to show to a colleague."""


_TAKEN: Final[dict[str, Promise]] = {
    "catalogue_product_slug_key": _("Another product has this address."),
    "catalogue_group_slug_key": _("Another group has this address."),
    "catalogue_promotion_code_key": _("This code exists already."),
    "one_product_per_extension": _("There is a product for this extension already."),
    "one_option_per_name": _("The product has an option with this address already."),
    "one_price_per_term_and_day": _(
        "A price begins on that day already. Withdraw it first, or choose another day."
    ),
    "one_price_per_choice_term_and_day": _(
        "A price begins on that day already. Withdraw it first, or choose another day."
    ),
    "one_vat_code_per_product_and_day": _("Another one begins on that day already. Withdraw it first."),
    "one_text_per_version_of_a_registry": _("This extension has a text of that version already."),
    "one_text_of_a_registry_begins_on_a_day": _(
        "Another text begins on that day already. Choose another day."
    ),
    "only_work_has_no_term": _("One-off work has no term, and everything else has one."),
    "promotion_is_not_used_more_often_than_it_may": _("The code has been used more often than that already."),
    "addition_belongs_to_a_product": _("Choose the product that the addition belongs to."),
    "domain_product_has_an_extension": _("A domain name has an extension, such as .nl."),
    "work_is_counted_in_a_unit": _("Say in what work is counted, in both languages: an hour, say."),
    "product_has_an_address_of_its_own": _("The shop needs this address for itself. Choose another."),
}


@dataclass(frozen=True)
class PriceFrom:
    """A price that is to count from a day on; cents without VAT. Not `offered`: the term ends being sold on that day."""

    months: int
    cents: int
    valid_from: date
    setup_cents: int = 0
    intro_cents: int | None = None
    intro_terms: int = 0
    offered: bool = True

    def words(self) -> dict[str, Any]:
        return {"months": self.months, "cents": self.cents, "valid_from": self.valid_from, "setup_cents": self.setup_cents,
                "offered": self.offered}  # fmt: skip


# --- groups, products, options, choices -----------------------------------------------------------------------------------


def make_group(*, now: datetime, **words: Any) -> Group:
    """Add a group to the shop."""
    return _made(Group(**words), now=now)


def make_product(*, now: datetime, vat_code: str = VatCode.STANDARD, **words: Any) -> Product:
    """Add a product, with its kind of VAT rate; it can be ordered once it has a price."""
    with transaction.atomic(using=_alias()):
        made = _made(Product(**words), now=now)
        if vat_code != VatCode.STANDARD:
            _vat_set(ProductVat(product=made, code=vat_code, valid_from=clock.day_of(now)), "", now)
    return made


def make_notice(
    *, product_id: int, valid_from: date, today: date, now: datetime, **words: Any
) -> RegistryNotice:
    """
    Say, from a day on, what the registry of an extension gets; what was said before stays with the orders of before.

    Raises CatalogueRefused for a day that has passed, and for what is no domain name.
    """
    if valid_from < today:
        raise CatalogueRefused(_("A text begins today at the earliest: it was not shown before."))
    if Product.objects.get(pk=product_id).kind != Product.Kind.DOMAIN:
        raise CatalogueRefused(_("Only a domain name has a registry."))
    return _made(RegistryNotice(product_id=product_id, valid_from=valid_from, **words), now=now)


def make_option(
    *,
    product_id: int,
    choices: list[tuple[str, str]],
    now: datetime,
    disk_mb: int = 0,
    mailboxes: int = 0,
    **words: Any,
) -> Option:
    """Give a product an option, with the names (Dutch, English) of what there is to choose; of a number, what is counted.

    `disk_mb` and `mailboxes`: what the first of them adds to the limits of the package.
    """
    option = Option(product_id=product_id, **words)
    if not choices or (option.kind == Option.Kind.QUANTITY and len(choices) != 1):
        raise CatalogueRefused(_("A list has at least one choice; of a number there is one thing to count."))
    with transaction.atomic(using=_alias()):
        made = _made(option, now=now, product_id=product_id)
        for position, (name_nl, name_en) in enumerate(choices):
            limits = {"disk_mb": disk_mb, "mailboxes": mailboxes} if position == 0 else {}
            add_choice(option_id=made.pk, name_nl=name_nl, name_en=name_en, now=now, **limits)
    return made


def add_choice(
    *, option_id: int, name_nl: str, name_en: str, now: datetime, disk_mb: int = 0, mailboxes: int = 0
) -> Choice:
    """Add a choice at the end of the list of an option, with what it adds to the limits of the package."""
    option = Option.objects.select_for_update().get(pk=option_id)
    position = option.choices.count()
    if position and option.kind == Option.Kind.QUANTITY:
        raise CatalogueRefused(_("A list has at least one choice; of a number there is one thing to count."))
    choice = Choice(
        option=option,
        position=position,
        name_nl=name_nl,
        name_en=name_en,
        disk_mb=disk_mb,
        mailboxes=mailboxes,
    )
    return _made(choice, now=now, product_id=option.product_id)


def change(thing: Group | Product | Option | Choice | Promotion, *, now: datetime, **words: Any) -> list[str]:
    """
    Change columns of something; returns the names of those that really changed.

    Raises CatalogueRefused for a value that something else has already, and Refused for what stays what it is.
    """
    held = type(thing)._default_manager.select_for_update().get(pk=thing.pk)
    changes = {name: value for name, value in words.items() if getattr(held, name) != value}
    if not changes:
        return []
    _try(lambda: type(thing)._default_manager.filter(pk=thing.pk).update(**changes))
    for name, value in changes.items():
        was = getattr(held, name)
        _note(
            thing, _How.CHANGED, field=name.removesuffix("_id"), was=_text(was), became=_text(value), now=now
        )
    journal.record(
        "catalogue.changed", at=now, table=thing._meta.db_table, object_id=thing.pk, changed=sorted(changes)
    )
    return sorted(changes)


# --- prices ---------------------------------------------------------------------------------------------------------------


def set_price(*, product_id: int, price: PriceFrom, today: date, now: datetime) -> Price:
    """
    Let a price count for new orders from a day on, today at the earliest. What was agreed before stays what it is.

    Raises CatalogueRefused for a day that has passed, or on which another price begins.
    """
    _refuse_the_past(price.valid_from, today)
    if price.intro_cents is not None and price.intro_cents >= price.cents:
        raise CatalogueRefused(_("An introductory price is lower than the normal one."))
    row = Price(
        product_id=product_id, intro_cents=price.intro_cents, intro_terms=price.intro_terms, **price.words()
    )
    return _priced(row, Price.objects.filter(product_id=product_id), product_id, now)


def set_choice_price(*, choice_id: int, price: PriceFrom, today: date, now: datetime) -> ChoicePrice:
    """The same for what a choice adds, each."""
    _refuse_the_past(price.valid_from, today)
    choice = Choice.objects.select_related("option").get(pk=choice_id)
    row = ChoicePrice(choice=choice, **price.words())
    return _priced(row, ChoicePrice.objects.filter(choice_id=choice_id), choice.option.product_id, now)


def withdraw_price(*, price: Price | ChoicePrice, today: date, now: datetime) -> None:
    """Withdraw a price that begins today or later; raises CatalogueRefused for one that counted already."""
    open_ones = type(price)._default_manager.filter(pk=price.pk, withdrawn_at=None, valid_from__gte=today)
    if not open_ones.update(withdrawn_at=now):
        raise CatalogueRefused(_("This price counted already. Let another one begin instead."))
    _note(price, _How.WITHDRAWN, was=_in_words(price), now=now)
    journal.record("catalogue.price_withdrawn", at=now, table=price._meta.db_table, object_id=price.pk)


def _refuse_the_past(day: date, today: date) -> None:
    if day < today:
        raise CatalogueRefused(
            _("A price begins today at the earliest: what was sold before was sold at the price of then.")
        )


def _priced(row: _P, others: Any, product_id: int, now: datetime) -> _P:
    before = others.filter(months=row.months, withdrawn_at=None, valid_from__lt=row.valid_from)
    was = before.order_by("-valid_from").first()
    _try(row.save)
    _note(
        row,
        _How.MADE,
        was=_in_words(was) if was else "",
        became=_in_words(row),
        product_id=product_id,
        now=now,
    )
    journal.record("catalogue.price_set", at=now, table=row._meta.db_table, object_id=row.pk)
    return row


def _in_words(price: Any) -> str:
    """A price as the history keeps it: numbers, which the page puts into words."""
    intro = "" if getattr(price, "intro_cents", None) is None else f"{price.intro_cents}×{price.intro_terms}"
    return f"{price.months}|{price.cents}|{price.setup_cents}|{intro}|{price.valid_from}|{int(price.offered)}"


# --- VAT ------------------------------------------------------------------------------------------------------------------


def set_vat(*, product_id: int, code: str, valid_from: date, today: date, now: datetime) -> ProductVat:
    """
    Let a product have another kind of VAT rate from a day on, today at the earliest: for what is quoted, renewed and changed from
    then on. What was invoiced, or paid beforehand, keeps its own.

    Raises CatalogueRefused for a day that has passed, or on which another one begins, and for what it has by then already.
    """
    if valid_from < today:
        raise CatalogueRefused(
            _("It begins today at the earliest: what was invoiced before has the VAT of then.")
        )
    known = ProductVat.objects.filter(product_id=product_id, withdrawn_at=None, valid_from__lt=valid_from)
    before = known.order_by("-valid_from").first()
    if code == (before.code if before else VatCode.STANDARD):
        raise CatalogueRefused(_("It has this VAT by then already."))
    row = ProductVat(product_id=product_id, code=code, valid_from=valid_from)
    return _vat_set(row, _vat_words(before) if before else "", now)


def withdraw_vat(*, vat: ProductVat, today: date, now: datetime) -> None:
    """Withdraw a kind of VAT rate that begins today or later; raises CatalogueRefused for one that counted already."""
    open_ones = ProductVat.objects.filter(pk=vat.pk, withdrawn_at=None, valid_from__gte=today)
    if not open_ones.update(withdrawn_at=now):
        raise CatalogueRefused(_("This counted already. Let another one begin instead."))
    _note(vat, _How.WITHDRAWN, was=_vat_words(vat), now=now)
    journal.record("catalogue.vat_withdrawn", at=now, table="catalogue_productvat", object_id=vat.pk)


def _vat_set(row: ProductVat, was: str, now: datetime) -> ProductVat:
    _try(row.save)
    _note(row, _How.MADE, was=was, became=_vat_words(row), now=now)
    journal.record("catalogue.vat_set", at=now, table="catalogue_productvat", object_id=row.pk)
    return row


def _vat_words(vat: ProductVat) -> str:
    """As the history keeps it: a code and a day, which the page puts into words."""
    return f"{vat.code}|{vat.valid_from}"


# --- promotion codes ------------------------------------------------------------------------------------------------------


def make_promotion(*, products: list[int], now: datetime, **words: Any) -> Promotion:
    """Make a promotion code for these products; for none: for everything. What it takes off stays what it is."""
    with transaction.atomic(using=_alias()):
        made = _made(Promotion(**words), now=now)
        PromotionProduct.objects.bulk_create(
            PromotionProduct(promotion=made, product_id=product) for product in products
        )
    return made


# --- beneath --------------------------------------------------------------------------------------------------------------


def _made(thing: _T, *, now: datetime, product_id: int | None = None) -> _T:
    _try(thing.save)
    _note(thing, _How.MADE, product_id=product_id, now=now)
    journal.record("catalogue.made", at=now, table=thing._meta.db_table, object_id=thing.pk)
    return thing


def _note(
    thing: Any, how: CatalogueChange.How, *, now: datetime, product_id: int | None = None, **words: Any
) -> None:
    scene = acting.current()
    by = scene.actor.id if scene and scene.actor.kind == "staff" else None
    CatalogueChange.objects.create(
        at=now, by_id=by, what=_WHAT[type(thing)], how=how, thing_id=thing.pk, name=_name(thing),
        product_id=product_id or _product(thing), promotion_id=thing.pk if isinstance(thing, Promotion) else None, **words,
    )  # fmt: skip


def _product(thing: Any) -> int | None:
    if isinstance(thing, Product):
        return thing.pk
    if isinstance(thing, Choice):
        return thing.option.product_id
    if isinstance(thing, ChoicePrice):
        return thing.choice.option.product_id
    return getattr(thing, "product_id", None)


def _name(thing: Any) -> str:
    if isinstance(thing, Price | ProductVat):
        return thing.product.name_nl
    if isinstance(thing, ChoicePrice):
        return f"{thing.choice.option.name_nl}: {thing.choice.name_nl}"
    if isinstance(thing, Promotion | RegistryNotice):
        return thing.code if isinstance(thing, Promotion) else str(thing)
    return str(thing.name_nl)


def _text(value: Any) -> str:
    if isinstance(value, models.Model):
        return str(value)
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)


def _try(write: Any) -> None:
    """Run a write; what the database refuses since it is there already, or makes no sense, is CatalogueRefused."""
    try:
        with transaction.atomic(using=_alias()):
            write()
    except IntegrityError as error:
        refused_by = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None) or ""
        if refused_by not in _TAKEN:
            raise
        raise CatalogueRefused(_TAKEN[refused_by]) from None


def _alias() -> str | None:
    scene = acting.current()
    return scene.alias if scene else None
