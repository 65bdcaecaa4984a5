"""Pure rules about payments."""

import hmac
import re
from hashlib import sha256

from hospes.kernel.secrets import derived_password

_REFERENCE = re.compile(r"[a-z]{2,6}_[A-Za-z0-9_]{2,200}")


def is_reference(text: str) -> bool:
    """Whether a text can be a provider's reference, as in tr_WDqYK6vllg or cs_live_a1B2; others are not stored."""
    return _REFERENCE.fullmatch(text) is not None


def notice_token(idempotency_key: str) -> str:
    """What the address for notices about a payment ends with: only the provider, whom we told it, can send one."""
    return derived_password(f"payment notice {idempotency_key}")


def is_notice_token(idempotency_key: str, token: str) -> bool:
    """Whether a notice came to the address that was given for this payment."""
    return hmac.compare_digest(notice_token(idempotency_key).encode(), token.encode())


#: So long the name of a document can be in the ledger.
_DOCUMENT = 60


def document_of(reference: str, idempotency_key: str) -> str:
    """What the ledger calls a payment: the provider's reference, or where that is too long ours, which the provider has too."""
    return reference if len(reference) <= _DOCUMENT else idempotency_key


def key_of_found(reference: str) -> str:
    """By what a payment is known that we did not ask for, and that the provider turned out to have."""
    return f"found-{sha256(reference.encode()).hexdigest()[:40]}"
