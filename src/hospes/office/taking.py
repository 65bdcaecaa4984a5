"""
Taking work: a colleague says "this is mine", the others see who and since when, and of two who do so at once one gets it.

What is taken is a piece of work on a board (`work`), by its number there. It acts for the purpose of its board.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import connections, models
from django.utils.translation import gettext as _

from hospes.customers.models import Person
from hospes.kernel import journal
from hospes.kernel.acting import Scene, current
from hospes.kernel.datamap import readable
from hospes.office.models import Taken

#: In one statement: of two that come at the same time the database lets one through.
_TAKE: Final = """
INSERT INTO office_taken (board, item_id, person_id, taken_at) VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING
"""


@dataclass(frozen=True)
class Hand:
    """Who has a piece of work, since when; `is_mine` for who asks."""

    id: int
    name: str
    since: datetime
    is_mine: bool


def hands(board: str, item_ids: Iterable[int], *, me: int | None) -> dict[int, Hand]:
    """Who has which of these pieces of work."""
    rows = list(Taken.objects.filter(board=board, item_id__in=list(item_ids), released_at=None))
    named = _names({row.person_id for row in rows})
    return {
        row.item_id: Hand(row.pk, named[row.person_id], row.taken_at, row.person_id == me)
        for row in rows
        if row.person_id in named
    }


def _names(person_ids: set[int]) -> dict[int, str]:
    """What colleagues are called; to a purpose that knows no persons they are colleagues."""
    scene = current()
    if scene is not None and "given_name" not in readable(Person, scene.purpose):
        return dict.fromkeys(person_ids, str(_("a colleague")))
    return {pk: person.name for pk, person in Person.objects.in_bulk(person_ids).items()}


def mine(board: str, *, me: int | None) -> list[int]:
    """The numbers of what somebody has taken from a board; what was done meanwhile is among them."""
    held = Taken.objects.filter(board=board, person_id=me or 0, released_at=None)
    return list(held.order_by("taken_at", "pk").values_list("item_id", flat=True))


def take(scene: Scene, board: str, item_id: int, *, now: datetime, instead_of: int | None = None) -> bool:
    """
    Take a piece of work, or say that somebody else has it by now.

    `instead_of`: take it over from a colleague, as it was seen (`Hand.id`); when they let go of it in between, or somebody
    else took it over, that one is not pushed aside unseen.
    """
    if instead_of is not None and not _let_go(
        Taken.objects.filter(pk=instead_of, board=board, item_id=item_id), now
    ):
        return False
    with connections[scene.alias].cursor() as cursor:
        cursor.execute(_TAKE, [board, item_id, scene.actor.id, now])
        is_taken = bool(cursor.rowcount)
    if is_taken:
        journal.record("staff.work_taken", at=now, table="office_taken", object_id=item_id)
    return is_taken


def release(scene: Scene, board: str, item_id: int, *, now: datetime) -> bool:
    """Let go of a piece of work that one has oneself; False when one has it no longer."""
    held = Taken.objects.filter(board=board, item_id=item_id, person_id=scene.actor.id or 0)
    is_free = _let_go(held, now)
    if is_free:
        journal.record("staff.work_released", at=now, table="office_taken", object_id=item_id)
    return is_free


def _let_go(held: "models.QuerySet[Taken, Taken]", now: datetime) -> bool:
    return bool(held.filter(released_at=None).update(released_at=now))
