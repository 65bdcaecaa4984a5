"""
Secrets that have to be readable again (second factors, auth codes, panel passwords, provider keys), sealed.

The key lives outside the database: the setting HOSPES_SECRET_KEY_BYTES, at least 32 random bytes. Every use
has a key of its own, derived from it with HKDF (RFC 5869). Sealing is AES-256-GCM with a random nonce of 96
bits, which is safe for some 4,000,000,000 seals under one key (NIST SP 800-38D, 8.3).

A sealed value is version (1 byte) || key id (1 byte) || nonce (12) || ciphertext and tag (length + 16).
Header and context are authenticated with it: a value that was moved to another row or column doesn't open.

To change the key: put the old one in HOSPES_OLD_SECRET_KEYS (a list of bytes), the new one in its place,
`reseal` what `needs_reseal` says, then drop the old one. Blind indexes and derived passwords follow the new
key at once; meanwhile `blind_indexes` finds rows that were indexed with either.
"""

import base64
import hashlib
import hmac
import os
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

_VERSION: Final = 1
_HEADER: Final = 2
_NONCE: Final = 12
_TAG: Final = 16
_INDEX: Final = 16
_SHORTEST_KEY: Final = 32


class CannotUnseal(Exception):
    """The value was sealed with a key that isn't here or for another context, or it was damaged."""


def seal(plain: str | bytes, *, context: str) -> bytes:
    """
    Encrypt a secret for one place; a text is sealed as UTF-8.

    The context names that place, such as "accounts_totp:secret:42" (table:column:subject). It is not stored:
    whoever unseals has to know it.
    """
    master = _masters()[0]
    header, nonce = _header(master), os.urandom(_NONCE)
    return header + nonce + _cipher(master).encrypt(nonce, _bytes(plain), header + context.encode())


def unseal(sealed: bytes | memoryview, *, context: str) -> bytes:
    """Return the bytes that were sealed for this context, or raise CannotUnseal."""
    raw = bytes(sealed)
    header, nonce, cipher_text = raw[:_HEADER], raw[_HEADER : _HEADER + _NONCE], raw[_HEADER + _NONCE :]
    if len(cipher_text) < _TAG or header[0] != _VERSION:
        raise CannotUnseal("This is no sealed value.")
    candidates = [master for master in _masters() if _header(master) == header]
    if not candidates:
        raise CannotUnseal("This value was sealed with a key that is not configured.")
    for master in candidates:  # key ids are one byte, so two keys may share one
        try:
            return _cipher(master).decrypt(nonce, cipher_text, header + context.encode())
        except InvalidTag:
            continue
    raise CannotUnseal("This value was damaged, or it was sealed for another place.")


def unseal_text(sealed: bytes | memoryview, *, context: str) -> str:
    """Return the text that was sealed for this context, or raise CannotUnseal."""
    return unseal(sealed, context=context).decode()


def needs_reseal(sealed: bytes | memoryview) -> bool:
    """Say whether a value was sealed with another key (or in another way) than new values are."""
    return bytes(sealed[:_HEADER]) != _header(_masters()[0])


def reseal(sealed: bytes | memoryview, *, context: str) -> bytes:
    """Seal a value anew with the current key, or raise CannotUnseal."""
    return seal(unseal(sealed, context=context), context=context)


def blind_index(value: str | bytes, *, context: str) -> bytes:
    """
    Return 16 bytes by which an encrypted value can be looked up, the same for equal values in one context.

    Normalise the value first. The context names the column ("customers_bankaccount:iban"), so that equal
    values in two columns can't be linked. An index links rows with equal values: delete it together with the
    value.
    """
    return _index(_masters()[0], value, context)


def blind_indexes(value: str | bytes, *, context: str) -> list[bytes]:
    """Return the blind index under the current key, then under each old one: look up with all of them."""
    return [_index(master, value, context) for master in _masters()]


def derived_password(name: str, *, master: bytes | None = None) -> str:
    """
    Return the password that belongs to a name, such as a database login: 43 characters of A-Z a-z 0-9 - _.

    It need not be stored anywhere, and changes with the key. The settings module itself gives the key as
    `master`, since it can't read the settings yet.
    """
    key = _derived(_masters()[0] if master is None else _checked(master), b"password")
    return base64.urlsafe_b64encode(_hmac(key, name.encode())).decode().rstrip("=")


def _masters() -> list[bytes]:
    """Return the installation's keys, the current one first, or raise ImproperlyConfigured."""
    current: bytes | None = getattr(settings, "HOSPES_SECRET_KEY_BYTES", None)
    old: Sequence[bytes] = getattr(settings, "HOSPES_OLD_SECRET_KEYS", ())
    if current is None:
        raise ImproperlyConfigured("HOSPES_SECRET_KEY_BYTES is missing: nothing can be sealed without a key.")
    return [_checked(master) for master in (current, *old)]


def _checked(master: bytes) -> bytes:
    if not isinstance(master, bytes) or len(master) < _SHORTEST_KEY:
        raise ImproperlyConfigured(f"A secret key of hospes is at least {_SHORTEST_KEY} random bytes.")
    return master


@lru_cache(maxsize=64)
def _derived(master: bytes, use: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=b"hospes", info=b"hospes/v1/" + use).derive(master)


@lru_cache(maxsize=16)
def _cipher(master: bytes) -> AESGCM:
    return AESGCM(_derived(master, b"seal"))


def _header(master: bytes) -> bytes:
    return bytes((_VERSION, _derived(master, b"key id")[0]))


def _index(master: bytes, value: str | bytes, context: str) -> bytes:
    named = context.encode()
    # The length keeps ("ab", "c") from ("a", "bc").
    message = len(named).to_bytes(4, "big") + named + _bytes(value)
    return _hmac(_derived(master, b"blind index"), message)[:_INDEX]


def _hmac(key: bytes, message: bytes) -> bytes:
    return hmac.new(key, message, hashlib.sha256).digest()


def _bytes(value: str | bytes) -> bytes:
    return value.encode() if isinstance(value, str) else value
