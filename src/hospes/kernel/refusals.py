"""What PostgreSQL refuses, said in our words: which purpose, which table, which column."""

import re
from collections.abc import Callable
from typing import Any

from django.db import ProgrammingError
from django.db.backends.base.base import BaseDatabaseWrapper

from hospes.kernel import acting, datamap

_INSUFFICIENT_PRIVILEGE = "42501"
_TABLE_IN_MESSAGE = re.compile(r'(?:for (?:table|relation|view)|for table) "?([a-z0-9_]+)"?')


class Refused(ProgrammingError):
    """The purpose that acts may not do this; purpose, table and columns are names of ours, and fit to be logged."""

    def __init__(self, purpose: str, table: str, columns: list[str], said: str) -> None:
        self.purpose, self.table, self.columns = purpose, table, columns
        which = f"{table}({', '.join(columns)})" if columns else table
        super().__init__(f"The purpose {purpose} may not do this with {which}: {said}")


def explain_refusals(
    execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]
) -> Any:
    """An execute wrapper (Django) that turns PostgreSQL's refusal into `Refused`."""
    try:
        return execute(sql, params, many, context)
    except ProgrammingError as error:
        cause = error.__cause__
        if getattr(cause, "sqlstate", None) != _INSUFFICIENT_PRIVILEGE:
            raise
        raise refusal(str(cause).splitlines()[0], str(sql)) from error


def refusal(said: str, sql: str) -> Refused:
    """The refusal that PostgreSQL's message and the statement amount to."""
    scene = acting.current()
    match = _TABLE_IN_MESSAGE.search(said)
    table = match.group(1) if match else "?"
    purpose = scene.grantee.role if scene else "(none declared: use acting())"
    return Refused(purpose, table, _columns_refused(scene, table, sql), said)


def _columns_refused(scene: acting.Scene | None, table: str, sql: str) -> list[str]:
    """The columns that the statement names and the purpose may not read or write, as far as its text tells."""
    found = next((m for m in datamap.mapped_tables() if m.table == table), None)
    if found is None or not found.entry.about_somebody:
        return []
    writing = re.match(r"\s*update\b", sql, re.IGNORECASE) is not None
    words = set(re.findall(r"[a-z_][a-z0-9_]*", sql.lower()))
    everything = "*" in sql
    names = []
    for name, column in found.columns():
        if not everything and name not in words:
            continue
        if scene is None or not _allowed(scene, found, column, writing=writing):
            names.append(name)
    return sorted(names)


def _allowed(scene: acting.Scene, found: datamap.Mapped, column: datamap.Column, *, writing: bool) -> bool:
    reads = found.may_read(column, scene.grantee)
    return reads and (not writing or scene.grantee in found.writers(column))


def install(connection: BaseDatabaseWrapper, **_: object) -> None:
    """Attach the wrapper to a new connection (receiver of Django's connection_created)."""
    if explain_refusals not in connection.execute_wrappers:
        connection.execute_wrappers.append(explain_refusals)
