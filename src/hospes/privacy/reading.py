"""
What is held, as somebody reads it: values in words, and columns of which the same can be said together.

The values in data.json stay as they are kept: those are for a program. What is here depends on the map and on the fields only.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from django.db import models
from django.utils import formats, timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy, gettext_noop
from django.utils.translation import gettext as _

from hospes.kernel import journal
from hospes.kernel.purposes import Purpose


class Described(Protocol):
    """What the map says of a column (`package.Kind`)."""

    @property
    def label(self) -> str: ...
    @property
    def category(self) -> str: ...
    @property
    def purposes(self) -> tuple[tuple[str, str], ...]: ...
    @property
    def recipients(self) -> tuple[str, ...]: ...
    @property
    def source(self) -> str: ...
    @property
    def secret(self) -> bool: ...


@dataclass(frozen=True)
class Alike:
    """Columns of which the map says the same; `uses` are the purposes by their lawful basis."""

    labels: tuple[str, ...]
    category: str
    uses: tuple[tuple[str, tuple[str, ...]], ...]
    recipients: tuple[str, ...]
    source: str
    secret: bool


def alike(kinds: Iterable[Described]) -> tuple[Alike, ...]:
    """Put columns together of which the same can be said, in the order in which they were first met."""
    groups: dict[tuple[Any, ...], list[str]] = {}
    for kind in kinds:
        same = (kind.category, _by_basis(kind.purposes), kind.recipients, kind.source, kind.secret)
        groups.setdefault(same, []).append(kind.label)
    return tuple(Alike(tuple(labels), *same) for same, labels in groups.items())


def _by_basis(purposes: Iterable[tuple[str, str]]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    found: dict[str, list[str]] = {}
    for purpose, basis in purposes:
        found.setdefault(basis, []).append(purpose)
    return tuple((basis, tuple(named)) for basis, named in found.items())


#: What tables of third-party apps call themselves and their columns; their models have no words that can be translated.
_BROUGHT_ALONG = [
    gettext_noop("authenticator"),
    gettext_noop("type"),
    gettext_noop("data"),
    gettext_noop("created at"),
    gettext_noop("last used at"),
]


def label(name: Any) -> str:
    """What a table or a column is called, in the active language."""
    return str(name) if isinstance(name, Promise) else _(str(name))


_ACTORS = {
    "person": gettext_lazy("a person"),
    "visitor": gettext_lazy("a visitor"),
    "staff": gettext_lazy("an employee"),
    "job": gettext_lazy("automatically"),
    "system": gettext_lazy("automatically"),
}

#: The customers and persons that the package is about, by what they are and their id, as they are called.
Names = Mapping[tuple[str, int], str]


def in_words(field: Any, value: Any, names: Names, words: Callable[[str], str] | None = None) -> str:
    """
    A value as it was gathered, in words of the active language: days, amounts, choices, and who is meant.

    `words` is what the map says of the column's codes. What has no words of its own is shown as it is.
    """
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        return ", ".join(words(str(part)) if words else str(part) for part in value)
    if isinstance(value, int) and (who := _who(field)):
        return names.get((who, value)) or (_("somebody else") if who == "person" else str(value))
    if isinstance(field, models.DateField):
        return _moment(str(value))
    if isinstance(value, int) and field.name.endswith("cents"):
        return _euros(value)
    if isinstance(value, int) and field.name.endswith("basis_points"):
        return f"{formats.number_format(value / 100, 2).rstrip('0').rstrip(',.')}%"
    return words(str(value)) if words else _chosen(field, str(value))


def _who(field: Any) -> str:
    """Whether a column names a customer or a person."""
    name = field.name.removesuffix("_id")
    return {
        "customer": "customer",
        "person": "person",
        "user": "person",
        "decided_by": "person",
        "actor": "person",
    }.get(name, "")


def _chosen(field: Any, value: str) -> str:
    if field.name == "purpose" and value in set(Purpose):
        return str(Purpose(value).declared.label)
    if field.name == "action":
        return journal.label(value)
    if field.name == "actor_kind" and value in _ACTORS:
        return str(_ACTORS[value])
    return str(dict(field.flatchoices).get(value, value))


def _moment(text: str) -> str:
    moment = parse_datetime(text) if "T" in text else None
    if isinstance(moment, datetime):
        local = timezone.localtime(moment)
        return f"{formats.date_format(local, 'j F Y')}, {local:%H:%M}"
    day = parse_date(text)
    return str(formats.date_format(day, "j F Y")) if day else text


def _euros(cents: int) -> str:
    amount = formats.number_format(f"{cents // 100}.{cents % 100:02d}", 2, force_grouping=True)
    return f"€\u00a0{amount}" if (get_language() or "nl").startswith("nl") else f"€{amount}"
