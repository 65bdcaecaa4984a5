"""The code that an authenticator app shows (RFC 6238: SHA-1, six digits, thirty seconds), for the demo and for tests."""

import hmac
import struct
from base64 import b32decode


def code(secret: str, moment: float) -> str:
    """The six digits for a base32 secret at a moment (seconds since the epoch)."""
    digest = hmac.digest(b32decode(secret, casefold=True), struct.pack(">Q", int(moment) // 30), "sha1")
    offset = digest[-1] & 0x0F
    number = struct.unpack(">I", digest[offset : offset + 4])[0] & 0x7FFFFFFF
    return f"{number % 1_000_000:06d}"
