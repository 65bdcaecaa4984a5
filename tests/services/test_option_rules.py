"""What a service costs with other options, and which it can have (P22)."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hospes.services.rules import CostsLess, Part, fits, going_on, raised, raised_cents, shares, with_options

pytestmark = pytest.mark.promise("P22")

_CENTS = st.integers(0, 10**7)
_PRICES = st.fixed_dictionaries(dict.fromkeys(range(5), _CENTS))
_HELD = st.dictionaries(st.integers(0, 4), st.integers(1, 20))


TODAY, BEFORE = date(2026, 3, 2), date(2026, 3, 1)
#: What options have in a price besides the product.
_PARTS = st.lists(
    st.builds(Part, st.integers(0, 4), st.integers(1, 20), _CENTS, st.just(BEFORE)), max_size=6
).map(tuple)


def held_of(parts: Sequence[Part]) -> dict[int, int]:
    held = Counter[int]()
    for part in parts:
        held[part.choice_id] += part.count
    return dict(held)


def sum_of(parts: Sequence[Part]) -> int:
    return sum(part.sum_cents for part in parts)


@pytest.mark.parametrize(
    ("wanted", "cents"),
    [({1: 2}, 5000), ({1: 3}, 5100), ({}, 4750), ({1: 1}, 4990), ({1: 2, 2: 1}, 5700), ({2: 1}, 5450)],
)  # fmt: skip
def test_what_is_added_costs_what_it_does_today_and_what_goes_what_it_was_agreed_at(
    wanted: dict[int, int], cents: int
) -> None:
    parts = (Part(1, 1, 240, BEFORE), Part(1, 1, 10, BEFORE))
    assert with_options(5000, parts, {1: 100, 2: 700}, wanted, today=TODAY)[0] == cents


@given(_CENTS, _PRICES, _PARTS, _HELD)
def test_the_price_is_never_below_what_was_agreed_for_the_product_by_itself(
    product: int, prices: dict[int, int], parts: tuple[Part, ...], wanted: dict[int, int]
) -> None:
    cents, became = with_options(product + sum_of(parts), parts, prices, wanted, today=TODAY)
    assert cents == product + sum_of(became)
    assert held_of(became) == wanted


@given(_CENTS, _PRICES, _PARTS)
def test_the_same_options_cost_what_was_agreed_whatever_they_cost_today(
    product: int, prices: dict[int, int], parts: tuple[Part, ...]
) -> None:
    cents = product + sum_of(parts)
    assert with_options(cents, parts, prices, held_of(parts), today=TODAY) == (cents, parts)
    assert with_options(cents, parts, {}, held_of(parts), today=TODAY) == (cents, parts)
    assert with_options(cents, parts, {}, {}, today=TODAY) == (product, ())


@given(_CENTS, _PRICES, _PARTS, _HELD)
def test_more_and_less_again_is_what_it_was(
    product: int, prices: dict[int, int], parts: tuple[Part, ...], more: dict[int, int]
) -> None:
    cents, held = product + sum_of(parts), held_of(parts)
    there, between = with_options(cents, parts, prices, Counter(held) + Counter(more), today=TODAY)
    assert with_options(there, between, prices, held, today=TODAY) == (cents, parts)


@given(_CENTS, _PRICES, _PARTS, _HELD, _HELD)
def test_at_the_prices_of_today_it_costs_the_same_in_two_steps(
    product: int,
    prices: dict[int, int],
    parts: tuple[Part, ...],
    between: dict[int, int],
    wanted: dict[int, int],
) -> None:
    parts = tuple(replace(part, cents=prices[part.choice_id]) for part in parts)
    cents = product + sum_of(parts)
    halfway, has = with_options(cents, parts, prices, between, today=TODAY)
    at_once = with_options(cents, parts, prices, wanted, today=TODAY)[0]
    assert with_options(halfway, has, prices, wanted, today=TODAY)[0] == at_once


def test_parts_that_are_not_of_the_price_give_no_price() -> None:
    with pytest.raises(CostsLess):
        with_options(100, [Part(1, 1, 101, BEFORE)], {}, {}, today=TODAY)


@given(_CENTS, _CENTS, _PRICES, _HELD)
def test_options_share_in_a_price_and_leave_the_product_its_part(
    agreed: int, product: int, prices: dict[int, int], held: dict[int, int]
) -> None:
    parts = shares(agreed, product, prices, held, since=BEFORE)
    listed = product + sum(prices[pk] * n for pk, n in held.items())
    assert held_of(parts) == held
    if listed:
        assert agreed * product <= (agreed - sum_of(parts)) * listed
        assert shares(listed, product, prices, held, since=BEFORE) == tuple(
            Part(pk, n, prices[pk], BEFORE) for pk, n in held.items()
        )


@given(_CENTS, _PARTS, st.integers(1, 10_000))
def test_a_raise_is_of_the_options_that_were_there_and_never_more_than_all_of_it(
    product: int, parts: tuple[Part, ...], points: int
) -> None:
    cents = product + sum_of(parts)
    new = raised_cents(cents, basis_points=points, price_cents=None)
    became = raised(parts, points, planned_on=TODAY)
    assert product <= new - sum_of(became)
    assert raised(parts, points, planned_on=BEFORE) == parts
    assert raised(parts, None, planned_on=TODAY) == parts


@given(_CENTS, st.integers(-(10**7), 10**7))
def test_an_introductory_price_goes_on_with_what_the_options_cost(cents: int, by: int) -> None:
    assert going_on(cents, by) == max(0, cents + by)


@pytest.mark.parametrize(
    ("held", "wanted", "can_be"),
    [
        ({}, {1: 5}, True), ({}, {1: 6}, False), ({1: 8}, {1: 8}, True), ({1: 8}, {1: 7}, True), ({1: 8}, {1: 9}, False),
        ({}, {1: 0}, False), ({}, {1: -1}, False), ({}, {9: 1}, False), ({9: 2}, {9: 2}, True), ({9: 2}, {9: 3}, False),
        ({}, {2: 1}, True), ({}, {2: 1, 3: 1}, False), ({2: 1}, {3: 1, 1: 1}, True), ({2: 1}, {2: 1, 3: 1}, False),
        ({}, {}, True),
    ],
)  # fmt: skip
def test_no_more_than_is_offered_or_held_and_one_of_a_list(
    held: dict[int, int], wanted: dict[int, int], can_be: bool
) -> None:
    assert fits({1: 5, 2: 1, 3: 1}, [[2, 3]], held, wanted) is can_be
