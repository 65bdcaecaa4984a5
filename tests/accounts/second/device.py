"""A device with passkeys, in a few lines: what a browser would send, honest or not."""

import base64
import hashlib
import json
import os
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2 import cbor

PORTAL, OFFICE = "https://portal.example", "https://kantoor.example"
_PRESENT, _VERIFIED, _ATTESTED = 0x01, 0x04, 0x40


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


@dataclass
class Device:
    """Makes and uses one passkey. `counts`: whether it counts its signatures; `checks`: whether it checks who holds it."""

    origin: str = PORTAL
    counts: bool = False
    checks: bool = True
    counter: int = 0
    key: Any = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    credential_id: bytes = field(default_factory=lambda: os.urandom(32))
    user_handle: bytes = b""

    def make(self, options: dict[str, Any], **lies: Any) -> str:
        """The answer to options of `add`; lies: origin, rp_id, challenge, type."""
        asked = options["publicKey"]
        self.user_handle = base64.urlsafe_b64decode(asked["user"]["id"] + "==")
        public = self.key.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: public.x.to_bytes(32, "big"), -3: public.y.to_bytes(32, "big")}
        attested = (
            bytes(16) + len(self.credential_id).to_bytes(2, "big") + self.credential_id + cbor.encode(cose)
        )
        data = self._data(lies.get("rp_id", asked["rp"]["id"]), _ATTESTED) + attested
        told = {
            "clientDataJSON": _text(self._client_data("webauthn.create", asked["challenge"], lies)),
            "attestationObject": _text(cbor.encode({"fmt": "none", "attStmt": {}, "authData": data})),
        }
        return self._answer(told)

    def sign(self, options: dict[str, Any], **lies: Any) -> str:
        """The answer to options of `step` or `log_in`; lies: origin, rp_id, challenge, type, user_handle, key."""
        asked = options["publicKey"]
        self.counter += self.counts
        data = self._data(lies.get("rp_id", asked["rpId"]), 0)
        client_data = self._client_data("webauthn.get", asked["challenge"], lies)
        signed = lies.get("key", self.key).sign(
            data + hashlib.sha256(client_data).digest(), ec.ECDSA(hashes.SHA256())
        )
        return self._answer({
            "clientDataJSON": _text(client_data), "authenticatorData": _text(data), "signature": _text(signed),
            "userHandle": _text(lies.get("user_handle", self.user_handle)),
        })  # fmt: skip

    def _data(self, rp_id: str, more: int) -> bytes:
        flags = _PRESENT | (_VERIFIED if self.checks else 0) | more
        return hashlib.sha256(rp_id.encode()).digest() + bytes([flags]) + self.counter.to_bytes(4, "big")

    def _client_data(self, kind: str, challenge: str, lies: dict[str, Any]) -> bytes:
        said = {
            "type": lies.get("type", kind), "challenge": lies.get("challenge", challenge),
            "origin": lies.get("origin", self.origin), "crossOrigin": False,
        }  # fmt: skip
        return json.dumps(said).encode()

    def _answer(self, response: dict[str, str]) -> str:
        identity = _text(self.credential_id)
        return json.dumps({
            "id": identity, "rawId": identity, "type": "public-key", "response": response, "clientExtensionResults": {},
        })  # fmt: skip
