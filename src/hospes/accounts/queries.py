"""From where an account was used."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from hospes.kernel import acting, journal
from hospes.kernel.models import JournalEntry
from hospes.kernel.purposes import Purpose

# --- from where (P11) -----------------------------------------------------------------------------------------------------

_BY: dict[str, Promise] = {
    "person": _("you, or somebody with access"),
    "visitor": _("somebody who was not logged in"),
    "staff": _("one of our staff"),
    "job": _("automatically"),
    "system": _("automatically"),
}


@dataclass(frozen=True)
class Trace:
    """
    One thing that was done with an account.

    `ip` is the address of the person or visitor who did it; that of a staff member is not the customer's business. `by` is
    the kind of actor, `by_whom` and `for_what` the words for it and for the purpose; `id` asks for the entries before it.
    """

    id: int
    at: datetime
    action: str
    what: str
    ip: str | None
    purpose: str
    by: str

    @property
    def by_whom(self) -> Promise:
        return _BY[self.by]

    @property
    def for_what(self) -> Promise:
        return Purpose(self.purpose).declared.label


def where_from(person_id: int, limit: int, before: int | None = None) -> list[Trace]:
    """
    From where a person logged in or tried to, and what was changed: newest first, at most so many, before an entry.

    That they stood on a list of our staff is left out: it would hide the rest, and stands with who looked.

    Acts within the purpose of security, for that person; where a customer is named as well, theirs are among them.
    """
    scene = acting.current()
    concerned = Q(person_id=person_id)
    if scene is not None and scene.customer is not None:
        concerned |= Q(customer_id=scene.customer)
    entries = JournalEntry.objects.filter(concerned).exclude(action__in=journal.among_others())
    if before is not None:
        at = JournalEntry.objects.filter(pk=before).values("at")[:1]
        entries = entries.filter(Q(at__lt=at) | Q(at=at, pk__lt=before))
    found = entries.order_by("-at", "-pk").values_list("pk", "at", "action", "ip", "purpose", "actor_kind")[
        :limit
    ]
    return [
        Trace(
            pk,
            at,
            action,
            journal.label(action),
            ip if kind in ("person", "visitor") else None,
            purpose,
            kind,
        )
        for pk, at, action, ip, purpose, kind in found
    ]
