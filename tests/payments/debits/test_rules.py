"""Bank days, when what is announced and handed in, and when a mandate lapses: both sides of every boundary."""

from datetime import date, timedelta

import pytest
from dateutil.easter import easter as other_easter
from hypothesis import given
from hypothesis import strategies as st

from hospes.payments.debits import rules

DAYS = st.dates(date(2024, 1, 1), date(2090, 12, 31))


@pytest.mark.parametrize("year", range(1990, 2100))
def test_easter_is_what_others_say(year: int) -> None:
    assert rules.easter(year) == other_easter(year)


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2026, 4, 2), True), (date(2026, 4, 3), False), (date(2026, 4, 4), False), (date(2026, 4, 5), False),
        (date(2026, 4, 6), False), (date(2026, 4, 7), True), (date(2026, 4, 27), True),  # King's Day is no holiday of TARGET2
        (date(2026, 5, 1), False), (date(2026, 5, 14), True), (date(2026, 12, 24), True), (date(2026, 12, 25), False),
        (date(2025, 12, 26), False), (date(2026, 12, 28), True), (date(2027, 1, 1), False), (date(2026, 12, 31), True),
    ],
)  # fmt: skip
def test_on_which_days_banks_settle(day: date, expected: bool) -> None:
    assert rules.is_bank_day(day) is expected


@given(DAYS, st.integers(0, 15))
def test_bank_days_go_on_one_by_one(day: date, count: int) -> None:
    first = rules.bank_day_from(day)
    assert first >= day
    assert rules.is_bank_day(first)
    assert not any(rules.is_bank_day(day + timedelta(days=n)) for n in range((first - day).days))
    after = rules.bank_days_after(day, count)
    between = [first + timedelta(days=n) for n in range((after - first).days + 1)]
    assert sum(rules.is_bank_day(each) for each in between) == count + 1
    assert rules.bank_day_before(after) < after
    assert rules.bank_days_after(day, count + 1) > after
    assert rules.bank_day_from(rules.bank_day_before(after) + timedelta(days=1)) == after


@given(DAYS, st.integers(1, 10))
def test_a_file_of_today_can_always_be_submitted_in_time(today: date, submit_days: int) -> None:
    day = rules.earliest_collection(today=today, submit_days=submit_days)
    assert rules.last_day_to_submit(day) >= today
    assert rules.last_day_to_submit(day) < day
    assert rules.earliest_collection(today=today, submit_days=0) == rules.earliest_collection(
        today=today, submit_days=1
    )


@given(DAYS, DAYS, st.integers(1, 60))
def test_nothing_is_collected_before_it_is_due_or_sooner_than_announced(
    due: date, announced: date, notice: int
) -> None:
    day = rules.collection_day(due_on=due, announced_on=announced, notice_days=notice)
    assert day >= due
    assert day >= announced + timedelta(days=notice)
    assert rules.is_bank_day(day)


def test_an_announcement_is_so_early_that_it_can_be_the_day_on_which_it_is_due() -> None:
    due = date(2026, 3, 16)
    assert not rules.is_to_be_announced(due_on=due, today=date(2026, 3, 1), notice_days=14)
    assert rules.is_to_be_announced(due_on=due, today=date(2026, 3, 2), notice_days=14)
    assert rules.collection_day(due_on=due, announced_on=date(2026, 3, 2), notice_days=14) == due
    assert rules.collection_day(due_on=due, announced_on=date(2026, 3, 3), notice_days=14) == date(
        2026, 3, 17
    )


def test_it_is_collected_once_its_day_is_over() -> None:
    assert not rules.is_collected(collect_on=date(2026, 3, 16), today=date(2026, 3, 16))
    assert rules.is_collected(collect_on=date(2026, 3, 16), today=date(2026, 3, 17))


@pytest.mark.parametrize(
    ("used", "last_day"),
    [
        (date(2026, 3, 2), date(2029, 3, 2)),
        (date(2024, 2, 29), date(2027, 2, 28)),
        (date(2026, 12, 31), date(2029, 12, 31)),
    ],
)
def test_a_mandate_lapses_36_months_after_it_was_used(used: date, last_day: date) -> None:
    assert rules.lapses_on(signed_on=date(2020, 1, 1), last_used_on=used) == last_day
    assert rules.lapses_on(signed_on=used, last_used_on=None) == last_day


@given(DAYS)
def test_a_mandate_is_good_for_1094_to_1096_days(used: date) -> None:
    assert 1094 <= (rules.lapses_on(signed_on=used, last_used_on=None) - used).days <= 1096


@pytest.mark.parametrize(
    ("used", "count", "expected"),
    [
        (False, 1, ["FRST"]),
        (True, 1, ["RCUR"]),
        (False, 3, ["FRST", "RCUR", "RCUR"]),
        (True, 2, ["RCUR", "RCUR"]),
    ],
)
def test_only_the_first_collection_ever_is_the_first(used: bool, count: int, expected: list[str]) -> None:
    assert rules.sequence_types(was_used=used, count=count) == expected


@pytest.mark.parametrize(
    ("earlier", "expected"),
    [
        ([], True),
        (["retry"], True),
        (["retry", "retry"], False),
        (["stop"], False),
        (["end_mandate"], False),
        (["retry", "stop"], False),
    ],
)
def test_how_often_an_invoice_is_tried(earlier: list[str], expected: bool) -> None:
    assert rules.may_try(earlier) is expected


def test_account_numbers() -> None:
    assert rules.account_number(" nl02 abna 0123 4567 89 ") == "NL02ABNA0123456789"
    assert rules.masked("NL02ABNA0123456789") == "NL•• •••• •••• 6789"
    assert "ABNA" not in rules.masked("NL02ABNA0123456789")


@pytest.mark.parametrize(("text", "expected"), [("M10001-1", True), ("", False), ("x" * 35, True), ("x" * 36, False), ("a//b", False),
                                                ("/a", False), ("a/", False), ("é", False)])  # fmt: skip
def test_what_can_be_a_reference(text: str, expected: bool) -> None:
    assert rules.is_reference(text) is expected
