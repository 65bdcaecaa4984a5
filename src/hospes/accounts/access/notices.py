"""Telling the parties what became of an access: those it is about, who did it, and whoever holds the customer."""

from collections.abc import Iterable
from datetime import datetime

from hospes.customers.queries import holders
from hospes.messaging import services as messaging


def tell(
    kind: str,
    *,
    customer_id: int,
    persons: Iterable[int],
    about_id: int,
    now: datetime,
    holders_too: bool = True,
) -> None:
    """Have each of these told by mail, and the holders at this moment; each once for one thing that happened."""
    readers = set(persons) | (set(holders(customer_id, now=now)) if holders_too else set())
    for person_id in sorted(readers):
        messaging.enqueue(
            kind, key=f"{kind}:{about_id}:{person_id}", person_id=person_id, customer_id=customer_id, about_id=about_id,
            now=now,
        )  # fmt: skip
