"""
Who was shown to staff among others: in the results of a search, or on a work list. Each leaves an entry about that customer, by
which the customer sees that it was, and what for.

Every search leaves its entries. A work list is looked at all day, so there it is one entry a day for each colleague, purpose and
customer: the first time counts.
"""

import hashlib
from collections.abc import Iterable
from datetime import datetime

from django.db import connections

from hospes.kernel import clock, journal
from hospes.kernel.acting import Scene
from hospes.kernel.journal import About

_TABLE = "customers_customer"


def note_found(customer_ids: Iterable[int], *, now: datetime) -> None:
    """Note that these customers stand in the results of a search; acts for the purpose that they are shown for."""
    _note("staff.found", [About(pk, customer_id=pk) for pk in customer_ids], now)


def note_listed(whom: Iterable[tuple[int | None, int | None]], *, scene: Scene, now: datetime) -> None:
    """Note that these (customer, person; the one or the other) stand on a work list of the acting colleague, once a day."""
    marks = {}
    for customer_id, person_id in whom:
        about = About(customer_id, customer_id) if customer_id else About(person_id=person_id)
        what = f"listed:{scene.actor.id}:{scene.purpose}:{about.customer_id}:{about.person_id}:{clock.day_of(now)}"
        marks[hashlib.sha256(what.encode()).hexdigest()] = about
    if marks:
        with connections[scene.alias].cursor() as cursor:
            cursor.execute(_FIRST_TIME, [now, list(marks)])
            first = [marks[key] for (key,) in cursor.fetchall()]
        _note("staff.listed", first, now)


# Sorted, so that two colleagues at once wait for one another and not in a ring.
_FIRST_TIME = """
INSERT INTO office_submission (key, at) SELECT mark, %s FROM unnest(%s::text[]) AS mark ORDER BY mark
ON CONFLICT DO NOTHING RETURNING key
"""


def _note(action: str, about: list[About], now: datetime) -> None:
    if about:
        journal.record_each(action, about, at=now, table=_TABLE)
