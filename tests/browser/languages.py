"""The words of both languages, from the compiled texts that the installation runs with."""

import re
from functools import cache
from pathlib import Path

import allauth
import django
import polib

from hospes.cli.places import ROOT

_PLACE = re.compile(r"%\(\w+\)[a-z]|%[sd]|\{\w*\}")
_FEWEST = 3  # words; shorter texts can be the same in both languages, or stand in data


@cache
def dutch() -> dict[str, str]:
    """English and Dutch of every text of the house, and of the libraries whose texts it shows."""
    libraries = [Path(django.__file__ or "").parent, Path(allauth.__file__ or "").parent]
    files = [file for base in libraries for file in sorted(base.rglob("locale/nl/LC_MESSAGES/django.mo"))]
    files += sorted((ROOT / "src/hospes").rglob("locale/nl/LC_MESSAGES/django.mo"))
    texts: dict[str, str] = {}
    for file in files:
        for entry in polib.mofile(str(file)):
            texts[entry.msgid] = entry.msgstr or entry.msgstr_plural.get(0, "")
            if entry.msgid_plural:
                texts[entry.msgid_plural] = entry.msgstr_plural.get(1, "")
    return texts


def say(language: str, text: str) -> str:
    """An English text of the house in a language."""
    return text if language == "en" else dutch()[text]


@cache
def _telling(language: str) -> list[tuple[str, re.Pattern[str] | None, str]]:
    """Texts that belong to the other language only: the longest piece, the pattern when it has places, the text."""
    found = []
    for english, other in dutch().items():
        text = english if language == "nl" else other
        pieces = [" ".join(piece.split()) for piece in _PLACE.split(_bare(text))]
        words = sum(len(re.findall(r"[^\W\d_]{2,}", piece)) for piece in pieces)
        if other and _bare(english) != _bare(other) and words >= _FEWEST:
            pattern = re.compile(r"\s?.{0,80}?\s?".join(map(re.escape, pieces))) if len(pieces) > 1 else None
            found.append((max(pieces, key=len), pattern, text))
    return found


def _bare(text: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", "", text).replace("%%", "%").split())


def strangers(seen: str, language: str) -> list[str]:
    """Texts of the other language that stand in what is seen on a page."""
    flat = " ".join(seen.split())
    return [
        text for longest, pattern, text in _telling(language)
        if longest in flat and (pattern is None or pattern.search(flat))
    ]  # fmt: skip
