"""Browsers in short words."""

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from hospes.accounts.origins.browsers import LONGEST, in_short, shown

pytestmark = pytest.mark.promise("P11")

WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64"
MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
ANDROID = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko)"
CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"


@pytest.mark.parametrize(
    ("header", "words"),
    [
        (f"{WINDOWS}; rv:144.0) Gecko/20100101 Firefox/144.0", "Firefox 144 on Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox 140 on Linux"),
        ("Mozilla/5.0 (Android 15; Mobile; rv:144.0) Gecko/144.0 Firefox/144.0", "Firefox 144 on Android"),
        (f"{IPHONE} FxiOS/144.0 Mobile/15E148 Safari/605.1.15", "Firefox 144 on iPhone"),
        (f"{WINDOWS}) {CHROME}", "Chrome 142 on Windows"),
        (f"{MAC} {CHROME}", "Chrome 142 on macOS"),
        (f"{ANDROID} Chrome/142.0.0.0 Mobile Safari/537.36", "Chrome 142 on Android"),
        (f"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {CHROME}", "Chrome 142 on ChromeOS"),
        (f"{IPHONE} CriOS/142.0.1 Mobile/15E148 Safari/604.1", "Chrome 142 on iPhone"),
        ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/142.0.0.0 Safari/537.36",
         "Chrome 142 on Linux"),
        (f"{WINDOWS}) {CHROME} Edg/142.0.0.0", "Edge 142 on Windows"),
        (f"{ANDROID} Chrome/142.0.0.0 Mobile Safari/537.36 EdgA/142.0.0.0", "Edge 142 on Android"),
        (f"{WINDOWS}) {CHROME} OPR/124.0.0.0", "Opera 124 on Windows"),
        (f"{WINDOWS}) {CHROME} Vivaldi/7.6.3797.63", "Vivaldi 7 on Windows"),
        (f"{ANDROID} SamsungBrowser/29.0 Chrome/136.0.0.0 Mobile Safari/537.36", "Samsung Internet 29 on Android"),
        (f"{MAC} AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.1 Safari/605.1.15", "Safari 26 on macOS"),
        (f"{IPHONE} Version/26.0 Mobile/15E148 Safari/604.1", "Safari 26 on iPhone"),
        ("Mozilla/5.0 (iPad; CPU OS 16_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/16.6 Mobile/15E148"
         " Safari/604.1", "Safari 16 on iPad"),
        (f"{WINDOWS}; Trident/7.0; rv:11.0) like Gecko", "Internet Explorer 11 on Windows"),
        ("curl/8.5.0", "curl 8"),
        ("python-requests/2.32.3", "python-requests 2"),
        (f"{WINDOWS})", "Windows"),
        ("Mozilla/5.0 (compatible)", ""),
        ("", ""),
        (None, ""),
        ("<script>alert(1)</script>", ""),
    ],
)  # fmt: skip
def test_in_short(header: str | None, words: str) -> None:
    assert in_short(header) == words


@given(st.text(max_size=3000))
def test_whatever_is_sent_gives_short_plain_words(header: str) -> None:
    words = in_short(header)
    assert len(words) <= LONGEST
    assert words.isascii()
    assert words.isprintable()
    assert "<" not in words


def test_a_header_that_never_ends_takes_no_time() -> None:
    assert in_short("Chrome/1" * 200_000) == "Chrome 1"
    assert len(in_short("Version/1" + "1." * 100_000 + " Safari")) <= LONGEST


def test_in_the_readers_language() -> None:
    with translation.override("nl"):
        assert shown("Firefox 144 on Windows") == "Firefox 144 op Windows"
        assert shown("curl 8") == "curl 8"
        assert shown("") == ""
