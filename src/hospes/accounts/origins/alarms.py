"""
The link in the mail about a new login: "this was not me".

It works without logging in, once, since who opens it reads the mail of the account, as with a link for a new password. It shuts
out whoever it was (`shutting_out`), from the moment on at which they came in: somebody else has the password.
"""

from datetime import datetime, timedelta
from typing import Final

from django.core.signing import BadSignature, Signer
from django.urls import reverse
from django.utils.http import int_to_base36

from hospes.accounts import resets, services
from hospes.accounts.addresses import changes
from hospes.accounts.models import OpenSession
from hospes.accounts.origins import sessions
from hospes.accounts.shutting_out import shut_out
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

    An address that the account got since then goes too: the mail with the link went to the one of before. Acts for access.
    """
    still = OpenSession.objects.filter(pk=opened.pk).exclude(ended=sessions.Ended.REPORTED)
    if not still.update(ended=sessions.Ended.REPORTED, expires_at=now):
        return None
    changes.take_back(opened.person_id, opened.started_at, now=now)
    person = Person.objects.get(pk=opened.person_id)
    shut_out(person, since=opened.started_at, now=now)
    services.note("account.login_reported", person_id=person.pk, now=now)
    asked = services.open_reset(person_id=person.pk, now=now)
    key = resets.token(reset_id=asked.pk, person_id=person.pk)
    return reverse("account_reset_password_from_key", kwargs={"uidb36": int_to_base36(person.pk), "key": key})
