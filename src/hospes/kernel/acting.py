"""
Acting for a purpose: the only way to personal data.

    with acting(Purpose.BILLING, actor=Actor.person(7, ip="192.0.2.1"), customer=12):
        ...

opens a transaction, switches for that transaction only to the purpose's database role, and says who acts and about whom
(one round trip, transaction-local, so safe behind a pooler). Naming a customer, person or cart takes the scoped twin, whose
row policies show that one's rows and no others.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from hospes.kernel.logins import alias_for
from hospes.kernel.purposes import Grantee, Purpose


@dataclass(frozen=True)
class Actor:
    """Who acts. `id` is a person's id, also for staff; `ip` the address that the request came from."""

    kind: Literal["person", "staff", "visitor", "job", "system"]
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

#: The role that tests take when nobody acts, since their login could read everything; None in production.
_base_role: ContextVar[str] = ContextVar("hospes_base_role", default="none")


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
    outer, connection = _current.get(), connections[scene.alias]
    with transaction.atomic(using=scene.alias):
        nested = connection.in_atomic_block and len(connection.savepoint_ids) > 0
        _take_stage(connection, scene)
        token = _current.set(scene)
        try:
            yield scene
        finally:
            _current.reset(token)
        if nested:
            # An error needs no such care: rolling back to the savepoint brings the settings back as well.
            _take_stage(connection, outer if outer is not None and outer.alias == scene.alias else None)


_TAKE_STAGE = (
    "SELECT set_config('role', %s, true), set_config('hospes.purpose', %s, true),"
    " set_config('hospes.actor_kind', %s, true), set_config('hospes.actor', %s, true),"
    " set_config('hospes.ip', %s, true), set_config('hospes.customer', %s, true),"
    " set_config('hospes.person', %s, true), set_config('hospes.cart', %s, true)"
)


def _take_stage(connection: BaseDatabaseWrapper, scene: Scene | None) -> None:
    if scene is None:
        values: list[object] = [_base_role.get(), "", "", "", "", "", "", ""]
    else:
        actor = scene.actor
        values = [scene.grantee.role, scene.purpose.value, actor.kind, actor.id, actor.ip]
        values += [scene.customer, scene.person, scene.cart]
    with connection.cursor() as cursor:
        cursor.execute(_TAKE_STAGE, ["" if value is None else str(value) for value in values])


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
