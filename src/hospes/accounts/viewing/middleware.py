"""
Middleware: what the office answers below `/zien/`, where a customer's own pages are shown to a colleague who looks.

Nothing else of the portal is there: a view says itself that it may be shown (`shows`), and for which purposes it acts. It
runs with the colleague as who acts, within bounds (`kernel.bounds`) and in a READ ONLY transaction, after the entry in the
journal was committed.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from django.contrib.auth.views import redirect_to_login
from django.db import InternalError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import ResolverMatch, resolve, reverse, set_urlconf
from django.utils.translation import gettext as _
from psycopg.errors import ActiveSqlTransaction, ReadOnlySqlTransaction

from hospes.accounts.door import is_office
from hospes.accounts.models import Power
from hospes.accounts.sessions import SessionStore
from hospes.accounts.viewing import services
from hospes.accounts.viewing.pages import PAGES
from hospes.accounts.viewing.services import BROUGHT, InView, ViewingRefused
from hospes.kernel import clock
from hospes.kernel.bounds import Bounds, OutOfBounds, only_reading, within
from hospes.kernel.purposes import Purpose

Handler = Callable[[HttpRequest], HttpResponse]

#: The addresses that are answered here, and where they lead: the portal's, below one that the office has.
URLCONF: Final = "hospes.config.urls_viewing"
BELOW: Final = ("/zien/", "/en/zien/")

#: What PostgreSQL says to a write in a READ ONLY transaction, and to making it writable again.
_WRITES: Final = (ReadOnlySqlTransaction, ActiveSqlTransaction)


@dataclass(frozen=True)
class Shows:
    """That a view may be shown to a colleague who looks: as which page, and that it acts for one of these purposes (if any)."""

    page: str
    any_of: frozenset[Purpose] = frozenset()

    def __post_init__(self) -> None:
        if self.page not in PAGES:
            raise LookupError(f"{self.page} is no page that can be shown: see hospes.accounts.viewing.pages")


def as_the_customer(get_response: Handler) -> Handler:
    """The middleware; puts on the request what is in view (`viewing`), None everywhere else."""

    def middleware(request: Any) -> HttpResponse:
        request.viewing = None
        if not is_office() or not request.path_info.startswith(BELOW):
            return get_response(request)
        if request.staff is None:
            return redirect_to_login(request.get_full_path(), reverse("account_login"))
        if not request.second_step:
            return redirect("office:home")  # which says what is missing
        if Power.VIEW not in request.staff.powers:
            raise Http404
        return _answer(request, get_response)

    def process_exception(request: Any, exception: Exception) -> HttpResponse | None:
        if getattr(request, "viewing", None) is None:
            return None
        if isinstance(exception, InternalError) and isinstance(exception.__cause__, _WRITES):
            return _refused(request, _("This page would have changed something, so it is not shown."))
        if isinstance(exception, OutOfBounds):
            return _refused(request, _why_not(request.viewing, frozenset({exception.purpose})))
        return None

    middleware.process_exception = process_exception  # type: ignore[attr-defined]  # Django looks for it here
    return middleware


def _answer(request: Any, get_response: Handler) -> HttpResponse:
    match, now = resolve(request.path_info, URLCONF), clock.now()
    number = match.kwargs.get("number")
    viewing = services.found(number=number, opened_id=request.opened.pk, actor=request.actor, now=now)
    held = request.staff.purposes
    shown = None if viewing is None else services.in_view(viewing, held=held, actor=request.actor, now=now)
    if shown is None:
        return _not_open(number)
    request.viewing, request.capacity, request.capacities = shown, shown.capacity, [shown.capacity]
    with _urls(request), _no_session(request):
        return _why_refused(request, match, shown) or _opened(request, match, shown, get_response)


def _not_open(number: int | None) -> HttpResponse:
    """Each customer is opened by itself, with a reason: to the page that asks for it."""
    return redirect("office:home") if number is None else redirect("office:view_as", number=number)


def _why_refused(request: Any, match: ResolverMatch, shown: InView) -> HttpResponse | None:
    """The answer to what is not shown at all; None to the rest."""
    shows: Shows | None = getattr(match.func, "shows", None)
    if request.method not in ("GET", "HEAD"):
        answer = _refused(request, _("Nothing can be changed here: you only look."), status=405)
        answer.headers["Allow"] = "GET, HEAD"
        return answer
    if shows is None:
        said = _(
            "This page is not shown: it is for changing something, holds a secret, or is there for everybody."
        )
        return _refused(request, said)
    if shown.purpose not in shown.purposes:
        return _refused(request, _why_not(shown, frozenset({shown.purpose})))
    if shows.any_of and not shows.any_of & shown.purposes:
        return _refused(request, _why_not(shown, shows.any_of))
    return None


def _why_not(shown: InView, wanted: frozenset[Purpose]) -> str:
    """Why a page is not shown that acts for one of these purposes."""
    named = next((p for p in Purpose if p in wanted & shown.halted), None)
    if named is not None:
        text = _(
            "The customer asked that the data is not used for “%(purpose)s” at the moment, and this page needs that."
        )
        return text % {"purpose": named.declared.label}
    named = next(p for p in Purpose if p in wanted)
    text = _("This page shows what is kept for “%(purpose)s”. None of your roles acts for that.")
    return text % {"purpose": named.declared.label}


def _opened(request: Any, match: ResolverMatch, shown: InView, get_response: Handler) -> HttpResponse:
    """The page, after it was written down that it is opened."""
    shows: Shows = match.func.shows  # type: ignore[attr-defined]  # `_why_refused` looked
    try:
        services.note_page(shown, shows.page, actor=request.actor, now=clock.now())
    except ViewingRefused:
        return _not_open(shown.capacity.number)
    bounds = Bounds(
        actor=(request.actor.kind, request.actor.id), purposes=shown.purposes, customer=shown.capacity.customer_id,
        person=shown.person.pk, unscoped=frozenset({BROUGHT}),
    )  # fmt: skip
    with within(bounds), only_reading():
        return get_response(request)


def _refused(request: Any, why: str, *, status: int = 403) -> HttpResponse:
    return render(request, "viewing/not_shown.html", {"why": why}, status=status)


@contextmanager
def _urls(request: Any) -> Iterator[None]:
    """Have the pages' own links lead to where they are shown."""
    request.urlconf = URLCONF
    set_urlconf(URLCONF)
    try:
        yield
    finally:
        set_urlconf(None)


@contextmanager
def _no_session(request: Any) -> Iterator[None]:
    """A page gets a session that is nobody's and is not kept: neither the colleague's, nor one of the person."""
    own, request.session = request.session, SessionStore()
    try:
        yield
    finally:
        request.session = own
