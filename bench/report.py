"""How a benchmark says what it measured."""

import json
from dataclasses import asdict, dataclass

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Measure:
    """One figure; `floor` and `ratio` are None where there is none. `target` says in words what `ok` stands for."""

    name: str
    value: float
    unit: str
    floor: float | None
    ratio: float | None
    target: str
    ok: bool


def as_json(name: str, measures: list[Measure]) -> str:
    return json.dumps({"name": name, "measures": [asdict(measure) for measure in measures]})


def show(name: str, measures: list[Measure]) -> None:
    table = Table(title=f"bench {name}")
    for heading in ("measure", "result", "floor", "ratio", "target", ""):
        table.add_column(heading)
    for m in measures:
        floor = "" if m.floor is None else f"{m.floor:.2f}"
        ratio = "" if m.ratio is None else f"{m.ratio:.2f}"
        table.add_row(m.name, f"{m.value:.2f} {m.unit}", floor, ratio, m.target, "✓" if m.ok else "✗")
    Console().print(table)
