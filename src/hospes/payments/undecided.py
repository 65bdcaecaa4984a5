"""Payments and refunds of which the provider did not say in time what became of them: for `hospes check`; runs as the owner."""

from datetime import datetime
from typing import Any, Final

from django.db.backends.base.base import BaseDatabaseWrapper

from hospes.kernel import clock
from hospes.payments.sweeps import LONGEST, REFUND_TAKES

#: One that the provider never had is no money: it may be begun again.
_PAYMENTS: Final = """
SELECT count(*), min(created_at), min(idempotency_key) FROM payments_payment
 WHERE state IN ('open', 'pending') AND reference IS NOT NULL AND created_at <= %(before)s"""
_REFUNDS: Final = """
SELECT count(*), min(sent_at), min(idempotency_key) FROM payments_refund WHERE state = 'sent' AND sent_at <= %(before)s"""


def findings(connection: BaseDatabaseWrapper, *, now: datetime) -> list[str]:
    """What is not looked up by itself any more and is not decided yet, a sentence each."""
    found = []
    with connection.cursor() as cursor:
        for what, sql, days in (("payments", _PAYMENTS, LONGEST), ("refunds", _REFUNDS, REFUND_TAKES)):
            number, since, example = _first(cursor, sql, before=now - days)
            if number:
                found.append(
                    f"{what} of which the provider has not said for {days.days} days how they end: {number}, the oldest since"
                    f" {clock.day_of(since)}, for instance {example}; have them looked up on the customer's page, and ask the"
                    " provider"
                )
    return found


def _first(cursor: Any, sql: str, **values: Any) -> tuple[Any, ...]:
    cursor.execute(sql, values)
    row: tuple[Any, ...] = cursor.fetchone()
    return row
