"""Paying open invoices from the credit of their customers."""

from collections import Counter
from datetime import datetime

import structlog

from hospes.kernel.acting import JOB, Actor, acting
from hospes.kernel.purposes import Purpose
from hospes.payments.bank import credit

logger = structlog.get_logger(__name__)


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
