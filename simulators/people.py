"""
Made-up payers and their accounts, from a seed: the same seed gives the same person.

Names are strung together from syllables so that nobody takes them for somebody; the bank does not exist.
"""

from dataclasses import dataclass
from random import Random

ONSETS = ("b", "br", "d", "dr", "f", "gl", "k", "kl", "l", "m", "n", "pl", "r", "st", "t", "v", "z")
VOWELS = ("a", "e", "i", "o", "u", "aa", "oe", "ie")
CODAS = ("", "l", "m", "n", "r", "s", "x")
BANK = "SIMU"
BIC = f"{BANK}NL2A"


@dataclass(frozen=True)
class Payer:
    """Who pays, as the provider tells the merchant."""

    name: str
    iban: str
    bic: str
    mail: str
    card_last_four: str


def payer(seed: str) -> Payer:
    """Return the payer that belongs to a seed."""
    random = Random(seed)  # noqa: S311 - nothing here is a secret
    given, family = _word(random, 2), _word(random, 3)
    return Payer(
        name=f"{given} {family}",
        iban=_iban(random),
        bic=BIC,
        mail=f"{given}.{family}@payer.invalid".lower(),
        card_last_four=f"{random.randrange(10_000):04d}",
    )


def _word(random: Random, syllables: int) -> str:
    parts = [random.choice(ONSETS) + random.choice(VOWELS) + random.choice(CODAS) for _ in range(syllables)]
    return "".join(parts).capitalize()


def _iban(random: Random) -> str:
    """A Dutch IBAN: the account number passes the eleven test, the check digits are right (ISO 7064)."""
    while True:
        digits = [random.randrange(10) for _ in range(9)]
        last = -sum(weight * digit for weight, digit in zip(range(10, 1, -1), digits, strict=True)) % 11
        if last < 10:
            break
    account = "".join(map(str, [*digits, last]))
    as_number = "".join(str(int(char, 36)) for char in f"{BANK}{account}NL00")
    return f"NL{98 - int(as_number) % 97:02d}{BANK}{account}"
