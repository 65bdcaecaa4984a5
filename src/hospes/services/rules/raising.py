"""
From which day a raise counts for a running contract.

Sources: art. 6:236 i Dutch Civil Code (a raise within three months after the contract gives a consumer the right to dissolve it;
here it does not come that soon), and the terms: it is told in time, and comes with a renewal.
"""

from datetime import date, timedelta
from typing import Final

from hospes.services.rules.terms import Term, renewal

#: So many months after the contract began no raise comes for a consumer.
CONSUMER_FREE_MONTHS: Final = 3
#: So long after the day of a raise a consumer can end the contract because of it, without notice.
CONSUMER_EXIT_MONTHS: Final = 1


def first_renewal(term: Term, on: date) -> date:
    """The first renewal on or after a day."""
    while term.renews_on < on:
        term = term.next()
    return term.renews_on


def raised_from(
    *, term: Term, from_on: date, told_on: date, notice_days: int, is_consumer: bool, started_on: date
) -> date:
    """The renewal from which a raise counts that was told on a day: on or after the day that it is from, and told in time."""
    earliest = max(from_on, told_on + timedelta(days=notice_days))
    if is_consumer:
        earliest = max(earliest, renewal(started_on, CONSUMER_FREE_MONTHS))
    return first_renewal(term, earliest)


def raised_cents(cents: int, *, basis_points: int | None, price_cents: int | None) -> int:
    """
    The price after a raise, in whole cents, halves upwards.

    SQL: `coalesce(price_cents, (cents * (10000 + basis_points) + 5000) / 10000)`.
    """
    if price_cents is not None:
        return price_cents
    return (cents * (10_000 + (basis_points or 0)) + 5_000) // 10_000
