"""Names from syllables: they look generated, nobody has them, and a test gets the same ones each time."""

import random

_ONSETS = [
    "b",
    "d",
    "f",
    "g",
    "h",
    "k",
    "l",
    "m",
    "n",
    "p",
    "r",
    "s",
    "t",
    "v",
    "w",
    "z",
    "br",
    "dr",
    "kl",
    "st",
]
_VOWELS = ["a", "e", "i", "o", "u", "aa", "ee", "oo"]
_ENDINGS = ["n", "r", "l", "s", "k", "m"]

_random = random.Random(0)  # noqa: S311  # names only
_given = 0


def begin() -> None:
    """Start over."""
    global _given
    _random.seed(2026)
    _given = 0


def count() -> int:
    """Return the next whole number, from 1, within the test."""
    global _given
    _given += 1
    return _given


def word(syllables: int = 2) -> str:
    """Return a made-up word with a capital."""
    parts = (_random.choice(_ONSETS) + _random.choice(_VOWELS) for _ in range(syllables))
    return ("".join(parts) + _random.choice(_ENDINGS)).capitalize()


def full() -> str:
    """Return a made-up given and family name."""
    return f"{word()} {word(3)}"


def email() -> str:
    """Return an address that no other has, in a domain that is reserved for examples (RFC 2606)."""
    return f"{word().lower()}.{count()}@example.com"


def domain() -> str:
    """Return a domain name that no other has, under the top-level domain for tests (RFC 2606)."""
    return f"{word(3).lower()}-{count()}.test"


def street() -> str:
    """Return a street and number."""
    return f"{word(3)}straat {_random.randint(1, 200)}"


def postcode() -> str:
    """Return a Dutch postcode."""
    letters = "".join(_random.choices("BCDFGHJKLMNPRSTVWXZ", k=2))
    return f"{_random.randint(1000, 9999)} {letters}"


def kvk_number() -> str:
    """Return eight digits that no other has."""
    return f"{90_000_000 + count()}"


def vat_number() -> str:
    """Return a Dutch VAT number whose check digits are right (mod 97, as of 2020) and that no other has."""
    while True:
        stem = f"NL{800_000_000 + count() * 7}B"
        as_digits = int("".join(str(int(char, 36)) for char in stem))
        if check := (1 - as_digits * 100) % 97:
            return f"{stem}{check:02d}"
