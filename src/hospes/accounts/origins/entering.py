"""What a login brings with it: an entry in the list of open sessions, a known device and place, and a mail if they were not."""

from datetime import datetime

from allauth.account.internal.flows.login import get_authentication_records
from django.http import HttpRequest

from hospes.accounts.door import actor_of, face
from hospes.accounts.origins import devices, sessions
from hospes.accounts.origins.places import place_of
from hospes.customers.models import Person
from hospes.messaging import services as messaging

#: Where the session says why the one before it ended, for the login page.
WHY_ENDED = "hospes_ended"


def is_known(request: HttpRequest, person_id: int, *, now: datetime) -> bool:
    """Whether a person logged in from this device and this place before. Acts within the purpose of access."""
    device = devices.hashed(devices.token_of(request), person_id)
    return devices.known(person_id, device=device, place=place_of(actor_of(request).ip), now=now).both


def gave_second_step(request: HttpRequest, person: Person) -> bool:
    """Whether somebody who logs in gave a second step: then no other is asked for."""
    return any(record.get("method") == "mfa" for record in get_authentication_records(request, person))


def vouched(request: HttpRequest, person_id: int, *, now: datetime) -> None:
    """
    Know this browser and place from now on: in it a person signed up, or showed that they read their mail.

    For sign-up, confirming an address, a new password by link, and invitations. Acts within the purpose of access.
    """
    device = devices.hashed(devices.token_of(request), person_id)
    devices.remember(person_id, device=device, place=place_of(actor_of(request).ip), now=now)


def began(request: HttpRequest, person_id: int, *, now: datetime) -> None:
    """Enter a login that was just completed, and have the person told when it is from somewhere new. Acts for access."""
    actor = actor_of(request)
    was_known = is_known(request, person_id, now=now)
    if before := sessions.found(request.session, person_id=person_id, face=face()):
        sessions.end(before.pk, sessions.Ended.LOGOUT, now=now)
    request.session.pop(WHY_ENDED, None)
    opened = sessions.begin(
        request.session, person_id=person_id, face=face(), ip=actor.ip, browser=actor.browser or "",
        device=devices.hashed(devices.token_of(request), person_id), now=now,
    )  # fmt: skip
    vouched(request, person_id, now=now)
    if not was_known:
        messaging.enqueue(
            "account.new_login",
            key=f"new_login:{opened.pk}",
            person_id=person_id,
            about_id=opened.pk,
            now=now,
        )


def left(request: HttpRequest, person_id: int, *, now: datetime) -> None:
    """Enter that somebody logged out. Acts within the purpose of access."""
    if opened := sessions.found(request.session, person_id=person_id, face=face()):
        sessions.end(opened.pk, sessions.Ended.LOGOUT, now=now)


def got_new_password(request: HttpRequest, person_id: int, *, now: datetime) -> None:
    """
    End all sessions but the one in which the password was changed; without one it was changed by a link from the mail.

    Acts within the purpose of access.
    """
    opened = sessions.found(request.session, person_id=person_id, face=face())
    sessions.end_all(person_id, sessions.Ended.PASSWORD, but=opened.pk if opened else None, now=now)
    if opened is None:
        vouched(request, person_id, now=now)
