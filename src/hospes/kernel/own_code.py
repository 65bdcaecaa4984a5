"""
The functions and triggers of ours in the database: those of the migrations, read from these themselves, and those of the map.

A migration that makes, replaces or drops one in plain SQL needs to say so nowhere else: `apply` puts back what was changed by
hand, and `drift` knows what must be there. SQL inside of RunPython is not seen; do not make functions or triggers that way.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

from django.db.migrations import Migration, RunSQL, SeparateDatabaseAndState
from django.db.migrations.loader import MigrationLoader

from hospes.kernel.derived import IS_HALTED
from hospes.kernel.keeping import KEEP_ROW, keeping_sql


@dataclass
class OwnCode:
    """What makes each function (by name; also its body) and trigger (by table and name), and what changes those of others."""

    functions: dict[str, str] = field(default_factory=dict)
    bodies: dict[str, str] = field(default_factory=dict)
    triggers: dict[tuple[str, str], str] = field(default_factory=dict)
    changes: list[str] = field(default_factory=list)
    migrations: list[str] = field(default_factory=list)


@lru_cache(maxsize=1)
def own_code() -> OwnCode:
    """Everything as it is after all migrations of this version; of two that say something, the later one counts."""
    found = OwnCode()
    for migration in _in_order():
        found.migrations.append(f"{migration.app_label}.{migration.name}")
        if type(migration).__module__.startswith("hospes."):
            for sql in _sql(migration.operations):
                read(sql, found)
    for derived in (IS_HALTED, keeping_sql()):
        read(derived, found)
    return found


# A body or a block in $$ is taken as a whole, so that what is written in it is not read as a statement.
_STATEMENT: Final = re.compile(
    r"""
    --[^\n]*
    | \bDO\s+(?P<block>\$\w*\$).*?(?P=block)
    | \bCREATE\s+(?:OR\s+REPLACE\s+)?FUNCTION\s+(?:public\.)?(?P<function>\w+)\s*\(
      (?:(?!\bCREATE\s).)*?\sAS\s+(?P<quote>\$\w*\$)(?P<body>.*?)(?P=quote)[^;]*
    | \bCREATE\s+(?:OR\s+REPLACE\s+)?(?:CONSTRAINT\s+)?TRIGGER\s+(?P<trigger>\w+)\s
      [^;]*?\sON\s+(?:public\.)?(?P<table>\w+)[^;]*
    | \bALTER\s+FUNCTION\s(?P<change>[^;]*)
    | \bDROP\s+FUNCTION\s+(?:IF\s+EXISTS\s+)?(?P<no_functions>[^;]*)
    | \bDROP\s+TRIGGER\s+(?:IF\s+EXISTS\s+)?(?P<no_trigger>\w+)\s+ON\s+(?:public\.)?(?P<no_table>\w+)
    """,
    re.IGNORECASE | re.DOTALL | re.VERBOSE,
)


def read(sql: str, found: OwnCode) -> None:
    """Take in what a script makes, replaces and drops."""
    for statement in _STATEMENT.finditer(sql):
        part = statement.groupdict()
        if part["function"]:
            found.functions[part["function"].lower()] = statement[0]
            found.bodies[part["function"].lower()] = part["body"]
        elif part["trigger"]:
            found.triggers[part["table"].lower(), part["trigger"].lower()] = statement[0]
        elif part["change"]:
            found.changes.append(statement[0])
        elif part["no_functions"]:
            for name in re.findall(
                r"(?:^|,)\s*(?:public\.)?(\w+)", re.sub(r"\([^)]*\)", "", part["no_functions"])
            ):
                _forget(name.lower(), found)
        elif part["no_trigger"]:
            found.triggers.pop((part["no_table"].lower(), part["no_trigger"].lower()), None)


def put_back(cursor: Any) -> None:
    """
    Make every function and trigger of ours what the migrations and the map say; nobody may call them until it is granted.

    The guard on deleting goes from tables that the map no longer puts it on; other triggers are not taken away.
    """
    code = own_code()
    statements = [_or_replace(sql) for sql in code.functions.values()]
    cursor.execute(
        "SELECT c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
        " WHERE c.relnamespace = 'public'::regnamespace AND t.tgname = %s",
        [KEEP_ROW],
    )
    for (table,) in cursor.fetchall():
        if (table, KEEP_ROW) not in code.triggers:
            statements.append(f'DROP TRIGGER {KEEP_ROW} ON public."{table}"')
    for (table, name), sql in code.triggers.items():
        if re.match(r"CREATE\s+CONSTRAINT", sql, re.IGNORECASE):  # these know no OR REPLACE
            statements += [f"DROP TRIGGER IF EXISTS {name} ON public.{table}", sql]
        else:
            statements += [_or_replace(sql)]
    cursor.execute(";\n".join([*statements, *code.changes]))
    cursor.execute(
        "SELECT p.oid::regprocedure::text FROM pg_proc p"
        " WHERE p.pronamespace = 'public'::regnamespace AND p.proname = ANY (%s)",
        [sorted(code.functions)],
    )
    cursor.execute(f"REVOKE ALL ON FUNCTION {', '.join(name for (name,) in cursor.fetchall())} FROM PUBLIC")


def _or_replace(sql: str) -> str:
    return re.sub(r"^CREATE\s+(?:OR\s+REPLACE\s+)?", "CREATE OR REPLACE ", sql, flags=re.IGNORECASE)


def _forget(function: str, found: OwnCode) -> None:
    """A function is dropped, and with CASCADE the triggers that call it."""
    found.functions.pop(function, None)
    found.bodies.pop(function, None)
    calls = re.compile(rf"EXECUTE\s+(?:FUNCTION|PROCEDURE)\s+(?:public\.)?{function}\s*\(", re.IGNORECASE)
    for key in [key for key, sql in found.triggers.items() if calls.search(sql)]:
        del found.triggers[key]


def _in_order() -> Iterator[Migration]:
    graph = MigrationLoader(None, ignore_no_migrations=True).graph
    seen: set[tuple[str, str]] = set()
    for leaf in sorted(graph.leaf_nodes()):
        for node in graph.forwards_plan(leaf):
            if node not in seen:
                seen.add(node)
                yield graph.nodes[node]


def _sql(operations: Any) -> Iterator[str]:
    for operation in operations:
        if isinstance(operation, SeparateDatabaseAndState):
            yield from _sql(operation.database_operations)
        elif isinstance(operation, RunSQL):
            given = operation.sql
            for part in [given] if isinstance(given, str) else given:
                yield part if isinstance(part, str) else part[0]
