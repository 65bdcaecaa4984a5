"""
Whose rights a test has.

The tests' own database user may do everything, so no test works with its rights by accident: outside of acting()
it has those of a login, which can read no personal data. To arrange and to inspect, a test says `as_owner()`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import psycopg
from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from hospes.kernel import acting
from hospes.kernel.logins import LOGINS
from hospes.kernel.secrets import derived_password
from tests.support import places

#: The login whose rights tests have that name no other with the marker `login`.
USUAL = "portal"

_login: str | None = None
_owning: ContextVar[bool] = ContextVar("test_owning", default=False)


def take(name: str) -> None:
    """Give all connections of this process, also those still to come, the rights of a login."""
    global _login
    LOGINS[name]
    _login = name
    for connection in connections.all(initialized_only=True):
        if connection.connection is not None:
            dress(connection)


def lay_down() -> None:
    """Give the connections their own rights back, where no rollback is going to do it."""
    global _login
    _login = None
    for connection in connections.all(initialized_only=True):
        if connection.connection is not None and not connection.in_atomic_block:
            with connection.cursor() as cursor:
                cursor.execute("RESET ROLE")


def dress(connection: BaseDatabaseWrapper, **_: object) -> None:
    """Give one connection the rights of the login (receiver of Django's connection_created)."""
    if _login is not None:
        with connection.cursor() as cursor:
            cursor.execute(f'SET ROLE "{LOGINS[_login].role}"')


@contextmanager
def as_login(name: str) -> Iterator[None]:
    """Have the rights of another login within the block, when nobody acts."""
    owning = _owning.set(False)
    try:
        with _with_role(LOGINS[name].role):
            yield
    finally:
        _owning.reset(owning)


@contextmanager
def as_owner() -> Iterator[None]:
    """See and change every row within the block, past grants and policies; nobody acts there."""
    if _owning.get() and acting.current() is None:
        yield
        return
    scene, owning = acting._current.set(None), _owning.set(True)
    try:
        with _with_role("none"):
            yield
    finally:
        _owning.reset(owning)
        acting._current.reset(scene)


@contextmanager
def _with_role(role: str) -> Iterator[None]:
    connection = connections["default"]
    with transaction.atomic(using="default"):
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('role'), set_config('role', %s, true)", [role])
            was = cursor.fetchone()[0]
        yield
        # An error needs no such care: rolling back to the savepoint brings the role back as well.
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('role', %s, true)", [was])


def log_in(name: str) -> "psycopg.Connection[tuple[Any, ...]]":
    """Open a connection to the test database as a login really has it, with its password; autocommit."""
    role = LOGINS[name].role
    words = places.database().words() | {"user": role, "password": derived_password(role)}
    return psycopg.connect(**words, autocommit=True)  # type: ignore[arg-type]  # psycopg's overloads want no mapping
