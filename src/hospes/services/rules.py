"""Terms of services: months that keep their anchor day."""

from calendar import monthrange
from datetime import date


def renewal(anchor: date, months: int) -> date:
    """
    The day on which a term that began on anchor renews after that many months.

    Short months do not move the anchor: 31 January, 28 February, 31 March.
    """
    year, month = divmod(anchor.year * 12 + anchor.month - 1 + months, 12)
    return date(year, month + 1, min(anchor.day, monthrange(year, month + 1)[1]))
