"""Pure rules of the second step: which numbers get codes, what codes look like, which code an app shows at a moment."""

import base64
import hmac
import secrets
import struct
from collections.abc import Iterable
from datetime import datetime
from typing import Final, Literal

import phonenumbers
from phonenumbers import PhoneNumberType

from hospes.customers.rules import phone_number

Objection = Literal["invalid", "not_mobile", "foreign", "barred"]


class NumberRefused(ValueError):
    """A number gets no codes; `objection` says why."""

    def __init__(self, objection: Objection) -> None:
        super().__init__(objection)
        self.objection = objection


#: Kinds of numbers that texts reach at the usual price; in some countries a mobile number cannot be told from another.
_TEXTED: Final = {PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE}


def texted_number(text: str, *, countries: Iterable[str], barred: Iterable[str], home: str = "NL") -> str:
    """
    A number that codes may go to, in E.164 form; raises NumberRefused.

    countries: ISO codes of where it may be of; barred: how it may not begin (E.164); home: where a number without a country
    code is of.
    """
    try:
        number = phone_number(text, country=home)
    except ValueError:
        raise NumberRefused("invalid") from None
    parsed = phonenumbers.parse(number)
    if phonenumbers.region_code_for_number(parsed) not in set(countries):
        raise NumberRefused("foreign")
    if phonenumbers.number_type(parsed) not in _TEXTED:
        raise NumberRefused("not_mobile")
    if number.startswith(tuple(barred)):
        raise NumberRefused("barred")
    return number


def ending(number: str) -> str:
    """The part of a number that shows its owner which one is meant, and nobody else what it is."""
    return number[-2:]


# --- codes ----------------------------------------------------------------------------------------------------------------

DIGITS: Final = 6


def new_code() -> str:
    """Six digits that nobody can foresee."""
    return f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"


def plain_code(text: str) -> str:
    """What was typed as a code, without spaces and dashes, in lower case."""
    return "".join(char for char in text if char.isalnum()).lower()


#: No i, l, o or u: they are mistaken for others, or make words. 32 signs, so ten of them are 50 bits.
_SIGNS: Final = "0123456789abcdefghjkmnpqrstvwxyz"
_RECOVERY_LENGTH: Final = 10


def new_recovery_code() -> str:
    """A code of ten signs in two halves, such as 7k2mp-x9d4t."""
    signs = "".join(secrets.choice(_SIGNS) for _ in range(_RECOVERY_LENGTH))
    return f"{signs[: _RECOVERY_LENGTH // 2]}-{signs[_RECOVERY_LENGTH // 2 :]}"


def is_recovery_code(text: str) -> bool:
    """Whether something has the form of a recovery code (`plain_code`)."""
    return len(text) == _RECOVERY_LENGTH and all(char in _SIGNS for char in text)


# --- codes from an app (RFC 6238: SHA-1, six digits, thirty seconds) ------------------------------------------------------

_STEP: Final = 30


def matching_step(secret: str, code: str, *, at: datetime, after: int = 0) -> int | None:
    """
    The time step whose code this is: the present one or a neighbour, since clocks differ; None when it is of none of them.

    A step up to `after` does not count: its code was used (RFC 6238, 5.2). `secret` is in base32, `code` has digits only.
    """
    present = int(at.timestamp()) // _STEP
    for step in (present, present - 1, present + 1):
        if step > after and hmac.compare_digest(_app_code(secret, step).encode(), code.encode()):
            return step
    return None


def _app_code(secret: str, step: int) -> str:
    digest = hmac.digest(base64.b32decode(secret, casefold=True), struct.pack(">Q", step), "sha1")
    offset = digest[-1] & 0x0F
    number = struct.unpack(">I", digest[offset : offset + 4])[0] & 0x7FFFFFFF
    return f"{number % 10**DIGITS:0{DIGITS}d}"
