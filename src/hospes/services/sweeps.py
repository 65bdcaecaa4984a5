"""What happens to services by the day alone: cancelled ones end, planned changes begin."""

from collections import Counter
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import structlog

from hospes.kernel.acting import JOB, acting
from hospes.kernel.purposes import Purpose
from hospes.services import changes, endings
from hospes.services.models import Content, Service

logger = structlog.get_logger(__name__)


def end_what_is_due(*, today: date, now: datetime, page_size: int = 500) -> Counter[str]:
    """End every service whose last day is over, and count what happened."""
    due = Service.objects.filter(ends_on__lte=today, ended_on=None)
    return _each(due, lambda pk: endings.end_due(service_id=pk, today=today, now=now), page_size)


def begin_what_was_planned(*, today: date, now: datetime, page_size: int = 500) -> Counter[str]:
    """Let every change begin that was planned for today or before, and count what happened."""
    due = Content.objects.filter(settled_at=None, from_on__lte=today)
    return _each(due, lambda pk: changes.begin_planned(content_id=pk, today=today, now=now), page_size)


def _each(due: Any, verb: Callable[[int], bool], page_size: int) -> Counter[str]:
    """Do it for one after another, a transaction each; one that fails stops no other."""
    tally, last = Counter[str](), 0
    while True:
        with acting(Purpose.CONTRACT, actor=JOB):
            page = list(due.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:page_size])
        if not page:
            return tally
        for last in page:
            try:
                with acting(Purpose.CONTRACT, actor=JOB):
                    tally["done" if verb(last) else "skipped"] += 1
            except Exception:
                tally["failed"] += 1
                logger.exception("a service was left as it was", service_id=last)
