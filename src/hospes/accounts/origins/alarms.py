"""
The link in the mail about a new login: "this was not me".

It works without logging in, once, since who opens it reads the mail of the account, as with a link for a new password. It ends
every session, knows no device or place any more, and makes the password worthless: somebody else has it.
"""

from datetime import datetime, timedelta
from typing import Final

from django.core.signing import BadSignature, Signer
from django.urls import reverse
from django.utils.http import int_to_base36

from hospes.accounts import resets, services
from hospes.accounts.models import OpenSession
from hospes.accounts.origins import devices, sessions
from hospes.customers.models import Person

#: As long as the session itself at most.
LASTS: Final = timedelta(days=14)

_signer = Signer(salt="hospes.accounts.origins.alarms")


def token(*, opened_id: int, person_id: int) -> str:
    """What the link carries: which session, of whom, signed by who writes the mail."""
    return _signer.sign(f"{opened_id}.{person_id}")


def session_of(given: str, *, now: datetime) -> OpenSession | None:
    """The session that a link is about; None when the link is not ours, was used or is too old. Acts for access."""
    try:
        opened_id, _dot, person_id = _signer.unsign(given).partition(".")
    except BadSignature:
        return None
    mine = OpenSession.objects.filter(pk=int(opened_id), person_id=int(person_id), started_at__gt=now - LASTS)
    return mine.exclude(ended=sessions.Ended.REPORTED).first()


def report(opened: OpenSession, *, now: datetime) -> str | None:
    """
    Shut out whoever it was, and return where the person chooses a new password; None when the link was used meanwhile.

    Acts within the purpose of access.
    """
    still = OpenSession.objects.filter(pk=opened.pk).exclude(ended=sessions.Ended.REPORTED)
    if not still.update(ended=sessions.Ended.REPORTED, expires_at=now):
        return None
    sessions.end_all(opened.person_id, sessions.Ended.REPORTED, now=now)
    devices.forget(opened.person_id)
    person = Person.objects.get(pk=opened.person_id)
    person.set_unusable_password()
    person.save(update_fields=["password"])
    services.note("account.login_reported", person_id=person.pk, now=now)
    asked = services.open_reset(person_id=person.pk, now=now)
    key = resets.token(reset_id=asked.pk, person_id=person.pk)
    return reverse("account_reset_password_from_key", kwargs={"uidb36": int_to_base36(person.pk), "key": key})
