"""What a domain name is: of all that people type, the one name that is meant, or nothing."""

import string
from datetime import date

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from hospes.sales.domain_names import domain_name
from hospes.sales.rules import order_number, quote_number

_LABEL_CHARS = string.ascii_lowercase + string.digits + "-"


@st.composite
def names(draw: st.DrawFn) -> str:
    """A name of two to four labels as registries give them out."""
    label = st.from_regex(r"[a-z0-9]([a-z0-9]{0,10}[a-z0-9])?", fullmatch=True)
    labels = draw(st.lists(label, min_size=1, max_size=3))
    return ".".join([*labels, draw(st.from_regex(r"[a-z]{2,6}", fullmatch=True))])


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("example.nl", "example.nl"),
        ("  Example.NL\n", "example.nl"),
        ("example.nl.", "example.nl"),
        ("www.example.nl", "example.nl"),
        ("WWW.example.nl.", "example.nl"),
        ("http://example.nl", "example.nl"),
        ("HTTPS://www.Example.NL/over-ons?x=1#y", "example.nl"),
        ("ftp://example.nl/", "example.nl"),
        ("shop.example.co.uk", "shop.example.co.uk"),
        ("a.nl", "a.nl"),
        ("1-2.nl", "1-2.nl"),
        ("a.1a", "a.1a"),
    ],
)
def test_scheme_www_path_and_capitals_are_left_out(typed: str, name: str) -> None:
    assert domain_name(typed) == name


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("www.nl", "www.nl"),
        ("www.nl.", "www.nl"),
        ("https://www.nl/", "www.nl"),
        ("www.www.nl", "www.nl"),
        ("www2.example.nl", "www2.example.nl"),
        ("wwwexample.nl", "wwwexample.nl"),
    ],
)
def test_www_is_left_out_only_where_a_name_remains(typed: str, name: str) -> None:
    assert domain_name(typed) == name


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("MÜNCHEN.de", "xn--mnchen-3ya.de"),
        ("xn--mnchen-3ya.de", "xn--mnchen-3ya.de"),
        ("XN--MNCHEN-3YA.de", "xn--mnchen-3ya.de"),
        ("mu\u0308nchen.de", "xn--mnchen-3ya.de"),
        ("例え。jp", "xn--r8jz45g.jp"),
        ("пример.рф", "xn--e1afmkfd.xn--p1ai"),
        ("ＡＢＣ.nl", "abc.nl"),
    ],
)
def test_a_name_in_another_script_comes_out_in_ascii(typed: str, name: str) -> None:
    assert domain_name(typed) == name


@pytest.mark.parametrize(
    ("typed", "not_this"), [("straße.de", "strasse.de"), ("βόλος.com", "xn--nxasmq6b.com")]
)
def test_names_that_differ_since_rfc_5891_stay_two_names(typed: str, not_this: str) -> None:
    assert domain_name(typed) != not_this


def test_the_sharp_s_is_kept() -> None:
    assert domain_name("straße.de") == domain_name("STRAẞE.de") == "xn--strae-oqa.de"


@pytest.mark.parametrize(
    "typed",
    [
        "", " ", ".", "nl", ".nl", "a..nl", "..", "a.nl..", "-a.nl", "a-.nl", "a.-nl", "a.nl-", "a_b.nl", "a b.nl", "a.nl b",
        "example.nl:8080", "http://example.nl:80/", "example.nl?x", "example.nl#x", "user@example.nl", "mailto:a@example.nl",
        "http://", "//example.nl", "https://https://example.nl", "a,b.nl", "a.nl;b.nl", "a\x00.nl", "a\n.nl", "<b>.nl", "'.nl",
        "1.2.3.4", "127.0.0.1", "[::1]", "::1", "a.1", "example.123", "example.١٢", "*.example.nl", "xn--a.nl", "ab--cd.nl",
        "i❤.ws", "\u200ca.nl", "../etc/passwd",
    ],
)  # fmt: skip
def test_what_is_no_domain_name_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match="no domain name"):
        domain_name(typed)


@pytest.mark.parametrize("letters", [62, 63])
def test_a_label_has_63_characters_at_most(letters: int) -> None:
    assert domain_name("a" * letters + ".nl") == "a" * letters + ".nl"
    assert domain_name("nl." + "a" * letters)


def test_and_not_64() -> None:
    for name in ("a" * 64 + ".nl", "nl." + "a" * 64, "ü" * 60 + ".nl"):
        with pytest.raises(ValueError, match="no domain name"):
            domain_name(name)


def test_a_name_has_253_characters_at_most_and_not_254() -> None:
    longest = ".".join(["a" * 63] * 3) + "." + "b" * 58 + ".nl"
    assert len(longest) == 253
    assert domain_name(longest) == domain_name(longest + ".") == longest
    with pytest.raises(ValueError, match="no domain name"):
        domain_name("c" + longest[len("a") :].replace("b" * 58, "b" * 59))


@settings(deadline=None)
@given(names(), st.sampled_from(["", "http://", "https://", "HTTPS://"]), st.sampled_from(["", "www.", "WWW."]),
       st.sampled_from(["", ".", "/", "/x/y", "/?q=1"]))  # fmt: skip
def test_the_name_is_found_in_any_address_of_its_site(name: str, scheme: str, www: str, rest: str) -> None:
    assert domain_name(scheme + www + name + rest) == domain_name(name)


@settings(deadline=None)
@given(st.text(max_size=60) | names() | st.text(_LABEL_CHARS + "./:ß", max_size=40))
@example("www.www.www.nl")
def test_whatever_comes_out_is_a_name_and_fits_its_column(typed: str) -> None:
    try:
        name = domain_name(typed)
    except ValueError:
        return
    labels = name.split(".")
    assert name.isascii()
    assert name == name.lower()
    assert len(name) <= 253
    assert len(labels) >= 2
    assert all(0 < len(x) <= 63 and set(x) <= set(_LABEL_CHARS) and x.strip("-") == x for x in labels)
    assert not labels[-1].isdigit()


@settings(deadline=None)
@given(names())
def test_a_name_stays_what_it_is(name: str) -> None:
    if not name.startswith("www."):
        assert domain_name(name) == name


def test_numbers_say_what_they_are_of_and_their_year() -> None:
    assert quote_number(date(2026, 12, 31), 42) == "O2026-00042"
    assert order_number(date(2027, 1, 1), 100_000) == "B2027-100000"
