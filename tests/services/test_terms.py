"""When a term renews: months keep the day on which the first one began."""

from calendar import monthrange
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hospes.services.rules import renewal

_DAYS = st.dates(date(1990, 1, 1), date(2200, 12, 31))
_MONTHS = st.integers(0, 600)


def month_number(day: date) -> int:
    return day.year * 12 + day.month


@pytest.mark.parametrize(
    ("anchor", "months", "renews"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2028, 1, 31), 1, date(2028, 2, 29)),
        (date(2026, 1, 31), 2, date(2026, 3, 31)),
        (date(2026, 1, 31), 3, date(2026, 4, 30)),
        (date(2026, 1, 30), 1, date(2026, 2, 28)),
        (date(2026, 1, 29), 1, date(2026, 2, 28)),
        (date(2026, 1, 28), 1, date(2026, 2, 28)),
        (date(2028, 2, 29), 12, date(2029, 2, 28)),
        (date(2028, 2, 29), 48, date(2032, 2, 29)),
        (date(2026, 11, 30), 1, date(2026, 12, 30)),
        (date(2026, 12, 31), 1, date(2027, 1, 31)),
        (date(2026, 12, 31), 12, date(2027, 12, 31)),
        (date(2026, 3, 2), 12, date(2027, 3, 2)),
        (date(2026, 3, 2), 0, date(2026, 3, 2)),
        (date(2099, 12, 31), 2, date(2100, 2, 28)),  # no leap year
    ],
)
def test_a_short_month_does_not_move_the_anchor(anchor: date, months: int, renews: date) -> None:
    assert renewal(anchor, months) == renews


@settings(deadline=None)
@given(_DAYS, _MONTHS)
def test_a_term_renews_on_the_anchor_day_or_else_on_the_last_day_of_its_month(
    anchor: date, months: int
) -> None:
    renews = renewal(anchor, months)
    assert month_number(renews) == month_number(anchor) + months
    assert renews.day == min(anchor.day, monthrange(renews.year, renews.month)[1])


@settings(deadline=None)
@given(_DAYS, _MONTHS, _MONTHS)
def test_months_add_up_while_the_anchor_day_exists(anchor: date, some: int, more: int) -> None:
    stepwise = renewal(renewal(anchor, some), more)
    at_once = renewal(anchor, some + more)
    assert stepwise <= at_once
    if renewal(anchor, some).day == anchor.day:
        assert stepwise == at_once


@settings(deadline=None)
@given(_DAYS, st.integers(1, 36), st.integers(1, 12))
def test_terms_follow_each_other_without_a_gap_and_never_overlap(
    anchor: date, months: int, terms: int
) -> None:
    starts = [renewal(anchor, months * n) for n in range(terms + 1)]
    assert starts == sorted(set(starts))
    lengths = [until - since for since, until in pairwise(starts)]
    assert sum(lengths, timedelta()) == starts[-1] - anchor
    assert all(timedelta(days=28 * months) <= length <= timedelta(days=31 * months) for length in lengths)
