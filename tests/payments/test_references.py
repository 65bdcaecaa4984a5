"""What can be a provider's reference; a notice with anything else is not stored."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hospes.payments.models import Notice
from hospes.payments.rules import is_reference


@pytest.mark.parametrize(
    "text", ["tr_WDqYK6vllg", "tr_7UhSN1zuXS", "ord_kEn1PlbGa", "tr_ab", "cs_test_a1B2c3", "re_" + "a" * 200]
)
def test_what_can_be_a_reference(text: str) -> None:
    assert is_reference(text)


@pytest.mark.parametrize(
    "text",
    ["", "tr_", "tr_a", "tr_" + "a" * 201, "t_abc", "abcdefg_abc", "TR_abc", "tr_a b", "tr_abc\n", "tr-abc", "tr_ab.c", "tr_é1",
     "tr_١٢", "' OR 1=1 --", "../x", "tr_abc\x00"],
)  # fmt: skip
def test_and_what_cannot(text: str) -> None:
    assert not is_reference(text)


@settings(deadline=None)
@given(st.text(max_size=45))
def test_a_reference_always_fits_its_column(text: str) -> None:
    assert not is_reference(text) or (
        len(text) <= Notice._meta.get_field("reference").max_length and text.isascii()
    )
