"""How a contract ends: consumers as the Wet van Dam says, companies as was agreed."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hospes.services.rules import Term, Ways, paid_ahead, renewal, ways_to_end

DAY = timedelta(days=1)
FIRST = Term.first(date(2026, 1, 15), 12)


def ways(term: Term, asked_on: date, *, is_consumer: bool = True, bound_until: date | None = None) -> Ways:
    return ways_to_end(
        is_consumer=is_consumer, terms=[term], bound_until=bound_until or renewal(term.anchor_on, term.months),
        asked_on=asked_on, business_notice_days=30,
    )  # fmt: skip


@pytest.mark.parametrize("asked_on", [date(2026, 1, 15), date(2026, 6, 1), date(2027, 1, 14)])
def test_a_consumer_is_bound_to_the_term_they_chose_and_can_end_it_up_to_its_last_day(asked_on: date) -> None:
    assert ways(FIRST, asked_on) == Ways(date(2027, 1, 15), date(2027, 1, 15))
    assert not ways(FIRST, asked_on).is_free


@pytest.mark.parametrize(
    ("asked_on", "ends_on"),
    [
        (date(2027, 1, 15), date(2027, 2, 15)),
        (date(2027, 1, 31), date(2027, 2, 28)),  # date to date: a short month has no 31st
        (date(2027, 3, 31), date(2027, 4, 30)),
        (date(2027, 12, 15), date(2028, 1, 15)),
        (date(2027, 12, 20), date(2028, 1, 15)),  # the term ends sooner than the notice
    ],
)
def test_after_a_silent_renewal_any_day_with_a_months_notice(asked_on: date, ends_on: date) -> None:
    assert ways(FIRST.next(), asked_on).soonest == ends_on
    assert ways(FIRST.next(), asked_on).at_term_end == date(2028, 1, 15)


def test_notice_on_31_january_of_a_yearly_contract_and_what_is_paid_back() -> None:
    """A year from 1 November 2025, renewed silently on 1 November 2026 for 73 euro; notice on 31 January 2027."""
    renewed = Term.first(date(2025, 11, 1), 12).next()
    end = ways(renewed, date(2027, 1, 31)).soonest
    assert end == date(2027, 2, 28)
    assert (end - renewed.begins_on).days == 119
    assert paid_ahead(7300, renewed, end) == 7300 - 2380  # 20 cents a day
    leap = Term.first(date(2026, 11, 1), 12).next()
    assert ways(leap, date(2028, 1, 31)).soonest == date(2028, 2, 29)


@pytest.mark.parametrize(
    ("asked_on", "ends_on"),
    [
        (date(2026, 3, 1), date(2027, 1, 15)),
        (date(2026, 12, 16), date(2027, 1, 15)),  # thirty days before
        (date(2026, 12, 17), date(2028, 1, 15)),
    ],
)
def test_a_company_ends_at_the_end_of_a_term_with_the_notice_agreed(asked_on: date, ends_on: date) -> None:
    assert ways(FIRST, asked_on, is_consumer=False) == Ways(ends_on, ends_on)


def test_a_company_has_no_free_month_after_a_silent_renewal() -> None:
    assert not ways(FIRST.next(), date(2027, 5, 1), is_consumer=False).is_free


@settings(deadline=None)
@given(
    st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.sampled_from([1, 3, 6, 12, 24, 36]), st.integers(1, 20),
    st.integers(0, 1100), st.booleans(),
)  # fmt: skip
def test_nobody_ends_in_the_past_and_no_consumer_is_held_for_more_than_a_month(
    anchor: date, months: int, nth: int, offset: int, is_consumer: bool
) -> None:
    term = Term(anchor, months * nth, months)
    asked_on = term.begins_on + min(offset, term.days - 1) * DAY
    found = ways(term, asked_on, is_consumer=is_consumer)
    assert asked_on <= found.soonest <= found.at_term_end
    if not is_consumer:
        return
    assert found.at_term_end == term.renews_on
    bound_until = renewal(anchor, min(months, 12)) if nth == 1 else anchor
    if asked_on < bound_until:
        assert found.soonest == bound_until
    else:
        assert found.soonest == min(renewal(asked_on, 1), term.renews_on)
    assert found.soonest <= max(renewal(anchor, 12), renewal(asked_on, 1))


@pytest.mark.parametrize("months", [24, 36])
@pytest.mark.parametrize(
    ("asked_on", "ends_on"),
    [
        (date(2026, 1, 15), date(2027, 1, 15)),
        (date(2026, 12, 31), date(2027, 1, 15)),
        (date(2027, 1, 14), date(2027, 1, 15)),
        (date(2027, 1, 15), date(2027, 2, 15)),
        (date(2027, 1, 31), date(2027, 2, 28)),
    ],
)
def test_a_consumer_is_held_to_a_longer_term_for_a_year(months: int, asked_on: date, ends_on: date) -> None:
    """Art. 6:237 k: longer than a year only where it can be ended at any time after it, with at most a month's notice."""
    term = Term.first(date(2026, 1, 15), months)
    assert ways(term, asked_on) == Ways(ends_on, term.renews_on)
    assert ways(term, asked_on, is_consumer=False) == Ways(term.renews_on, term.renews_on)


def test_a_longer_term_that_was_chosen_for_the_next_one_holds_for_a_year_from_its_first_day() -> None:
    runs = Term.first(date(2026, 1, 15), 1)
    chosen = runs.next(24)
    found = ways_to_end(
        is_consumer=True, terms=[runs, chosen], bound_until=chosen.renews_on, asked_on=date(2026, 2, 10),
        business_notice_days=30,
    )  # fmt: skip
    assert found == Ways(date(2027, 2, 15), chosen.renews_on)


def test_who_took_a_long_term_over_is_held_to_it_for_a_year_from_then_on() -> None:
    term = Term.first(date(2026, 1, 15), 36)
    for held_since, ends_on in ((date(2026, 6, 1), date(2027, 6, 1)), (date(2028, 6, 1), term.renews_on)):
        found = ways_to_end(
            is_consumer=True, terms=[term], bound_until=term.renews_on, asked_on=held_since + DAY,
            business_notice_days=30, held_since=held_since,
        )  # fmt: skip
        assert found == Ways(ends_on, term.renews_on)


@pytest.mark.parametrize(
    ("asked_on", "ends_on"),
    [
        (date(2027, 12, 20), date(2028, 1, 15)),  # the term that runs ends before the notice does
        (date(2028, 1, 14), date(2028, 1, 15)),
        (date(2028, 1, 15), date(2028, 2, 15)),
    ],
)
def test_that_the_next_term_was_invoiced_holds_nobody_to_it(asked_on: date, ends_on: date) -> None:
    runs = FIRST.next()
    terms = [runs, runs.next()] if asked_on < runs.renews_on else [runs.next()]
    found = ways_to_end(
        is_consumer=True, terms=terms, bound_until=FIRST.renews_on, asked_on=asked_on, business_notice_days=30
    )
    assert (found.soonest, found.at_term_end) == (ends_on, terms[0].renews_on)


def test_a_company_that_cancels_in_time_is_not_held_to_a_term_that_was_invoiced_before() -> None:
    terms = [FIRST, FIRST.next(1)]
    for asked_on, ends_on in (
        (date(2026, 12, 16), date(2027, 1, 15)),
        (date(2026, 12, 17), date(2027, 2, 15)),  # the next one is as long as it was invoiced
        (date(2027, 1, 14), date(2027, 2, 15)),
    ):
        found = ways_to_end(
            is_consumer=False,
            terms=terms,
            bound_until=FIRST.renews_on,
            asked_on=asked_on,
            business_notice_days=30,
        )
        assert found == Ways(ends_on, ends_on)


@settings(deadline=None)
@given(
    st.dates(date(2000, 1, 1), date(2100, 1, 1)),
    st.lists(st.sampled_from([1, 3, 6, 12, 24, 36]), min_size=1, max_size=12),
)
def test_terms_of_different_lengths_keep_the_anchor_day(anchor: date, lengths: list[int]) -> None:
    term = Term.first(anchor, lengths[0])
    for months in lengths[1:]:
        following = term.next(months)
        assert following.begins_on == term.renews_on
        assert following.months == months
        term = following
    assert term.renews_on == renewal(anchor, sum(lengths))
    assert term.next().before() == term


def test_from_monthly_to_yearly_in_february_keeps_the_31st() -> None:
    february = Term.first(date(2026, 1, 31), 1)
    year = february.next(12)
    assert (year.begins_on, year.renews_on) == (date(2026, 2, 28), date(2027, 2, 28))
    assert year.next(1).renews_on == date(2027, 3, 31)
