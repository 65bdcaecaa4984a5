"""How numbers, amounts and days are written in a document, per language."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from hospes.billing.documents.parts import Language

NO_BREAK = "\N{NO-BREAK SPACE}"
MINUS = "\N{MINUS SIGN}"

_MONTHS: dict[Language, tuple[str, ...]] = {
    "nl": (
        "januari",
        "februari",
        "maart",
        "april",
        "mei",
        "juni",
        "juli",
        "augustus",
        "september",
        "oktober",
        "november",
        "december",
    ),
    "en": (
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ),
}


def long_date(day: date, language: Language) -> str:
    """Write a day in words, the same order in both languages: 22 november 2026."""
    return f"{day.day}{NO_BREAK}{_MONTHS[language][day.month - 1]}{NO_BREAK}{day.year}"


def period(first: date, last: date, language: Language, to: str) -> str:
    """Write a period without saying a year or a month twice: 1 t/m 30 november 2026."""
    end = long_date(last, language)
    if first == last:
        return end
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day} {to} {end}"
    if first.year == last.year:
        return f"{first.day}{NO_BREAK}{_MONTHS[language][first.month - 1]} {to} {end}"
    return f"{long_date(first, language)} {to} {end}"


def euros(cents: int, language: Language) -> str:
    """Write an amount: € 1.234,50 in Dutch, €1,234.50 in English; a true minus sign before a negative one."""
    whole, rest = divmod(abs(cents), 100)
    sign = MINUS if cents < 0 else ""
    if language == "nl":
        return f"{sign}€{NO_BREAK}{_grouped(whole, language)},{rest:02d}"
    return f"{sign}€{_grouped(whole, language)}.{rest:02d}"


def number(value: Decimal, language: Language) -> str:
    """Write a quantity or a percentage with no more decimals than it has."""
    plain = f"{abs(value):f}"
    whole, _, decimals = plain.partition(".")
    decimals = decimals.rstrip("0")
    written = _grouped(int(whole), language)
    if decimals:
        written += ("," if language == "nl" else ".") + decimals
    return f"{MINUS}{written}" if value < 0 else written


def iban(account: str) -> str:
    """Write an IBAN in fours, as people read it aloud."""
    packed = "".join(account.split())
    return NO_BREAK.join(packed[i : i + 4] for i in range(0, len(packed), 4))


def _grouped(whole: int, language: Language) -> str:
    return f"{whole:,}".replace(",", "." if language == "nl" else ",")
