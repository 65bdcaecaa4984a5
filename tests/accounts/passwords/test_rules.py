"""What is too easy to guess, and what is not."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hospes.accounts.passwords.most_used import most_used
from hospes.accounts.passwords.rules import LONGEST, SHORTEST, Fault, Kind, Own, normalised, weakness
from hospes.accounts.passwords.runs import folded, pieces, unit

KNOWN_BY = [
    Own(Kind.NAME, "Pieter van der Jensma"),
    Own(Kind.EMAIL, "p.jensma@molenhoek.example"),
    Own(Kind.PHONE, "+31612345678"),
    Own(Kind.ADDRESS, "Dorpsstraat 12"),
    Own(Kind.ADDRESS, "1234 AB"),
    Own(Kind.ADDRESS, "Lindenhaven"),
    Own(Kind.COMPANY, "Zuivelhuis Noord"),
    Own(Kind.NUMBER, "10023"),
    Own(Kind.DOMAIN, "kaas-van-thuis.example"),
    Own(Kind.OPERATOR, "Jixaw websolutions"),
]


def fault(password: str) -> Fault | None:
    found = weakness(password, own=[], most_used=most_used())
    return None if found is None else found.fault


def kind(password: str) -> Kind | None:
    found = weakness(password, own=KNOWN_BY, most_used=most_used())
    return None if found is None else found.kind


@pytest.mark.promise("P25")
@pytest.mark.parametrize(
    "password",
    [
        "korenschuur-9-bij-de-brug",
        "paard batterij nietje klopt",
        "kE9$wq!zP2xR",
        "zonnige dagen in november",
        "лошадь батарея скоба",
        "🐎🔋📎✔️ en dan nog wat",
        "7391 8264 0915",
        " spaties voor en na ",
        "amsterdam-rotterdam",
        "a" * 11 + "x" + "wekelijks brood",
        "lang " * 3 + "en nog veel langer, tot het niet meer in het veld past " * 3,
    ],
)
def test_what_is_long_and_nobodys_will_do(password: str) -> None:
    assert fault(password) is None
    assert kind(password) is None


@pytest.mark.parametrize(("length", "will_do"), [(11, False), (12, True), (256, True), (257, False)])
def test_length_is_what_counts(length: int, will_do: bool) -> None:
    password = ("Xk7 mwqvz-ptjlhs?dbrgny4" * 20)[:length]
    assert (fault(password) is None) is will_do
    assert fault("qZ8x") is Fault.TOO_SHORT


@pytest.mark.promise("P25")
@pytest.mark.parametrize(
    "password",
    [
        "Wachtwoord2024!", "welkom123456", "W3lkom-2024!!", "WELKOM!!!!!!", "P@ssw0rd2024!", "$ecret$ecret15", "voorjaar2025",
        "ikhouvanjou12", "ik hou van jou", "w e l k o m 2024", "Hallo-Hallo-Hallo-2", "2024Feyenoord!", "iloveyou1234",
        "1q2w3e4r5t6y", "zonneschijn1", "admin1234567890", "Áñtwèrpen2024", "ｗｅｌｋｏｍ123456", "1234welkom1234",
    ],
)  # fmt: skip
def test_the_most_used_and_little_added(password: str) -> None:
    assert fault(password) is Fault.MOST_USED


@pytest.mark.parametrize(
    ("password", "wrong"),
    [
        ("aaaaaaaaaaaa", Fault.REPEATED),
        ("xk7xk7xk7xk7xk7", Fault.REPEATED),
        ("korenschuurkorenschuur", Fault.REPEATED),
        (" " * 14, Fault.REPEATED),
        ("123456789012", Fault.ROW),
        ("qwertyuiopas", Fault.ROW),
        ("qwerty123456", Fault.ROW),
        ("abcdefghijkl", Fault.ROW),
        ("zyxwvutsrqpo", Fault.ROW),
        ("111222333444", Fault.ROW),
        ("!@#$%^&*()_+", Fault.ROW),
        ("azertyuiop12", Fault.ROW),
    ],
)
def test_rows_and_repetition(password: str, wrong: Fault) -> None:
    assert fault(password) is wrong


@pytest.mark.promise("P25")
@pytest.mark.parametrize(
    ("password", "whose"),
    [
        ("Pieter-1985-!!", Kind.NAME),
        ("jensmajensma99", Kind.NAME),
        ("Pieter Jensma 12345", Kind.NAME),
        ("J3nsma 2024 !?", Kind.NAME),
        ("amsnej-retiep", Kind.NAME),
        ("PieterWelkom12", Kind.NAME),
        ("molenhoek2024!", Kind.EMAIL),
        ("0612345678-ab", Kind.PHONE),
        ("+31 6 12345678", Kind.PHONE),
        ("Dorpsstraat 12!", Kind.ADDRESS),
        ("Lindenhaven1234", Kind.ADDRESS),
        ("ZuivelhuisNoord", Kind.COMPANY),
        ("klant 10023 nr", Kind.NUMBER),
        ("kaas-van-thuis", Kind.DOMAIN),
        ("KaasVanThuis22", Kind.DOMAIN),
        ("jixaw-hosting", Kind.OPERATOR),
        ("Websolutions-7", Kind.OPERATOR),
    ],
)
def test_what_somebody_is_known_by_is_no_password(password: str, whose: Kind) -> None:
    assert kind(password) is whose
    assert fault("korenschuur-9-bij-de-brug") is None


@pytest.mark.parametrize(
    "password", ["jensma fietst naar de kaasmarkt", "Pieter9$wq!zP2xR", "10023 appels en peren"]
)
def test_with_enough_besides_it_is(password: str) -> None:
    assert kind(password) is None


def test_the_same_characters_are_the_same_password_from_every_keyboard() -> None:
    composed, apart = unicodedata.normalize("NFC", "één café"), unicodedata.normalize("NFD", "één café")
    assert composed != apart
    assert normalised(composed) == normalised(apart)
    assert normalised("a\u00a0b") == "a b"
    assert normalised(" Aa ") == " Aa "


@given(st.text(max_size=300))
def test_every_text_gets_a_verdict_and_length_is_the_first(text: str) -> None:
    found = weakness(text, own=KNOWN_BY, most_used=most_used())
    if len(normalised(text)) < SHORTEST:
        assert found is not None
        assert found.fault is Fault.TOO_SHORT
    if len(normalised(text)) > LONGEST:
        assert found is not None
        assert found.fault is Fault.TOO_LONG


@given(st.sampled_from(sorted(most_used())[::397]), st.sampled_from(["", "1", "123", "2024!", "!!", "99"]))
def test_a_much_used_word_with_something_added_will_never_do(word: str, added: str) -> None:
    assert fault(word + added) is not None
    assert fault((added + word.capitalize()).ljust(12, "!")) is not None


@given(st.text(min_size=1, max_size=60))
def test_pieces_are_no_more_than_signs_and_a_unit_makes_the_whole(text: str) -> None:
    assert 1 <= pieces(text) <= len(text)
    part = unit(text)
    assert (part * len(text))[: len(text)] == text
    assert folded(folded(text)) == folded(text)
