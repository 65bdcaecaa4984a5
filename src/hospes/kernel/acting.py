"""
Acting for a purpose: the only way to personal data.

    with acting(Purpose.BILLING, actor=Actor.person(7, ip="192.0.2.1"), customer=12):
        ...

opens a transaction, switches for that transaction only to the purpose's database role, and says who acts and about whom
(one round trip, transaction-local, so safe behind a pooler). Naming a customer, person or cart takes the scoped twin, whose
row policies show that one's rows and no others. That a person acts for a customer is not believed: the database looks whether
they may at this moment, and if not, there are no rows of that customer.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from uuid import UUID

from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from hospes.kernel import clock
from hospes.kernel.logins import Kind, alias_for
from hospes.kernel.purposes import Grantee, Purpose


@dataclass(frozen=True)
class Actor:
    """Who acts. `id` is a person's id, also for staff; `ip` the address that the request came from."""

    kind: Kind
    id: int | None = None
    ip: str | None = None

    @classmethod
    def person(cls, person_id: int, *, ip: str | None = None) -> "Actor":
        return cls("person", person_id, ip)

    @classmethod
    def staff(cls, person_id: int, *, ip: str | None = None) -> "Actor":
        return cls("staff", person_id, ip)

    @classmethod
    def visitor(cls, *, ip: str | None = None) -> "Actor":
        return cls("visitor", None, ip)


#: Work that nobody asked for just now: a job, a command.
JOB = Actor("job")
SYSTEM = Actor("system")


@dataclass(frozen=True)
class Scene:
    """What is being acted at the moment."""

    purpose: Purpose
    actor: Actor
    alias: str
    customer: int | None = None
    person: int | None = None
    cart: UUID | None = None

    @property
    def grantee(self) -> Grantee:
        scoped = not (self.customer is None and self.person is None and self.cart is None)
        return self.purpose.own if scoped else self.purpose


_current: ContextVar[Scene | None] = ContextVar("hospes_scene", default=None)


def current() -> Scene | None:
    """The scene that is being acted, or None outside of `acting()`."""
    return _current.get()


@contextmanager
def acting(
    purpose: Purpose,
    *,
    actor: Actor,
    customer: int | None = None,
    person: int | None = None,
    cart: UUID | None = None,
) -> Iterator[Scene]:
    """
    Act for one purpose until the end of the block, in one transaction; blocks may be nested, also for another purpose.

    Raises LookupError when no database login of this process may act so.
    """
    bare = Scene(purpose, actor, "", customer, person, cart)
    scene = Scene(purpose, actor, alias_for(bare.grantee), customer, person, cart)
    connection = connections[scene.alias]
    nested = connection.in_atomic_block
    with transaction.atomic(using=scene.alias):
        before = _enter(connection, scene, nested=nested)
        token = _current.set(scene)
        try:
            yield scene
        finally:
            _current.reset(token)
        if nested and not connection.needs_rollback:
            # Rolling back, for an error or by set_rollback, brings the settings back as well.
            _take_stage(connection, before)


_SETTINGS = (
    "role", "hospes.purpose", "hospes.actor_kind", "hospes.actor", "hospes.ip", "hospes.customer", "hospes.person",
    "hospes.cart",
)  # fmt: skip
_WERE = ", ".join(f"coalesce(current_setting('{name}', true), '')" for name in _SETTINGS)
_SET = ", ".join(f"set_config('{name}', %s, true)" for name in _SETTINGS)
#: For a person: the customer only if they have access to it now (`hospes_scope`, which the subject of customers brings).
_SET_AS_PERSON = _SET.replace(
    "set_config('hospes.customer', %s, true)",
    "set_config('hospes.customer', hospes_scope(%s::bigint, %s::bigint, %s::timestamptz), true)",
)


def _values(scene: Scene) -> Sequence[str]:
    actor = scene.actor
    values: list[object] = [scene.grantee.role, scene.purpose.value, actor.kind, actor.id, actor.ip]
    values += [scene.customer, scene.person, scene.cart]
    return ["" if value is None else str(value) for value in values]


def _enter(connection: BaseDatabaseWrapper, scene: Scene, *, nested: bool) -> Sequence[str]:
    """Take the stage for a scene; where another one goes on afterwards, return what its settings were."""
    values = list(_values(scene))
    assignments = _SET
    if scene.actor.kind == "person" and scene.customer is not None:
        assignments = _SET_AS_PERSON
        place = _SETTINGS.index("hospes.customer") + 1
        values[place:place] = [str(scene.actor.id or 0), clock.now().isoformat()]
    return _take_stage(connection, values, f"{_WERE}, {assignments}" if nested else assignments)


def _take_stage(
    connection: BaseDatabaseWrapper, values: Sequence[str], assignments: str = _SET
) -> Sequence[str]:
    """Make the assignments for the rest of the transaction, and return the first of what the statement gives."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {assignments}", values)  # made of this module's constants
        given: tuple[str, ...] = cursor.fetchone()
    return given[: len(_SETTINGS)]


class ActingRouter:
    """Sends every query to the database login that acts at the moment; all aliases are the same database."""

    def db_for_read(self, model: object, **hints: object) -> str | None:
        scene = _current.get()
        return scene.alias if scene else None

    db_for_write = db_for_read

    def allow_relation(self, obj1: object, obj2: object, **hints: object) -> bool:
        return True

    def allow_migrate(self, db: str, app_label: str, **hints: object) -> bool:
        return db == "default"
