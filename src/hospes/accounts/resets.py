"""The links by which somebody chooses a new password."""

from typing import Any

from django.core.signing import BadSignature, Signer

from hospes.accounts.models import PasswordReset
from hospes.customers.models import Person
from hospes.kernel import clock

_signer = Signer(salt="hospes.accounts.resets")


def token(*, reset_id: int, person_id: int) -> str:
    """What a link carries: which reset, of whom, signed. Whoever writes the mail needs no password to make it."""
    return _signer.sign(f"{reset_id}.{person_id}")


def read(given: str) -> tuple[int, int] | None:
    """Which reset, and of whom, a token stands for; None for what we did not make."""
    try:
        reset_id, _, person_id = _signer.unsign(given).partition(".")
    except BadSignature:
        return None
    return int(reset_id), int(person_id)


class ResetTokens:
    """What the login library asks about tokens (ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR)."""

    def make_token(self, person: Person) -> str:
        """Nothing: the token is made by the worker, which writes the mail."""
        return ""

    def check_token(self, person: Any, given: str) -> bool:
        """Whether a token is of this person, was not used or overtaken by another new password, and has not expired."""
        named = read(given)
        if named is None or named[1] != person.pk or not person.is_active:
            return False
        still_open = PasswordReset.objects.filter(pk=named[0], person_id=person.pk, closed_at=None)
        return bool(still_open.filter(expires_at__gt=clock.now()).exists())
