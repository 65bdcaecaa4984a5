"""At the door: acting for the purpose of access among everybody, since who logs in has to be looked for."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.http import HttpRequest

from hospes.accounts.network import client_ip
from hospes.kernel import acting
from hospes.kernel.acting import Actor
from hospes.kernel.purposes import Purpose


def is_office() -> bool:
    """Whether this process serves the office."""
    return bool(settings.FACE == "office")


def actor_of(request: HttpRequest) -> Actor:
    """Who acts in a request; a visitor where the middleware has not said."""
    known = getattr(request, "actor", None)
    return known if isinstance(known, Actor) else Actor.visitor(ip=client_ip(request))


def known_as(person_id: int, request: HttpRequest) -> Actor:
    """A person as actor: on the office's face as staff."""
    ip = client_ip(request)
    return Actor.staff(person_id, ip=ip) if is_office() else Actor.person(person_id, ip=ip)


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
