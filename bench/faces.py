"""Asking for pages inside this process: the whole of Django, without a socket."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import Any
from unittest import mock

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext

from hospes.accounts.door import face
from hospes.accounts.origins import sessions
from hospes.customers.models import Person
from hospes.kernel import acting, clock, managers
from hospes.kernel.acting import SYSTEM
from hospes.kernel.purposes import Purpose


def logged_in(person_id: int) -> Client:
    """A browser that is logged in as this person."""
    with acting.acting(Purpose.ACCESS, actor=SYSTEM):
        person = Person.objects.get(pk=person_id)
        session = import_module(settings.SESSION_ENGINE).SessionStore()
        session[SESSION_KEY] = str(person.pk)
        session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
        session[HASH_SESSION_KEY] = person.get_session_auth_hash()
        sessions.begin(
            session, person_id=person.pk, face=face(), ip="127.0.0.1", browser="", device="", now=clock.now()
        )
    session.create()
    client = Client(HTTP_HOST="localhost")
    client.cookies[settings.SESSION_COOKIE_NAME] = session.session_key
    return client


@contextmanager
def office_face() -> Iterator[None]:
    """The office's addresses and cookie."""
    with override_settings(
        ROOT_URLCONF="hospes.config.urls_office", FACE="office", SESSION_COOKIE_NAME="hospes_office"
    ):
        yield


@contextmanager
def unenforced() -> Iterator[None]:
    """
    The floor: the same code as the owner of the tables, without roles and so without policies, all columns asked for.

    Transactions stay, as in any Django project with ATOMIC_REQUESTS.
    """
    with (
        mock.patch.object(acting, "_enter", _stay),
        mock.patch.object(acting, "_leave", _stay),
        mock.patch.object(managers, "_hidden", return_value=frozenset()),
    ):
        yield


def _stay(connection: Any, *values: object, nested: bool = False) -> Sequence[str]:
    """No role is taken and nothing is set; in Python, journal entries still know who acts."""
    return ()


def timed(action: Callable[[], Any]) -> float:
    """Seconds that it takes."""
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def get(client: Client, path: str) -> None:
    """Ask for a page; anything but 200 is an error of the benchmark."""
    answer = client.get(path)
    if answer.status_code != 200:
        raise RuntimeError(f"{path} answered {answer.status_code} {answer.headers.get('Location', '')}")


def queries(action: Callable[[], Any]) -> int:
    """How many statements it sends."""
    with CaptureQueriesContext(connection) as captured:
        action()
    return len(captured)
