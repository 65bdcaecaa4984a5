"""Sealed values open in their own place only, and with the installation's key only."""

import string
from collections.abc import Iterator

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings
from hypothesis import given
from hypothesis import strategies as st

from hospes.kernel import secrets

FIRST, SECOND = bytes(range(32)), bytes(range(32, 64))
HERE = "accounts_totp:secret:42"


@pytest.fixture(autouse=True)
def _key() -> Iterator[None]:
    with override_settings(HOSPES_SECRET_KEY_BYTES=FIRST, HOSPES_OLD_SECRET_KEYS=[]):
        yield


@given(st.one_of(st.text(), st.binary()), st.text())
def test_what_is_sealed_opens_in_the_same_context(plain: str | bytes, context: str) -> None:
    sealed = secrets.seal(plain, context=context)
    assert secrets.unseal(sealed, context=context) == (plain.encode() if isinstance(plain, str) else plain)
    assert secrets.unseal(memoryview(sealed), context=context) == secrets.unseal(sealed, context=context)


def test_a_text_opens_as_text() -> None:
    assert secrets.unseal_text(secrets.seal("geheim €", context=HERE), context=HERE) == "geheim €"


def test_sealing_twice_gives_two_values_that_show_nothing_but_the_length() -> None:
    one, other = (secrets.seal("JBSWY3DPEHPK3PXP", context=HERE) for _ in range(2))
    assert one != other
    assert b"JBSWY3DPEHPK3PXP" not in one
    assert len(one) == 2 + 12 + 16 + 16


@pytest.mark.parametrize("elsewhere", ["accounts_totp:secret:43", "accounts_totp:seed:42", "", HERE + " "])
def test_a_value_moved_to_another_place_does_not_open(elsewhere: str) -> None:
    sealed = secrets.seal("geheim", context=HERE)
    with pytest.raises(secrets.CannotUnseal, match="another place"):
        secrets.unseal(sealed, context=elsewhere)


def test_every_changed_bit_is_noticed() -> None:
    sealed = secrets.seal("geheim", context=HERE)
    for position in range(len(sealed) * 8):
        damaged = bytearray(sealed)
        damaged[position // 8] ^= 1 << position % 8
        with pytest.raises(secrets.CannotUnseal):
            secrets.unseal(bytes(damaged), context=HERE)


@pytest.mark.parametrize("length", range(37))
def test_a_value_cut_short_is_noticed(length: int) -> None:
    sealed = secrets.seal("geheim!", context=HERE)
    with pytest.raises(secrets.CannotUnseal):
        secrets.unseal(sealed[:length], context=HERE)


def test_another_key_does_not_open_it() -> None:
    sealed = secrets.seal("geheim", context=HERE)
    with override_settings(HOSPES_SECRET_KEY_BYTES=SECOND), pytest.raises(secrets.CannotUnseal):
        secrets.unseal(sealed, context=HERE)


def test_an_old_key_still_opens_and_new_values_take_the_new_key() -> None:
    sealed = secrets.seal("geheim", context=HERE)
    assert not secrets.needs_reseal(sealed)
    with override_settings(HOSPES_SECRET_KEY_BYTES=SECOND, HOSPES_OLD_SECRET_KEYS=[FIRST]):
        assert secrets.needs_reseal(sealed)
        anew = secrets.reseal(sealed, context=HERE)
        assert not secrets.needs_reseal(anew)
    with override_settings(HOSPES_SECRET_KEY_BYTES=SECOND):
        assert secrets.unseal_text(anew, context=HERE) == "geheim"


def test_two_keys_with_the_same_key_id_both_open() -> None:
    wanted = secrets._header(FIRST)
    twin = next(key for n in range(10_000) if secrets._header(key := n.to_bytes(32, "little")) == wanted)
    sealed = secrets.seal("geheim", context=HERE)
    with override_settings(HOSPES_SECRET_KEY_BYTES=twin, HOSPES_OLD_SECRET_KEYS=[FIRST]):
        assert secrets.unseal_text(sealed, context=HERE) == "geheim"


def test_a_blind_index_finds_equal_values_of_one_column_only() -> None:
    index = secrets.blind_index("NL91ABNA0417164300", context="customers_bankaccount:iban")
    assert len(index) == 16
    assert index == secrets.blind_index(b"NL91ABNA0417164300", context="customers_bankaccount:iban")
    assert index != secrets.blind_index("NL91ABNA0417164301", context="customers_bankaccount:iban")
    assert index != secrets.blind_index("NL91ABNA0417164300", context="payments_mandate:iban")
    assert secrets.blind_index("c", context="ab") != secrets.blind_index("bc", context="a")


def test_after_a_change_of_key_rows_are_found_with_either() -> None:
    old = secrets.blind_index("a", context="t:c")
    with override_settings(HOSPES_SECRET_KEY_BYTES=SECOND, HOSPES_OLD_SECRET_KEYS=[FIRST]):
        assert secrets.blind_indexes("a", context="t:c") == [secrets.blind_index("a", context="t:c"), old]
        assert secrets.blind_index("a", context="t:c") != old


def test_a_derived_password_is_stable_and_fit_for_a_url() -> None:
    password = secrets.derived_password("hospes_portal")
    assert password == secrets.derived_password("hospes_portal", master=FIRST)
    assert len(password) == 43
    assert set(password) <= set(string.ascii_letters + string.digits + "-_")
    assert password != secrets.derived_password("hospes_office")
    assert password != secrets.derived_password("hospes_portal", master=SECOND)


def test_each_use_has_a_key_of_its_own() -> None:
    uses = {secrets._derived(FIRST, use) for use in (b"seal", b"key id", b"blind index", b"password")}
    assert len(uses) == 4
    assert FIRST not in uses


@pytest.mark.parametrize("weak", [None, b"", b"short", "x" * 40])
def test_a_missing_or_weak_key_is_refused(weak: object) -> None:
    with override_settings(HOSPES_SECRET_KEY_BYTES=weak), pytest.raises(ImproperlyConfigured):
        secrets.seal("geheim", context=HERE)
    with override_settings(HOSPES_OLD_SECRET_KEYS=[b"short"]), pytest.raises(ImproperlyConfigured):
        secrets.blind_index("geheim", context=HERE)
    with pytest.raises(ImproperlyConfigured):
        secrets.derived_password("hospes_portal", master=b"short")


def test_nothing_secret_shows_in_the_error() -> None:
    with pytest.raises(secrets.CannotUnseal) as caught:
        secrets.unseal(secrets.seal("geheim", context=HERE), context="elsewhere")
    assert "geheim" not in str(caught.value)
    assert FIRST.hex() not in str(caught.value)
