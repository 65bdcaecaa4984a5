"""Which line of the bank brings which payout, on both sides of each bound; and the day on which costs are booked."""

from datetime import date, timedelta

import pytest

from hospes.payments.reconciling.rules import Expected, Line, arrivals, booked_on, names

DAY = date(2026, 11, 10)
ONE = timedelta(days=1)


def line(pk: int, cents: int = 9_965, days: int = 0, text: str = "", is_theirs: bool = True) -> Line:
    return Line(pk, cents, DAY + days * ONE, text, is_theirs)


def payout(pk: int = 1, cents: int = 9_965, days: int = 0) -> Expected:
    return Expected(pk, f"1234567.2611.0{pk}", cents, DAY + days * ONE)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("t_x Settlement 1234567.2611.01", True), ("1234567 2611 01", True), ("1234567261101", True), ("1234567-2611-01", True),
        ("1234567.2611.011", False), ("91234567.2611.01", False), ("1234567.2611.02", False), ("", False),
        ("1234567  2611  01", False),
    ],
)  # fmt: skip
def test_a_number_stands_in_a_text_by_itself(text: str, found: bool) -> None:
    assert names(text, "1234567.2611.01") is found


@pytest.mark.parametrize("number", ["", "1.2", ".", "abc"])
def test_what_is_no_number_is_found_nowhere(number: str) -> None:
    assert not names("abc 1.2 . everything", number)


def test_the_number_says_it_whatever_the_amount_and_the_day() -> None:
    there = line(7, cents=1, days=90, text="1234567.2611.01", is_theirs=False)
    assert arrivals([payout()], [there], overdue=()) == {1: 7}
    back = line(7, cents=-1, text="1234567.2611.01")
    assert arrivals([payout()], [back], overdue=()) == {}


@pytest.mark.parametrize(("days", "found"), [(-3, False), (-2, True), (0, True), (14, True), (15, False)])
def test_by_its_amount_only_within_days(days: int, found: bool) -> None:
    assert arrivals([payout()], [line(7, days=days)], overdue=()) == ({1: 7} if found else {})


def test_by_its_amount_only_of_the_provider_and_only_where_these_two_fit() -> None:
    assert arrivals([payout()], [line(7, is_theirs=False)], overdue=()) == {}
    assert arrivals([payout()], [line(7), line(8)], overdue=()) == {}
    assert arrivals([payout(1), payout(2)], [line(7)], overdue=()) == {}
    assert arrivals([payout(1), payout(2, cents=1)], [line(7), line(8, cents=1)], overdue=()) == {1: 7, 2: 8}


def test_with_another_amount_only_what_is_overdue() -> None:
    other = line(7, cents=9_900)
    assert arrivals([payout()], [other], overdue=()) == {}
    assert arrivals([payout()], [other], overdue=[1]) == {1: 7}
    assert arrivals([payout()], [other, line(8, cents=1)], overdue=[1]) == {}
    assert arrivals([payout()], [line(7, cents=9_900, is_theirs=False)], overdue=[1]) == {}


def test_the_number_goes_first() -> None:
    by_number, same_amount = line(8, cents=1, text="1234567.2611.01"), line(7)
    assert arrivals([payout(1), payout(2)], [same_amount, by_number], overdue=()) == {1: 8, 2: 7}


@pytest.mark.parametrize(
    ("month", "settled", "booked"),
    [
        (date(2026, 11, 1), date(2026, 11, 30), date(2026, 11, 30)), (date(2026, 11, 1), date(2026, 12, 1), date(2026, 11, 30)),
        (date(2026, 11, 1), date(2026, 11, 3), date(2026, 11, 3)), (date(2027, 2, 1), date(2027, 3, 4), date(2027, 2, 28)),
        (date(2026, 12, 1), date(2027, 1, 2), date(2026, 12, 31)),
    ],
)  # fmt: skip
def test_costs_are_booked_within_their_month(month: date, settled: date, booked: date) -> None:
    assert booked_on(month, settled) == booked
