"""
Who is no stranger, although not logged in: a device that is known to be somebody's, or somebody who just read their own mail.

Their tries are counted apart from everybody else's, so that nobody else can keep them out (`limits.DEVICE`).
"""

from datetime import timedelta
from typing import Any, Final

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from hospes.accounts.origins import devices
from hospes.kernel import clock
from hospes.kernel.outside import declare_cookie
from hospes.kernel.purposes import Purpose

#: Given to the browser in which somebody chose a new password by a link from their mailbox.
COOKIE: Final = "hospes_mailbox"
_LASTS: Final = timedelta(hours=1)
_SALT: Final = "hospes.accounts.passwords.familiar"

declare_cookie(
    COOKIE,
    Purpose.ACCESS,
    _("lets you log in at once after you chose a new password, also while others try to"),
)


def of(request: HttpRequest, person_id: int) -> str | None:
    """By what a request is known to be this person's, to be counted by; None for a stranger's. Proves nobody's identity."""
    reset_id = _by_mailbox(request, person_id)
    if reset_id is not None:
        return f"mailbox:{person_id}:{reset_id}"
    device = devices.hashed(devices.sent(request), person_id)
    return f"device:{device}" if devices.is_known(person_id, device, now=clock.now()) else None


def perhaps(request: HttpRequest) -> bool:
    """Whether a request has anything with it that could make it somebody's; looks nothing up."""
    return _opened(request) is not None or devices.sent(request) != ""


def vouch(request: Any, *, person_id: int, reset_id: int) -> None:
    """The one who makes this request came by a link from this person's mailbox; their browser will know."""
    request.came_by_mailbox = (person_id, reset_id)


def hand_out(request: Any, response: HttpResponse) -> None:
    """Give the browser what `vouch` said."""
    if vouched := getattr(request, "came_by_mailbox", None):
        response.set_cookie(
            COOKIE, signing.dumps(list(vouched), salt=_SALT), max_age=int(_LASTS.total_seconds()),
            secure=settings.SESSION_COOKIE_SECURE, httponly=True, samesite="Lax",
        )  # fmt: skip


def _by_mailbox(request: HttpRequest, person_id: int) -> int | None:
    opened = _opened(request)
    return opened[1] if opened is not None and opened[0] == person_id else None


def _opened(request: HttpRequest) -> tuple[int, int] | None:
    sealed = request.COOKIES.get(COOKIE)
    if not sealed:
        return None
    try:
        person_id, reset_id = signing.loads(sealed, salt=_SALT, max_age=_LASTS)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return int(person_id), int(reset_id)
