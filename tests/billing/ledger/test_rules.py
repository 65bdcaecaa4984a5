"""What of an amount is revenue by when: to the cent, whatever the period."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hospes.billing.ledger.rules import months, next_month, recognised, releases

DAYS = st.dates(date(2024, 1, 1), date(2030, 12, 31))
AMOUNTS = st.integers(-(10**9), 10**9)


@pytest.mark.parametrize(
    ("until", "cents"),
    [
        (date(2026, 3, 1), 0),
        (date(2026, 3, 2), 21),  # a 365th part is 20.55
        (date(2026, 3, 31), 616),
        (date(2027, 2, 28), 7479),
        (date(2027, 3, 1), 7500),
        (date(2030, 1, 1), 7500),
    ],
)
def test_a_year_is_earned_day_by_day(until: date, cents: int) -> None:
    assert recognised(7500, date(2026, 3, 2), date(2027, 3, 1), until) == cents


def test_what_has_no_period_is_revenue_at_once() -> None:
    assert recognised(7500, None, None, date(2026, 1, 1)) == 7500
    assert releases(7500, None, None, date(2026, 1, 1)) == {}


@given(AMOUNTS, DAYS, st.integers(0, 1200), DAYS)
def test_the_parts_of_the_months_add_up_to_the_whole(
    cents: int, first: date, days: int, booked_on: date
) -> None:
    last = first + timedelta(days=days)
    end = next_month(booked_on) - timedelta(days=1)
    at_once, later = recognised(cents, first, last, end), releases(cents, first, last, booked_on)
    assert at_once + sum(later.values()) == cents
    assert all(month > booked_on for month in later)
    assert all((part > 0) == (cents > 0) for part in later.values())


@given(AMOUNTS, DAYS, st.integers(0, 1200), DAYS)
def test_a_credit_note_is_the_exact_opposite(cents: int, first: date, days: int, until: date) -> None:
    last = first + timedelta(days=days)
    assert recognised(-cents, first, last, until) == -recognised(cents, first, last, until)


def test_months_are_each_by_their_first_day() -> None:
    assert list(months(date(2026, 11, 30), date(2027, 1, 1))) == [
        date(2026, 11, 1),
        date(2026, 12, 1),
        date(2027, 1, 1),
    ]
    assert list(months(date(2026, 2, 1), date(2026, 1, 31))) == []
