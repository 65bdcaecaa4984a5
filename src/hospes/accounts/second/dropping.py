"""Taking every second step off, for who lost them all."""

from datetime import datetime

from allauth.mfa.models import Authenticator

from hospes.accounts.models import Passkey
from hospes.accounts.second import phones, recovery


def drop_all(person_id: int, *, now: datetime) -> None:
    """App, passkeys, number and recovery codes: none of them counts any more. Acts at the door, for access."""
    Authenticator.objects.filter(user_id=person_id).delete()
    Passkey.objects.filter(person_id=person_id).delete()
    phones.end_all(person_id, now=now)
    recovery.drop(person_id)
