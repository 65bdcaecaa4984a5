"""A report as a file: CSV (as spreadsheets of the language read it) or Excel."""

import csv
import io
from collections.abc import Iterator
from typing import Any, Final

import xlsxwriter

from hospes.billing.ledger.models import is_dutch
from hospes.billing.ledger.reports.table import Kind, Row, Table

#: How a value is written in a cell of a sheet.
_FORMATS: Final = {
    Kind.CENTS: "#,##0.00", Kind.PERCENT: "0.00%", Kind.DAY: "yyyy-mm-dd", Kind.MONTH: "yyyy-mm", Kind.NUMBER: "#,##0"
}  # fmt: skip
#: A spreadsheet takes a text that begins like this for a formula.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


class _Echo:
    """Gives back what is written to it."""

    def write(self, text: str) -> str:
        return text


def csv_lines(table: Table) -> Iterator[str]:
    """The lines of the file, with a mark at the beginning that it is UTF-8; Dutch: semicolons and decimal commas."""
    writer = csv.writer(_Echo(), delimiter=";" if is_dutch() else ",")
    yield "\ufeff" + writer.writerow([_plain(column.label) for column in table.columns])
    for row in _all(table):
        yield writer.writerow(
            [_cell(value, column.kind) for value, column in zip(row, table.columns, strict=True)]
        )


def _all(table: Table) -> Iterator[Row]:
    yield from table.rows
    if table.total is not None:
        yield table.total


def _cell(value: Any, kind: Kind) -> str:
    if value is None:
        return ""
    if kind in (Kind.CENTS, Kind.PERCENT) and isinstance(value, int):
        sign, (units, rest) = "-" if value < 0 else "", divmod(abs(value), 100)
        return f"{sign}{units}{',' if is_dutch() else '.'}{rest:02d}"
    if kind == Kind.MONTH and hasattr(value, "strftime"):
        return f"{value:%Y-%m}"
    return str(value) if isinstance(value, int) else _plain(value)


def _plain(value: Any) -> str:
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def xlsx(table: Table, title: str) -> bytes:
    """An Excel file with one sheet: headings, rows and sums; amounts are numbers, texts are never formulas."""
    made = io.BytesIO()
    book = xlsxwriter.Workbook(
        made, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    sheet = book.add_worksheet(title.translate(str.maketrans("", "", "[]:*?/\\"))[:31])
    head, bold = book.add_format({"bold": True, "bottom": 1}), {"bold": True, "top": 1}
    styles = {kind: book.add_format({"num_format": text}) for kind, text in _FORMATS.items()}
    sums = {kind: book.add_format({"num_format": text, **bold}) for kind, text in _FORMATS.items()}
    plain = book.add_format(bold)
    for place, column in enumerate(table.columns):
        sheet.write_string(0, place, str(column.label), head)
        sheet.set_column(place, place, 34 if column.kind == Kind.TEXT and place else 16)
    for line, row in enumerate(_all(table), start=1):
        is_sum = table.total is not None and line > len(table.rows)
        for place, (value, column) in enumerate(zip(row, table.columns, strict=True)):
            style = (sums if is_sum else styles).get(column.kind, plain if is_sum else None)
            _put(sheet, line, place, value, column.kind, style)
    sheet.freeze_panes(1, 0)
    book.close()
    return made.getvalue()


def _put(sheet: Any, line: int, place: int, value: Any, kind: Kind, style: Any) -> None:
    if value is None:
        sheet.write_blank(line, place, None, style)
    elif isinstance(value, int):
        sheet.write_number(
            line, place, value / (100 if kind == Kind.CENTS else 10_000 if kind == Kind.PERCENT else 1), style
        )
    elif hasattr(value, "strftime"):
        sheet.write_datetime(line, place, value, style)
    else:
        sheet.write_string(line, place, str(value), style)
