"""Pure rules of SEPA direct debit (core scheme, EPC016-06): bank days, when what is announced, handed in and collected, lapse."""

import re
from calendar import monthrange
from collections.abc import Sequence
from datetime import date, timedelta
from functools import lru_cache
from typing import Final

from stdnum import iban as iban_numbers
from stdnum.exceptions import ValidationError as InvalidNumber

#: The law's own period of announcing, unless another one was agreed (EPC rulebook, pre-notification).
NOTICE_DAYS: Final = 14
#: A mandate under which nothing was collected for so long has lapsed (EPC rulebook, 4.7.2).
LAPSE_MONTHS: Final = 36
#: How often one invoice is tried with one mandate, at most.
MOST_TRIES: Final = 2
#: For so many days a payer gets their money back without giving a reason (art. 7:530 Dutch Civil Code: eight weeks).
REFUND_WEEKS: Final = 8

#: The countries and territories of the SEPA schemes (EPC409-09), by how their account numbers begin.
SEPA: Final = frozenset({
    "AD", "AL", "AT", "BE", "BG", "CH", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GB", "GI", "GR", "HR", "HU", "IE", "IS",
    "IT", "LI", "LT", "LU", "LV", "MC", "MD", "ME", "MK", "MT", "NL", "NO", "PL", "PT", "RO", "RS", "SE", "SI", "SK", "SM", "VA",
})  # fmt: skip


# --- bank days ------------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=64)
def easter(year: int) -> date:
    """Easter Sunday in the Gregorian calendar (the anonymous algorithm; Meeus, Astronomical Algorithms, chapter 8)."""
    a, (b, c) = year % 19, divmod(year, 100)
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    m = (32 + 2 * e + 2 * i - h - k) % 7
    n = (a + 11 * h + 22 * m) // 451
    month, day = divmod(h + m - 7 * n + 114, 31)
    return date(year, month, day + 1)


def is_bank_day(day: date) -> bool:
    """Whether banks settle on a day: none in a weekend, on 1 January, Good Friday, Easter Monday, 1 May, 25 and 26 December."""
    if day.weekday() > 4 or (day.month, day.day) in ((1, 1), (5, 1), (12, 25), (12, 26)):
        return False
    return day - easter(day.year) not in (timedelta(days=-2), timedelta(days=1))


def bank_day_from(day: date) -> date:
    """A day itself when banks settle on it, or else the next one on which they do."""
    while not is_bank_day(day):
        day += timedelta(days=1)
    return day


def bank_days_after(day: date, days: int) -> date:
    """So many bank days after the first bank day from a day on."""
    found = bank_day_from(day)
    for _ in range(days):
        found = bank_day_from(found + timedelta(days=1))
    return found


def bank_day_before(day: date) -> date:
    """The last bank day before a day."""
    day -= timedelta(days=1)
    while not is_bank_day(day):
        day -= timedelta(days=1)
    return day


# --- announced, handed in, collected --------------------------------------------------------------------------------------


def is_to_be_announced(*, due_on: date, today: date, notice_days: int) -> bool:
    """Whether it is time to announce that an invoice is collected: so that it can be on the day on which it is due."""
    return today >= due_on - timedelta(days=notice_days)


def collection_day(*, due_on: date, announced_on: date, notice_days: int) -> date:
    """The first bank day on which it is due, and was announced so many days before."""
    return bank_day_from(max(due_on, announced_on + timedelta(days=notice_days)))


def last_day_to_submit(collect_on: date) -> date:
    """The bank wants a file one bank day before the day of collection, at the latest (core scheme: D-1)."""
    return bank_day_before(collect_on)


def earliest_collection(*, today: date, submit_days: int) -> date:
    """The first day that a file which is made today can ask for; never sooner than the bank can (D-1)."""
    return bank_days_after(today, max(submit_days, 1))


def is_collected(*, collect_on: date, today: date) -> bool:
    """Whether the money is here: the day of collection is over and nothing else was heard."""
    return today > collect_on


def sequence_types(*, was_used: bool, count: int) -> list[str]:
    """
    What each of so many collections with one mandate in one file is: the first ever is FRST, every other one RCUR.

    Banks take RCUR for the first as well since November 2016, but not FRST twice.
    """
    return ["RCUR" if was_used or place else "FRST" for place in range(count)]


def may_try(earlier: Sequence[str]) -> bool:
    """
    Whether an invoice may be announced (again) with a mandate, by what came of the earlier attempts that a bank sent back.

    "retry" is for a lack of money, say; anything else is not tried again with the same mandate.
    """
    return all(then == "retry" for then in earlier) and len(earlier) < MOST_TRIES


# --- mandates -------------------------------------------------------------------------------------------------------------


def lapses_on(*, signed_on: date, last_used_on: date | None) -> date:
    """The first day on which a mandate can no longer be used, since nothing was collected with it for 36 months."""
    used = last_used_on or signed_on
    month = used.month - 1 + LAPSE_MONTHS
    year, month = used.year + month // 12, month % 12 + 1
    return date(year, month, min(used.day, monthrange(year, month)[1]))


def account_number(text: str) -> str:
    """An IBAN without spaces; raises ValueError when it is none, or of no country in which SEPA direct debit exists."""
    try:
        number = str(iban_numbers.validate(text))
    except InvalidNumber:
        raise ValueError("this is no IBAN") from None
    if number[:2] not in SEPA:
        raise ValueError("SEPA does not reach this country")
    return number


def masked(number: str) -> str:
    """An account number as pages show it: the country and the last four characters."""
    return f"{number[:2]}•• •••• •••• {number[-4:]}"


def is_reference(text: str) -> bool:
    """Whether a text can be a reference in a file for the bank: 1 to 35 letters, digits and a few marks (EPC, 1.4)."""
    return re.fullmatch(r"(?![/])(?!.*//)[A-Za-z0-9+?/:().,'-]{1,35}(?<![/])", text) is not None
