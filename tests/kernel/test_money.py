"""Money adds up to the cent, whatever is done with it."""

import contextlib
from decimal import Decimal, localcontext

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from hospes.kernel.money import CurrencyMismatch, Money, MoneyNotUnderstood, vat

cents = st.integers(-(10**12), 10**12)
moneys = st.builds(Money, cents)
weights = st.lists(st.integers(0, 10**6), min_size=1, max_size=20).filter(any)
percentages = st.decimals(0, 100, places=3, allow_nan=False)


def test_amounts_add_subtract_negate_and_compare() -> None:
    assert Money(150) + Money(50) == Money(200)
    assert Money(150) - Money(200) == Money(-50)
    assert -Money(150) == Money(-150)
    assert abs(Money(-150)) == Money(150)
    assert Money(1) < Money(2) <= Money(2)
    assert Money(3) > Money(2)
    assert not Money(0)
    assert Money(-1)
    assert Money.total([Money(1), Money(2)]) == Money(3)
    assert Money.total([], "USD") == Money(0, "USD")


def test_currencies_do_not_mix() -> None:
    assert Money(1) != Money(1, "USD")
    for mix in (
        lambda: Money(1) + Money(1, "USD"),
        lambda: Money(1) - Money(1, "USD"),
        lambda: Money(1) < Money(1, "USD"),
        lambda: Money.total([Money(1, "USD")]),
    ):
        with pytest.raises(CurrencyMismatch):
            mix()


@pytest.mark.parametrize("bad", [1.0, True, "1", Decimal(1)])
def test_cents_are_whole_numbers(bad: object) -> None:
    with pytest.raises(TypeError):
        Money(bad)  # type: ignore[arg-type]


@pytest.mark.parametrize("code", ["eur", "EURO", "", "€"])
def test_a_currency_is_its_code(code: str) -> None:
    with pytest.raises(ValueError, match="ISO 4217"):
        Money(1, code)


def test_money_and_bare_numbers_do_not_mix() -> None:
    with pytest.raises(TypeError):
        Money(1) + 1  # type: ignore[operator]
    with pytest.raises(TypeError):
        Money(1).times(1.5)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("amount", "quantity", "product"),
    [
        (999, 3, 2997),
        (1, Decimal("0.5"), 1),
        (-1, Decimal("0.5"), -1),
        (1, Decimal("0.49"), 0),
        (333, Decimal("1.5"), 500),
    ],
)
def test_times_rounds_once_halves_away_from_zero(amount: int, quantity: int | Decimal, product: int) -> None:
    assert Money(amount).times(quantity) == Money(product)


def test_the_callers_decimal_precision_does_not_matter() -> None:
    with localcontext(prec=3):
        assert Money(123_456_789).times(Decimal("1.01")) == Money(124_691_357)
        assert vat(123_456_789, Decimal(21)) == 25_925_926


@given(moneys, st.integers(-1000, 1000))
def test_times_is_repeated_addition(amount: Money, quantity: int) -> None:
    assert amount.times(quantity).cents == amount.cents * quantity


def test_share_out_gives_the_largest_remainders_the_cents_left_the_earlier_first() -> None:
    assert Money(100).share_out([1, 1, 1]) == [Money(34), Money(33), Money(33)]
    assert Money(10).share_out([1, 3]) == [Money(3), Money(7)]  # 2.5 and 7.5: the earlier half gets it
    assert Money(-100).share_out([1, 1, 1]) == [Money(-34), Money(-33), Money(-33)]
    assert Money(5).share_out([0, 1]) == [Money(0), Money(5)]


@pytest.mark.parametrize("refused", [[], [0], [0, 0], [2, -1]])
def test_share_out_needs_weights(refused: list[int]) -> None:
    with pytest.raises(ValueError, match="weights"):
        Money(100).share_out(refused)


@given(moneys, weights)
def test_no_cent_is_lost_and_no_part_is_off_by_a_cent_or_more(amount: Money, by: list[int]) -> None:
    parts, whole = amount.share_out(by), sum(by)
    assert Money.total(parts) == amount
    assert all(
        abs(part.cents * whole - amount.cents * weight) < whole
        for part, weight in zip(parts, by, strict=True)
    )


@given(moneys, weights)
def test_a_credit_note_is_shared_out_as_its_invoice(amount: Money, by: list[int]) -> None:
    assert (-amount).share_out(by) == [-part for part in amount.share_out(by)]


@pytest.mark.parametrize(
    ("net", "percent", "tax"),
    [
        (10_000, "21", 2_100),
        (50, "21", 11),  # 10.5
        (-50, "21", -11),
        (7, "21", 1),  # 1.47
        (8, "21", 2),  # 1.68
        (250, "9", 23),  # 22.5
        (100, "5.5", 6),  # 5.5
        (100, "0", 0),
    ],
)
def test_vat_rounds_halves_away_from_zero(net: int, percent: str, tax: int) -> None:
    assert vat(net, Decimal(percent)) == tax
    assert vat(Money(net, "USD"), Decimal(percent)) == Money(tax, "USD")


@given(cents, percentages)
def test_vat_is_within_half_a_cent_and_the_opposite_of_its_opposite(net: int, percent: Decimal) -> None:
    tax = vat(net, percent)
    assert abs(Decimal(tax) * 100 - net * percent) <= 50
    assert vat(-net, percent) == -tax


@pytest.mark.parametrize("percent", [Decimal(-1), Decimal("NaN"), Decimal("Infinity"), 21, 0.21])
def test_vat_wants_a_percentage(percent: object) -> None:
    with pytest.raises(ValueError, match="percentage"):
        vat(100, percent)  # type: ignore[call-overload]


@pytest.mark.parametrize(
    ("text", "dutch", "english"),
    [
        ("1.234,56", 123_456, None),
        ("1,234.56", None, 123_456),
        ("1.234", 123_400, None),
        ("1,234", None, 123_400),
        ("1.234.567", 123_456_700, None),
        ("12,50", 1_250, 1_250),
        ("12.50", 1_250, 1_250),
        ("12,5", 1_250, 1_250),
        ("0,05", 5, 5),
        ("1234,56", 123_456, 123_456),
        ("7", 700, 700),
        ("-3", -300, -300),
        ("\u22123,10", -310, -310),
        ("+3", 300, 300),
        ("€ 12,50", 1_250, 1_250),
        ("12.50 eur", 1_250, 1_250),
        ("-€5", -500, -500),
        ("€ -5", -500, -500),
        ("12,-", 1_200, 1_200),
        ("€\u00a01.000,--", 100_000, None),
        (" 1 000,00 ", 100_000, 100_000),
        ("", None, None),
        ("€", None, None),
        ("-", None, None),
        ("12,345,6", None, None),
        ("1.23.456", None, None),
        ("12,505", None, 1_250_500),
        ("1,2.3", None, None),
        ("1e3", None, None),
        ("twaalf", None, None),
        ("--1", None, None),
        ("\u0661", None, None),
        ("NaN", None, None),
        ("99999999999999999999", None, None),
    ],
)
def test_amounts_are_read_as_people_write_them(text: str, dutch: int | None, english: int | None) -> None:
    for language, expected in (("nl", dutch), ("en", english), ("en-gb", english)):
        if expected is None:
            with pytest.raises(MoneyNotUnderstood):
                Money.parse(text, language=language)
        else:
            assert Money.parse(text, language=language) == Money(expected)


@given(moneys)
def test_what_is_written_plainly_is_read_back(amount: Money) -> None:
    sign, (units, fraction) = "-" if amount.cents < 0 else "", divmod(abs(amount.cents), 100)
    english = f"{sign}{units:,}.{fraction:02}"
    dutch = english.translate(str.maketrans(",.", ".,"))
    assert Money.parse(english, language="en") == Money.parse(dutch, language="nl") == amount


@given(st.text(max_size=12))
def test_a_text_without_digits_is_refused(text: str) -> None:
    without = "".join(character for character in text if character not in "0123456789")
    with translation.override("en"), pytest.raises(MoneyNotUnderstood, match="amount"):
        Money.parse(without, language="nl")


@given(st.text("0123456789.,-€ ", max_size=12))
def test_whatever_is_typed_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(MoneyNotUnderstood):
        assert isinstance(Money.parse(text, language="en"), Money)
