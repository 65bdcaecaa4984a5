"""
The shared cache: it holds the limits on tries, by address and by network.

Its keys are made unreadable, and its values are JSON: Django's own database cache unpickles what it finds, so whoever can write
a row there (every face can) could run code in another face.
"""

import json
from datetime import UTC, datetime
from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.db import BaseDatabaseCache
from django.db import connections, router

from hospes.kernel.secrets import blind_index


def blind_cache_key(key: str, key_prefix: str, version: int) -> str:
    """Django's KEY_FUNCTION: nobody can read from the cache who tried to log in, or from where."""
    return f"{version}:{blind_index(f'{key_prefix}:{key}', context='cache').hex()}"


#: Beyond the most entries, those go that end first; looked at now and then, when something is set.
_CULL = """
DELETE FROM hospes_cache WHERE expires < now() OR cache_key IN (
  SELECT cache_key FROM hospes_cache ORDER BY expires DESC OFFSET %s)
"""
_SET = """
INSERT INTO hospes_cache (cache_key, value, expires) VALUES (%s, %s, %s)
ON CONFLICT (cache_key) DO UPDATE SET value = excluded.value, expires = excluded.expires
"""
_ADD = """
UPDATE hospes_cache SET value = (value::bigint + %s)::text WHERE cache_key = %s AND expires > now() RETURNING value
"""
_FOREVER = datetime(9999, 1, 1, tzinfo=UTC)


class JsonCache(BaseDatabaseCache):
    """A cache in the table hospes_cache, of what JSON can say; tuples come back as lists."""

    def add(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        row = [self._name(key, version), json.dumps(value), self._expiry(timeout)]
        return bool(self._run(f"{_SET} WHERE hospes_cache.expires < now() RETURNING 1", row))

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        sql = "SELECT value FROM hospes_cache WHERE cache_key = %s AND expires > now()"
        found = self._run(sql, [self._name(key, version)])
        return json.loads(found[0][0]) if found else default

    def set(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        self._run(_SET, [self._name(key, version), json.dumps(value), self._expiry(timeout)])
        if hash(self._name(key, version)) % 200 == 0:
            self._run(_CULL, [self._max_entries])

    def incr(self, key: Any, delta: int = 1, version: int | None = None) -> int:
        """In one statement, so that each of many at once counts; ValueError when there is no such number."""
        found = self._run(_ADD, [delta, self._name(key, version)])
        if not found:
            raise ValueError(f"there is nothing to count with the key {key!r}")
        return int(found[0][0])

    def touch(self, key: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        sql = "UPDATE hospes_cache SET expires = %s WHERE cache_key = %s AND expires > now() RETURNING 1"
        return bool(self._run(sql, [self._expiry(timeout), self._name(key, version)]))

    def delete(self, key: Any, version: int | None = None) -> bool:
        return bool(
            self._run("DELETE FROM hospes_cache WHERE cache_key = %s RETURNING 1", [self._name(key, version)])
        )

    def has_key(self, key: Any, version: int | None = None) -> bool:
        return self.get(key, version=version) is not None

    def clear(self) -> None:
        self._run("DELETE FROM hospes_cache", [])

    def _name(self, key: Any, version: int | None) -> str:
        return str(self.make_and_validate_key(key, version=version))

    def _expiry(self, timeout: Any) -> datetime:
        moment = self.get_backend_timeout(timeout)
        return _FOREVER if moment is None else datetime.fromtimestamp(moment, UTC)

    def _run(self, sql: str, parameters: list[Any]) -> list[tuple[Any, ...]]:
        with connections[router.db_for_write(self.cache_model_class)].cursor() as cursor:
            cursor.execute(sql, parameters)
            return list(cursor.fetchall()) if cursor.description else []
