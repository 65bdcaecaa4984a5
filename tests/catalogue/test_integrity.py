"""What the database holds about the catalogue, whoever writes: what makes sense, who may, and what never changes."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import IntegrityError, models, transaction

from hospes.accounts.models import StaffRole
from hospes.catalogue.models import (
    Choice,
    ChoicePrice,
    Group,
    Option,
    Price,
    Product,
    Promotion,
    PromotionProduct,
)
from hospes.customers.models import Person
from hospes.kernel import clock
from hospes.kernel.acting import JOB, SYSTEM, Actor, acting
from hospes.kernel.purposes import Purpose
from hospes.kernel.refusals import Refused
from tests.accounts import people
from tests.support import make
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.login("office"), pytest.mark.database]

DAY = date(2026, 3, 1)


def refused(constraint: str, make_it: Callable[[], object]) -> None:
    with pytest.raises(IntegrityError, match=constraint), as_owner(), transaction.atomic():
        make_it()


@pytest.mark.parametrize(
    ("constraint", "words"),
    [
        ("product_is_of_a_kind_that_exists", {"kind": "horse"}),
        ("domain_product_has_an_extension", {"kind": "domain"}),
        ("domain_product_has_an_extension", {"extension": ".nl"}),
        ("domain_product_has_an_extension", {"kind": "domain", "extension": "nl"}),
        ("addition_belongs_to_a_product", {"kind": "addon"}),
        ("work_is_counted_in_a_unit", {"kind": "work", "unit_nl": "uur"}),
        ("at_least_one_can_be_had", {"most": 0}),
        ("product_has_an_address_of_its_own", {"slug": "winkelwagen"}),
    ],
)
def test_a_product_makes_sense(constraint: str, words: dict[str, Any]) -> None:
    refused(constraint, lambda: make.product(prices={}, **words))


def test_one_product_an_extension() -> None:
    make.product(kind="domain", extension=".co.uk", prices={12: 1})
    refused(
        "one_product_per_extension", lambda: make.product(kind="domain", extension=".co.uk", prices={12: 1})
    )


@pytest.mark.parametrize(
    ("constraint", "words"),
    [
        ("price_is_for_a_term_we_sell", {"months": 2}),
        ("only_work_has_no_term", {"months": 0}),
        ("introductory_price_says_for_how_long", {"intro_cents": 5}),
        ("introductory_price_says_for_how_long", {"intro_terms": 1}),
        ("introductory_price_is_the_lower_one", {"intro_cents": 10, "intro_terms": 1}),
        ("one_price_per_term_and_day", {"valid_from": date(2025, 1, 1)}),
    ],
)
def test_a_price_makes_sense(constraint: str, words: dict[str, Any]) -> None:
    product = make.product(prices={12: 7_500})
    usual = {"months": 12, "cents": 10, "valid_from": DAY}
    refused(constraint, lambda: make.price(product=product, **(usual | words)))


def test_work_has_a_price_without_a_term_and_no_introduction() -> None:
    work = make.product(kind="work", unit_nl="uur", unit_en="hour", prices={0: 8_500})
    refused("only_work_has_no_term", lambda: make.price(product=work, months=12, cents=1, valid_from=DAY))
    refused("introduction_needs_a_term", lambda: make.price(
        product=work, months=0, cents=5, valid_from=DAY, intro_cents=1, intro_terms=1))  # fmt: skip
    refused("only_work_has_no_term", lambda: make.option(product=work, choices=[{12: 5}]))


def test_an_option_is_a_list_or_a_number() -> None:
    product = make.product()
    refused("option_is_a_list_or_a_number", lambda: make.option(product=product, choices=[], most=2))
    refused("option_is_a_list_or_a_number", lambda: make.option(product=product, choices=[], kind="x"))
    make.option(product=product, choices=[{12: 5}], slug="ruimte")
    refused("one_option_per_name", lambda: make.option(product=product, choices=[], slug="ruimte"))
    refused("only_work_has_no_term", lambda: make.option(product=product, choices=[{0: 5}]))


@pytest.mark.parametrize(
    ("constraint", "words"),
    [
        ("promotion_code_can_be_typed", {"code": "welkom"}),
        ("promotion_code_can_be_typed", {"code": "AB"}),
        ("promotion_is_a_percentage_or_an_amount", {"basis_points": 10_001}),
        ("promotion_is_a_percentage_or_an_amount", {"basis_points": 100, "cents": 100}),
        ("promotion_is_a_percentage_or_an_amount", {"basis_points": None}),
        ("promotion_is_a_percentage_or_an_amount", {"cents": 0}),
        ("promotion_ends_after_it_begins", {"valid_until": date(2024, 12, 31)}),
        ("promotion_is_for_terms_we_sell", {"months": [2]}),
        ("promotion_is_for_a_kind_of_customer", {"customer_kind": "horse"}),
        ("promotion_is_not_used_more_often_than_it_may", {"most_uses": 1, "uses": 2}),
    ],
)
def test_a_promotion_makes_sense(constraint: str, words: dict[str, Any]) -> None:
    refused(constraint, lambda: make.promotion(**words))


# --- who may change it ---


def rows() -> dict[str, models.Model]:
    """One in each table that staff keep."""
    product = make.product(prices={12: 7_500})
    [choice] = make.option(product=product, choices=[{12: 100}])
    promotion = make.promotion(products=[product])
    with as_owner():
        return {
            "a group": product.group, "a product": product, "a price": Price.objects.get(), "an option": Option.objects.get(),
            "a choice": choice, "a price of a choice": ChoicePrice.objects.get(), "a promotion": promotion,
        }  # fmt: skip


CHANGES: dict[str, dict[str, Any]] = {
    "a group": {"name_nl": "Anders"}, "a product": {"for_sale": False}, "a price": {"withdrawn_at": make.NOW},
    "an option": {"for_sale": False}, "a choice": {"for_sale": False}, "a price of a choice": {"withdrawn_at": make.NOW},
    "a promotion": {"stopped": True},
}  # fmt: skip


def keeper() -> Person:
    """Somebody with the power, and none besides."""
    with as_owner():
        StaffRole.objects.filter(pk="technician").update(powers=["catalogue"])
    return people.colleague("technician")


@pytest.mark.parametrize("thing", CHANGES)
@pytest.mark.parametrize(
    "by", ["nobody", "a visitor", "a customer", "a job", "a clerk", "a keeper", "the system"]
)
def test_only_who_keeps_the_catalogue_changes_it(thing: str, by: str) -> None:
    people.colleague("administrator")
    actors = {
        "nobody": Actor.staff(0), "a visitor": Actor.visitor(), "a customer": Actor.person(people.somebody().pk), "a job": JOB,
        "a clerk": Actor.staff(people.colleague("billing_clerk").pk), "a keeper": Actor.staff(keeper().pk), "the system": SYSTEM,
    }  # fmt: skip
    row = rows()[thing]
    with acting(Purpose.CONTRACT, actor=actors[by]):
        change = lambda: type(row)._base_manager.filter(pk=row.pk).update(**CHANGES[thing])  # noqa: E731
        if by in ("a keeper", "the system"):
            assert change() == 1
        else:
            with pytest.raises(Refused), transaction.atomic():
                change()


def test_who_lost_the_power_changes_nothing_any_more() -> None:
    people.colleague("administrator")
    row, colleague = rows()["a product"], keeper()
    with as_owner():
        StaffRole.objects.filter(pk="technician").update(powers=[])
    with acting(Purpose.CONTRACT, actor=Actor.staff(colleague.pk)), pytest.raises(Refused):
        Product.objects.filter(pk=row.pk).update(for_sale=False)


@pytest.mark.parametrize(
    ("model", "column", "value"),
    [
        (Price, "cents", 1), (Price, "valid_from", DAY), (Price, "setup_cents", 1), (ChoicePrice, "cents", 1),
        (Product, "kind", "work"), (Product, "slug", "x"), (Product, "extension", ".nl"), (Promotion, "basis_points", 1),
        (Promotion, "code", "ABC"), (Promotion, "uses", 0), (Group, "slug", "x"), (Choice, "position", 9),
    ],
)  # fmt: skip
def test_what_was_sold_stays_what_it_was(model: type[models.Model], column: str, value: Any) -> None:
    """Also for who keeps the catalogue: a price is replaced by another from a day on, and nothing is deleted."""
    rows()
    with acting(Purpose.CONTRACT, actor=SYSTEM):
        with pytest.raises(Refused), transaction.atomic():
            model._base_manager.update(**{column: value})
        with pytest.raises(Refused), transaction.atomic():
            model._base_manager.all()._raw_delete("default")


def test_a_promotion_is_made_with_its_products() -> None:
    product = make.product()
    with acting(Purpose.CONTRACT, actor=SYSTEM):
        made = Promotion.objects.create(
            code="ABC", name_nl="x", name_en="x", cents=5, valid_from=clock.day_of(make.NOW)
        )
        PromotionProduct.objects.create(promotion=made, product=product)
    refused(
        "promotion_names_a_product_once",
        lambda: PromotionProduct.objects.create(promotion=made, product=product),
    )
