"""Whether the daily reconciliation runs, and its differences are seen to: for `hospes check`; runs as the owner of the tables."""

from datetime import date, datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.db.backends.base.base import BaseDatabaseWrapper

from hospes.kernel import clock
from hospes.payments.providers.books import has_books

#: A day is compared in the morning after it; one that could not be on the next one is a finding.
LATE: Final = timedelta(days=2)

#: The last day that was finished, the first that was begun, and why the first that is not finished waits.
_LAST: Final = """
SELECT max(day) FILTER (WHERE finished_at IS NOT NULL), min(day),
       (array_agg(waits_for ORDER BY day) FILTER (WHERE finished_at IS NULL))[1]
  FROM reconciling_reconciledday"""
_WHY: Final = {
    "provider": ": the payment provider could not be asked (is HOSPES_MOLLIE_ACCESS_TOKEN right, and may it read balances?)"
}
#: Since when it could have been compared: the provider has money of ours, and this was installed.
_FIRST: Final = """
SELECT CASE WHEN count(*) > 0
            THEN greatest(min(e.booked_on), (SELECT min(applied)::date FROM django_migrations WHERE app = 'reconciling')) END
  FROM billing_ledgerentry e
 WHERE e.booked_on < %(until)s AND EXISTS (
   SELECT FROM billing_ledgerline l JOIN billing_ledgeraccount a ON a.id = l.account_id AND a.use = 'clearing'
    WHERE l.entry_id = e.id)"""
_OLD: Final = """
SELECT count(*), min(first_seen_at), min(about) FROM reconciling_difference
 WHERE closed_at IS NULL AND first_seen_at < %(before)s"""
#: What was said about a payout and what is booked of it have to be the same, for ever.
_COSTS: Final = """
SELECT count(*), min(s.reference) FROM reconciling_settlementcost c JOIN reconciling_settlement s ON s.id = c.settlement_id
  JOIN billing_ledgerentry e ON e.origin = 'settlement:' || s.id || ':' || to_char(c.month, 'YYYY-MM')
  LEFT JOIN (SELECT l.entry_id, sum(l.credit_cents::bigint - l.debit_cents) AS cents FROM billing_ledgerline l
               JOIN billing_ledgeraccount a ON a.id = l.account_id AND a.use = 'clearing' GROUP BY 1) l ON l.entry_id = e.id
 WHERE l.cents IS DISTINCT FROM c.net_cents + c.vat_cents"""


def findings(connection: BaseDatabaseWrapper, *, now: datetime) -> list[str]:
    """What is not as it should be, a sentence each."""
    today, found = clock.day_of(now), []
    with connection.cursor() as cursor:
        last, begun, why = _first(cursor, _LAST)
        since: date | None = last or begun or _first(cursor, _FIRST, until=today - LATE)[0]
        if since is not None and (last or since) < today - LATE:
            found.append(
                f"books, payment provider and bank were not compared since {since}{_WHY.get(why or '', '')}"
            )
        old_days = settings.HOSPES_RECONCILING.old_days
        if since is not None and not has_books():
            found.append(
                f"the books of {settings.HOSPES_PAYMENT_PROVIDER} are not read: what the payment provider has is not compared,"
                " only books and bank; look through its list of payouts by hand"
            )
        number, oldest, about = _first(cursor, _OLD, before=now - timedelta(days=old_days))
        if number:
            found.append(
                f"differences between books, payment provider and bank stand longer than {old_days} days: {number}, the oldest"
                f" since {clock.day_of(oldest)}, for instance {about}"
            )
        number, example = _first(cursor, _COSTS)
        if number:
            found.append(
                f"the costs of a payout are booked otherwise than the provider said: {number} times, for instance {example}"
            )
    return found


def _first(cursor: Any, sql: str, **values: Any) -> tuple[Any, ...]:
    cursor.execute(sql, values)
    row: tuple[Any, ...] = cursor.fetchone()
    return row
