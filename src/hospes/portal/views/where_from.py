"""Who was where: every login and change, and the sessions that are open."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from hospes.accounts.models import OpenSession
from hospes.accounts.origins import history, sessions
from hospes.accounts.origins.places import networks, place_of
from hospes.accounts.viewing.middleware import Shows
from hospes.customers.queries import Capacity
from hospes.customers.rules import Capability
from hospes.kernel import clock, journal
from hospes.kernel.acting import acting
from hospes.kernel.purposes import Purpose
from hospes.portal.pages import for_customer, posted_from, whose

PAGE = 25

_SECURITY = frozenset({Purpose.SECURITY})


@contextmanager
def _looking(request: Any, capacity: Capacity) -> Iterator[list[history.Member]]:
    """
    Act for security, about oneself, and gives whose logins one sees.

    Who may see the logins of others acts about the customer as well, and so sees theirs; the database knows who that is.
    """
    sees_all = capacity.may(Capability.SEE_LOGINS)
    with acting(Purpose.ACCESS, actor=request.actor):
        of = history.members(capacity.customer_id, viewer=whose(request), sees_all=sees_all, now=clock.now())
    about = capacity.customer_id if sees_all else None
    with acting(Purpose.SECURITY, actor=request.actor, customer=about, person=whose(request)):
        yield of


@require_safe
@for_customer(Capability.OWN, nav="access", viewed=Shows("logins", _SECURITY))
def where_from(request: Any, capacity: Capacity) -> HttpResponse:
    """From where were we logged in to, and what was changed?"""
    with _looking(request, capacity) as of:
        context = _log(request, capacity, of)
        return render(request, "portal/_events.html" if request.htmx else "portal/where_from.html", context)


def _log(request: Any, capacity: Capacity, of: list[history.Member]) -> dict[str, Any]:
    sees_all, now = capacity.may(Capability.SEE_LOGINS), clock.now()
    who, kind = _chosen(request, of)
    after = history.Mark.read(request.GET.get("na", ""))
    found = history.events(
        capacity.customer_id, of, sees_all=sees_all, who=who, kind=kind, after=after, limit=PAGE + 1
    )
    asked = {name: value for name, value in (("wie", who), ("soort", kind)) if value}
    older = urlencode(asked | {"na": str(history.mark_of(found[PAGE - 1]))}) if len(found) > PAGE else ""
    return {
        "events": found[:PAGE], "members": of, "who": who, "kind": kind, "kinds": history.KINDS, "sees_all": sees_all,
        "older": f"?{older}" if older else "", "first": f"?{urlencode(asked)}" if after else "",
        "here": place_of(request.actor.ip),
        "open": sessions.open_of([member.person_id for member in of], now=now), "opened": _own(request),
        "failed": history.failed_lately(capacity.customer_id, of, now=now), "source": source(),
    }  # fmt: skip


def _own(request: Any) -> OpenSession | None:
    """The session of the person whose page it is; a colleague who looks is in none of theirs."""
    return None if request.viewing else request.opened


def _chosen(request: Any, of: list[history.Member]) -> tuple[int | None, str]:
    """Of whom and of what kind entries are asked for; whoever is not a member, and what is no kind, is everything."""
    who, kind = request.GET.get("wie", ""), request.GET.get("soort", "")
    chosen = next((member.person_id for member in of if str(member.person_id) == who), None)
    return chosen, kind if kind in history.KINDS else ""


def source() -> str:
    """Where what is known about networks comes from: its licence wants that to be said."""
    table = networks()
    return "" if table is None else table.about


# --- open sessions --------------------------------------------------------------------------------------------------------


@require_safe
@for_customer(Capability.OWN, nav="access", viewed=Shows("sessions", _SECURITY))
def open_sessions(request: Any, capacity: Capacity) -> HttpResponse:
    """Where are we logged in at this moment?"""
    with _looking(request, capacity) as of:
        names = {member.person_id: member.name for member in of}
        found = sessions.open_of(list(names), now=clock.now())
        mine = [seen for seen in found if seen.person_id == whose(request)]
        others = [(names[seen.person_id], seen) for seen in found if seen.person_id != whose(request)]
        own = _own(request)
        context = {"mine": mine, "others": others, "current": own and own.pk, "source": source(),
                   "sees_all": capacity.may(Capability.SEE_LOGINS)}  # fmt: skip
        return render(request, "portal/sessions.html", context)


@posted_from("portal:sessions")
@for_customer(Capability.OWN, nav="access")
def end_session(request: Any, capacity: Capacity) -> HttpResponse:
    """End one session, or all of one's own but this one."""
    with _looking(request, capacity) as of:
        text = request.POST.get("session", "")
        ended = (
            _end_others(request)
            if text == "others"
            else _end_one(request, [member.person_id for member in of], text)
        )
    said = (
        _("Ended: from there nobody gets in without logging in again.")
        if ended
        else _("It had ended already.")
    )
    messages.success(request, said)
    return redirect("portal:sessions", number=capacity.number)


def _end_others(request: Any) -> int:
    """End all of one's own sessions but this one."""
    ended = sessions.end_all(
        request.user.pk, sessions.Ended.BY_PERSON, but=request.opened.pk, now=clock.now()
    )
    if ended:
        _written(request.user.pk, None)
    return ended


def _end_one(request: Any, of: list[int], text: str) -> int:
    """End one session of these people."""
    now = clock.now()
    seen = next((each for each in sessions.open_of(of, now=now) if str(each.id) == text), None)
    if seen is None:
        return 0
    why = sessions.Ended.BY_PERSON if seen.person_id == request.user.pk else sessions.Ended.BY_HOLDER
    ended = sessions.end(seen.id, why, now=now)
    if ended:
        _written(seen.person_id, seen.id)
    return int(ended)


def _written(person_id: int, opened_id: int | None) -> None:
    journal.record(
        "session.ended",
        at=clock.now(),
        table="accounts_opensession",
        object_id=opened_id,
        person_id=person_id,
    )
