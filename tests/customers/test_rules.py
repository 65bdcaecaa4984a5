"""Which numbers have the right form, and which one may not be stored at all."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hospes.customers import rules

#: The decimal digits of other scripts: Python calls them digits, no register does.
FOREIGN_DIGITS = "٠١٢٣٤٥٦٧٨٩०१२३४５６７８"

_NINE_DIGITS = st.integers(1, 999_999_999).map("{:09d}".format)


def passes_eleven(digits: str) -> bool:
    """The eleven-test of citizen service numbers, written out: 9a+8b+7c+6d+5e+4f+3g+2h-i is divisible by 11."""
    weights = (9, 8, 7, 6, 5, 4, 3, 2, -1)
    return sum(w * int(d) for w, d in zip(weights, digits, strict=True)) % 11 == 0


def post_2020(digits: str) -> str | None:
    """The VAT identification number of a sole trader since 2020 with these digits (mod 97); None where there is none."""
    stem = "2321" + digits + "11"  # N, L and B as the numbers 23, 21 and 11
    check = (1 - int(stem) * 100) % 97
    return f"NL{digits}B{check:02d}" if check else None


# --- KvK ---


@pytest.mark.promise("P03")
@pytest.mark.parametrize(
    "written", ["12345678", " 12345678 ", "1234 5678", "12.34.56.78", "12345678\n", "1234\u00a05678"]
)
def test_a_kvk_number_is_eight_digits_however_it_is_spaced(written: str) -> None:
    assert rules.kvk_number(written) == "12345678"


@pytest.mark.parametrize(
    "written", ["", "1234567", "123456789", "1234567a", "-1234567", "1234-5678", "KvK 12345678"]
)
def test_seven_or_nine_digits_or_anything_else_is_no_kvk_number(written: str) -> None:
    with pytest.raises(ValueError, match="eight digits"):
        rules.kvk_number(written)


@settings(deadline=None)
@given(st.text(st.sampled_from(FOREIGN_DIGITS), min_size=1, max_size=8))
def test_digits_of_another_script_are_no_kvk_number(some: str) -> None:
    with pytest.raises(ValueError, match="eight digits"):
        rules.kvk_number(some.rjust(8, "1"))


@settings(deadline=None)
@given(st.text(max_size=20))
def test_whatever_comes_out_of_the_kvk_rule_is_eight_plain_digits(text: str) -> None:
    try:
        number = rules.kvk_number(text)
    except ValueError:
        return
    assert len(number) == 8
    assert set(number) <= set("0123456789")


# --- VAT ---


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("NL002455799B11", "NL002455799B11"),
        ("nl 0024.55.799.b11", "NL002455799B11"),
        ("BE0411905847", "BE0411905847"),
        ("be 0411.905.847", "BE0411905847"),
        ("DE136695976", "DE136695976"),
        ("FR40303265045", "FR40303265045"),
    ],
)
def test_a_vat_number_with_right_check_digits_comes_out_compact(written: str, number: str) -> None:
    assert rules.vat_number(written) == number


@pytest.mark.parametrize(
    "written",
    [
        "NL002455799B12", "NL002455799B10", "BE0411905848", "DE136695977", "NL123456789B90", "NL002455799B00",
        "NL", "B11", "", "002455799B11", "GB123456789", "US123456789", "ZZ1", "NL002455799C11", "NL02455799B1",
    ],
)  # fmt: skip
def test_a_wrong_check_digit_country_or_form_is_no_vat_number(written: str) -> None:
    with pytest.raises(ValueError, match="no valid EU VAT number"):
        rules.vat_number(written)


@pytest.mark.parametrize("suffix", ["B01", "B02", "B13", "B99"])
@pytest.mark.parametrize("bsn", ["111222333", "123456782", "012345672"])
def test_a_number_of_before_2020_that_holds_a_citizen_service_number_is_refused(
    bsn: str, suffix: str
) -> None:
    assert passes_eleven(bsn)
    number = f"NL{bsn}{suffix}"
    assert post_2020(bsn) != number
    with pytest.raises(ValueError, match="citizen service number"):
        rules.vat_number(number)


@settings(deadline=None)
@given(_NINE_DIGITS)
def test_a_number_that_passes_mod_97_is_accepted_also_where_its_digits_pass_the_eleven_test(
    digits: str,
) -> None:
    number = post_2020(digits)
    if number is not None:
        assert rules.vat_number(number) == number


def test_some_of_those_pass_the_eleven_test_too() -> None:
    both = next(n for n in range(100_000_000, 100_001_000) if passes_eleven(str(n)) and post_2020(str(n)))
    number = post_2020(str(both))
    assert number is not None
    assert rules.vat_number(number) == number


@pytest.mark.parametrize("begin", [800_000_000, 821_792_230, 899_999_000, 1_000_000, 4_495_440])
def test_the_number_of_a_legal_person_passes_the_eleven_test_as_well_and_is_no_citizens(begin: int) -> None:
    """It begins with an 8 or with two zeros, which no citizen service number does; since 2020 nothing changed about it."""
    digits = next(text for n in range(begin, begin + 100) if passes_eleven(text := f"{n:09d}"))
    for suffix in ("B01", "B02"):
        assert rules.vat_number(f"NL{digits}{suffix}") == f"NL{digits}{suffix}"


@pytest.mark.parametrize("first", ["01", "09", "10", "79", "90"])
def test_any_other_beginning_may_be_a_citizens(first: str) -> None:
    digits = next(text for n in range(1000) if passes_eleven(text := f"{first}{n:07d}"))
    with pytest.raises(ValueError, match="citizen service number"):
        rules.vat_number(f"NL{digits}B01")


def test_the_operators_own_number_is_one_that_a_customer_could_have(settings: Any) -> None:
    assert rules.vat_number(settings.HOSPES_OPERATOR.vat_number) == settings.HOSPES_OPERATOR.vat_number


@settings(deadline=None)
@given(_NINE_DIGITS, st.integers(1, 99))
def test_no_citizen_service_number_ever_comes_out_of_the_vat_rule(digits: str, suffix: int) -> None:
    """But for one in 97 that happens to be somebody else's number of after 2020."""
    number = f"NL{digits}B{suffix:02d}"
    try:
        accepted = rules.vat_number(number)
    except ValueError:
        return
    is_citizens = passes_eleven(digits) and not digits.startswith(("8", "00"))
    assert accepted == number
    assert not is_citizens or accepted == post_2020(digits)


# --- phones ---


@pytest.mark.parametrize(
    ("written", "country", "number"),
    [
        ("06 12345678", "NL", "+31612345678"),
        ("0031 6 1234 5678", "NL", "+31612345678"),
        ("+31 (0)13 711 37 01", "NL", "+31137113701"),
        ("0470 12 34 56", "BE", "+32470123456"),
        ("+32 470 12 34 56", "NL", "+32470123456"),
    ],
)
def test_a_phone_number_comes_out_in_international_form(written: str, country: str, number: str) -> None:
    assert rules.phone_number(written, country=country) == number


@pytest.mark.parametrize(
    "written", ["", "06 1234567", "06 123456789", "112", "abc", "+", "+999 12345678", "0470 12 34 56"]
)
def test_what_cannot_be_called_is_no_phone_number(written: str) -> None:
    with pytest.raises(ValueError, match="no phone number"):
        rules.phone_number(written)


# --- postcodes ---


@pytest.mark.parametrize("written", ["1234AB", "1234 ab", " 1234  AB ", "1234\tAb", "1234\u00a0AB"])
def test_a_dutch_postcode_comes_out_in_its_usual_form(written: str) -> None:
    assert rules.postcode(written) == "1234 AB"


@pytest.mark.parametrize(
    "written",
    [
        "",
        "0123 AB",
        "123 AB",
        "12345 AB",
        "1234 A",
        "1234 ABC",
        "1234",
        "1234 A1",
        "AB 1234",
        "1٢٣٤ AB",
        "1234 ÄB",
    ],
)
def test_what_is_not_four_digits_and_two_letters_is_no_dutch_postcode(written: str) -> None:
    with pytest.raises(ValueError, match="four digits and two letters"):
        rules.postcode(written)


def test_a_postcode_abroad_is_taken_as_it_is() -> None:
    assert rules.postcode(" sw1a  2aa ", country="GB") == "SW1A 2AA"
    assert rules.postcode("1000", country="BE") == "1000"


@settings(deadline=None)
@given(st.text(max_size=12))
def test_a_postcode_that_came_out_goes_in_again_unchanged(text: str) -> None:
    try:
        code = rules.postcode(text)
    except ValueError:
        return
    assert rules.postcode(code) == code
    assert code.isascii()


# --- plain text ---


@pytest.mark.parametrize(
    "text", ["", "Café 't Hoekje & Zn.", "Łukasz Ó Brien-de Vries", "株式会社", "Straße 12 III", "e\u0301"]
)
def test_a_name_in_any_script_is_plain_text(text: str) -> None:
    assert rules.plain_text(text) == text


@pytest.mark.parametrize(
    "sign",
    [
        "\x00",
        "\n",
        "\x0b",
        "\x7f",
        "\x85",
        "\xad",
        "\u200b",
        "\u202e",
        "\u2066",
        "\u2028",
        "\ufeff",
        "\ue000",
        "\ud800",
    ],
)
def test_what_cannot_be_seen_is_not_plain_text(sign: str) -> None:
    with pytest.raises(ValueError, match="cannot be seen"):
        rules.plain_text(f"Zo{sign}mer")
