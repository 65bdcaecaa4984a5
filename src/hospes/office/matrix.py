"""The data map as a matrix: every table with personal data against every purpose; and what each purpose is."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from hospes.accounts.staff import queries as staff
from hospes.kernel.datamap import Mapped, mapped_tables
from hospes.kernel.logins import LOGINS
from hospes.kernel.purposes import Purpose
from hospes.office import words
from hospes.privacy.package import kept

#: The letters in the matrix, and what they stand for.
LETTERS: dict[str, Promise] = {"r": _("reads"), "c": _("makes"), "w": _("changes"), "d": _("deletes")}


@dataclass(frozen=True)
class Cell:
    """What a purpose (with its twin, which has less) may do with a table."""

    short: Promise
    letters: str
    columns: int

    @property
    def words(self) -> str:
        return ", ".join(str(LETTERS[letter]) for letter in self.letters)


@dataclass(frozen=True)
class Line:
    """A table with personal data."""

    title: str
    table: str
    categories: str
    kept: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Use:
    """A purpose, as the statement declares it, and who acts for it here."""

    short: Promise
    label: Promise
    basis: Promise
    can_be_halted: bool
    roles: tuple[str, ...]
    logins: tuple[str, ...]


def lines() -> list[Line]:
    """Every table that is about somebody, by name."""
    return [_line(mapped) for mapped in mapped_tables() if mapped.entry.about_somebody]


def _line(mapped: Mapped) -> Line:
    columns = [column for _name, column in mapped.columns()]
    categories = dict.fromkeys(str(column.category.label) for column in columns if column.category)
    title = str(mapped.model._meta.verbose_name) if mapped.model else mapped.table
    keep = kept(mapped.entry.keep) if mapped.entry.keep else ""
    return Line(capfirst(title), mapped.table, ", ".join(categories), keep, tuple(_cells(mapped)))


def _cells(mapped: Mapped) -> Iterator[Cell]:
    columns = [column for _name, column in mapped.columns()]
    for purpose in Purpose:
        either = {purpose, purpose.own}
        read = sum(purpose in mapped.readers(column) for column in columns)
        rights = {
            "r": read > 0, "c": bool(either & mapped.entry.creates), "w": any(either & mapped.writers(c) for c in columns),
            "d": bool(either & mapped.entry.deletes),
        }  # fmt: skip
        yield Cell(words.PURPOSES[purpose], "".join(letter for letter, has in rights.items() if has), read)


def uses() -> list[Use]:
    """Every purpose with its basis, the roles of staff that may act for it, and the database logins."""
    roles = staff.roles()
    return [
        Use(
            words.PURPOSES[purpose],
            purpose.declared.label, purpose.declared.basis.label, purpose.declared.can_be_halted,
            roles=tuple(role.name for role in roles if purpose.value in role.purposes),
            logins=tuple(login.name for login in LOGINS.values() if {purpose, purpose.own} & login.may_act_as),
        )
        for purpose in Purpose
    ]  # fmt: skip
