"""
Acting for a purpose: the only way to personal data.

    with acting(Purpose.BILLING, actor=Actor.person(7, ip="192.0.2.1"), customer=12):
        ...

opens a transaction, switches for that transaction only to the purpose's database role, and says who acts and about whom
(one round trip, transaction-local, so safe behind a pooler). Naming a customer, person or cart takes the scoped twin, whose
row policies show that one's rows and no others. That a person acts for a customer is not believed: the database looks whether
they may at this moment, and if not, there are no rows of that customer.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from uuid import UUID

from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from hospes.kernel import clock
from hospes.kernel.bounds import hold
from hospes.kernel.logins import Kind, alias_for
from hospes.kernel.purposes import Grantee, Purpose


@dataclass(frozen=True)
class Actor:
    """
    Who acts. `id` is a person's id, also for staff; `ip` the address that the request came from.

    `browser` in short words stands in the journal beside the address; `country` (two letters) does not, it is for the limits that
    a customer has set to places.
    """

    kind: Kind
    id: int | None = None
    ip: str | None = None
    browser: str = ""
    country: str = ""

    @classmethod
    def person(
        cls, person_id: int, *, ip: str | None = None, browser: str = "", country: str = ""
    ) -> "Actor":
        return cls("person", person_id, ip, browser, country)

    @classmethod
    def staff(cls, person_id: int, *, ip: str | None = None, browser: str = "", country: str = "") -> "Actor":
        return cls("staff", person_id, ip, browser, country)

    @classmethod
    def visitor(cls, *, ip: str | None = None, browser: str = "", country: str = "") -> "Actor":
        return cls("visitor", None, ip, browser, country)


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

    Raises LookupError when no database login of this process may act so, and OutOfBounds inside narrower `bounds`.
    """
    bare = Scene(purpose, actor, "", customer, person, cart)
    hold(purpose, (actor.kind, actor.id), customer=customer, person=person, cart=cart)
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
            _leave(connection, before)


_SETTINGS = (
    "role", "hospes.purpose", "hospes.actor_kind", "hospes.actor", "hospes.ip", "hospes.browser", "hospes.customer",
    "hospes.person", "hospes.cart", "hospes.people",
)  # fmt: skip
_WERE = ", ".join(f"coalesce(current_setting('{name}', true), '')" for name in _SETTINGS)

#: A customer for a person who acts: only if the limits of that customer let them in from here, and if they have access to it now.
#: Both are asked of functions that the subjects bring (accounts and customers).
_FROM_HERE = "CASE WHEN hospes_from_here(%s::bigint, %s::inet, %s) THEN %s::bigint END"
_OF_PERSON = f"coalesce(hospes_scope({_FROM_HERE}, %s::bigint, %s::timestamptz), '')"

#: For security: the people with access to that customer, where the one who acts manages it.
_PEOPLE = f"coalesce(hospes_people({_FROM_HERE}, %s::bigint, %s::timestamptz), '')"


def _assignments(computed: Mapping[str, str]) -> str:
    """The settings, each to the value that is given for it, or to what an expression makes of several."""
    return ", ".join(f"set_config('{name}', {computed.get(name, '%s')}, true)" for name in _SETTINGS)


_SET = _assignments({})
_SET_AS_PERSON = _assignments({"hospes.customer": _OF_PERSON})
_SET_FOR_SECURITY = _assignments({"hospes.customer": _OF_PERSON, "hospes.people": _PEOPLE})


def _enter(connection: BaseDatabaseWrapper, scene: Scene, *, nested: bool) -> Sequence[str]:
    """Take the stage for a scene; where another one goes on afterwards, return what its settings were."""
    actor, assignments = scene.actor, _SET
    values: list[object] = [scene.grantee.role, scene.purpose.value, actor.kind, actor.id, actor.ip, actor.browser,
                            scene.customer, scene.person, scene.cart, None]  # fmt: skip
    given: list[str | int | None] = ["" if value is None else str(value) for value in values]
    if actor.kind == "person" and scene.customer is not None:
        assignments, place = _SET_AS_PERSON, _SETTINGS.index("hospes.customer")
        now = clock.now().isoformat()
        asked = [scene.customer, actor.ip, actor.country, scene.customer, actor.id or 0, now]
        if scene.purpose is Purpose.SECURITY:
            assignments, given[-1:] = _SET_FOR_SECURITY, asked
        given[place : place + 1] = asked
    return _take_stage(connection, given, f"{_WERE}, {assignments}" if nested else assignments)


def _take_stage(
    connection: BaseDatabaseWrapper, values: Sequence[str | int | None], assignments: str = _SET
) -> Sequence[str]:
    """Make the assignments for the rest of the transaction, and return the first of what the statement gives."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {assignments}", values)  # made of this module's constants
        given: tuple[str, ...] = cursor.fetchone()
    return given[: len(_SETTINGS)]


def _leave(connection: BaseDatabaseWrapper, before: Sequence[str]) -> None:
    """Set the settings to what they were."""
    _take_stage(connection, before)


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
