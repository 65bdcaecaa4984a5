"""A chart of a report as inline SVG, made here: it needs no script and asks no other host. The table stands beside it."""

from dataclasses import dataclass
from typing import Final

from hospes.billing.ledger.reports.table import Table
from hospes.office.reports.shown import written

WIDTH: Final = 600.0
HEIGHT: Final = 160.0
_GAP: Final = 0.25
#: More bars than this say nothing any more.
MOST: Final = 60


@dataclass(frozen=True)
class Bar:
    """A bar in the chart's own units, and what it says."""

    x: str
    y: str
    width: str
    height: str
    label: str
    is_negative: bool


@dataclass(frozen=True)
class Chart:
    """Bars above and below a line at `zero`; what the highest one is, and what the first and the last are of."""

    bars: tuple[Bar, ...]
    zero: str
    label: str
    highest: str
    first: str
    last: str
    width: float = WIDTH
    height: float = HEIGHT


def chart(table: Table) -> Chart | None:
    """The chart of the first column that is drawn; None where there is nothing to see."""
    place = next((n for n, column in enumerate(table.columns) if column.drawn), None)
    rows = list(table.rows)
    if place is None or not 1 < len(rows) <= MOST or not any(row[place] for row in rows):
        return None
    values = [int(row[place] or 0) for row in rows]
    top, bottom = max(*values, 0), min(*values, 0)
    scale, step = HEIGHT / (top - bottom), WIDTH / len(values)
    column, heads = table.columns[place], [written(row[0], table.columns[0].kind) for row in rows]
    bars = tuple(
        Bar(
            x=f"{n * step + step * _GAP / 2:.1f}", y=f"{(top - max(value, 0)) * scale:.1f}",
            width=f"{step * (1 - _GAP):.1f}", height=f"{abs(value) * scale:.1f}",
            label=f"{heads[n]}: {written(value, column.kind)}", is_negative=value < 0,
        )
        for n, value in enumerate(values)
    )  # fmt: skip
    return Chart(
        bars, f"{top * scale:.1f}", str(column.label), written(max(values), column.kind), heads[0], heads[-1]
    )
