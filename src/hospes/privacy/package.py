"""
The package: everything that is held about a person, derived from the data map (P70, P72).

It knows no subject: a new table with its map entry is in here without a line changed. It acts for the purpose of rights, whose
own twin reads every personal column, of the rows of this person and of the customers that the person is the holder of.
"""

import io
import json
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import models
from django.db.models import Count, Max
from django.db.models.functions import TruncDate
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, override

from hospes.kernel import journal
from hospes.kernel.acting import Actor, acting
from hospes.kernel.datamap import Category, Column, Keep, Mapped, mapped_tables
from hospes.kernel.models import JournalEntry
from hospes.kernel.outside import file_stores
from hospes.kernel.purposes import Purpose
from hospes.privacy import reading

journal.register({"rights.package": gettext_lazy("Copy of all data downloaded")})


@dataclass(frozen=True)
class Kind:
    """What the map says of one column: its label, category, what for and on which basis, who receives it, where it came from."""

    name: str
    label: str
    category: str
    purposes: tuple[tuple[str, str], ...]
    recipients: tuple[str, ...]
    source: str
    secret: bool
    field: Any = None
    words: Callable[[str], str] | None = None


@dataclass(frozen=True)
class Section:
    """One kind of thing that is held: its columns, how long it is kept, and the rows as texts by column."""

    title: str
    table: str
    kinds: tuple[Kind, ...]
    kept: str
    rows: tuple[dict[str, Any], ...]
    names: reading.Names = field(default_factory=dict)

    @property
    def shown(self) -> tuple[Kind, ...]:
        return tuple(kind for kind in self.kinds if not kind.secret)

    @property
    def secrets(self) -> tuple[Kind, ...]:
        return tuple(kind for kind in self.kinds if kind.secret)

    @property
    def alike(self) -> tuple[reading.Alike, ...]:
        """The columns, those of which the map says the same together."""
        return reading.alike(self.kinds)

    def lines(self) -> list[list[tuple[str, str]]]:
        """The rows as (label, value in words), for reading."""
        return [self._line(row) for row in self.rows]

    def _line(self, row: dict[str, Any]) -> list[tuple[str, str]]:
        held = [(kind, row.get(kind.name)) for kind in self.shown]
        return [
            (kind.label, reading.in_words(kind.field, value, self.names, kind.words))
            for kind, value in held
            if value not in (None, "", [])
        ]


@dataclass(frozen=True)
class Look:
    """
    Somebody of the staff looked, or saw this person or customer on a list among others: when, and what for.

    `how` is "looked", or the journal's name for another way of looking or for the list; of lists all on one day are one, `times`
    says how often and `at` when last. Which employee it was is not said; the journal knows.
    """

    at: datetime
    purpose: str
    how: str = "looked"
    times: int = 1

    @property
    def what(self) -> str:
        """In words what it was."""
        return "" if self.how == "looked" else journal.label(self.how)


@dataclass(frozen=True)
class Package:
    """Everything held about a person at a moment."""

    person_id: int
    made_at: datetime
    sections: tuple[Section, ...]
    files: tuple[tuple[str, Path], ...] = field(default=())
    looks: tuple[Look, ...] = ()

    @property
    def row_count(self) -> int:
        return sum(len(section.rows) for section in self.sections)


def collect(*, person_id: int, customer_ids: Sequence[int], actor: Actor, now: datetime) -> Package:
    """Gather the package; `customer_ids` are the customers that the person is the holder of."""
    rows: dict[str, dict[Any, dict[str, Any]]] = {}
    with acting(Purpose.RIGHTS, actor=actor, person=person_id):
        _gather(rows, "person", person_id, person_id)
        looks = [*_looks(person_id), *_lists(person_id=person_id, customer_id=None)]
    for customer_id in customer_ids:
        with acting(Purpose.RIGHTS, actor=actor, customer=customer_id):
            _gather(rows, "customer", customer_id, person_id)
            looks += _lists(customer_id=customer_id)
    names = dict(_names(rows))
    sections = tuple(
        _section(mapped, tuple(rows.get(mapped.table, {}).values()), names) for mapped in _about_people()
    )
    last = (
        JournalEntry._meta.app_label
    )  # people first; what the machinery keeps about what was done comes at the end
    held = sorted((s for s in sections if s.rows), key=lambda section: section.table.startswith(f"{last}_"))
    latest = sorted(looks, key=lambda look: look.at, reverse=True)
    return Package(person_id, now, tuple(held), tuple(_files(rows)), tuple(latest))


def _about_people() -> list[Mapped]:
    """The tables with personal data, in the order of the house: first who somebody is, then what they have here."""
    order: dict[Any, int] = {model: place for place, model in enumerate(apps.get_models())}
    found = [m for m in mapped_tables() if m.entry.about_somebody and m.model is not None]
    return sorted(found, key=lambda mapped: order[mapped.model])


def _gather(rows: dict[str, dict[Any, dict[str, Any]]], scope: str, owner_id: int, person_id: int) -> None:
    """Add the rows whose key of this scope is the owner's; the row policies say the same, so that neither can fail alone."""
    for mapped in _about_people():
        keys = [key for key, named in mapped.entry.key.items() if named == scope]
        if not keys or mapped.model is None:
            continue
        names = [name for name, column in mapped.entry.columns.items() if _belongs(mapped, name, column)]
        found = rows.setdefault(mapped.table, {})
        own = mapped.model._default_manager.filter(**{keys[0]: owner_id})
        for row in own.order_by("pk").values("pk", *names):
            pk = row.pop("pk")
            found[pk] = {name: _plain(value) for name, value in _without_others(mapped, row, person_id)}


def _without_others(mapped: Mapped, row: dict[str, Any], person_id: int) -> Iterator[tuple[str, Any]]:
    """A row without what is of somebody else who had a hand in it: their id, and from where they came (art. 15(4) GDPR)."""
    columns = mapped.entry.columns
    others = {
        name for name, value in row.items() if columns[name].names_others and value not in (None, person_id)
    }
    came_from_elsewhere = any(isinstance(row[name], int) for name in others)  # a person, and not only a name
    for name, value in row.items():
        hidden = name in others or (came_from_elsewhere and columns[name].category == Category.NETWORK)
        yield name, None if hidden else value


def _belongs(mapped: Mapped, name: str, column: Column) -> bool:
    """Secrets, and the machinery's own bytes, are left out; that they are held is said."""
    assert mapped.model is not None  # noqa: S101  # for the type checker: _about_people has only such
    return not column.secret and not isinstance(mapped.model._meta.get_field(name), models.BinaryField)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    return value if value is None or isinstance(value, str | int | bool | list) else str(value)


#: Somebody looked at this one: at what the office shows, or at the pages as their customer sees them.
_LOOKED = ("staff.looked", "staff.viewed_as")


def _looks(person_id: int) -> Iterator[Look]:
    found = JournalEntry.objects.filter(person_id=person_id, action__in=_LOOKED).order_by("-at")[:100]
    for at, purpose, action in found.values_list("at", "purpose", "action"):
        yield Look(at, str(Purpose(purpose).declared.label), "looked" if action == "staff.looked" else action)


def _lists(**whom: int | None) -> Iterator[Look]:
    """On which days, for which purpose and how often somebody stood on a list of our staff; the last hundred."""
    found = JournalEntry.objects.filter(action__in=journal.among_others(), **whom)
    days = found.annotate(day=TruncDate("at")).values("action", "purpose", "day").order_by()
    for one in days.annotate(last=Max("at"), times=Count("pk")).order_by("-last")[:100]:
        yield Look(one["last"], str(Purpose(one["purpose"]).declared.label), one["action"], one["times"])


def _names(rows: dict[str, dict[Any, dict[str, Any]]]) -> Iterator[tuple[tuple[str, int], str]]:
    for pk, customer in rows.get("customers_customer", {}).items():
        yield ("customer", pk), f"{customer['name']} ({customer['number']})"
    for pk, person in rows.get("customers_person", {}).items():
        yield ("person", pk), f"{person['given_name']} {person['family_name']}".strip() or person["email"]


def _section(mapped: Mapped, rows: tuple[dict[str, Any], ...], names: reading.Names) -> Section:
    model = mapped.model
    assert model is not None and mapped.entry.keep is not None  # noqa: S101, PT018  # `hospes check` sees to both
    kinds = [
        _kind(mapped, name, column)
        for name, column in mapped.entry.columns.items()
        if column.category is not None and (column.secret or _belongs(mapped, name, column))
    ]
    return Section(
        reading.label(model._meta.verbose_name),
        mapped.table,
        tuple(kinds),
        kept(mapped.entry.keep),
        rows,
        names,
    )


def _kind(mapped: Mapped, name: str, column: Column) -> Kind:
    assert mapped.model is not None and column.category is not None  # noqa: S101, PT018  # see _section
    purposes = sorted(mapped.readers(column) - {Purpose.RETENTION})
    return Kind(
        name=name,
        label=reading.label(getattr(mapped.model._meta.get_field(name), "verbose_name", name)),
        category=str(column.category.label),
        purposes=tuple((str(p.declared.label), str(p.declared.basis.label)) for p in purposes),
        recipients=tuple(str(r.described.label) for r in sorted(column.to)),
        source=str((column.source or mapped.entry.source).label),
        secret=column.secret,
        field=mapped.model._meta.get_field(name),
        words=column.words,
    )


def kept(keep: Keep) -> str:
    """How long something is kept, in words."""
    parts = {
        ngettext("%(n)s year", "%(n)s years", keep.years) % {"n": keep.years}: keep.years,
        ngettext("%(n)s month", "%(n)s months", keep.months) % {"n": keep.months}: keep.months,
        ngettext("%(n)s day", "%(n)s days", keep.days) % {"n": keep.days}: keep.days,
    }
    period = ", ".join(text for text, number in parts.items() if number)
    words = {"period": period, "event": keep.event.label, "then": keep.then.label, "ground": keep.ground}
    if not period:
        return _("until %(event)s; then %(then)s. Reason: %(ground)s.") % words
    return _("%(period)s after %(event)s; then %(then)s. Reason: %(ground)s.") % words


def _files(rows: dict[str, dict[Any, dict[str, Any]]]) -> Iterator[tuple[str, Path]]:
    """The files whose paths stand in the gathered rows."""
    for store in file_stores.values():
        for row in rows.get(store.table, {}).values():
            path = Path(settings.MEDIA_ROOT) / row[store.column]
            if path.is_file():
                yield row[store.column], path


def as_data(package: Package) -> dict[str, Any]:
    """The package in a form that another party can read in: keys in English, texts in the active language."""
    return {
        "format": "hospes-package-1",
        "made_at": package.made_at.isoformat(),
        "operator": settings.HOSPES_OPERATOR.name,
        "sections": [
            {
                "about": section.title, "table": section.table, "kept": section.kept,
                "columns": {
                    kind.name: {
                        "label": kind.label, "category": kind.category, "source": kind.source,
                        "purposes": [{"purpose": p, "lawful_basis": b} for p, b in kind.purposes],
                        "recipients": list(kind.recipients), "held_but_not_shown": kind.secret,
                    }
                    for kind in section.kinds
                },
                "rows": list(section.rows),
            }
            for section in package.sections
        ],
        "files": [name for name, _ in package.files],
        "who_looked": [
            {"at": look.at.isoformat(), "purpose": look.purpose, "how": look.how, "times": look.times}
            for look in package.looks
        ],
    }  # fmt: skip


def as_zip(package: Package, *, language: str) -> io.BytesIO:
    """The package as a ZIP: data.json, a page to read, and the files."""
    archive = io.BytesIO()
    with override(language), zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as out:
        out.writestr("data.json", json.dumps(as_data(package), ensure_ascii=False, indent=2))
        context = {"package": package, "operator": settings.HOSPES_OPERATOR}
        out.writestr("index.html", render_to_string("privacy/package.html", context))
        out.writestr("package.css", render_to_string("privacy/package.css"))
        for name, path in package.files:
            out.write(path, f"files/{name}")
    archive.seek(0)
    return archive


def note_download(*, person_id: int, actor: Actor, now: datetime) -> None:
    """Say in the journal that a person took their data along."""
    with acting(Purpose.RIGHTS, actor=actor, person=person_id):
        journal.record(
            "rights.package", at=now, table="customers_person", object_id=person_id, person_id=person_id
        )
