"""What a service costs with other options, and which it can have (P22)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hospes.services.rules import fits, going_on, with_options

pytestmark = pytest.mark.promise("P22")

_CENTS = st.integers(0, 10**7)
_PRICES = st.fixed_dictionaries(dict.fromkeys(range(5), _CENTS))
_HELD = st.dictionaries(st.integers(0, 4), st.integers(1, 20))


@pytest.mark.parametrize(
    ("held", "wanted", "cents"),
    [({1: 2}, {1: 2}, 5000), ({1: 2}, {1: 3}, 5100), ({1: 2}, {}, 4800), ({}, {2: 1}, 5700), ({2: 1}, {1: 1}, 4400),
     ({2: 7}, {}, 100), ({2: 8}, {}, 0), ({2: 8}, {1: 3}, 0)],
)  # fmt: skip
def test_what_is_added_comes_to_it_and_what_goes_is_taken_off(
    held: dict[int, int], wanted: dict[int, int], cents: int
) -> None:
    assert with_options(5000, {1: 100, 2: 700}, held, wanted) == cents


@given(_CENTS, _PRICES, _HELD)
def test_the_same_options_cost_what_was_agreed_whatever_they_cost_today(
    cents: int, prices: dict[int, int], held: dict[int, int]
) -> None:
    assert with_options(cents, prices, held, held) == cents
    assert with_options(cents, {}, held, held) == cents


@given(_CENTS, _PRICES, _HELD, _HELD)
def test_there_and_back_on_one_day_is_the_price_that_was_agreed_and_it_is_never_below_zero(
    cents: int, prices: dict[int, int], held: dict[int, int], wanted: dict[int, int]
) -> None:
    there = with_options(cents, prices, held, wanted)
    assert there >= 0
    back = with_options(there, prices, wanted, held)
    assert back == cents if there else back >= cents


@given(_CENTS, _PRICES, _HELD, _HELD, _HELD)
def test_in_two_steps_it_costs_the_same_unless_it_would_cost_less_than_nothing(
    cents: int, prices: dict[int, int], held: dict[int, int], between: dict[int, int], wanted: dict[int, int]
) -> None:
    halfway = with_options(cents, prices, held, between)
    at_once, in_two = (
        with_options(cents, prices, held, wanted),
        with_options(halfway, prices, between, wanted),
    )
    assert in_two == at_once if halfway else in_two >= at_once


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
