"""Recovery codes: for whoever has neither phone nor passkey at hand. Shown once, held as keyed hashes, each good for one time."""

from datetime import datetime
from typing import Final

from django.utils.translation import gettext_lazy as _

from hospes.accounts import services
from hospes.accounts.models import RecoveryCode
from hospes.accounts.second import rules
from hospes.kernel import journal
from hospes.kernel.secrets import blind_index, blind_indexes

journal.register({"account.recovery_code_used": _("Recovery code used")})

HOW_MANY: Final = 10

#: With so many left, or fewer, it is time for new ones.
FEW: Final = 3


def make(person_id: int, *, now: datetime) -> list[str]:
    """New codes for a person, for the person's eyes only; those of before work no longer."""
    codes = [rules.new_recovery_code() for _ in range(HOW_MANY)]
    RecoveryCode.objects.filter(person_id=person_id).delete()
    RecoveryCode.objects.bulk_create(
        [
            RecoveryCode(
                person_id=person_id,
                made_at=now,
                digest=blind_index(rules.plain_code(code), context=_place(person_id)),
            )
            for code in codes
        ]
    )
    services.note("account.recovery_codes_made", person_id=person_id, now=now)
    services.tell("account.recovery_codes_made", person_id=person_id, now=now)
    return codes


def use(person_id: int, code: str, *, now: datetime) -> bool:
    """Whether this is one of the person's codes that was not used; from now on it is. Of two at once one wins."""
    if not rules.is_recovery_code(code):
        return False
    held = RecoveryCode.objects.filter(
        person_id=person_id, used_at=None, digest__in=blind_indexes(code, context=_place(person_id))
    )
    if not held.update(used_at=now):
        return False
    services.note("account.recovery_code_used", person_id=person_id, now=now)
    services.tell("account.recovery_code_used", person_id=person_id, now=now)
    return True


def left(person_id: int) -> int:
    """How many codes a person has that were not used."""
    return RecoveryCode.objects.filter(person_id=person_id, used_at=None).count()


def are_of(person_id: int, *, since: datetime) -> bool:
    """Whether a person's codes were made since then."""
    return RecoveryCode.objects.filter(person_id=person_id, made_at__gte=since).exists()


def drop(person_id: int) -> bool:
    """Take a person's codes away: there is no second step left that they could stand in for. False when there were none."""
    return bool(RecoveryCode.objects.filter(person_id=person_id).delete()[0])


def _place(person_id: int) -> str:
    return f"accounts_recoverycode:digest:{person_id}"
