"""
"Wait a moment": the answer to who tries too much, and quickly so.

Where more want to log in than can be looked at, `lanes` says who goes first, before anything of the page is made; by what
`repute` knows of their networks, and never by whose account it is.

Who has to wait is in the database; this process remembers what it was told there, so that the next try of the same network or
for the same account costs almost nothing: no session, no query, no hash, a page that is made already.
"""

import math
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime, timedelta
from functools import lru_cache
from threading import Lock
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from hospes.accounts.door import at_the_door
from hospes.accounts.passwords import attempts, familiar, limits, tries
from hospes.accounts.passwords.lanes import Full, Lane, Lanes
from hospes.accounts.passwords.repute import repute
from hospes.accounts.passwords.tries import Turn, Wait
from hospes.kernel import clock

Handler = Callable[[HttpRequest], HttpResponse]

#: Another process may have heard meanwhile that a try was right after all.
_REMEMBERED: Final = timedelta(seconds=30)
_MOST: Final = 50_000
#: A login form is short; what is longer is not read here, and stands behind all others.
_LONGEST: Final = 20_000
#: Seconds after which to come back where there was no place: soon, since who does goes before others.
COME_BACK: Final = 1


class Memory:
    """Until when which keys have to wait, as far as this process knows."""

    def __init__(self) -> None:
        self._until: dict[str, datetime] = {}
        self._lock = Lock()

    def remember(self, wait: Wait, *, now: datetime) -> None:
        with self._lock:
            if len(self._until) >= _MOST:
                self._until = {key: until for key, until in self._until.items() if until > now}
            if wait.key and len(self._until) < _MOST:
                self._until[wait.key] = now + min(timedelta(seconds=wait.seconds), _REMEMBERED)

    def wait_of(self, key: str, *, now: datetime) -> Wait | None:
        until = self._until.get(key)
        return Wait((until - now).total_seconds(), key) if until is not None and until > now else None

    def forget(self) -> None:
        with self._lock:
            self._until.clear()

    def __bool__(self) -> bool:
        return bool(self._until)


memory = Memory()


@lru_cache(maxsize=8)
def _lanes(size: int) -> Lanes:
    return Lanes(size)


def lanes() -> Lanes:
    """The places at the login page of this process."""
    return _lanes(max(1, int(settings.HOSPES_HASHES_AT_ONCE)))


def forget() -> None:
    """Know nobody any more, and begin with empty places; for tests."""
    memory.forget()
    repute.forget()
    _lanes.cache_clear()


def hold_up(get_response: Handler) -> Handler:
    """Middleware: answers who has to wait, also where a view raises Wait; stands before what costs anything."""

    def middleware(request: HttpRequest) -> HttpResponse:
        with ExitStack() as place:
            if request.method == "POST" and request.path_info in _login_paths(settings.ROOT_URLCONF):
                if not _is_short(
                    request
                ):  # whoever sends so much, or so slowly, is to hold no place meanwhile
                    return HttpResponse(status=413)
                try:
                    _let_in(request, place, now=clock.now())
                except Wait as wait:
                    return page(request, wait)
            response = get_response(request)
        familiar.hand_out(request, response)
        return response

    def process_exception(request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, Wait):
            return None
        memory.remember(exception, now=clock.now())
        return page(request, exception)

    middleware.process_exception = process_exception  # type: ignore[attr-defined]  # Django looks for it here
    return middleware


def _let_in(request: HttpRequest, place: ExitStack, *, now: datetime) -> None:
    """Have who wants to log in wait, or take a place for them until the page is made. Raises Wait."""
    network = attempts.party_key(request)
    address = request.POST.get("login", "")
    account = Turn(limits.ACCOUNT, address.strip().lower()).key
    if _is_a_try(request) and familiar.perhaps(request) and _is_believed(request, network, address, now=now):
        return _enter(request, place, Lane.KNOWN, network, account, now=now)
    if memory:
        for turn in attempts.strangers_turns(request, address):
            if wait := memory.wait_of(turn.key, now=now):
                raise wait
    if lanes().is_strained(now):
        repute.look_up(network, lambda: tries.is_good(network, now=now), now=now)
    lane = repute.lane(network, account, now=now)
    return _enter(request, place, lane, network, account, now=now)


def _enter(
    request: HttpRequest, place: ExitStack, lane: Lane, network: str, account: str, *, now: datetime
) -> None:
    try:
        place.enter_context(lanes().entered(lane, network, merit=repute.merit(network, now=now), now=now))
    except Full:
        repute.sent_away(network, account, now=now)
        raise Wait(COME_BACK) from None
    repute.found_a_place(network, now=now)


def _is_believed(request: HttpRequest, network: str, address: str, *, now: datetime) -> bool:
    """Whether a device passes for a known one: until somebody from its network lied, then only if it really is."""
    if not repute.claims_falsely(network, now=now):
        return True
    with at_the_door(request):
        return attempts.is_known(request, address)


def _is_a_try(request: HttpRequest) -> bool:
    """Whether a form gets as far as the password, where it comes out who lied about their device."""
    filled_in = [request.POST.get(name, "") for name in ("login", "password")]
    return all(filled_in) and not any("\0" in text for text in filled_in)


def _is_short(request: HttpRequest) -> bool:
    length = request.META.get("CONTENT_LENGTH") or ""
    return length.isdecimal() and int(length) <= _LONGEST


@lru_cache(maxsize=8)
def _login_paths(urlconf: str) -> dict[str, str]:
    """Where one logs in, in each language."""
    paths = {}
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            paths[reverse("account_login", urlconf=urlconf)] = language
    return paths


def page(request: HttpRequest, wait: Wait) -> HttpResponse:
    """Ask to wait; the same for everybody."""
    seconds = max(1, math.ceil(wait.seconds))
    language = _login_paths(settings.ROOT_URLCONF).get(request.path_info) or translation.get_language()
    text = _text(settings.FACE, settings.ROOT_URLCONF, language or settings.LANGUAGE_CODE, seconds)
    response = HttpResponse(text, status=429)
    response["Retry-After"] = str(seconds)
    response["Cache-Control"] = "no-store"
    return response


@lru_cache(maxsize=4096)
def _text(face: str, urlconf: str, language: str, seconds: int) -> str:
    """The page as a visitor sees it at the login form, whoever asks."""
    visitor = HttpRequest()
    visitor.path = visitor.path_info = next(
        path for path, spoken in _login_paths(urlconf).items() if spoken == language
    )
    minutes = math.ceil(seconds / 60) if seconds > 90 else 0
    with translation.override(language):
        return render_to_string("account/wait.html", {"seconds": seconds, "minutes": minutes}, visitor)
