"""Numbers of quotes and orders, and how long one can withdraw."""

from datetime import date, timedelta
from typing import Final


def quote_number(day: date, number: int) -> str:
    """A quote number, as in O2026-00042 (O for offerte)."""
    return f"O{day.year}-{number:05d}"


def order_number(day: date, number: int) -> str:
    """An order number, as in B2026-00042 (B for bestelling)."""
    return f"B{day.year}-{number:05d}"


# --- withdrawing ----------------------------------------------------------------------------------------------------------

#: In how many days a consumer can withdraw, counted from the day after the contract (art. 6:230o Dutch Civil Code).
WITHDRAWAL_DAYS: Final = 14
#: Within how many days they have their money back (art. 6:230r).
REFUND_DAYS: Final = 14
#: Kinds of products that are done as a whole once they are begun, so that there is nothing to withdraw from any more (6:230p).
DONE_AT_ONCE: Final = frozenset({"domain"})


def last_day_to_withdraw(agreed_on: date) -> date:
    """
    The last day on which a consumer can withdraw from a contract of a day.

    A period that would end on a Saturday, Sunday or public holiday ends on the next working day (art. 3(4) Regulation 1182/71).
    """
    day = agreed_on + timedelta(days=WITHDRAWAL_DAYS)
    while not is_working_day(day):
        day += timedelta(days=1)
    return day


def is_working_day(day: date) -> bool:
    """Whether a day is no weekend and no holiday by the Dutch law on terms (art. 3 Algemene termijnenwet)."""
    since_easter = (day - _easter(day.year)).days
    fixed = (day.month, day.day) in ((1, 1), (5, 5), (12, 25), (12, 26)) or day == _kings_day(day.year)
    return day.weekday() < 5 and not fixed and since_easter not in (-2, 1, 39, 50)


def _kings_day(year: int) -> date:
    """27 April, or the day before where that is a Sunday."""
    day = date(year, 4, 27)
    return day - timedelta(days=1) if day.weekday() == 6 else day


def _easter(year: int) -> date:
    """Easter Sunday (the Gregorian computation of Meeus, Jones and Butcher)."""
    a, (b, c) = year % 19, divmod(year, 100)
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    last = (32 + 2 * e + 2 * i - h - k) % 7
    m = (a + 11 * h + 19 * last) // 433
    month = (h + last - 7 * m + 90) // 25
    return date(year, month, (h + last - 7 * m + 33 * month + 19) % 32)
