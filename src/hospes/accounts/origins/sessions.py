"""
Open sessions: the list of them, by which each request is asked whether its own is still open.

Django's session holds a random token; here is its hash. So a session can be ended from elsewhere, at once: with the next request
it is nobody's. It ends by itself after two weeks at the portal; at the office after eight hours, or half an hour without a click.
"""

import hashlib
import secrets
from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import QuerySet

from hospes.accounts.models import OpenSession
from hospes.accounts.origins.browsers import shown
from hospes.accounts.origins.places import Place, place_of

#: Where Django's session keeps the token.
TOKEN: Final = "hospes_session"  # noqa: S105  # no password

Ended = OpenSession.Ended


@dataclass(frozen=True)
class Lasting:
    """How long sessions of a face last: at most, without a click (None: that long), and how exactly that is noted."""

    most: timedelta
    idle: timedelta | None
    noted: timedelta


LASTING: Final = {
    "portal": Lasting(timedelta(days=14), None, timedelta(minutes=5)),
    "office": Lasting(timedelta(hours=8), timedelta(minutes=30), timedelta(minutes=1)),
}


def hashed(token: str) -> str:
    """What the table holds for a token: it cannot be turned back into one."""
    return hashlib.sha256(token.encode()).hexdigest()


def begin(
    session: MutableMapping[str, Any], *, person_id: int, face: str, ip: str | None, browser: str, device: str, now: datetime
) -> OpenSession:  # fmt: skip
    """Enter somebody's new session into the list; acts within the purpose of access. `device` is the hash of its cookie."""
    session[TOKEN] = secrets.token_urlsafe(24)
    opened: OpenSession = OpenSession.objects.create(
        person_id=person_id, face=face, key=hashed(session[TOKEN]), device=device, started_at=now, seen_at=now,
        expires_at=now + LASTING[face].most, ip=ip, browser=browser,
    )  # fmt: skip
    return opened


def found(session: Any, *, person_id: int, face: str) -> OpenSession | None:
    """The entry of a session, over or not, or None when it has none; acts within the purpose of access."""
    token = session.get(TOKEN)
    if not isinstance(token, str):
        return None
    return OpenSession.objects.filter(key=hashed(token), person_id=person_id, face=face).first()


def why_over(opened: OpenSession, *, ip: str | None, now: datetime) -> str | None:
    """
    Why a session counts no longer: what was said when it was ended, IDLE or MOVED; "" for one that ran out, None for an open one.

    It was MOVED when it is used from another country than before, as far as both are known. Who travels logs in again; a cookie
    that was stolen is worthless abroad.
    """
    if opened.ended or now >= opened.expires_at:
        return opened.ended
    idle = LASTING[opened.face].idle
    if idle is not None and now - opened.seen_at > idle:
        return Ended.IDLE
    if ip != opened.ip:
        before, here = place_of(opened.ip).country, place_of(ip).country
        if before and here and before != here:
            return Ended.MOVED
    return None


def touch(opened: OpenSession, *, ip: str | None, browser: str, now: datetime) -> None:
    """Note that a session is used, and from where; every few minutes at most. Acts within the purpose of access."""
    if now - opened.seen_at >= LASTING[opened.face].noted:
        OpenSession.objects.filter(pk=opened.pk, ended="", expires_at__gt=now).update(
            seen_at=now, ip=ip, browser=browser
        )


def oldest_open_at(person_id: int, moment: datetime) -> datetime:
    """When the oldest of somebody's sessions began that were open at a moment; where none was, that moment. Acts for access."""
    then = OpenSession.objects.filter(person_id=person_id, started_at__lte=moment, expires_at__gt=moment)
    began = then.order_by("started_at").values_list("started_at", flat=True).first()
    return began or moment


# --- ending ---------------------------------------------------------------------------------------------------------------


def _open(person_ids: Sequence[int], now: datetime) -> "QuerySet[OpenSession, OpenSession]":
    return OpenSession.objects.filter(person_id__in=person_ids, ended="", expires_at__gt=now)


def end(opened_id: int, why: str, *, now: datetime) -> bool:
    """End a session, wherever it is; False when it is over already. Acts for access, or for security about its person."""
    still = OpenSession.objects.filter(pk=opened_id, ended="", expires_at__gt=now)
    return bool(still.update(ended=why, expires_at=now))


def end_all(person_id: int, why: str, *, but: int | None = None, now: datetime) -> int:
    """End all sessions of somebody, but for one (the one that asks, say), and return how many there were."""
    others = _open([person_id], now)
    return (others if but is None else others.exclude(pk=but)).update(ended=why, expires_at=now)


# --- the list -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Seen:
    """An open session as people see it; `browser` is in words, "" where it is unknown."""

    id: int
    person_id: int
    face: str
    started_at: datetime
    seen_at: datetime
    ip: str | None
    browser: str
    place: Place


def open_of(person_ids: Sequence[int], *, now: datetime) -> list[Seen]:
    """The open sessions of these persons, as far as the acting purpose may see them; the one used last first."""
    rows = _open(person_ids, now).order_by("-seen_at", "-pk")[:200]
    return [
        Seen(s.pk, s.person_id, s.face, s.started_at, s.seen_at, s.ip, shown(s.browser), place_of(s.ip)) for s in rows
    ]  # fmt: skip
