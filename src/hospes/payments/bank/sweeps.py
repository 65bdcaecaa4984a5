"""Booking what is certain of lines that came in."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

import structlog

from hospes.kernel.acting import JOB, Actor, acting
from hospes.kernel.purposes import Purpose
from hospes.payments.bank import allocating, finding
from hospes.payments.bank.models import BankLine

logger = structlog.get_logger(__name__)


def match(
    *, now: datetime, actor: Actor = JOB, line_ids: Sequence[int] | None = None, page_size: int = 500
) -> Counter[str]:
    """
    Look at lines that nobody looked at yet (these ones, or all) and book those that are certain, each in a transaction of its
    own; counts both.

    In the order in which they came: what an earlier line paid is not owed any more when the next one is booked.
    """
    tally: Counter[str] = Counter()
    last = 0
    while True:
        with acting(Purpose.BILLING, actor=actor):
            new = BankLine.objects.filter(matched_at=None, pk__gt=last).order_by("pk")
            if line_ids is not None:
                new = new.filter(pk__in=line_ids)
            page = list(new[:page_size])
            certain = _certain(page, now)
        for line_id in certain:
            try:
                with acting(Purpose.BILLING, actor=actor):
                    tally["booked"] += allocating.match(line_id=line_id, now=now)
            except Exception:
                logger.exception("a line of a bank statement was not booked")
                tally["failed"] += 1
        tally["lines"] += len(page)
        if len(page) < page_size:
            return tally
        last = page[-1].pk


def _certain(page: Sequence[BankLine], now: datetime) -> list[int]:
    """Those of these lines that look certain; the others are a person's from now on."""
    found = finding.proposals(page)
    certain = [line.pk for line in page if any(each.is_certain for each in found.get(line.pk, ()))]
    others = {line.pk for line in page} - set(certain)
    BankLine.objects.filter(pk__in=others, matched_at=None).update(matched_at=now)
    return certain
