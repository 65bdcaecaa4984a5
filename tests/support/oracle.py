"""
What the map allows, worked out from the models' own words, and not by the code that derives the grants.

The tests compare both with what PostgreSQL does.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from hospes.kernel.datamap import Column, Mapped, mapped_tables
from hospes.kernel.logins import LOGINS
from hospes.kernel.purposes import Grantee, Own, Purpose

RIGHTS = ("SELECT", "INSERT", "UPDATE", "DELETE")


@dataclass(frozen=True, order=True)
class Question:
    """May this role do this with this column? DELETE is asked of each column of a table alike."""

    role: str
    table: str
    column: str
    right: str


def everybody() -> list[Grantee]:
    """Return all purposes and all their twins."""
    return [*Purpose, *(Own(purpose) for purpose in Purpose)]


def columns() -> Iterator[tuple[Mapped, str, Column]]:
    """Go through all columns of all tables on the map."""
    for mapped in mapped_tables():
        for name, column in mapped.entry.columns.items():
            yield mapped, database_name(mapped, name), column


def database_name(mapped: Mapped, name: str) -> str:
    """Return how a field is called in the database."""
    if mapped.model is None:
        return name
    return next(field.column for field in mapped.model._meta.concrete_fields if field.name == name)


def answers() -> dict[Question, bool]:
    """Answer every question that there is: each role, column and right."""
    found: dict[Question, bool] = {}
    for mapped, name, column in columns():
        for right in RIGHTS:
            for grantee in everybody():
                found[Question(grantee.role, mapped.table, name, right)] = may(grantee, right, mapped, column)
            for login in LOGINS.values():
                found[Question(login.role, mapped.table, name, right)] = login_may(login.name, right, mapped)
    return found


def may(grantee: Grantee, right: str, mapped: Mapped, column: Column) -> bool:
    """Say whether a purpose, or its twin, may do this with a column."""
    entry = mapped.entry
    if entry.machinery:
        return grantee in entry.machinery.purposes
    if right == "INSERT":
        return grantee in entry.creates
    if right == "DELETE":
        return grantee in entry.deletes
    if right == "UPDATE":
        return grantee in (entry.writes if column.writes is None else column.writes)
    if not entry.key:
        return True
    if column.secret and column.reads is not None:
        return grantee in column.reads  # what protects a person, a twin reads only where it is named
    # Reading is said of purposes; a twin reads the same columns, of its own rows, unless the row names the twins that do.
    if isinstance(grantee, Own) and entry.twins is not None and grantee.purpose not in entry.twins:
        return False
    purpose = grantee.purpose if isinstance(grantee, Own) else grantee
    return purpose in (entry.reads if column.reads is None else column.reads)


def login_may(name: str, right: str, mapped: Mapped) -> bool:
    """Say whether a login may do this by itself, before it acts for a purpose."""
    if mapped.entry.machinery:
        return name in mapped.entry.machinery.logins
    return right == "SELECT" and not mapped.entry.key
