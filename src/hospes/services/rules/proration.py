"""
What a part of a term costs. Whole cents and whole days, and the parts of a term add up to its price.

Every formula is on integers and has an exact twin in SQL (bigint): `/` of PostgreSQL cuts towards zero, as `_over` does.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from hospes.services.rules.terms import Term


def part(cents: int, days: int, of_days: int) -> int:
    """
    The part of an amount that falls on some of its days, rounded to whole cents, halves away from zero.

    SQL: `sign(cents) * ((2 * abs(cents) * days + of_days) / (2 * of_days))`. ValueError unless 0 <= days <= of_days, and
    of_days is at least 1.
    """
    if not 0 <= days <= of_days or of_days < 1:
        raise ValueError(f"{days} of {of_days} days is no part of a term")
    whole = (2 * abs(cents) * days + of_days) // (2 * of_days)
    return -whole if cents < 0 else whole


def used(cents: int, term: Term, on: date) -> int:
    """What was used of a term's price before a day: nothing on its first day, all of it from the day after it on."""
    days = min(max((on - term.begins_on).days, 0), term.days)
    return part(cents, days, term.days)


def unused(cents: int, term: Term, on: date) -> int:
    """What is left of a term's price from a day on. Together with `used` it is the price, to the cent."""
    return cents - used(cents, term, on)


def paid_ahead(cents: int, term: Term, on: date) -> int:
    """
    What is left, from a day on, of everything up to the end of a term, at one price per term.

    More than one term can be left: the next one is invoiced some time before it begins.
    """
    return sum(unused(cents, each, on) for each in terms_ahead(term, on))


def terms_ahead(
    term: Term, on: date, months_on: Callable[[date], int | None] = lambda day: None
) -> list[Term]:
    """
    The terms up to the end of one of which something is left from a day on, the last first; they can differ in price.

    They can differ in length too: `months_on` says how many months a term takes in which a day is, None: as the one after it.
    """
    found, each = [], term
    while each.renews_on > on and each.run_months > 0:
        found.append(each)
        each = each.before(months_on(each.begins_on - timedelta(days=1)))
    return found


@dataclass(frozen=True)
class Settlement:
    """What a change comes to, in cents: what is given back of the old, and charged for the new, up to the next renewal."""

    credit_cents: int
    charge_cents: int

    @property
    def minus_credit_cents(self) -> int:
        """What is given back, as it stands in a sum."""
        return -self.credit_cents

    @property
    def total_cents(self) -> int:
        """To be paid, or to be had back when it is negative."""
        return self.charge_cents - self.credit_cents

    @property
    def minus_total_cents(self) -> int:
        """What is to be had back, as a sentence has it."""
        return -self.total_cents


def change(old_cents: int, new_cents: int, term: Term, on: date) -> Settlement:
    """
    What it costs to go from one price per term to another on a day within a term that was paid beforehand.

    Both sides are rounded by the same rule, so that going there and back on one day costs nothing.
    """
    return Settlement(paid_ahead(old_cents, term, on), paid_ahead(new_cents, term, on))
