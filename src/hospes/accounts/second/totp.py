"""Codes from an app. The login library keeps its secret; which of its codes were used is ours to say."""

from datetime import datetime

from allauth.mfa.models import Authenticator

from hospes.accounts import sealing
from hospes.accounts.second import rules


def check(person_id: int, code: str, *, now: datetime, phone: datetime) -> bool:
    """
    Whether the person's app shows this code, and it was not used yet: nor any later one (RFC 6238, 5.2).

    `phone`: the moment as the phone has it (`clock.phone_time`). The row is locked meanwhile: of two who give the same code
    at once the second waits, and is then told no.
    """
    held = (
        Authenticator.objects.select_for_update()
        .filter(user_id=person_id, type=Authenticator.Type.TOTP)
        .first()
    )
    if held is None:
        return False
    used = int(held.data.get("used_step", 0))
    step = rules.matching_step(sealing.opened(held.data["secret"]), code, at=phone, after=used)
    if step is None:
        return False
    held.data["used_step"], held.last_used_at = step, now
    held.save(update_fields=["data", "last_used_at"])
    return True


def switched_on(person_id: int, code: str, *, now: datetime, phone: datetime) -> None:
    """Let the code count as used that was given to switch the app on, and note when: the library notes the machine's time."""
    check(person_id, code, now=now, phone=phone)
    Authenticator.objects.filter(user_id=person_id, type=Authenticator.Type.TOTP).update(created_at=now)
