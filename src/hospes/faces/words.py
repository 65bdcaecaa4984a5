"""
How an amount, a day and a moment read, in the active language.

Pure functions: no clock, no database. Dutch for "nl", British English for every other language.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.utils import formats
from django.utils.translation import get_language, gettext, ngettext

ZONE = ZoneInfo("Europe/Amsterdam")
NBSP = "\u00a0"
MINUS = "\u2212"  # the minus sign: as wide as a figure, and read aloud, which a hyphen is not


def is_dutch() -> bool:
    """Tell whether the active language is Dutch."""
    return (get_language() or "nl").split("-")[0] == "nl"


def euro(cents: int) -> str:
    """
    Write whole cents as euros: "€ 1.234,56" in Dutch, "€1,234.56" in English.

    No line can break inside it; a negative amount has a minus sign where the language puts it (nl "€ −5,00", en "−€5.00").
    """
    units, rest = divmod(abs(cents), 100)
    sign = MINUS if cents < 0 else ""
    if is_dutch():
        return f"€{NBSP}{sign}{units:,}".replace(",", ".") + f",{rest:02d}"
    return f"{sign}€{units:,}.{rest:02d}"


def day(value: date) -> str:
    """Write a day in words: "22 november 2026". A datetime is first brought to Amsterdam time."""
    return str(formats.date_format(local_day(value), "j F Y"))


def moment(value: datetime) -> str:
    """Write a moment in Amsterdam time: "22 november 2026, 14:05". A naive datetime is an error."""
    local = _in_zone(value)
    return f"{day(local)}, {local:%H:%M}"


def terms_words(months: int) -> str:
    """Say for how long something is had at a time: "per month", "per year", "per 2 years", "per 3 months", "once"."""
    if months == 0:
        return gettext("once")
    if months % 12 == 0:
        return ngettext("per year", "per %(count)d years", months // 12) % {"count": months // 12}
    return ngettext("per month", "per %(count)d months", months) % {"count": months}


def any_of(things: Sequence[str]) -> str:
    """Join things of which one will do: "Anna", "Anna of Bram", "Anna, Bram of Cor"."""
    *others, last = things or [""]
    if not others:
        return last
    return gettext("%(others)s or %(last)s") % {"others": ", ".join(others), "last": last}


def local_day(value: date) -> date:
    """Return the calendar day in Amsterdam of a day or of an aware datetime."""
    return _in_zone(value).date() if isinstance(value, datetime) else value


def relative_day(value: date, today: date) -> str:
    """
    Say how far a day is from today: "vandaag", "morgen", "over 3 dagen", "2 weken geleden".

    Days up to two weeks, weeks up to two months, months up to two years, then years; the unit is rounded down, so
    that nobody thinks there is more time than there is.
    """
    distance = (local_day(value) - local_day(today)).days
    near = {-1: gettext("yesterday"), 0: gettext("today"), 1: gettext("tomorrow")}.get(distance)
    if near is not None:
        return near
    count, unit = _in_units(abs(distance))
    return _ahead(count, unit) if distance > 0 else _ago(count, unit)


def _in_units(days: int) -> tuple[int, str]:
    if days < 15:
        return days, "day"
    if days < 61:
        return days // 7, "week"
    if days < 731:
        return int(days / 30.44), "month"
    return int(days / 365.25), "year"


def _ahead(count: int, unit: str) -> str:
    return {
        "day": ngettext("in %(count)d day", "in %(count)d days", count),
        "week": ngettext("in %(count)d week", "in %(count)d weeks", count),
        "month": ngettext("in %(count)d month", "in %(count)d months", count),
        "year": ngettext("in %(count)d year", "in %(count)d years", count),
    }[unit] % {"count": count}


def _ago(count: int, unit: str) -> str:
    return {
        "day": ngettext("%(count)d day ago", "%(count)d days ago", count),
        "week": ngettext("%(count)d week ago", "%(count)d weeks ago", count),
        "month": ngettext("%(count)d month ago", "%(count)d months ago", count),
        "year": ngettext("%(count)d year ago", "%(count)d years ago", count),
    }[unit] % {"count": count}


def _in_zone(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("A naive datetime has no moment: give it a time zone.")
    return value.astimezone(ZONE)
