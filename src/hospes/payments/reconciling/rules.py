"""Which line of a bank statement brings which payout of the provider, and on what days its costs are booked. Pure."""

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

#: A bank may book what was transferred on a day a little earlier or later than the provider says; and it may be late.
EARLIER: Final = timedelta(days=2)
LATER: Final = timedelta(days=14)


@dataclass(frozen=True)
class Expected:
    """A payout that should arrive: `number` is what stands on the statement."""

    id: int
    number: str
    cents: int
    settled_on: date


@dataclass(frozen=True)
class Line:
    """A line of a bank statement; `is_theirs`: it comes from the provider, by its account or its name, or a person said so."""

    id: int
    cents: int
    booked_on: date
    text: str
    is_theirs: bool


def names(text: str, number: str) -> bool:
    """Whether a number stands in a text by itself: 1234567.2611.01, however its parts are divided."""
    parts = re.split(r"\D+", number.strip())
    if not all(parts) or len("".join(parts)) < 6:
        return False
    return re.search(rf"(?<!\d){'[ ./-]?'.join(map(re.escape, parts))}(?!\d)", text) is not None


def fits(payout: Expected, line: Line) -> bool:
    """Whether a line came on a day on which the payout may have."""
    return payout.settled_on - EARLIER <= line.booked_on <= payout.settled_on + LATER


def arrivals(
    payouts: Sequence[Expected], lines: Sequence[Line], *, overdue: Collection[int]
) -> dict[int, int]:
    """
    By the id of a payout that of the line that brought it.

    By its number; else by the amount, of what comes from the provider, where only these two fit; and what is `overdue` (the ids
    of payouts) with another amount, where of all that is left only these two fit.
    """
    found: dict[int, int] = {}
    left = list(lines)
    for payout in payouts:
        for line in left:
            if names(line.text, payout.number) and (line.cents > 0) == (payout.cents > 0):
                found[payout.id] = line.id
                left.remove(line)
                break
    theirs = [line for line in left if line.is_theirs]
    waiting = [payout for payout in payouts if payout.id not in found]
    found |= _only(waiting, theirs, lambda payout, line: payout.cents == line.cents and fits(payout, line))
    theirs = [line for line in theirs if line.id not in found.values()]
    waiting = [payout for payout in waiting if payout.id not in found]
    others = _only(waiting, theirs, fits)
    return found | {pk: line_id for pk, line_id in others.items() if pk in overdue}


def _only(
    payouts: Sequence[Expected], lines: Sequence[Line], go_together: Callable[[Expected, Line], bool]
) -> dict[int, int]:
    """The pairs that go together where neither goes with anything else."""
    pairs = [(payout.id, line.id) for payout in payouts for line in lines if go_together(payout, line)]
    of_payout, of_line = [one for one, _ in pairs], [two for _, two in pairs]
    return {one: two for one, two in pairs if of_payout.count(one) == 1 and of_line.count(two) == 1}


def booked_on(month: date, settled_on: date) -> date:
    """
    On which day the costs of a month (its first day) are booked: with the payout, but within their month.

    The provider's invoice is of the month; that is what the VAT on it is asked back with (art. 15 Dutch VAT act).
    """
    last = (month.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    return min(settled_on, last)
