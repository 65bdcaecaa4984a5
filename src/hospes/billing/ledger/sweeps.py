"""Bringing the ledger up to date: what was issued and is not booked, and the revenue of months that have come."""

from collections import Counter
from datetime import datetime

from hospes.billing.ledger import services
from hospes.kernel import clock
from hospes.kernel.acting import JOB, Actor, acting
from hospes.kernel.purposes import Purpose


def keep_up(*, now: datetime, actor: Actor = JOB, size: int = services.BATCH) -> Counter[str]:
    """Book documents, a batch in a transaction, then the revenue of months up to this one; counts what it did."""
    tally: Counter[str] = Counter()
    while True:
        with acting(Purpose.BILLING, actor=actor):
            booked = services.book_invoices(now=now, size=size)
        tally["documents"] += booked
        if booked < size:
            break
    with acting(Purpose.BILLING, actor=actor):
        tally["releases"] = services.release(today=clock.day_of(now), now=now)
    return tally
