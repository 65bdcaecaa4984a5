"""Who is there, and the doors: the pages where somebody logs in, signs up or looks after their login."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from django.contrib.auth import SESSION_KEY, get_user
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import Resolver404, resolve, reverse

from hospes.accounts.door import is_office, known_as, stranger
from hospes.accounts.models import OpenSession
from hospes.accounts.origins import devices, guard
from hospes.accounts.second import gate
from hospes.accounts.staff.queries import Standing, standing_of
from hospes.accounts.viewing.services import InView
from hospes.customers.models import Person
from hospes.customers.queries import Capacity, capacities
from hospes.kernel import clock
from hospes.kernel.acting import Actor, acting
from hospes.kernel.purposes import Purpose

Handler = Callable[[HttpRequest], HttpResponse]


class KnownRequest(HttpRequest):
    """A request of which is known who makes it; for type checkers only."""

    user: Person | AnonymousUser
    actor: Actor
    capacities: list[Capacity]
    shut: list[Capacity]
    opened: OpenSession | None
    staff: Standing | None
    second_step: bool
    step_due: bool
    locked: frozenset[int]
    viewing: InView | None


def who_is_there(get_response: Handler) -> Handler:
    """
    Middleware: puts on the request who makes it.

    `user`: the person, loaded, or AnonymousUser; `actor`: who acts, for `acting()`; `capacities`: the customers that the
    person may act for now, from where they are; `shut`: those whose limits keep them out here; `opened`: the entry of their
    session, without which they are nobody; `second_step`, `step_due`, `locked`: see `second.gate`. On the office's face only
    staff is somebody, `staff` says as what. There every view is for staff with a second step, unless it is marked with Django's
    `login_not_required`.

    For a visitor without a session nothing is looked up.
    """

    def middleware(request: Any) -> HttpResponse:
        _begin(request)
        if is_office() and not guard.is_office_network(request.actor.ip):
            return guard.not_from_here(request, now=clock.now())
        _identify(request)
        response = get_response(request)
        if hasattr(request, "device_token"):
            devices.keep(request, response)
        return response

    def process_view(request: Any, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        if elsewhere := gate.stop(request, kwargs):
            return elsewhere
        if not is_office() or not getattr(view, "login_required", True):
            return None
        if request.staff is None:
            return redirect_to_login(request.get_full_path(), reverse("account_login"))
        if not request.second_step and not _is_door(request):
            return HttpResponseRedirect(reverse("mfa_index"))
        return None

    middleware.process_view = process_view  # type: ignore[attr-defined]  # Django looks for it here
    return middleware


def _begin(request: Any) -> None:
    request.user, request.actor = AnonymousUser(), stranger(request)
    request.capacities, request.shut, request.opened = [], [], None
    request.staff, request.locked = None, frozenset()
    request.second_step, request.step_due = False, False


def _identify(request: Any) -> None:
    if SESSION_KEY not in request.session:
        return
    now = clock.now()
    with acting(Purpose.ACCESS, actor=request.actor):
        person = get_user(request)  # compares the password's hash too: a new password ends all other sessions
        if not isinstance(person, Person):
            return
        request.opened = guard.open_session(request, person.pk, now=now)
        if request.opened is None:
            return
        if is_office():
            request.staff = standing_of(person.pk, now=now)
            if request.staff is None:
                return
        else:
            held = capacities(person.pk, now=now)
            request.capacities, request.shut = guard.within_limits(held, request.actor.ip)
        gate.look(request, person)
    request.user, request.actor = person, known_as(person.pk, request)


class _UndoneError(Exception):
    """The page broke: what it did is rolled back."""


def doors(get_response: Handler) -> Handler:
    """
    Middleware: the login library's views run at the door as a whole, in one transaction, their templates included.

    They look for people among everybody, which no other view may. What a view did that ended in an error is undone.
    """

    def middleware(request: Any) -> HttpResponse:
        if not _is_door(request):
            return get_response(request)
        with suppress(_UndoneError), acting(Purpose.ACCESS, actor=request.actor):
            response = get_response(request)
            if response.status_code >= 500:
                raise _UndoneError
        if (
            request.method == "POST"
        ):  # whatever came of it, so that the cookie tells nobody whether an address is known
            devices.token_of(request)
        return response

    return middleware


def _is_door(request: HttpRequest) -> bool:
    """Whether a request is for one of the login library's views."""
    try:
        name = resolve(request.path_info, getattr(request, "urlconf", None)).url_name or ""
    except Resolver404:
        return False
    return name.startswith(("account_", "mfa_"))
