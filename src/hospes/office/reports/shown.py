"""How the values of a report read on a page."""

from datetime import date
from typing import Any

from django.utils import formats

from hospes.billing.ledger.reports.table import Kind, Row, Table
from hospes.faces import words


def written(value: Any, kind: Kind) -> str:
    """A value in words; nothing is an empty text."""
    if value is None:
        return ""
    if kind == Kind.CENTS:
        return words.euro(int(value))
    if kind == Kind.PERCENT:
        return f"{formats.number_format(value / 100, use_l10n=True)}%"
    if kind == Kind.MONTH and isinstance(value, date):
        return str(formats.date_format(value, "F Y"))
    if kind == Kind.DAY and isinstance(value, date):
        return words.day(value)
    if kind == Kind.NUMBER:
        return formats.number_format(value, force_grouping=True, use_l10n=True)
    return str(value)


def cells(table: Table, row: Row) -> list[dict[str, Any]]:
    """A row for a template: each value as it reads, with its column."""
    return [
        {"text": written(value, column.kind), "label": column.label, "kind": column.kind.value, "is_right": column.is_right}
        for value, column in zip(row, table.columns, strict=True)
    ]  # fmt: skip
