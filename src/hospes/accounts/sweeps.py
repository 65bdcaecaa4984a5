"""Clearing away what has run out."""

from datetime import datetime, timedelta

from hospes.accounts.models import (
    ApiToken,
    Familiar,
    LimitLift,
    LoginCode,
    OpenSession,
    PhoneCode,
    Session,
    Tries,
    Viewing,
)
from hospes.accounts.second import releases
from hospes.kernel.acting import JOB, acting
from hospes.kernel.datamap import mapped
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


def clear_where_from(*, now: datetime, page_size: int = 1000) -> int:
    """
    Delete sessions, known devices and places, codes, links, tokens of programs (with their last use) and looks of our staff as
    the customer sees that were over for as long as the map keeps them.

    A page a transaction; returns how many rows there were. A year is taken as 366 days: the database refuses it any sooner.
    """
    cleared = 0
    for model in (OpenSession, Familiar, LoginCode, LimitLift, ApiToken, Viewing):
        keep = mapped(model).entry.keep
        if keep is None or not keep.since:
            raise LookupError(f"{model.__name__} does not say from when on it is kept")
        over, more = {f"{keep.since}__lte": now - timedelta(days=keep.days + 366 * keep.years)}, True
        while more:
            with acting(Purpose.RETENTION, actor=JOB):
                page = model.objects.filter(**over).order_by(keep.since).values("pk")[:page_size]
                gone = model.objects.filter(pk__in=page).delete()[0]
            cleared, more = cleared + gone, gone == page_size
    return cleared


def clear_tries(*, now: datetime) -> int:
    """Delete the counts of tries that have drained away and make nobody wait, and return how many there were."""
    with acting(Purpose.RETENTION, actor=JOB):
        return Tries.objects.filter(drained_at__lte=now, not_before__lte=now).delete()[0]


def clear_codes(*, now: datetime) -> int:
    """Delete the rows of codes by text message that ran out more than a day ago, and return how many there were."""
    with acting(Purpose.RETENTION, actor=JOB):
        return PhoneCode.objects.filter(expires_at__lt=now - timedelta(days=1)).delete()[0]


def remind_of_releases(*, now: datetime) -> int:
    """Tell those who may have their second step taken off now; see `second.releases`."""
    with acting(Purpose.SECURITY, actor=JOB):
        return releases.remind(now=now)
