"""
The link by which somebody who was invited begins to work for the operator.

It names the invitation and is signed by whoever writes the mail, who needs no secret of the database for that. It works once:
until the invitation is taken up, is overtaken by another one, or runs out.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.urls import reverse

from hospes.accounts.models import StaffMember

#: So long an invitation can be taken up.
LASTS: Final = timedelta(days=2)

_signer = Signer(salt="hospes.accounts.staff.invitations")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_OFFICE: Final = "hospes.config.urls_office"


@dataclass(frozen=True)
class Invitation:
    """An invitation that can be taken up."""

    person_id: int
    invited_at: datetime


def token(invitation: Invitation) -> str:
    """What the link carries."""
    stamp = (invitation.invited_at - _EPOCH) // timedelta(microseconds=1)
    return _signer.sign(f"{invitation.person_id}.{stamp}")


def link(invitation: Invitation) -> str:
    """The address of the page on which it is taken up, in the active language."""
    path = reverse("office:join", urlconf=_OFFICE, kwargs={"token": token(invitation)})
    return f"{settings.HOSPES_OFFICE_URL}{path}"


def read(given: str, *, now: datetime) -> Invitation | None:
    """The invitation of a link, as long as it can be taken up. Acts for access."""
    try:
        person_id, _dot, stamp = _signer.unsign(given).partition(".")
    except BadSignature:
        return None
    meant = Invitation(int(person_id), _EPOCH + timedelta(microseconds=int(stamp)))
    is_open = StaffMember.objects.filter(
        pk=meant.person_id, invited_at=meant.invited_at, invited_until__gt=now, joined_at=None, until=None,
        person__is_active=True,
    )  # fmt: skip
    return meant if is_open.exists() else None
