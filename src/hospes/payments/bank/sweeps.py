"""Booking what is certain of lines that came in, and paying open invoices from the credit of their customers."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

import structlog

from hospes.kernel.acting import JOB, Actor, acting
from hospes.kernel.purposes import Purpose
from hospes.payments.bank import allocating, credit
from hospes.payments.bank.models import BankLine

logger = structlog.get_logger(__name__)


def match(
    *, now: datetime, actor: Actor = JOB, line_ids: Sequence[int] | None = None, page_size: int = 500
) -> Counter[str]:
    """
    Look at lines that nobody looked at yet (these ones, or all), a line in a transaction; counts those that were booked.

    In the order in which they came: what an earlier line paid is not owed any more when the next one is looked at.
    """
    tally: Counter[str] = Counter()
    last = 0
    while True:
        with acting(Purpose.BILLING, actor=actor):
            new = BankLine.objects.filter(matched_at=None, pk__gt=last).order_by("pk")
            if line_ids is not None:
                new = new.filter(pk__in=line_ids)
            page = list(new.values_list("pk", flat=True)[:page_size])
        for last in page:
            try:
                with acting(Purpose.BILLING, actor=actor):
                    tally["booked"] += allocating.match(line_id=last, now=now)
                tally["lines"] += 1
            except Exception:
                logger.exception("a line of a bank statement was not looked at")
                tally["failed"] += 1
        if len(page) < page_size:
            return tally


def set_off(*, now: datetime, actor: Actor = JOB, page_size: int = 500) -> Counter[str]:
    """Pay what is open from credit, a customer in a transaction; counts customers, and cents that were paid so."""
    tally: Counter[str] = Counter()
    last = 0
    while True:
        with acting(Purpose.BILLING, actor=actor):
            page = credit.customers_to_set_off(after=last, limit=page_size)
        for last in page:
            try:
                with acting(Purpose.BILLING, actor=actor):
                    tally["cents"] += credit.set_off(customer_id=last, now=now)
                tally["customers"] += 1
            except Exception:
                logger.exception("could not set off credit", customer_id=last)
                tally["failed"] += 1
        if len(page) < page_size:
            return tally
