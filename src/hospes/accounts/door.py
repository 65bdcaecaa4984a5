"""At the door: acting for the purpose of access among everybody, since who logs in has to be looked for."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from django.conf import settings
from django.http import HttpRequest

from hospes.accounts.network import client_ip
from hospes.accounts.origins.browsers import in_short
from hospes.accounts.origins.places import place_of
from hospes.kernel import acting
from hospes.kernel.acting import Actor
from hospes.kernel.purposes import Purpose


def is_office() -> bool:
    """Whether this process serves the office."""
    return bool(settings.FACE == "office")


def face() -> str:
    """Which face this process serves; what is no office serves the portal's pages, a test or a benchmark say."""
    return "office" if is_office() else "portal"


def stranger(request: HttpRequest) -> Actor:
    """Who makes a request, as long as nothing is known but from where it comes and by which browser."""
    ip = client_ip(request)
    return Actor.visitor(ip=ip, browser=_browser(request), country=place_of(ip).country)


def _browser(request: HttpRequest) -> str:
    return in_short(request.META.get("HTTP_USER_AGENT"))


def actor_of(request: HttpRequest) -> Actor:
    """Who acts in a request; a visitor where the middleware has not said."""
    known = getattr(request, "actor", None)
    return known if isinstance(known, Actor) else stranger(request)


def known_as(person_id: int, request: HttpRequest) -> Actor:
    """A person as actor: on the office's face as staff."""
    return replace(stranger(request), kind="staff" if is_office() else "person", id=person_id)


@contextmanager
def at_the_door(request: HttpRequest, *, as_actor: Actor | None = None) -> Iterator[None]:
    """
    Act at the door in the transaction that is there already, or else in one of its own.

    The login library tells some things only after a commit, when nobody acts any more.
    """
    if as_actor is None and acting.current() is not None:
        yield
        return
    with acting.acting(Purpose.ACCESS, actor=as_actor or actor_of(request)):
        yield
