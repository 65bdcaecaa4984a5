"""How much of what was invoiced in advance is revenue by when, and where turnover belongs. Each has an exact twin in SQL."""

from collections.abc import Iterator
from datetime import date, timedelta


def recognised(net_cents: int, first: date | None, last: date | None, until: date) -> int:
    """
    How much of an amount over a period (both days in it) is revenue by the end of a day, in cents: so many days of all.

    Halves are rounded away from zero. What has no period is revenue at once. Growing day by day to the whole amount, the
    differences from month to month add up to it.
    """
    if first is None or last is None:
        return net_cents
    days = (last - first).days + 1
    elapsed = min(max((until - first).days + 1, 0), days)
    part = (2 * abs(net_cents) * elapsed + days) // (2 * days)
    return part if net_cents >= 0 else -part


def month_of(day: date) -> date:
    """The first day of the month that a day is in."""
    return day.replace(day=1)


def next_month(day: date) -> date:
    """The first day of the month after the one that a day is in."""
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


def months(first: date, last: date) -> Iterator[date]:
    """The months from that of one day to that of another, each by its first day."""
    month = month_of(first)
    while month <= last:
        yield month
        month = next_month(month)


def releases(net_cents: int, first: date | None, last: date | None, booked_on: date) -> dict[date, int]:
    """What of a line that was booked on a day becomes revenue in which later month (by its first day), in cents."""
    parts = {}
    if first is not None and last is not None:
        for month in months(next_month(booked_on), last):
            before, end = month - timedelta(days=1), next_month(month) - timedelta(days=1)
            part = recognised(net_cents, first, last, end) - recognised(net_cents, first, last, before)
            if part:
                parts[month] = part
    return parts
