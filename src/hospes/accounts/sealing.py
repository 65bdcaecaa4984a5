"""Second factors as the table holds them: sealed with a key from outside the database."""

import base64

from hospes.kernel.secrets import seal, unseal_text

_PLACE = "mfa_authenticator:data"


def sealed(text: str) -> str:
    """A secret as text that only this installation can read again."""
    return base64.b64encode(seal(text, context=_PLACE)).decode()


def opened(text: str) -> str:
    """The secret again; raises CannotUnseal."""
    return unseal_text(base64.b64decode(text), context=_PLACE)
