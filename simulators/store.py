"""State in one SQLite file per simulator, written before the answer leaves, so that kill -9 loses nothing."""

import json
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

COMMON_SCHEMA = "CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT NOT NULL);"

Parameters = Sequence[object] | Mapping[str, object]


class StoreClosedError(Exception):
    """The simulator was stopped while a thread still wanted its state."""


class Store:
    """One connection for all threads of a simulator, one at a time; in memory without a path."""

    def __init__(self, path: Path | None, schema: str) -> None:
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._depth = 0
        self._db: sqlite3.Connection | None = sqlite3.connect(
            path or ":memory:", check_same_thread=False, isolation_level=None
        )
        self._db.row_factory = sqlite3.Row
        # This survives the death of the process; only a loss of power can cost the last commits.
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.executescript(COMMON_SCHEMA + schema)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; a transaction inside another joins it."""
        with self._lock:
            db = self._open()
            if self._depth == 0:
                db.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
            except BaseException:
                self._depth -= 1
                if self._depth == 0:
                    db.execute("ROLLBACK")
                raise
            self._depth -= 1
            if self._depth == 0:
                db.execute("COMMIT")

    def execute(self, sql: str, parameters: Parameters = ()) -> int:
        """Run one statement and return the id of the last inserted row (0 when none was)."""
        with self._lock:
            return self._open().execute(sql, parameters).lastrowid or 0

    def rows(self, sql: str, parameters: Parameters = ()) -> list[sqlite3.Row]:
        """Return all rows of a query."""
        with self._lock:
            return self._open().execute(sql, parameters).fetchall()

    def row(self, sql: str, parameters: Parameters = ()) -> sqlite3.Row | None:
        """Return the first row of a query, or None."""
        with self._lock:
            found: sqlite3.Row | None = self._open().execute(sql, parameters).fetchone()
            return found

    def setting(self, name: str, default: Any) -> Any:
        """Return a stored setting (any JSON value), or the default."""
        row = self.row("SELECT value FROM setting WHERE name = ?", (name,))
        return default if row is None else json.loads(row["value"])

    def keep_setting(self, name: str, value: Any) -> None:
        """Store a setting (any JSON value)."""
        self.execute("INSERT OR REPLACE INTO setting (name, value) VALUES (?, ?)", (name, json.dumps(value)))

    def empty(self) -> None:
        """Delete every row of every table; ids of the kind that never come back stay used."""
        with self.transaction():
            tables = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
            for row in self.rows(tables):
                self.execute(f'DELETE FROM "{row["name"]}"')  # noqa: S608 - the names are those of the schema

    def close(self) -> None:
        """Close the file; who uses the store afterwards gets StoreClosedError."""
        with self._lock:
            if self._db is not None:
                self._db.close()
                self._db = None

    def _open(self) -> sqlite3.Connection:
        if self._db is None:
            raise StoreClosedError("The simulator has been stopped.")
        return self._db
