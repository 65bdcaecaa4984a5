"""What something costs now and later: the rules, and the same said in SQL."""

import itertools
from datetime import date, timedelta

import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st

from hospes.catalogue.rules import (
    Amounts,
    Conditions,
    Discount,
    Quotation,
    Step,
    code_of,
    in_force,
    quotation,
    term_cents,
)
from tests.support.rights import as_owner

CENTS = st.integers(0, 10**9)


@st.composite
def amounts(draw: st.DrawFn) -> Amounts:
    cents, setup = draw(CENTS), draw(CENTS)
    if cents and draw(st.booleans()):
        return Amounts(cents, setup, draw(st.integers(0, cents - 1)), draw(st.integers(1, 5)))
    return Amounts(cents, setup)


def discounts() -> st.SearchStrategy[Discount]:
    percentage = st.builds(Discount, basis_points=st.integers(1, 10_000), forever=st.booleans())
    return percentage | st.builds(Discount, cents=st.integers(1, 10**9), forever=st.booleans())


OPTIONS = st.lists(st.tuples(st.builds(Amounts, CENTS, CENTS), st.integers(0, 20)), max_size=3)
QUANTITY = st.integers(1, 40)


@pytest.mark.parametrize(
    ("price", "discount", "now", "steps"),
    [
        (Amounts(7_950), None, 7_950, [(1, 7_950)]),
        (Amounts(7_950, 1_500), None, 9_450, [(1, 7_950)]),
        (Amounts(7_950, 0, 5_950, 1), None, 5_950, [(1, 5_950), (2, 7_950)]),
        (Amounts(795, 0, 0, 3), None, 0, [(1, 0), (4, 795)]),
        (Amounts(7_950), Discount(basis_points=1_000), 7_155, [(1, 7_155), (2, 7_950)]),
        (Amounts(7_950), Discount(basis_points=1_000, forever=True), 7_155, [(1, 7_155)]),
        (Amounts(7_950, 1_500), Discount(basis_points=10_000), 1_500, [(1, 0), (2, 7_950)]),
        (Amounts(795), Discount(cents=1_000, forever=True), 0, [(1, 0)]),
        (Amounts(795, 0, 595, 3), Discount(cents=100), 495, [(1, 495), (2, 595), (4, 795)]),
        (Amounts(795, 0, 595, 1), Discount(cents=100), 495, [(1, 495), (2, 795)]),
        (Amounts(5), Discount(basis_points=1_000), 4, [(1, 4), (2, 5)]),  # half a cent is a whole one
        (Amounts(4), Discount(basis_points=1_000), 4, [(1, 4)]),
    ],
)
def test_worked_examples(
    price: Amounts, discount: Discount | None, now: int, steps: list[tuple[int, int]]
) -> None:
    found = quotation(price, discount=discount)
    assert (found.now_cents, [(s.from_term, s.cents) for s in found.steps]) == (now, steps)


def test_options_cost_in_every_term_and_count_with_the_discount_but_not_with_the_introduction() -> None:
    price, room = Amounts(795, 1_000, 595, 1), (Amounts(150, 50), 2)
    found = quotation(price, options=[room], quantity=3, discount=Discount(basis_points=5_000))
    assert found.setup_cents == 3 * (1_000 + 100)
    assert found.before_cents == 3 * (595 + 300)
    assert found.steps == (
        Step(1, 1_341),
        Step(2, 3 * (795 + 300)),
    )  # half of 2685 is 1343 off, and each costs 447


@given(amounts(), OPTIONS, QUANTITY, st.none() | discounts())
def test_no_price_is_below_nothing_nor_above_the_one_without_the_code(
    price: Amounts, options: list[tuple[Amounts, int]], quantity: int, discount: Discount | None
) -> None:
    plain = quotation(price, options=options, quantity=quantity)
    found = quotation(price, options=options, quantity=quantity, discount=discount)
    assert found.setup_cents == plain.setup_cents
    assert found.before_cents == plain.first_cents
    for nth in range(1, 9):
        assert 0 <= found.term(nth) <= plain.term(nth)
        if discount and not discount.forever and nth > 1:
            assert found.term(nth) == plain.term(nth)
    assert found.now_cents + found.discount_cents == plain.now_cents


@given(amounts(), OPTIONS, QUANTITY, st.none() | discounts())
def test_steps_begin_with_the_first_term_go_up_and_change_something(
    price: Amounts, options: list[tuple[Amounts, int]], quantity: int, discount: Discount | None
) -> None:
    steps = quotation(price, options=options, quantity=quantity, discount=discount).steps
    assert steps[0].from_term == 1
    for one, other in itertools.pairwise(steps):
        assert one.from_term < other.from_term
        assert one.cents != other.cents


@given(amounts(), QUANTITY)
def test_so_many_cost_so_many_times_as_much_without_a_code(price: Amounts, quantity: int) -> None:
    one, many = quotation(price), quotation(price, quantity=quantity)
    assert many.now_cents == quantity * one.now_cents
    assert many.later_cents == quantity * one.later_cents


@given(
    st.lists(st.tuples(st.integers(0, 60), CENTS), max_size=6, unique_by=lambda p: p[0]), st.integers(-5, 70)
)
def test_the_price_in_force_is_the_latest_that_began(prices: list[tuple[int, int]], day: int) -> None:
    first = date(2026, 1, 1)

    class Dated:
        def __init__(self, offset: int, cents: int) -> None:
            self.valid_from, self.cents = first + timedelta(days=offset), cents

    found = in_force([Dated(*p) for p in prices], first + timedelta(days=day))
    begun = [p for p in prices if p[0] <= day]
    assert (found.cents if found else None) == (max(begun)[1] if begun else None)


def test_there_is_no_less_than_one() -> None:
    for quantity, options in ((0, []), (-1, []), (1, [(Amounts(1), -1)])):
        with pytest.raises(ValueError, match="no less"):
            quotation(Amounts(1), options=options, quantity=quantity)
    with pytest.raises(ValueError, match="no term 0"):
        term_cents([Step(1, 5)], 0)
    assert Quotation(0, (Step(1, 5),), 5).later_cents == 5


# --- for what, whom and when a code counts ---

DAY = date(2026, 3, 1)


def test_a_code_counts_from_its_first_to_its_last_day() -> None:
    held = Conditions(frozenset(), frozenset(), "", DAY, DAY + timedelta(days=1))
    counts = [held.counts_on(DAY + timedelta(days=n)) for n in range(-1, 3)]
    assert counts == [False, True, True, False]
    assert Conditions(frozenset(), frozenset(), "", DAY, None).counts_on(date(2999, 1, 1))


def test_a_code_is_for_products_terms_and_kinds_of_customers() -> None:
    held = Conditions(frozenset({1}), frozenset({12}), "business", DAY, None)
    assert [held.is_for(*x) for x in ((1, 12), (2, 12), (1, 1))] == [True, False, False]
    assert [held.is_for_customer(kind) for kind in ("", "business", "private")] == [True, True, False]
    anything = Conditions(frozenset(), frozenset(), "", DAY, None)
    assert anything.is_for(7, 36)
    assert anything.is_for_customer("private")


@pytest.mark.parametrize("text", ["welkom10", " Welkom 10 ", "WELKOM10"])
def test_a_code_is_read_as_people_type_it(text: str) -> None:
    assert code_of(text) == "WELKOM10"


# --- the same in SQL ---

_STEPS = "SELECT steps_from, steps_cents FROM catalogue_steps(%s, %s, %s, %s, %s, %s, %s, %s)"
_TERM = (
    "SELECT cents FROM unnest(%s::int[], %s::bigint[]) s (from_term, cents)"
    " WHERE from_term <= %s ORDER BY from_term DESC LIMIT 1"
)


@pytest.mark.database
@pytest.mark.django_db
@settings(max_examples=150, deadline=None)
@given(amounts(), st.none() | discounts(), QUANTITY, CENTS, st.integers(1, 9))
def test_the_twin_in_sql_gives_the_same(
    price: Amounts, discount: Discount | None, quantity: int, extra: int, nth: int
) -> None:
    steps = quotation(price, options=[(Amounts(extra), 1)], quantity=quantity, discount=discount).steps
    off = discount or Discount()
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(
            _STEPS,
            [price.cents, price.intro_cents, price.intro_terms, extra, quantity, off.basis_points, off.cents, off.forever],
        )  # fmt: skip
        froms, cents = cursor.fetchone()
        assert [Step(*pair) for pair in zip(froms, cents, strict=True)] == list(steps)
        cursor.execute(_TERM, [froms, cents, nth])
        assert cursor.fetchone()[0] == term_cents(steps, nth)
