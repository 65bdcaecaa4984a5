"""What a person has set up as a second step."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db.models import QuerySet

from hospes.accounts.models import Passkey, Phone, RecoveryCode
from hospes.accounts.second import rules


@dataclass(frozen=True)
class Ways:
    """
    What a person has, for the face whose name browsers know as `rp_id`.

    passkeys: those of this face; elsewhere: how many there are of another. number: that which gets codes, "" for none.
    recovery: recovery codes left; None when none were ever made.
    """

    app_since: datetime | None
    passkeys: tuple[Passkey, ...]
    elsewhere: int
    number: str
    recovery: int | None

    @property
    def app(self) -> bool:
        return self.app_since is not None

    @property
    def ending(self) -> str:
        """How the number ends that gets codes."""
        return rules.ending(self.number)

    @property
    def any(self) -> bool:
        """Whether logging in takes a second step."""
        return self.app or bool(self.passkeys or self.elsewhere or self.number)

    @property
    def only_text(self) -> bool:
        """Whether a code by text message is all that there is, besides recovery codes."""
        return bool(self.number) and not self.app and not self.passkeys


def of(person_id: int, *, rp_id: str) -> Ways:
    """All that a person has set up."""
    app = Authenticator.objects.filter(user_id=person_id, type=Authenticator.Type.TOTP)
    keys = list(Passkey.objects.filter(person_id=person_id).order_by("added_at", "pk"))
    here = tuple(key for key in keys if key.rp_id == rp_id)
    phone = Phone.objects.filter(person_id=person_id, ended_at=None, step_since__isnull=False)
    used = list(RecoveryCode.objects.filter(person_id=person_id).values_list("used_at", flat=True))
    return Ways(
        app_since=app.values_list("created_at", flat=True).first(), passkeys=here, elsewhere=len(keys) - len(here),
        number=phone.values_list("number", flat=True).first() or "",
        recovery=sum(moment is None for moment in used) if used else None,
    )  # fmt: skip


def has_step(person_id: int) -> bool:
    """Whether a person has any second step: the same as `hospes_scope` asks in the database."""
    phone = Phone.objects.filter(person_id=person_id, ended_at=None, step_since__isnull=False)
    return bool(_strong(person_id).union(phone.order_by().values_list("pk")).exists())


def office_passkeys(person_id: int) -> int:
    """How many passkeys a person has for the office."""
    office = urlsplit(settings.HOSPES_OFFICE_URL).hostname or ""
    return Passkey.objects.filter(person_id=person_id, rp_id=office).count()


def has_strong_step(person_id: int, *, rp_id: str) -> bool:
    """Whether a person has an app, or a passkey for this face: what staff needs."""
    return bool(_strong(person_id, rp_id=rp_id).exists())


def _strong(person_id: int, **more: str) -> "QuerySet[Any, Any]":
    app = Authenticator.objects.filter(user_id=person_id, type=Authenticator.Type.TOTP)
    keys = Passkey.objects.filter(person_id=person_id, **more)
    both: QuerySet[Any, Any] = app.order_by().values_list("pk").union(keys.order_by().values_list("pk"))
    return both
