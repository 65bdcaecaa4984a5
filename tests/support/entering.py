"""Being logged in, and known, without the door: for tests of what lies behind it."""

import secrets
from typing import Any

from django.conf import settings
from django.test import Client

from hospes.accounts.door import face
from hospes.accounts.origins import devices, sessions
from hospes.accounts.origins.places import place_of
from hospes.kernel import clock
from hospes.kernel.acting import Actor, acting
from hospes.kernel.purposes import Purpose


def enter(client: Client, person: Any, *, ip: str | None = None) -> Client:
    """Log somebody in to a browser, with an entry in the list of sessions as the door makes it."""
    address = ip or client.defaults.get("REMOTE_ADDR", "127.0.0.1")
    with acting(Purpose.ACCESS, actor=Actor.visitor()):
        client.force_login(person, settings.AUTHENTICATION_BACKENDS[0])
        session = client.session
        sessions.begin(
            session, person_id=person.pk, face=face(), ip=str(address), browser="", device="", now=clock.now(),
        )  # fmt: skip
        session.save()
    return client


def be_known(client: Client, person: Any, *, ip: str = "127.0.0.1") -> None:
    """Have a browser and a place be known to a person: logging in from there needs no code."""
    cookie = client.cookies.get(devices.COOKIE)
    token = cookie.value if cookie is not None and cookie.value else secrets.token_urlsafe(32)
    client.cookies[devices.COOKIE] = token
    with acting(Purpose.ACCESS, actor=Actor.visitor()):
        devices.remember(
            person.pk, device=devices.hashed(token, person.pk), place=place_of(ip), now=clock.now()
        )
