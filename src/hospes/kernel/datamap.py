"""
The data map: whose data a row is, what each column is, who may read and write it, who receives it, how long it stays.

A model says so where it is defined, in its `datamap`; tables of third-party apps are put on the map with `declare`. Grants,
row policies, the statement, the packages, erasure and retention are derived from here and written nowhere else.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TypeVar

from django.apps import apps
from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from hospes.kernel.purposes import Grantee, Own, Purpose
from hospes.kernel.recipients import Recipient

_T = TypeVar("_T")


class Category(StrEnum):
    """The categories of personal data, as the statement names them."""

    IDENTITY = "identity"
    ADDRESS = "address"
    COMPANY = "company"
    CONTACT = "contact"
    LOGIN = "login"
    NETWORK = "network"
    PAYMENT = "payment"
    CONTRACT = "contract"
    CORRESPONDENCE = "correspondence"
    CHOICES = "choices"

    @property
    def label(self) -> Promise:
        return _CATEGORY_LABELS[self]


_CATEGORY_LABELS = {
    Category.IDENTITY: _("name"),
    Category.ADDRESS: _("address"),
    Category.COMPANY: _("company details"),
    Category.CONTACT: _("contact details"),
    Category.LOGIN: _("login details"),
    Category.NETWORK: _("IP address and browser"),
    Category.PAYMENT: _("payment details"),
    Category.CONTRACT: _("orders, services and invoices"),
    Category.CORRESPONDENCE: _("messages"),
    Category.CHOICES: _("your choices and permissions"),
}


class Source(StrEnum):
    """Where a value came from (art. 15(1)(g) GDPR); what the person provided is portable (art. 20)."""

    PERSON = "person"
    OBSERVED = "observed"
    OPERATOR = "operator"
    PROVIDER = "provider"

    @property
    def label(self) -> Promise:
        return _SOURCE_LABELS[self]


_SOURCE_LABELS = {
    Source.PERSON: _("given by you"),
    Source.OBSERVED: _("recorded while you used the service"),
    Source.OPERATOR: _("made by us"),
    Source.PROVIDER: _("received from the payment provider"),
}


class Then(StrEnum):
    """What happens with a row at the end of its period."""

    DELETE = "delete"
    BLANK = "blank"  # what need not stay is emptied, the rest of the row stays
    ANONYMISE = "anonymise"

    @property
    def label(self) -> Promise:
        return {
            Then.DELETE: _("it is deleted"),
            Then.BLANK: _("the personal parts are emptied"),
            Then.ANONYMISE: _("it is made anonymous"),
        }[self]


class Event(StrEnum):
    """The moment from which a period runs (P83)."""

    CONTRACT_END = "contract_end"
    BOOK_YEAR_END = "book_year_end"
    LAST_USE = "last_use"
    RECORDED = "recorded"
    EXPIRY = "expiry"
    ACCOUNT_END = "account_end"

    @property
    def label(self) -> Promise:
        return {
            Event.CONTRACT_END: _("the end of the contract"),
            Event.BOOK_YEAR_END: _("the end of the book year in which we last needed it"),
            Event.LAST_USE: _("its last use"),
            Event.RECORDED: _("the moment it was recorded"),
            Event.EXPIRY: _("the moment it expires"),
            Event.ACCOUNT_END: _("the end of your account"),
        }[self]


@dataclass(frozen=True)
class Keep:
    """
    How long a row is kept: this many years, months or days after the event, on this ground, and what happens then.

    `since` is the row's own column with the moment of the event (empty as long as it has not happened), where there is one: then
    the database refuses to delete the row for retention any earlier. Or the row goes with another one, to which `goes_with` is
    the foreign key: then it is refused as long as that one is there. With neither, retention may not delete.
    """

    event: Event
    ground: Promise
    then: Then
    years: int = 0
    months: int = 0
    days: int = 0
    since: str = ""
    goes_with: str = ""

    @property
    def is_timed(self) -> bool:
        """Whether the database can tell from when on the row may be deleted."""
        return self.then is Then.DELETE and bool(self.since or self.goes_with)


#: The grounds on which data is kept, in words for the person.
TAX_LAW = _("the tax law: seven years (art. 52 General State Taxes Act)")
THE_CONTRACT = _("the contract with you")
SAFETY = _("the security of your account and of the service")
THE_SERVICE = _("the function that you use")
ACCOUNTABILITY = _("the duty to show that the privacy law is kept (art. 5(2) GDPR)")


@dataclass(frozen=True)
class Column:
    """
    What a column is. `category` is None for what is not personal in itself; `secret` is never shown, not even to its person.
    `names_others`: may hold the id of another person, who is left out of this one's package (art. 15(4) GDPR).

    `reads` and `writes` are None where the row's own apply. `words` says what a code stands for, in the active language, where
    the field itself has no choices.
    """

    category: Category | None = None
    reads: frozenset[Grantee] | None = None
    writes: frozenset[Grantee] | None = None
    to: frozenset[Recipient] = frozenset()
    source: Source | None = None
    secret: bool = False
    names_others: bool = False
    words: Callable[[str], str] | None = None


Columns = dict[str, Column]


def plain(
    *names: str, reads: Iterable[Purpose] | None = None, writes: Iterable[Grantee] | None = None
) -> Columns:
    """Columns that are not personal in themselves: keys, states, dates of the row."""
    return dict.fromkeys(names, Column(reads=_frozen(reads), writes=_frozen(writes)))


def personal(
    category: Category,
    *names: str,
    reads: Iterable[Purpose] | None = None,
    writes: Iterable[Grantee] | None = None,
    to: Iterable[Recipient] = (),
    source: Source | None = None,
    names_others: bool = False,
    words: Callable[[str], str] | None = None,
) -> Columns:
    """Columns with personal data of a category."""
    return dict.fromkeys(
        names,
        Column(
            category,
            reads=_frozen(reads),
            writes=_frozen(writes),
            to=frozenset(to),
            source=source,
            names_others=names_others,
            words=words,
        ),
    )


def secret(
    category: Category, *names: str, reads: Iterable[Grantee], writes: Iterable[Grantee] | None = None
) -> Columns:
    """
    Columns that protect the person and are shown to nobody: hashes, keys, sealed values.

    Of these a purpose's twin reads only those that name it: a session about a person does not need what protects them.
    """
    return dict.fromkeys(names, Column(category, reads=_frozen(reads), writes=_frozen(writes), secret=True))


def _frozen(items: Iterable[_T] | None) -> frozenset[_T] | None:
    return None if items is None else frozenset(items)


#: The ownership keys that a row can have, by column, and the setting of `acting()` that each is compared with.
SCOPES = {"customer_id": "customer", "person_id": "person", "cart_id": "cart"}


@dataclass(frozen=True)
class Machinery:
    """Who works with a table of the machinery: logins themselves (before a purpose is known), and purposes."""

    logins: frozenset[str]
    purposes: frozenset[Grantee]
    sequences: tuple[str, ...] = ()


@dataclass(frozen=True)
class Row:
    """
    A table on the map.

    key: the columns that say whose row it is (column name → scope name); a row with two keys belongs to both. Empty: the
        table is about no person, has no row policies, and `reads`/`writes` of None mean everybody.
    reads: purposes that may read the columns which name no others.
    twins: of the purposes that may read, those whose twin does so too, for its own rows; None: all of them. A twin is what a
        page acts as: one that no page needs is one less that a page which goes wrong can read.
    creates, writes, deletes: who may insert rows, change columns, remove rows; a plain purpose does not include its twin.
    managed: for security, a person's rows are also seen by who manages the access to a customer that the person has access to.
    """

    columns: Columns
    key: dict[str, str] = field(default_factory=dict)
    reads: frozenset[Purpose] = frozenset()
    twins: frozenset[Purpose] | None = None
    creates: frozenset[Grantee] = frozenset()
    writes: frozenset[Grantee] = frozenset()
    deletes: frozenset[Grantee] = frozenset()
    keep: Keep | None = None
    source: Source = Source.OPERATOR
    managed: bool = False
    machinery: "Machinery | None" = None

    @property
    def about_somebody(self) -> bool:
        return bool(self.key)


def row(
    columns: Columns,
    *,
    key: str | dict[str, str] | tuple[str, ...],
    reads: Iterable[Purpose],
    keep: Keep,
    twins: Iterable[Purpose] | None = None,
    creates: Iterable[Grantee] = (),
    writes: Iterable[Grantee] = (),
    deletes: Iterable[Grantee] = (),
    source: Source = Source.OPERATOR,
    managed: bool = False,
) -> Row:
    """
    Put a table with personal data on the map. The purpose of rights may read all of it, always (P70); that of retention too, and
    delete it where the database can hold it to the period.
    """
    if isinstance(key, str):
        key = (key,)
    keys = key if isinstance(key, dict) else {name: SCOPES[name] for name in key}
    readable = frozenset(reads) | {Purpose.RIGHTS, Purpose.RETENTION}
    opened = {
        name: column
        if column.reads is None or column.secret
        else replace(column, reads=column.reads | {Purpose.RIGHTS, Purpose.RETENTION})
        for name, column in columns.items()
    }
    return Row(
        columns=opened, key=keys, reads=readable, twins=None if twins is None else frozenset(twins) | {Purpose.RIGHTS},
        creates=frozenset(creates), writes=frozenset(writes),
        deletes=frozenset(deletes) | ({Purpose.RETENTION} if keep.is_timed else frozenset()), keep=keep, source=source,
        managed=managed,
    )  # fmt: skip


def impersonal(
    *names: str,
    creates: Iterable[Grantee] = (),
    writes: Iterable[Grantee] = (),
    deletes: Iterable[Grantee] = (),
) -> Row:
    """Put a table on the map that is about no person: everybody reads it, the named purposes write it."""
    return Row(
        columns=plain(*names),
        creates=frozenset(creates), writes=frozenset(writes), deletes=frozenset(deletes),
    )  # fmt: skip


def technical(
    *names: str, logins: Iterable[str], purposes: Iterable[Grantee] = (), sequences: Iterable[str] = ()
) -> Row:
    """Put a table of the machinery on the map (sessions, jobs, cache): it holds ids only, and only these use it."""
    return Row(
        columns=plain(*names), machinery=Machinery(frozenset(logins), frozenset(purposes), tuple(sequences))
    )


_foreign: dict[str, Row] = {}
_bare_tables: dict[str, Row] = {}


def declare(model_label: str, entry: Row) -> None:
    """Put a third-party app's model ("app.Model") on the map."""
    _foreign[model_label.lower()] = entry


def declare_table(table: str, entry: Row) -> None:
    """Put a table that belongs to no model on the map; columns are named as in the database."""
    _bare_tables[table] = entry


@dataclass(frozen=True)
class Mapped:
    """A table together with its entry; `model` is None for a table without one."""

    table: str
    entry: Row
    model: type[models.Model] | None

    def database_column(self, name: str) -> str:
        if self.model is None:
            return name
        return next(field.column for field in self.model._meta.concrete_fields if field.name == name)

    def columns(self) -> Iterator[tuple[str, Column]]:
        """Pairs of database column and what the map says of it."""
        for name, column in self.entry.columns.items():
            yield self.database_column(name), column

    def readers(self, column: Column) -> frozenset[Purpose]:
        """The purposes that may read a column."""
        named = self.entry.reads if column.reads is None else column.reads
        return frozenset(g.purpose if isinstance(g, Own) else g for g in named)

    def may_read(self, column: Column, grantee: Grantee) -> bool:
        """Whether a purpose or twin may read a column: a twin what its purpose may where `twins` has it, secrets by name only."""
        if column.secret and column.reads is not None:
            return grantee in column.reads
        twins = self.entry.twins
        if isinstance(grantee, Own) and twins is not None and grantee.purpose not in twins:
            return False
        return (grantee.purpose if isinstance(grantee, Own) else grantee) in self.readers(column)

    def writers(self, column: Column) -> frozenset[Grantee]:
        return self.entry.writes if column.writes is None else column.writes


def entry_of(model: type[models.Model]) -> Row | None:
    """The map entry of a model, or None when it has none."""
    own = model.__dict__.get("datamap") or getattr(model, "datamap", None)
    return own if isinstance(own, Row) else _foreign.get(model._meta.label_lower)


def mapped_tables() -> list[Mapped]:
    """Every table on the map, by name."""
    found = [
        Mapped(model._meta.db_table, entry, model)
        for model in apps.get_models(include_auto_created=True)
        if (entry := entry_of(model)) is not None
    ]
    found += [Mapped(table, entry, None) for table, entry in _bare_tables.items()]
    return sorted(found, key=lambda mapped: mapped.table)


def mapped(model: type[models.Model]) -> Mapped:
    """The map entry of a model together with its table; raises LookupError when it has none."""
    entry = entry_of(model)
    if entry is None:
        raise LookupError(f"{model._meta.label} is not on the data map")
    return Mapped(model._meta.db_table, entry, model)


def readable(model: type[models.Model], grantee: Grantee) -> frozenset[str]:
    """Names of the fields of a model that the grantee may read."""
    found = mapped(model)
    if not found.entry.about_somebody:
        return frozenset(found.entry.columns)
    return frozenset(name for name, column in found.entry.columns.items() if found.may_read(column, grantee))


def gaps() -> list[str]:
    """What the map does not say and must: each a sentence for `hospes check`; empty when the map is complete."""
    found: list[str] = []
    for model in apps.get_models(include_auto_created=True):
        if not model._meta.managed or model._meta.proxy:
            continue
        entry = entry_of(model)
        if entry is None:
            found.append(f"{model._meta.label}: the model is not on the data map")
            continue
        found += _gaps_of(model._meta.label, {f.name for f in model._meta.concrete_fields}, entry, model)
    return found


def _gaps_of(label: str, names: set[str], entry: Row, model: type[models.Model]) -> list[str]:
    found = [
        f"{label}.{name}: the data map says nothing of this column"
        for name in sorted(names - set(entry.columns))
    ]
    found += [
        f"{label}.{name}: on the data map, but no such column" for name in sorted(set(entry.columns) - names)
    ]
    columns = {f.column for f in model._meta.concrete_fields}
    found += [f"{label}: its ownership key {key} is no column" for key in entry.key if key not in columns]
    personal_ones = [name for name, column in entry.columns.items() if column.category is not None]
    if personal_ones and not entry.about_somebody:
        found.append(f"{label}: has personal columns ({', '.join(personal_ones)}) but no ownership key")
    if entry.about_somebody and entry.keep is None:
        found.append(f"{label}: does not say how long a row is kept")
    if entry.keep is not None:
        missing = {entry.keep.since, entry.keep.goes_with} - {"", *entry.columns}
        found += [
            f"{label}: is kept by its column {name}, which it does not have" for name in sorted(missing)
        ]
    consenting = {p for p in entry.reads if p.declared.basis == "consent"}
    if consenting and "person" not in entry.key.values():
        found.append(f"{label}: {', '.join(consenting)} rests on consent, which needs a person as key")
    return found
