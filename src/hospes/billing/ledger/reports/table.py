"""The shape that every report has, and the period that it is about."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from django.db import connections
from django.utils.functional import Promise

from hospes.billing.ledger import rules
from hospes.billing.models import BookYear
from hospes.kernel import acting

Text = str | Promise
#: A row has a value for each column.
Row = tuple[Any, ...]


class Kind(StrEnum):
    """How a column's values read: cents as amounts, basis points (2100) as a percentage."""

    TEXT = "text"
    CENTS = "cents"
    NUMBER = "number"
    PERCENT = "percent"
    DAY = "day"
    MONTH = "month"
    CUSTOMER = "customer"  # a customer number
    INVOICE = "invoice"  # an invoice number


@dataclass(frozen=True)
class Column:
    """A column: its heading, how its values read, and whether it is a series in the report's chart."""

    label: Text
    kind: Kind = Kind.TEXT
    drawn: bool = False

    @property
    def is_right(self) -> bool:
        return self.kind in (Kind.CENTS, Kind.NUMBER, Kind.PERCENT)


@dataclass(frozen=True)
class Table:
    """A report as it came out: rows under columns, the sums below (None where a column has none), and what to know of it."""

    columns: Sequence[Column]
    rows: Sequence[Row]
    total: Row | None = None
    notes: Sequence[Text] = field(default_factory=tuple)
    #: Customers who stand in it by number, so that it can be noted that staff saw them.
    customer_ids: Sequence[int] = ()


@dataclass(frozen=True)
class Period:
    """A period of whole days, both in it."""

    first: date
    last: date

    @classmethod
    def of(cls, year: int, quarter: int = 0, month: int = 0) -> "Period":
        """A year, or a quarter or a month of it."""
        if month:
            begin, length = month, 1
        else:
            begin, length = (quarter * 3 - 2, 3) if quarter else (1, 12)
        first = date(year, begin, 1)
        end = first
        for _ in range(length):
            end = rules.next_month(end)
        return cls(first, end - timedelta(days=1))

    @classmethod
    def of_book_year(cls, year: int) -> "Period":
        """A book year of the operator's; where there is none of that name, the calendar year."""
        held = BookYear.objects.filter(year=year).first()
        return cls(held.begins_on, held.ends_on) if held else cls.of(year)

    @classmethod
    def book_year_with(cls, day: date) -> "Period":
        """The book year that a day is in."""
        held = BookYear.objects.filter(begins_on__lte=day, ends_on__gte=day).first()
        return cls(held.begins_on, held.ends_on) if held else cls.of(day.year)


def summed(columns: Sequence[Column], rows: Sequence[Row], label: Text) -> Row:
    """The row below: sums of amounts and numbers, the label first."""
    sums = [
        sum(row[place] or 0 for row in rows) if column.kind in (Kind.CENTS, Kind.NUMBER) else None
        for place, column in enumerate(columns)
    ]
    return (label, *sums[1:])


def ask(sql: str, **values: Any) -> list[Row]:
    """Run a query for the acting purpose; sums come as whole numbers."""
    scene = acting.current()
    if scene is None:
        raise RuntimeError("reports are read inside acting()")
    with connections[scene.alias].cursor() as cursor:
        cursor.execute(sql, values)
        return [tuple(row) for row in cursor.fetchall()]
