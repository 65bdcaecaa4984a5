"""Beginning to see as the customer sees, each page of it, and the end; and whether it is open at a moment."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import CharField, F, Func, Value
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from hospes.accounts.models import Viewing
from hospes.accounts.models.viewing import LASTS as LASTS
from hospes.accounts.viewing.pages import PAGES, words
from hospes.customers.models import Customer, Person
from hospes.customers.queries import Capacity, capacities
from hospes.kernel import journal
from hospes.kernel.acting import Actor, acting
from hospes.kernel.datamap import readable
from hospes.kernel.purposes import Purpose

#: What a colleague may begin it for: the first of these that the roles act for and the customer is open for.
FOR: Final = (Purpose.SUPPORT, Purpose.CONTRACT)

#: What having the power to brings besides the purposes of one's roles, for reading only: who has access to this customer.
BROUGHT: Final = Purpose.ACCESS

BEGUN: Final = "staff.viewed_as"
#: What the entries of the pages begin with; they belong to the entry of the beginning.
PAGE: Final = "staff.viewed_as."

journal.register({BEGUN: _("Pages looked at by our staff, as the customer sees them")})
_SEEN = _("Looked at by our staff, as the customer sees it: {page}")
journal.register({f"{PAGE}{key}": format_lazy(_SEEN, page=page) for key, page in PAGES.items()})


class ViewingRefused(Exception):
    """It is not shown (any more)."""


@dataclass(frozen=True)
class InView:
    """
    Whose pages are shown to a colleague, as whom, why and until when.

    `person` has a name and an address, and nothing that lets anybody log in. `purposes` are those that the pages may act for:
    of the colleague's roles, without those for which the customer's data may not be used at the moment; and `BROUGHT`.
    """

    id: int
    person: Person
    capacity: Capacity
    purpose: Purpose
    reason: str
    until: datetime
    purposes: frozenset[Purpose]
    halted: frozenset[Purpose]


def begin(
    *, customer_id: int, person_id: int, purpose: Purpose, opened_id: int, reason: str, actor: Actor, now: datetime
) -> Viewing:  # fmt: skip
    """
    Begin to look as that person does at the customer, for at most half an hour; what ran before for the same customer ends.

    That who asks for it has the power to, in that session, the database holds (`models.viewing_guards`).
    """
    with acting(purpose, actor=actor):
        _end(now=now, opened_id=opened_id, staff_id=actor.id, customer_id=customer_id)
        made: Viewing = Viewing.objects.create(
            customer_id=customer_id, person_id=person_id, staff_id=actor.id or 0, opened_id=opened_id, purpose=purpose.value,
            reason=reason, started_at=now, ends_at=now + LASTS,
        )  # fmt: skip
        journal.record(BEGUN, at=now, table="accounts_viewing", object_id=made.pk, customer_id=customer_id,
                       person_id=person_id)  # fmt: skip
    return made


def end(viewing_id: int, *, purpose: Purpose, actor: Actor, now: datetime) -> bool:
    """End it before its time; False when it is over, or somebody else's."""
    with acting(purpose, actor=actor):
        return _end(now=now, pk=viewing_id, staff_id=actor.id)


def _end(*, now: datetime, **which: int | None) -> bool:
    return bool(Viewing.objects.filter(ended_at=None, ends_at__gt=now, **which).update(ended_at=now))


def found(*, number: int | None, opened_id: int, actor: Actor, now: datetime) -> Viewing | None:
    """What the colleague has open in this session at this moment: of one customer, or the newest of all (None)."""
    with acting(BROUGHT, actor=actor):
        running = Viewing.objects.filter(
            opened_id=opened_id, staff_id=actor.id, ended_at=None, started_at__lte=now, ends_at__gt=now
        )
        if number is not None:
            running = running.filter(customer__number=number)
        return running.order_by("-pk").first()


def in_view(viewing: Viewing, *, held: Iterable[Purpose], actor: Actor, now: datetime) -> InView | None:
    """What is shown for it, with the purposes that are `held`; None when that person has no access to the customer any more."""
    with acting(BROUGHT, actor=actor):
        able = [c for c in capacities(viewing.person_id, now=now) if c.customer_id == viewing.customer_id]
        person = (
            Person.objects.only("given_name", "family_name", "email").filter(pk=viewing.person_id).first()
        )
    if not able or person is None:
        return None
    had = frozenset(held)
    halted = frozenset(p for p in had if p.declared.can_be_halted and not _is_open(p, viewing, actor))
    return InView(
        id=viewing.pk, person=person, capacity=able[0], purpose=Purpose(viewing.purpose), reason=viewing.reason,
        until=viewing.ends_at, purposes=had - halted | {BROUGHT}, halted=halted,
    )  # fmt: skip


def _is_open(purpose: Purpose, viewing: Viewing, actor: Actor) -> bool:
    """Whether the data of this customer and this person may be used for a purpose at the moment (art. 18 and 21 GDPR)."""
    with acting(purpose, actor=actor):
        if not Customer.objects.filter(pk=viewing.customer_id).exists():
            return False
        return "id" not in readable(Person, purpose) or Person.objects.filter(pk=viewing.person_id).exists()


def note_page(shown: InView, page: str, *, actor: Actor, now: datetime) -> None:
    """Write down that a page is opened, in a transaction of its own; raises ViewingRefused when it ended meanwhile."""
    with acting(shown.purpose, actor=actor):
        journal.record(f"{PAGE}{page}", at=now, table="accounts_viewing", object_id=shown.id,
                       customer_id=shown.capacity.customer_id, person_id=shown.person.pk)  # fmt: skip
        running = Viewing.objects.filter(pk=shown.id, staff_id=actor.id, ended_at=None, ends_at__gt=now)
        if not running.exists():
            raise ViewingRefused
        added = Func(F("pages"), Value(page, output_field=CharField(max_length=20)), function="array_append")
        running.exclude(pages__contains=[page]).update(pages=added)


# --- what the customer sees of it -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Told:
    """One look, as the customer is told of it: why, from when to when, and at which pages."""

    reason: str
    started_at: datetime
    until: datetime
    pages: tuple[str, ...]


def told(viewing_ids: Iterable[int]) -> dict[int, Told]:
    """The looks with these ids, as far as the acting purpose may see them. Acts for security."""
    ids = list(viewing_ids)
    if not ids:
        return {}
    rows = Viewing.objects.filter(pk__in=ids).only("reason", "started_at", "ends_at", "ended_at", "pages")
    return {
        each.pk: Told(
            reason=each.reason, started_at=each.started_at, until=each.ended_at or each.ends_at,
            pages=tuple(words(page) for page in each.pages),
        )
        for each in rows
    }  # fmt: skip
