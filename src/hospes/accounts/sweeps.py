"""Clearing away what has run out."""

from datetime import datetime

from hospes.accounts.models import Session, Tries
from hospes.kernel.acting import JOB, acting
from hospes.kernel.purposes import Purpose


def clear_sessions(*, now: datetime, page_size: int = 1000) -> int:
    """Delete the sessions that have expired, a page a transaction, and return how many there were."""
    cleared, more = 0, True
    while more:
        with acting(Purpose.RETENTION, actor=JOB):
            page = (
                Session.objects.filter(expire_date__lte=now).order_by("expire_date").values("pk")[:page_size]
            )
            gone = Session.objects.filter(pk__in=page).delete()[0]
        cleared, more = cleared + gone, gone == page_size
    return cleared


def clear_tries(*, now: datetime) -> int:
    """Delete the counts of tries that have drained away and make nobody wait, and return how many there were."""
    with acting(Purpose.RETENTION, actor=JOB):
        return Tries.objects.filter(drained_at__lte=now, not_before__lte=now).delete()[0]
