"""What others ask of the ledger."""

from datetime import date

from hospes.billing.ledger import rules
from hospes.billing.ledger.models import LedgerClosing, LedgerEntry


def closed_until() -> date | None:
    """The last month that is closed, by its first day."""
    newest = LedgerClosing.objects.order_by("-month").first()
    return newest.month if newest else None


def months_to_close(today: date) -> list[date]:
    """Months that are over and open, from the first in which something was booked, the oldest first."""
    closed, first = closed_until(), LedgerEntry.objects.order_by("booked_on").first()
    if closed is None and first is None:
        return []
    begin = rules.next_month(closed) if closed else rules.month_of(first.booked_on)  # type: ignore[union-attr]
    return [month for month in rules.months(begin, today) if rules.next_month(month) <= today]
