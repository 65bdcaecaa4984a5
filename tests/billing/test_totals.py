"""What an invoice or quote adds up to: VAT once per rate, half a cent up, no cent lost."""

from datetime import date
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from hospes.billing.rules import VatGroup, document_number, series_of_year, totals

_RATES = st.sampled_from([0, 900, 2100, 550, 1]) | st.integers(0, 10_000)
_LINES = st.lists(st.tuples(st.integers(0, 10**12), _RATES), max_size=30)


@pytest.mark.parametrize(
    ("net", "vat"),
    [
        (0, 0), (1, 0), (2, 0), (3, 1), (100, 21), (7500, 1575), (750, 158), (250, 53), (50, 11), (49, 10), (350, 74),
        (999_999_999_999, 210_000_000_000),
    ],
)  # fmt: skip
def test_vat_is_rounded_to_a_cent_and_half_a_cent_goes_up(net: int, vat: int) -> None:
    assert totals([(net, 2100)]).groups == (VatGroup(2100, net, vat),)


def test_vat_is_computed_over_the_sum_of_a_rate_and_not_line_by_line() -> None:
    found = totals([(2, 2100)] * 3)  # 0.42 a line would be nothing, 1.26 together is one cent
    assert (found.net_cents, found.vat_cents, found.total_cents) == (6, 1, 7)
    found = totals([(50, 2100)] * 2)  # 10.5 a line would be 22
    assert (found.vat_cents, found.total_cents) == (21, 121)


def test_each_rate_has_its_group_the_lowest_first() -> None:
    found = totals([(1000, 2100), (500, 900), (250, 0), (1, 2100)])
    assert found.groups == (VatGroup(0, 250, 0, "Z"), VatGroup(900, 500, 45), VatGroup(2100, 1001, 210))
    assert (found.net_cents, found.vat_cents, found.total_cents) == (1751, 255, 2006)


def test_nothing_is_nothing() -> None:
    found = totals([])
    assert (found.groups, found.net_cents, found.vat_cents, found.total_cents) == ((), 0, 0, 0)


@settings(deadline=None)
@given(_LINES)
@example([(50, 2100)])
@example([(5, 1000), (5, 1000)])
def test_it_says_what_arithmetic_with_decimals_says(lines: list[tuple[int, int]]) -> None:
    found = totals(lines)
    for group in found.groups:
        net = sum((Decimal(cents) / 100 for cents, rate in lines if rate == group.basis_points), Decimal(0))
        vat = (net * group.basis_points / 10_000).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
        assert (group.net_cents, group.vat_cents) == (int(net * 100), int(vat * 100))
    assert [g.basis_points for g in found.groups] == sorted({rate for _, rate in lines})


@settings(deadline=None)
@given(_LINES)
def test_the_parts_add_up_to_the_whole(lines: list[tuple[int, int]]) -> None:
    found = totals(lines)
    assert found.net_cents == sum(cents for cents, _ in lines) == sum(g.net_cents for g in found.groups)
    assert found.vat_cents == sum(g.vat_cents for g in found.groups)
    assert found.net_cents + found.vat_cents == found.total_cents


@settings(deadline=None)
@given(_LINES, st.randoms())
def test_the_order_of_the_lines_does_not_matter(lines: list[tuple[int, int]], chance: object) -> None:
    shuffled = list(lines)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]  # a Random
    assert totals(shuffled) == totals(lines)


@settings(deadline=None)
@given(_LINES, st.integers(0, 10**6), _RATES)
def test_one_more_line_never_makes_it_less(lines: list[tuple[int, int]], cents: int, rate: int) -> None:
    before, after = totals(lines), totals([*lines, (cents, rate)])
    assert after.net_cents == before.net_cents + cents
    assert after.total_cents - before.total_cents >= cents


@pytest.mark.parametrize(
    ("day", "number", "series", "text"),
    [
        (date(2026, 1, 1), 1, "invoice:2026", "F2026-00001"),
        (date(2025, 12, 31), 99_999, "invoice:2025", "F2025-99999"),
        (date(2026, 12, 31), 100_000, "invoice:2026", "F2026-100000"),
    ],
)
def test_a_number_says_its_year_and_has_a_series_of_that_year(
    day: date, number: int, series: str, text: str
) -> None:
    found = series_of_year("invoice", day.year), document_number("F", day.year, number)
    assert found == (series, text)
