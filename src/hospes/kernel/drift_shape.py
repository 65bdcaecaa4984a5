"""Whether a live database still has every constraint, unique field, key and NOT NULL that the models declare."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import models

from hospes.kernel.datamap import mapped_tables


@dataclass(frozen=True)
class _Live:
    """What there is and holds: columns of unique keys, of foreign keys with their table, of NOT NULL; and names."""

    unique: set[tuple[str, frozenset[str]]]
    foreign: set[tuple[str, str, str]]
    filled: set[tuple[str, str]]
    named: set[tuple[str, str]]


_COLUMNS = (
    "(SELECT array_agg(a.attname::text) FROM pg_attribute a WHERE a.attrelid = {0} AND a.attnum = ANY ({1}))"
)

# Before PostgreSQL 18 every constraint was enforced.
_CONSTRAINTS = f"""
SELECT c.relname, k.conname, k.contype, coalesce(f.relname, ''), {_COLUMNS.format("k.conrelid", "k.conkey")}
  FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid LEFT JOIN pg_class f ON f.oid = k.confrelid
 WHERE c.relnamespace = 'public'::regnamespace AND k.convalidated
   AND coalesce((to_jsonb(k) ->> 'conenforced')::boolean, true)
"""  # noqa: S608
_UNIQUE = f"""
SELECT c.relname, i.relname, x.indpred IS NULL AND x.indexprs IS NULL,
       {_COLUMNS.format("x.indrelid", "(x.indkey::int2[])[0:x.indnkeyatts - 1]")}
  FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class c ON c.oid = x.indrelid
 WHERE c.relnamespace = 'public'::regnamespace AND x.indisunique AND x.indisvalid AND x.indisready AND x.indislive
"""  # noqa: S608
_FILLED = """
SELECT c.relname, a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
 WHERE c.relnamespace = 'public'::regnamespace AND a.attnotnull AND NOT a.attisdropped
"""


def _read(cursor: Any) -> _Live:
    live = _Live(set(), set(), set(), set())
    cursor.execute(_CONSTRAINTS)
    for table, name, kind, target, columns in cursor.fetchall():
        live.named.add((table, name))
        if kind == "f" and len(columns) == 1:
            live.foreign.add((table, columns[0], target))
    cursor.execute(_UNIQUE)
    for table, name, is_plain, columns in cursor.fetchall():
        live.named.add((table, name))
        if is_plain:
            live.unique.add((table, frozenset(columns)))
    cursor.execute(_FILLED)
    live.filled.update(cursor.fetchall())
    return live


def shape_drift(cursor: Any) -> Iterator[str]:
    """What the models declare and the database does not keep, a sentence each."""
    live = _read(cursor)
    for mapped in mapped_tables():
        if mapped.model is None or not mapped.model._meta.managed:
            continue
        options = mapped.model._meta
        for constraint in options.constraints:
            if (mapped.table, constraint.name) not in live.named:
                yield f"{mapped.table}: the constraint {constraint.name} is missing or not enforced"
        for together in options.unique_together:
            columns = frozenset(_column(mapped.model, name) for name in together)
            if (mapped.table, columns) not in live.unique:
                yield f"{mapped.table}: {', '.join(sorted(columns))} need not be unique any more"
        for field in options.local_concrete_fields:
            yield from _of_field(mapped.table, field, live)


def _column(model: type[models.Model], name: str) -> str:
    return next(field.column for field in model._meta.concrete_fields if field.name == name)


def _of_field(table: str, field: "models.Field[Any, Any]", live: _Live) -> Iterator[str]:
    column = field.column
    if (field.primary_key or field.unique) and (table, frozenset({column})) not in live.unique:
        yield f"{table}.{column}: need not be unique any more"
    if not field.null and (table, column) not in live.filled:
        yield f"{table}.{column}: may be left empty"
    if isinstance(field, models.ForeignKey) and getattr(field, "db_constraint", True):
        target = field.remote_field.model._meta.db_table
        if (table, column, target) not in live.foreign:
            yield f"{table}.{column}: the foreign key to {target} is missing or not enforced"
