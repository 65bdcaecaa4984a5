"""Amounts, days and moments read as each language writes them."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from hospes.faces import words

TODAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("cents", "dutch", "english"),
    [
        (0, "€\u00a00,00", "€0.00"),
        (5, "€\u00a00,05", "€0.05"),
        (123456, "€\u00a01.234,56", "€1,234.56"),
        (123456789, "€\u00a01.234.567,89", "€1,234,567.89"),
        (-500, "€\u00a0\u22125,00", "\u2212€5.00"),
        (-1, "€\u00a0\u22120,01", "\u2212€0.01"),
    ],
)
def test_euros_are_written_as_the_language_does(cents: int, dutch: str, english: str) -> None:
    with translation.override("nl"):
        assert words.euro(cents) == dutch
    with translation.override("en"):
        assert words.euro(cents) == english


@given(st.integers(-(10**12), 10**12), st.sampled_from(["nl", "en"]))
def test_the_written_amount_is_the_amount_and_no_line_breaks_in_it(cents: int, language: str) -> None:
    with translation.override(language):
        text = words.euro(cents)
    figures = "".join(c for c in text if c.isdigit())
    assert int(figures) == abs(cents)
    assert (words.MINUS in text) == (cents < 0)
    assert " " not in text


def test_a_day_is_written_in_words() -> None:
    with translation.override("nl"):
        assert words.day(TODAY) == "22 november 2026"
        assert words.day(date(2027, 3, 1)) == "1 maart 2027"
    with translation.override("en"):
        assert words.day(date(2027, 3, 1)) == "1 March 2027"


def test_a_moment_is_told_in_amsterdam_time_in_winter_and_in_summer() -> None:
    with translation.override("nl"):
        assert words.moment(datetime(2026, 11, 22, 13, 5, tzinfo=UTC)) == "22 november 2026, 14:05"
        assert words.moment(datetime(2026, 7, 1, 22, 30, tzinfo=UTC)) == "2 juli 2026, 00:30"
        assert words.day(datetime(2026, 7, 1, 22, 30, tzinfo=UTC)) == "2 juli 2026"


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        words.moment(datetime(2026, 11, 22, 13, 5))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("days", "dutch", "english"),
    [
        (0, "vandaag", "today"),
        (1, "morgen", "tomorrow"),
        (-1, "gisteren", "yesterday"),
        (3, "over 3 dagen", "in 3 days"),
        (14, "over 14 dagen", "in 14 days"),
        (15, "over 2 weken", "in 2 weeks"),
        (60, "over 8 weken", "in 8 weeks"),
        (61, "over 2 maanden", "in 2 months"),
        (365, "over 11 maanden", "in 11 months"),
        (731, "over 2 jaar", "in 2 years"),
        (-2, "2 dagen geleden", "2 days ago"),
        (-20, "2 weken geleden", "2 weeks ago"),
        (-100, "3 maanden geleden", "3 months ago"),
        (-1500, "4 jaar geleden", "4 years ago"),
    ],
)
def test_a_distance_is_said_in_the_unit_that_fits(days: int, dutch: str, english: str) -> None:
    day = TODAY + timedelta(days=days)
    with translation.override("nl"):
        assert words.relative_day(day, TODAY) == dutch
    with translation.override("en"):
        assert words.relative_day(day, TODAY) == english


@given(st.integers(-4000, 4000))
def test_nobody_is_told_that_there_is_more_time_than_there_is(days: int) -> None:
    with translation.override("en"):
        text = words.relative_day(TODAY + timedelta(days=days), TODAY)
    if not text.startswith("in "):
        assert days <= 1
        return
    count, unit = int(text.split()[1]), text.split()[2].rstrip("s")
    assert count * {"day": 1, "week": 7, "month": 30.43, "year": 365.24}[unit] <= days
