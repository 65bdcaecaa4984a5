"""What a part of a term costs: to the cent, adding up, and the same in SQL as in Python."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st

from hospes.services.rules import Term, change, paid_ahead, part, unused, used

DAY = timedelta(days=1)
_CENTS = st.integers(-(10**9), 10**9)
_DAYS = st.dates(date(1990, 1, 1), date(2200, 12, 31))
_TERMS = st.builds(
    lambda anchor, months, nth: Term(anchor, months * nth, months), _DAYS, st.sampled_from([1, 3, 6, 12, 24, 36]),
    st.integers(1, 40),
)  # fmt: skip


@pytest.mark.parametrize(
    ("cents", "days", "of_days", "is_part"),
    [(3100, 10, 31, 1000), (100, 1, 3, 33), (100, 2, 3, 67), (1, 1, 2, 1), (-1, 1, 2, -1), (5, 0, 9, 0), (5, 9, 9, 5),
     (7500, 365, 366, 7480), (0, 3, 30, 0)],
)  # fmt: skip
def test_a_part_is_rounded_to_whole_cents_halves_away_from_zero(
    cents: int, days: int, of_days: int, is_part: int
) -> None:
    assert part(cents, days, of_days) == is_part


@pytest.mark.parametrize(("days", "of_days"), [(-1, 3), (4, 3), (0, 0)])
def test_days_outside_of_the_term_are_no_part_of_it(days: int, of_days: int) -> None:
    with pytest.raises(ValueError, match="no part of a term"):
        part(100, days, of_days)


@settings(deadline=None)
@given(_CENTS, st.integers(1, 1100), st.data())
def test_a_part_is_off_by_half_a_cent_at_most_and_mirrors(
    cents: int, of_days: int, data: st.DataObject
) -> None:
    days = data.draw(st.integers(0, of_days))
    got = part(cents, days, of_days)
    assert abs(2 * (got * of_days - cents * days)) <= of_days
    assert part(-cents, days, of_days) == -got


@settings(deadline=None)
@given(_CENTS, _TERMS, st.integers(-40, 1200))
def test_what_was_used_and_what_is_left_is_the_price(cents: int, term: Term, offset: int) -> None:
    on = term.begins_on + offset * DAY
    assert used(cents, term, on) + unused(cents, term, on) == cents
    if offset <= 0:
        assert used(cents, term, on) == 0
    if on >= term.renews_on:
        assert unused(cents, term, on) == 0


@settings(deadline=None)
@given(st.integers(0, 10**7), _TERMS)
def test_day_by_day_a_term_is_used_up_without_a_cent_lost(cents: int, term: Term) -> None:
    days = [term.begins_on + n * DAY for n in range(term.days + 1)]
    amounts = [used(cents, term, day) for day in days]
    assert amounts == sorted(amounts)
    assert sum(b - a for a, b in pairwise(amounts)) == cents


@settings(deadline=None)
@given(st.integers(0, 10**7), st.integers(0, 10**7), _TERMS, st.data())
def test_there_and_back_on_one_day_costs_nothing(old: int, new: int, term: Term, data: st.DataObject) -> None:
    on = term.begins_on + data.draw(st.integers(0, term.days)) * DAY
    there, back = change(old, new, term, on), change(new, old, term, on)
    assert there.total_cents + back.total_cents == 0
    assert 0 <= there.credit_cents <= old
    assert 0 <= there.charge_cents <= new
    if new >= old:
        assert there.total_cents >= 0


def test_an_upgrade_halfway_a_year() -> None:
    term = Term.first(date(2026, 1, 1), 12)
    half = date(2026, 7, 2)  # 182 of 365 days were used
    assert change(7500, 15000, term, half).credit_cents == 7500 - 3740
    assert change(7500, 15000, term, half).charge_cents == 15000 - 7479
    assert change(7500, 15000, term, term.begins_on).total_cents == 7500
    assert change(7500, 15000, term, term.renews_on).total_cents == 0


def test_a_term_that_was_invoiced_before_it_began_is_left_as_a_whole() -> None:
    this = Term.first(date(2026, 1, 31), 1)  # until 28 February
    assert paid_ahead(2800, this, date(2026, 2, 27)) == 100
    assert paid_ahead(2800, this.next(), date(2026, 2, 27)) == 100 + 2800
    assert paid_ahead(2800, this.next(), date(2026, 3, 31)) == 0


@settings(deadline=None, max_examples=40)
@given(_CENTS, _TERMS, st.data())
@pytest.mark.django_db
def test_postgresql_says_the_same(cents: int, term: Term, data: st.DataObject) -> None:
    days = data.draw(st.integers(0, term.days))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (%(anchor)s::date + make_interval(months => %(run)s))::date,"
            " sign(%(cents)s::bigint)::bigint * ((2 * abs(%(cents)s::bigint) * %(days)s + %(of)s) / (2 * %(of)s))",
            {"anchor": term.anchor_on, "run": term.run_months, "cents": cents, "days": days, "of": term.days},
        )
        assert cursor.fetchone() == (term.renews_on, part(cents, days, term.days))
