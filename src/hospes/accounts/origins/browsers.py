"""
A browser in short words, "Firefox 144 on Windows", from the header that it sends.

Enough to recognise one's own by, and no more: the header itself, which is nearly a fingerprint, is not kept. Whoever attacks can
send anything in it; so nothing is decided by it.
"""

import re
from typing import Final

from django.utils.translation import gettext as _

#: As long as the words get (the journal holds them to it).
LONGEST: Final = 60

#: Longer headers are no browser's.
_MOST: Final = 1000

#: What names a browser, in the order in which to look: most say that they are several others as well.
_BROWSERS: Final = [
    (re.compile(pattern, re.ASCII), name)
    for pattern, name in (
        (r"\bEdg(?:e|A|iOS)?/(\d+)", "Edge"),
        (r"\b(?:OPR|Opera|OPX|OPT)/(\d+)", "Opera"),
        (r"\bVivaldi/(\d+)", "Vivaldi"),
        (r"\bSamsungBrowser/(\d+)", "Samsung Internet"),
        (r"\bYaBrowser/(\d+)", "Yandex Browser"),
        (r"\bDuckDuckGo/(\d+)", "DuckDuckGo"),
        (r"\b(?:Firefox|FxiOS)/(\d+)", "Firefox"),
        (r"\bHeadlessChrome/(\d+)", "Chrome"),
        (r"\b(?:CriOS|Chrome)/(\d+)", "Chrome"),
        (r"\bChromium/(\d+)", "Chromium"),
        (r"\bVersion/(\d+)[\d.]* (?:Mobile/\S+ )?Safari/", "Safari"),
        (r"\b(?:MSIE |Trident/.*rv:)(\d+)", "Internet Explorer"),
    )
]

#: What names a system; Android says that it is Linux, and an iPhone that it is like a Mac.
_SYSTEMS: Final = [
    (re.compile(pattern, re.ASCII), name)
    for pattern, name in (
        (r"Windows", "Windows"),
        (r"\biPhone|\biPod", "iPhone"),
        (r"\biPad", "iPad"),
        (r"\bAndroid", "Android"),
        (r"\bCrOS", "ChromeOS"),
        (r"Macintosh|Mac OS X", "macOS"),
        (r"Linux|X11", "Linux"),
    )
]

#: A program that is no browser names itself first: "curl/8.5.0", "python-requests/2.32".
_PROGRAM: Final = re.compile(r"([A-Za-z][\w.-]{1,30})/(\d+)", re.ASCII)


def in_short(header: str | None) -> str:
    """
    What a User-Agent header says, in short words: "Firefox 144 on Windows", "curl 8"; "" when it says nothing.

    Always in English, as it is kept; `shown` puts it into the reader's language.
    """
    text = (header or "")[:_MOST]
    browser = next(
        (f"{name} {found[1]}" for pattern, name in _BROWSERS if (found := pattern.search(text))), ""
    )
    system = next((name for pattern, name in _SYSTEMS if pattern.search(text)), "")
    if not browser and not text.startswith("Mozilla/") and (program := _PROGRAM.match(text)):
        browser, system = f"{program[1]} {program[2]}", ""
    return (f"{browser} on {system}" if browser and system else browser or system)[:LONGEST]


def shown(words: str) -> str:
    """The words of `in_short` in the active language."""
    browser, on, system = words.partition(" on ")
    return _("%(browser)s on %(system)s") % {"browser": browser, "system": system} if on else words
