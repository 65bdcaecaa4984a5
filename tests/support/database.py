"""
The database of a test process: a copy of one that was migrated and given its roles, grants and policies.

That first one, the pattern, is made anew whenever something changes that it depends on. All this happens under
a lock, so that any number of processes and runs can begin at once.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psycopg
from django.core.management import call_command
from django.db import connection, transaction
from psycopg import sql

from hospes.kernel import drift, policies
from tests.support import places

_GATE = 7043000
_SOURCE = Path(policies.__file__).parents[1]
_SHAPE = (
    "kernel/*.py",
    "**/*_sql.py",
    "**/guards.py",
    "config/settings.py",
    "**/models.py",
    "**/models/*.py",
    "**/migrations/*.py",
)
_LIBRARIES = ("django", "django-allauth", "procrastinate", "psycopg")


@dataclass
class Database:
    """A process's own database; `keeper` holds it, so that no other run takes it for a leftover."""

    name: str
    keeper: "psycopg.Connection[tuple[Any, ...]]"
    seeded: frozenset[str] = field(default_factory=frozenset)

    def drop(self) -> None:
        """Delete the database, whoever still uses it."""
        self.keeper.close()
        with places.server().connect() as server:
            server.execute(_named("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name))

    def empty(self) -> None:
        """
        Delete all rows but those that the migrations put there.

        Also those of the journal, which nobody may delete: triggers and foreign keys are off meanwhile.
        """
        with connection.cursor() as cursor:
            cursor.execute("RESET ROLE; SET session_replication_role = replica")
            try:
                cursor.execute(
                    ";".join(
                        f'DELETE FROM "{table}"' for table in _tables(cursor) if table not in self.seeded
                    )
                )
            finally:
                cursor.execute("SET session_replication_role = DEFAULT")


def create(*, anew: bool = False) -> Database:
    """Make this process's database; `anew`: do not trust a pattern that is there."""
    name, pattern = places.database().name, f"hospes_test_pattern_{fingerprint()}"
    with _gate() as server:
        _drop_leftovers(server, pattern)
        if anew:
            server.execute(_named("DROP DATABASE IF EXISTS {} WITH (FORCE)", pattern))
        if not _exists(server, pattern):
            _make_pattern(server, pattern)
        server.execute(_named("CREATE DATABASE {} TEMPLATE {}", name, pattern))
        made = Database(name, places.database().connect())
        with connection.cursor() as cursor:
            made.seeded = frozenset(table for table in _tables(cursor) if _has_rows(cursor, table))
            roles_are_right = not list(drift.role_drift(cursor))
        if not roles_are_right:  # they belong to the server: a run of other code has changed them
            with transaction.atomic():
                policies.ensure_roles(connection)
    return made


def fingerprint() -> str:
    """Return a name for everything that the database's shape depends on."""
    digest = hashlib.sha256()
    for path in sorted(path for pattern in _SHAPE for path in _SOURCE.glob(pattern)):
        digest.update(str(path.relative_to(_SOURCE)).encode() + b"\0" + path.read_bytes())
    digest.update(" ".join(version(library) for library in _LIBRARIES).encode())
    return digest.hexdigest()[:16]


def _make_pattern(server: "psycopg.Connection[Any]", pattern: str) -> None:
    unfinished = f"{pattern}_making"
    server.execute(_named("DROP DATABASE IF EXISTS {} WITH (FORCE)", unfinished))
    server.execute(_named("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'", unfinished))
    connection.close()
    name, connection.settings_dict["NAME"] = connection.settings_dict["NAME"], unfinished
    try:
        call_command("migrate", verbosity=0, interactive=False)
        with transaction.atomic():
            policies.ensure_roles(connection)
            policies.apply(connection)
    finally:
        connection.close()
        connection.settings_dict["NAME"] = name
    server.execute(_named("ALTER DATABASE {} RENAME TO {}", unfinished, pattern))


def _drop_leftovers(server: "psycopg.Connection[Any]", pattern: str) -> None:
    """Drop what runs that were killed have left behind, and patterns that nobody needs any more."""
    found = server.execute(
        r"SELECT datname FROM pg_database d WHERE datname LIKE 'hospes\_test\_%%' AND datname <> %s"
        " AND NOT EXISTS (SELECT FROM pg_stat_activity a WHERE a.datname = d.datname) ORDER BY oid DESC",
        [pattern],
    ).fetchall()
    patterns = [name for (name,) in found if "_pattern_" in name]
    runs = [name for (name,) in found if "_run_" in name]
    for name in runs + patterns[2:]:
        server.execute(_named("DROP DATABASE IF EXISTS {}", name))


@contextmanager
def _gate() -> Iterator["psycopg.Connection[Any]"]:
    with places.server().connect() as server:
        server.execute("SELECT pg_advisory_lock(%s)", [_GATE])
        yield server


def _exists(server: "psycopg.Connection[Any]", name: str) -> bool:
    return server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is not None


def _tables(cursor: Any) -> list[str]:
    cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    return [name for (name,) in cursor.fetchall()]


def _has_rows(cursor: Any, table: str) -> bool:
    cursor.execute(f'SELECT EXISTS (SELECT FROM "{table}")')
    return bool(cursor.fetchone()[0])


def _named(statement: str, *names: str) -> sql.Composed:
    return sql.SQL(statement).format(*map(sql.Identifier, names))  # type: ignore[arg-type]  # statements of our own
