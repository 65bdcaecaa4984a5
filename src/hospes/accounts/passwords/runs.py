"""Rows of keys, counts and repetition: what is long to type and short to guess. Pure."""

import itertools
import unicodedata
from functools import cache

#: What lies side by side: in the alphabet, in counting, on keyboards sold in the Netherlands, Belgium and Germany.
_ROWS = (
    "abcdefghijklmnopqrstuvwxyz", "01234567890", "1234567890-=", "!@#$%^&*()_+",
    "qwertyuiop[]", "asdfghjkl;'", "zxcvbnm,./",
    "azertyuiop", "qsdfghjklm", "wxcvbn,;:", "qwertzuiop", "yxcvbnm",
)  # fmt: skip

#: Three in a row are a run; two are chance.
_SHORTEST_RUN = 3


def folded(text: str) -> str:
    """A text without the difference between capitals and small letters, and without accents."""
    apart = unicodedata.normalize("NFKD", text).casefold()
    return "".join(sign for sign in unicodedata.normalize("NFKD", apart) if not unicodedata.combining(sign))


@cache
def _directions() -> dict[str, frozenset[tuple[int, int]]]:
    """In which rows, and which way, two signs follow one another."""
    found: dict[str, set[tuple[int, int]]] = {}
    for number, row in enumerate(_ROWS):
        for one, next_one in itertools.pairwise(row):
            found.setdefault(one + next_one, set()).add((number, 1))
            found.setdefault(next_one + one, set()).add((number, -1))
    return {pair: frozenset(ways) for pair, ways in found.items()}


def pieces(text: str, *, enough: int = 1000) -> int:
    """
    Of how many pieces a (folded) text consists, where a run counts as one: "qwerty123" has two, "korenschuur" eleven.

    A run is the same sign over and over, or signs that follow one another on a keyboard, in the alphabet or in counting. Who
    need not know more says from how many on they are `enough`.
    """
    count, place = 0, 0
    while place < len(text) and count < enough:
        length = _run_at(text, place)
        place += length if length >= _SHORTEST_RUN else 1
        count += 1
    return count


def _run_at(text: str, start: int) -> int:
    """How long the run is that begins at a place."""
    ways = _ways(text[start : start + 2])
    end = start + 1
    while ways and end < len(text):
        ways &= _ways(text[end - 1 : end + 1])
        if ways:
            end += 1
    return end - start


def _ways(pair: str) -> frozenset[tuple[int, int]]:
    same = frozenset({(-1, 0)}) if len(pair) == 2 and pair[0] == pair[1] else frozenset()
    return same | _directions().get(pair, frozenset())


def unit(text: str) -> str:
    """What a text repeats: "abcabcabca" gives "abc"; the whole text where it repeats nothing."""
    for length in range(1, len(text) // 2 + 1):
        if all(text[place] == text[place - length] for place in range(length, len(text))):
            return text[:length]
    return text
