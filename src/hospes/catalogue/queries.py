"""What can be ordered today, with which options, and what it costs."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from hospes.catalogue import rules
from hospes.catalogue.models import (
    Choice,
    ChoicePrice,
    Group,
    Option,
    Price,
    Product,
    ProductVat,
    Promotion,
    RegistryNotice,
    VatCode,
)
from hospes.catalogue.rules import Amounts, Conditions, Discount, Quotation


@dataclass(frozen=True)
class OfferedChoice:
    """Something of an option that can be had for a term; cents without VAT, each."""

    choice: Choice
    amounts: Amounts


@dataclass(frozen=True)
class OfferedOption:
    """An option that can be had for a term, with what there is to choose."""

    option: Option
    choices: tuple[OfferedChoice, ...]


@dataclass(frozen=True)
class Offer:
    """A product for a term at today's price (cents without VAT for the whole term; no months for one-off work)."""

    product: Product
    months: int
    cents: int
    setup_cents: int = 0
    intro_cents: int | None = None
    intro_terms: int = 0
    options: tuple[OfferedOption, ...] = field(default=(), compare=False)
    vat_code: str = VatCode.STANDARD

    @property
    def amounts(self) -> Amounts:
        return Amounts(self.cents, self.setup_cents, self.intro_cents, self.intro_terms)

    def chosen(self, quantities: Mapping[int, int]) -> list[tuple[OfferedChoice, int]] | None:
        """
        What was chosen, by ids of choices and how many of each; of a list where nothing was chosen its first.

        None when that cannot be had (any more): a choice that is not offered, two of one list, or more than there may be.
        """
        found, left = list[tuple[OfferedChoice, int]](), dict(quantities)
        for offered in self.options:
            wanted = [(c, left.pop(c.choice.pk)) for c in offered.choices if c.choice.pk in left]
            wanted = [(c, n) for c, n in wanted if n]
            if not wanted and offered.option.kind == Option.Kind.CHOICE:
                wanted = [(offered.choices[0], 1)]
            if len(wanted) > 1 or any(not 0 < n <= offered.option.most for _, n in wanted):
                return None
            found += wanted
        return None if any(left.values()) else found

    def quotation(
        self,
        *,
        chosen: Iterable[tuple[OfferedChoice, int]] = (),
        quantity: int = 1,
        discount: Discount | None = None,
    ) -> Quotation:
        """What it costs now and later."""
        return rules.quotation(
            self.amounts, options=[(c.amounts, n) for c, n in chosen], quantity=quantity, discount=discount
        )  # fmt: skip


def offers(*, today: date) -> list[Offer]:
    """Everything that can be ordered today, in the order of the catalogue, the shortest term first."""
    prices = Price.objects.filter(valid_from__lte=today, product__for_sale=True, withdrawn_at=None)
    newest = {
        (p.product_id, p.months): p for p in prices.select_related("product__group").order_by("valid_from")
    }
    held = [p for p in newest.values() if p.offered]
    products = {p.product_id for p in held}
    options, codes = _options(products, today), vat_codes(products, today=today)
    held.sort(
        key=lambda p: (
            p.product.group.position,
            p.product.group_id,
            p.product.position,
            p.product_id,
            p.months,
        )
    )
    return [
        Offer(p.product, p.months, p.cents, p.setup_cents, p.intro_cents, p.intro_terms,
              options.get((p.product_id, p.months), ()), codes[p.product_id])
        for p in held
    ]  # fmt: skip


def _options(product_ids: set[int], today: date) -> dict[tuple[int, int], tuple[OfferedOption, ...]]:
    """The options of each product and term, in their order."""
    prices = ChoicePrice.objects.filter(
        valid_from__lte=today, withdrawn_at=None, choice__for_sale=True, choice__option__for_sale=True,
        choice__option__product__in=product_ids,
    )  # fmt: skip
    newest = {
        (p.choice_id, p.months): p for p in prices.select_related("choice__option").order_by("valid_from")
    }
    lists: dict[tuple[int, int], dict[Option, list[OfferedChoice]]] = {}
    by_place = sorted(newest.values(), key=lambda p: (
        p.choice.option.position, p.choice.option_id, p.choice.position))  # fmt: skip
    for price in by_place:
        if price.offered:
            of_product = lists.setdefault((price.choice.option.product_id, price.months), {})
            offered = OfferedChoice(price.choice, Amounts(price.cents, price.setup_cents))
            of_product.setdefault(price.choice.option, []).append(offered)
    return {
        key: tuple(OfferedOption(option, tuple(choices)) for option, choices in found.items())
        for key, found in lists.items()
    }


def vat_codes(product_ids: Iterable[int], *, today: date) -> dict[int, str]:
    """Which kind of VAT rate products have on a day; the standard one where nothing else is said."""
    codes: dict[int, str] = dict.fromkeys(product_ids, VatCode.STANDARD)
    held = ProductVat.objects.filter(product_id__in=codes, valid_from__lte=today, withdrawn_at=None)
    return codes | dict(held.order_by("valid_from").values_list("product_id", "code"))


def vat_code(product_id: int, *, today: date) -> str:
    """Which kind of VAT rate a product has on a day."""
    return vat_codes([product_id], today=today)[product_id]


def options_of(product_id: int, *, months: int, today: date) -> tuple[OfferedOption, ...]:
    """The options that can be had today with a product that runs for a term, whether or not that itself is still for sale."""
    return _options({product_id}, today).get((product_id, months), ())


def last_amounts(choice_ids: Sequence[int], *, months: int, today: date) -> dict[int, Amounts]:
    """What choices cost today for a term, or did when they were last offered; nothing where they never were."""
    found = ChoicePrice.objects.filter(
        choice_id__in=choice_ids, months=months, valid_from__lte=today, withdrawn_at=None, offered=True
    )
    newest = {price.choice_id: price for price in found.order_by("valid_from")}
    return {
        pk: Amounts(newest[pk].cents, newest[pk].setup_cents) if pk in newest else Amounts(0) for pk in choice_ids
    }  # fmt: skip


def last_cents(product_id: int, *, months: int, today: date) -> int | None:
    """What a product costs today for a term, or did when it was last offered, without options; None where it never was."""
    found = Price.objects.filter(
        product_id=product_id, months=months, valid_from__lte=today, withdrawn_at=None, offered=True
    )
    newest = found.order_by("-valid_from").first()
    return newest.cents if newest else None


def choice_words(pairs: Iterable[tuple[Choice, int]]) -> str:
    """What was chosen, in the active language: "Extra space: 2 × 10 GB; Daily backup"."""
    told = []
    for choice, n in pairs:
        option = choice.option
        if option.kind == Option.Kind.CHOICE:
            told.append(f"{option.name}: {choice.name}")
        elif option.most == 1:
            told.append(option.name)
        else:
            told.append(f"{option.name}: {n} × {choice.name}")
    return "; ".join(told)


def words_of(choice_ids: Sequence[int], counts: Sequence[int]) -> str:
    """The same of what a line or a service keeps, by ids of choices and how many of each."""
    found = (
        {c.pk: c for c in Choice.objects.select_related("option").filter(pk__in=choice_ids)}
        if choice_ids
        else {}
    )
    return choice_words((found[pk], n) for pk, n in zip(choice_ids, counts, strict=True) if pk in found)


def notices(product_ids: Iterable[int], *, today: date) -> dict[int, RegistryNotice]:
    """What is said today of the registries of these domain products, by product; of one without a text nothing."""
    held = RegistryNotice.objects.filter(product_id__in=set(product_ids), valid_from__lte=today)
    return {found.product_id: found for found in held.select_related("product").order_by("valid_from")}


def additions(product_id: int, *, months: int, today: date) -> list[Offer]:
    """
    What can be had with a product that is ordered or runs for a term: each addition for that term, or else for the longest that
    is shorter; none that only comes for longer.
    """
    best: dict[int, Offer] = {}
    for each in offers(today=today):
        if each.product.belongs_to_id == product_id and each.months <= months:
            held = best.get(each.product.pk)
            if held is None or each.months > held.months:
                best[each.product.pk] = each
    return list(best.values())


def offer(*, slug: str, months: int, today: date) -> Offer | None:
    """One product for one term, or None when that is not for sale today."""
    return next((o for o in offers(today=today) if o.product.slug == slug and o.months == months), None)


def by_product(found: Iterable[Offer]) -> list[tuple[Product, list[Offer]]]:
    """The same offers, those of a product together."""
    grouped: dict[int, tuple[Product, list[Offer]]] = {}
    for each in found:
        grouped.setdefault(each.product.pk, (each.product, []))[1].append(each)
    return list(grouped.values())


def groups() -> list[Group]:
    """All groups in their order."""
    return list(Group.objects.order_by("position", "pk"))


@dataclass(frozen=True)
class Code:
    """A promotion code that somebody gave: what it takes off, and for what, whom and when."""

    promotion_id: int
    code: str
    name: str
    discount: Discount
    conditions: Conditions
    is_left: bool  # whether any use is left, as far as can be told before it is taken

    def for_line(self, product_id: int, months: int) -> Discount | None:
        """What it takes off a line, if anything."""
        return self.discount if self.conditions.is_for(product_id, months) else None


def code(text: str, *, today: date) -> Code | None:
    """The promotion that a code stands for; None when there is none that counts today."""
    found = Promotion.objects.filter(code=rules.code_of(text), stopped=False).first()
    if found is None:
        return None
    conditions = Conditions(
        frozenset(found.for_products.values_list("product_id", flat=True)), frozenset(found.months),
        found.customer_kind, found.valid_from, found.valid_until,
    )  # fmt: skip
    if not conditions.counts_on(today):
        return None
    discount = Discount(found.basis_points, found.cents, found.forever)
    is_left = found.most_uses is None or found.uses < found.most_uses
    return Code(found.pk, found.code, found.name, discount, conditions, is_left)
