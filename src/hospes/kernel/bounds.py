"""
Bounds within which all acting has to stay: for showing pages to somebody whose pages they are not.

    with within(bounds), only_reading():
        ...

What runs inside may act only for the purposes that are named, as that actor, about that customer and person; and on every
database connection of the process it finds itself in a READ ONLY transaction, which PostgreSQL lets nobody leave: whatever
it forgets, it can change nothing.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.db import connections, transaction

from hospes.kernel.purposes import Purpose


class OutOfBounds(Exception):
    """Something acted for a purpose, or about somebody, that is not within the bounds."""

    def __init__(self, purpose: Purpose) -> None:
        super().__init__(f"acting for {purpose.value} is out of bounds here")
        self.purpose = purpose


@dataclass(frozen=True)
class Bounds:
    """
    What may be acted: by whom (kind and id), for which purposes, about which customer and person.

    `unscoped` are purposes that may be acted without naming one of the two.
    """

    actor: tuple[str, int | None]
    purposes: frozenset[Purpose]
    customer: int
    person: int
    unscoped: frozenset[Purpose] = frozenset()


_bounds: ContextVar[Bounds | None] = ContextVar("hospes_bounds", default=None)


@contextmanager
def within(bounds: Bounds) -> Iterator[None]:
    """Hold everything that acts in the block to these bounds; raises RuntimeError inside others, which it might widen."""
    if _bounds.get() is not None:
        raise RuntimeError("there are bounds already")
    token = _bounds.set(bounds)
    try:
        yield
    finally:
        _bounds.reset(token)


def hold(
    purpose: Purpose,
    actor: tuple[str, int | None],
    *,
    customer: int | None,
    person: int | None,
    cart: UUID | None,
) -> None:
    """Raise OutOfBounds for what the bounds of the moment, if there are any, do not allow."""
    bounds = _bounds.get()
    if bounds is None:
        return
    is_scoped = not (customer is None and person is None)
    if not (
        purpose in bounds.purposes
        and actor == bounds.actor
        and customer in (None, bounds.customer)
        and person in (None, bounds.person)
        and cart is None
        and (is_scoped or purpose in bounds.unscoped)
    ):
        raise OutOfBounds(purpose)


@contextmanager
def only_reading() -> Iterator[None]:
    """
    Have every database connection of this process in a READ ONLY transaction, which is rolled back at the end.

    PostgreSQL refuses each write (SQLSTATE 25006), and to make the transaction writable again.
    """
    with ExitStack() as stack:
        for alias in settings.HOSPES_ALIASES:
            stack.enter_context(transaction.atomic(using=alias))
            with connections[alias].cursor() as cursor:
                cursor.execute("SET TRANSACTION READ ONLY")
        try:
            yield
        finally:
            for alias in settings.HOSPES_ALIASES:
                transaction.set_rollback(True, using=alias)
