"""Whatever colour an operator chooses, what stands in it can be read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hospes.faces.accent import DARK_GROUND, ENOUGH, AccentRefused, accents, contrast, stylesheet


def test_contrast_is_that_of_the_standard() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.478, abs=0.001)


def test_a_legible_accent_is_kept_as_it_is() -> None:
    assert accents("#0f5f73")["--operator-accent"] == "#0f5f73"


@given(st.from_regex(r"#[0-9a-f]{6}", fullmatch=True))
def test_every_accent_is_legible_in_both_themes(colour: str) -> None:
    made = accents(colour)
    light, dark = made["--operator-accent"], made["--operator-accent-dark"]
    assert contrast(light, "#ffffff") >= ENOUGH
    assert contrast(dark, DARK_GROUND) >= ENOUGH
    assert contrast(light, made["--operator-on-accent"]) >= ENOUGH
    assert contrast(dark, made["--operator-on-accent-dark"]) >= ENOUGH


@pytest.mark.parametrize("colour", ["teal", "#abc", "#12345g", "", "#0f5f73;}body{display:none"])
def test_what_is_no_colour_is_refused(colour: str) -> None:
    with pytest.raises(AccentRefused):
        stylesheet(colour)
