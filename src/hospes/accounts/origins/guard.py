"""What is asked of each request before it is anybody's: is the session open still, and is it used where it may be?"""

from datetime import datetime
from ipaddress import ip_address, ip_network
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY, get_user
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from hospes.accounts.door import face
from hospes.accounts.models import OpenSession
from hospes.accounts.origins import limits, sessions
from hospes.accounts.origins.entering import WHY_ENDED
from hospes.customers.models import Person
from hospes.customers.queries import Capacity
from hospes.kernel import journal
from hospes.kernel.acting import acting
from hospes.kernel.purposes import Purpose

journal.register({
    "session.ended": _("Session ended from elsewhere"),
    "session.moved": _("Session ended: it was used from another country"),
    "staff.kept_out": _("Kept out of the office: not one of its networks"),
})  # fmt: skip

#: Of these a person is told at the login page why they are there again.
_TOLD = {sessions.Ended.IDLE, sessions.Ended.MOVED, sessions.Ended.ELSEWHERE}


def open_session(request: Any, person_id: int, *, now: datetime) -> OpenSession | None:
    """
    The entry of the session that a request is made in, or None when that is over: then the browser's is emptied too.

    Acts within the purpose of access.
    """
    ip, browser = request.actor.ip, request.actor.browser or ""
    opened = sessions.found(request.session, person_id=person_id, face=face())
    why = "" if opened is None else sessions.why_over(opened, ip=ip, now=now)
    if opened is not None and why is None:
        sessions.touch(opened, ip=ip, browser=browser, now=now)
        return opened
    if opened is not None and why in (sessions.Ended.IDLE, sessions.Ended.MOVED):
        _end(opened, str(why), now=now)
    empty(request, str(why or ""))
    return None


def _end(opened: OpenSession, why: str, *, now: datetime) -> None:
    if sessions.end(opened.pk, why, now=now) and why == sessions.Ended.MOVED:
        journal.record(
            "session.moved",
            at=now,
            table="accounts_opensession",
            object_id=opened.pk,
            person_id=opened.person_id,
        )


def empty(request: Any, why: str = "") -> None:
    """Empty the session of the browser; the login page then says why, where there is something to say."""
    request.session.flush()
    if why in _TOLD:
        request.session[WHY_ENDED] = why


# --- the limits of customers ----------------------------------------------------------------------------------------------


def within_limits(held: list[Capacity], ip: str | None) -> tuple[list[Capacity], list[Capacity]]:
    """Those of a person's customers that may be acted for from this address, and those that may not. Acts for access."""
    limited = limits.of([capacity.customer_id for capacity in held])
    shut = {pk for pk, entries in limited.items() if not limits.allow(entries, ip)}
    return [c for c in held if c.customer_id not in shut], [c for c in held if c.customer_id in shut]


def note_kept_out(request: Any, customer_id: int, *, now: datetime) -> None:
    """Write down that somebody was kept out of a customer: once a session. Acts within the purpose of access."""
    told = request.session.get("hospes_kept_out", [])
    if customer_id not in told:
        request.session["hospes_kept_out"] = [*told, customer_id]
        journal.record("limits.kept_out", at=now, table="accounts_accesslimit", customer_id=customer_id,
                       person_id=request.user.pk)  # fmt: skip


# --- the networks of the office -------------------------------------------------------------------------------------------


def is_office_network(ip: str | None) -> bool:
    """Whether the office is open from an address: from everywhere when the operator lists no networks."""
    networks = settings.HOSPES_OFFICE_NETWORKS
    if not networks:
        return True
    try:
        address = ip_address(ip or "")
    except ValueError:
        return False
    return any(address in ip_network(network) for network in networks)


def not_from_here(request: Any, *, now: datetime) -> HttpResponse:
    """
    The answer of the office to who is in none of its networks: nothing of it, not even the login.

    A session that is used there is ended, since its cookie is where it should not be, and that is written down.
    """
    if SESSION_KEY in request.session:
        with acting(Purpose.ACCESS, actor=request.actor):
            person = get_user(request)
            if isinstance(person, Person):
                opened = sessions.found(request.session, person_id=person.pk, face=face())
                if opened is not None and sessions.end(opened.pk, sessions.Ended.ELSEWHERE, now=now):
                    journal.record("staff.kept_out", at=now, table="accounts_opensession", object_id=opened.pk,
                                   person_id=person.pk)  # fmt: skip
            request.session.flush()
    return render(request, "account/not_from_here.html", status=403)
