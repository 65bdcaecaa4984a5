"""
Which devices and places are known: those from which a person logged in before, or in which they showed that they read their mail.

A device is known by a cookie with a random token, which is strictly needed for the security of the account (art. 11.7a(3) Tw) and
says nothing about who it is: the table holds a hash of token and person, so that two people at one computer are not linked.
"""

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from hospes.accounts.models import Familiar
from hospes.accounts.origins.places import Place
from hospes.kernel.outside import cookies, declare_cookie
from hospes.kernel.purposes import Purpose

COOKIE: Final = "hospes_device"

#: A device or place from where nobody logged in for so long is strange again.
KNOWN_FOR: Final = timedelta(days=365)

declare_cookie(
    COOKIE, Purpose.ACCESS, _("tells a device from which you logged in before from a strange one"), days=KNOWN_FOR.days
)  # fmt: skip

_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


def token_of(request: HttpRequest) -> str:
    """The token of this browser; a new one where it has none that makes sense, which `keep` then gives it."""
    known = getattr(request, "device_token", "")
    if not known:
        request.device_token = known = sent(request) or secrets.token_urlsafe(32)  # type: ignore[attr-defined]
    return str(known)


def sent(request: HttpRequest) -> str:
    """The token that this browser came with; "" when it has none that makes sense."""
    token = request.COOKIES.get(COOKIE, "")
    return token if _TOKEN.fullmatch(token) else ""


def keep(request: HttpRequest, response: HttpResponse) -> None:
    """Have the browser keep its token, for a year from now on."""
    response.set_cookie(
        COOKIE, token_of(request), max_age=cookies[COOKIE].days * 86400, httponly=True, samesite="Lax",
        secure=settings.SECURE_COOKIES,
    )  # fmt: skip


def hashed(token: str, person_id: int) -> str:
    """What the tables hold for a device: of another person it is another one."""
    return hashlib.sha256(f"{person_id}:{token}".encode()).hexdigest()


@dataclass(frozen=True)
class Known:
    """Whether a person's device and place are known."""

    device: bool
    place: bool

    @property
    def both(self) -> bool:
        return self.device and self.place


def known(person_id: int, *, device: str, place: Place, now: datetime) -> Known:
    """Whether a person was here before: on this device (its hash), and at this place. Acts within the purpose of access."""
    held = Familiar.objects.filter(person_id=person_id, expires_at__gt=now, key__in=[device, place.key])
    kinds = set(held.values_list("kind", "key"))
    return Known(("device", device) in kinds, ("place", place.key) in kinds)


def is_known(person_id: int, device: str, *, now: datetime) -> bool:
    """Whether a person was on this device (its hash) before, wherever. Acts within the purpose of access."""
    held = Familiar.objects.filter(
        person_id=person_id, kind=Familiar.Kind.DEVICE, key=device, expires_at__gt=now
    )
    return bool(held.exists())


def remember(person_id: int, *, device: str, place: Place, now: datetime) -> None:
    """Know a person's device and place from now on. Acts within the purpose of access."""
    for kind, key in ((Familiar.Kind.DEVICE, device), (Familiar.Kind.PLACE, place.key)):
        lasting = {"last_at": now, "expires_at": now + KNOWN_FOR}
        Familiar.objects.update_or_create(
            person_id=person_id, kind=kind, key=key, defaults=lasting, create_defaults=lasting | {"first_at": now}
        )  # fmt: skip


def forget(person_id: int) -> None:
    """Know none of a person's devices and places any more: they may be somebody else's. Acts within the purpose of access."""
    Familiar.objects.filter(person_id=person_id).delete()
