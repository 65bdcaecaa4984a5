"""Argon2id with its parameters as data (HOSPES_ARGON2), over the normalised password."""

import secrets
from functools import lru_cache

from argon2.low_level import Type, hash_secret_raw
from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher, make_password

from hospes.accounts.passwords import slots
from hospes.accounts.passwords.rules import LONGEST, normalised


class Argon2id(Argon2PasswordHasher):
    """
    Django's, which hashes anew at login what was hashed with other parameters. Hashes no more at once than `slots` allows.

    What is longer than any password may be is not looked at: it is wrong, whatever was stored.
    """

    @property
    def time_cost(self) -> int:  # type: ignore[override]  # read each time: it is data
        return int(settings.HOSPES_ARGON2["passes"])

    @property
    def memory_cost(self) -> int:  # type: ignore[override]
        return int(settings.HOSPES_ARGON2["memory_kib"])

    @property
    def parallelism(self) -> int:  # type: ignore[override]
        return int(settings.HOSPES_ARGON2["lanes"])

    def encode(self, password: str, salt: str) -> str:
        """Hash a password; ValueError for one that is too long."""
        text, too_long = _bounded(password)
        if too_long:
            raise ValueError(f"a password has {LONGEST} characters at most")
        with slots.hashing():
            return str(super().encode(text, salt))

    def verify(self, password: str, encoded: str) -> bool:
        """Whether a password is the one that was hashed; takes as long for one that is too long."""
        text, too_long = _bounded(password)
        with slots.hashing():
            is_right = bool(super().verify(text, encoded))
        return is_right and not too_long

    def harden_runtime(self, password: str, encoded: str) -> None:
        """
        Make up for what a hash of before cost less, when a password was wrong: else the time would tell that somebody has it.

        What Argon2 costs is passes times memory; the rest is done in one pass, or in several of the memory that is usual.
        """
        was = self.decode(encoded)
        rest = self.time_cost * self.memory_cost - was["time_cost"] * was["memory_cost"]
        least = 8 * self.parallelism
        if rest < least:
            return
        passes = -(-rest // self.memory_cost)
        with slots.hashing():
            hash_secret_raw(
                _bounded(password)[0].encode(), b"no salt is needed", passes, max(least, rest // passes),
                self.parallelism, 32, Type.ID,
            )  # fmt: skip


def _bounded(password: str) -> tuple[str, bool]:
    """What is hashed of a password, and whether it is too long to be one."""
    text = normalised(password[: 4 * LONGEST])
    return text[:LONGEST], len(text) > LONGEST or len(password) > 4 * LONGEST


@lru_cache(maxsize=4)
def _of_nobody(*parameters: int) -> str:
    return make_password(secrets.token_hex(32))


def hash_of_nobody() -> str:
    """A hash with today's parameters, of what nobody knows: looking at it takes as long as looking at somebody's."""
    return _of_nobody(*settings.HOSPES_ARGON2.values())
