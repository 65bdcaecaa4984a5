"""
What makes a password too easy to guess. Pure: no clock, no database, no settings.

Length counts, composition does not: no sign has to be in it, and none is forbidden (NIST SP 800-63B-4, 3.1.1.2). What is refused
is what others try first: the most used passwords, rows of keys, and what somebody is known by.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from hospes.accounts.passwords.runs import folded, pieces, unit

#: Characters that a password has at least, and at most: so many are hashed in no more time than few.
SHORTEST = 12
LONGEST = 256

#: So many characters there must be besides a much-used password or one's own name; a run of keys counts as one.
LEAST_BESIDES = 8

#: Letters that others are put for. Which of two the 1 stands for is tried both ways.
_LEET: Final[tuple[dict[int, int], ...]] = (
    {},
    str.maketrans("0134578@$!|+€", "oieastbasiite"),
    str.maketrans("0134578@$!|+€", "oleastbasllte"),
)
_SHORTEST_WORD, _LONGEST_WORD = 4, 24
_SHORTEST_OWN = 3
_BETWEEN = re.compile(r"[\W_]+")
_AROUND = re.compile(r"([^a-z]*)(.*?)([^a-z]*)", re.DOTALL)


class Kind(StrEnum):
    """What somebody's own word is."""

    NAME = "name"
    EMAIL = "email"
    PHONE = "phone"
    ADDRESS = "address"
    COMPANY = "company"
    NUMBER = "number"
    DOMAIN = "domain"
    OPERATOR = "operator"


@dataclass(frozen=True)
class Own:
    """Something that a person is known by, or that is known about this house."""

    kind: Kind
    text: str


class Fault(StrEnum):
    """What is wrong with a password."""

    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    REPEATED = "repeated"
    ROW = "row"
    MOST_USED = "most_used"
    OWN = "own"


@dataclass(frozen=True)
class Weakness:
    """Why a password is refused; `kind`: what of one's own it is."""

    fault: Fault
    kind: Kind | None = None


def normalised(password: str) -> str:
    """
    A password as it is hashed: NFKC, so that it is the same from every keyboard (NIST SP 800-63B-4, 3.1.1.2).

    Nothing else is changed: capitals, and spaces before and after, count.
    """
    return unicodedata.normalize("NFKC", password)


def weakness(password: str, *, own: Iterable[Own], most_used: Collection[str]) -> Weakness | None:
    """The first thing that is wrong with a password; None when it will do."""
    text = normalised(password)
    if len(text) < SHORTEST:
        return Weakness(Fault.TOO_SHORT)
    if len(text) > LONGEST:
        return Weakness(Fault.TOO_LONG)
    plain = folded(text)
    if len(unit(plain)) < SHORTEST and len(unit(plain)) < len(plain):
        return Weakness(Fault.REPEATED)
    if pieces(plain) * 3 <= len(plain):
        return Weakness(Fault.ROW)
    if kind := _whose(plain, list(own), most_used):
        return Weakness(Fault.OWN, kind)
    return Weakness(Fault.MOST_USED) if _is_most_used(plain, most_used) else None


# --- the most used --------------------------------------------------------------------------------------------------------


def _is_most_used(plain: str, most_used: Collection[str]) -> bool:
    """Whether a text is a much-used password, or one with little more than digits and signs around it."""
    return any(
        text[start:end] in most_used or unit(_BETWEEN.sub("", text[start:end])) in most_used
        for bare in {plain, _BETWEEN.sub("", plain)}
        for start, end in _cores(bare)
        for text in {bare.translate(table) for table in _LEET}
    )


def _cores(plain: str) -> Iterator[tuple[int, int]]:
    """From where to where a word could be, with all letters in it and little outside."""
    letters = [place for place, sign in enumerate(plain) if sign.isalpha()]
    first, last = (letters[0], letters[-1] + 1) if letters else (len(plain), 0)
    after = {end: pieces(plain[end:], enough=LEAST_BESIDES) for end in range(last, len(plain) + 1)}
    for start in range(first + 1):
        before = pieces(plain[:start], enough=LEAST_BESIDES)
        for end in range(max(last, start + _SHORTEST_WORD), min(len(plain), start + 2 * _LONGEST_WORD) + 1):
            if before + after[end] < LEAST_BESIDES:
                yield start, end


# --- one's own ------------------------------------------------------------------------------------------------------------


def _whose(plain: str, own: list[Own], most_used: Collection[str]) -> Kind | None:
    """What of one's own a text consists of, but for a few signs; None when there is enough besides."""
    kinds = list(Kind)
    words = sorted(
        {(word, each.kind) for each in own for word in _words(each)},
        key=lambda pair: (-len(pair[0]), kinds.index(pair[1]), pair[0]),
    )
    for text in {plain.translate(table) for table in _LEET}:
        left, found = text, None
        for word, kind in words:
            for way in (word, word[::-1]):
                if way in left:
                    left, found = left.replace(way, " "), found or kind
        if found and _besides(left, most_used) < LEAST_BESIDES:
            return found
    return None


def _besides(left: str, most_used: Collection[str]) -> int:
    """How much is left, where what lies between words does not count, and a run or a much-used word counts as one."""
    total = 0
    for part in re.split(r"[\s._,\-]+", left):
        before, word, after = _AROUND.fullmatch(part).groups()  # type: ignore[union-attr]  # it matches everything
        total += pieces(before) + (1 if word in most_used else pieces(word)) + pieces(after)
    return total


def _words(own: Own) -> set[str]:
    """What of a thing somebody would put into a password: its words, all of it in one, of a number the end."""
    if own.kind in (Kind.PHONE, Kind.NUMBER):
        digits = re.sub(r"\D", "", own.text)
        return {
            part
            for part in (digits, "0" + digits[-9:], digits[-9:], digits[-8:])
            if len(part) > _SHORTEST_OWN
        }
    plain = folded(own.text)
    found = {*_BETWEEN.split(plain), _BETWEEN.sub("", plain)}
    # A password is read with its digits as letters too, so a house number has to be as well.
    found |= {word.translate(table) for word in found for table in _LEET}
    return {word for word in found if len(word) >= _SHORTEST_OWN}
