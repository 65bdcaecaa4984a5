"""
What is done for an address that nobody has, or for one that somebody has already, so that it takes as long.

The same work is done either way, and undone where it is not meant: same statements, same hash, same wait for the disk.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from secrets import token_hex

from django.db import connections, router, transaction

from hospes.customers.models import Person


@contextmanager
def meant(really: bool) -> Iterator[None]:
    """Do what stands within; undo it when it is not really meant. Inside `acting()`, for what leaves after the commit only."""
    using = router.db_for_write(Person)
    with transaction.atomic(using=using):
        yield
        if really:
            with connections[using].cursor() as cursor:
                cursor.execute("SELECT 1")  # where it is undone, that takes a statement as well
        else:
            transaction.set_rollback(True, using=using)


def nobodys_address(like: str) -> str:
    """An address that nobody has, as long as another one where that is possible."""
    rest = min(64, max(16, len(like) - len("@nobody.invalid")))
    return f"{token_hex(32)[:rest]}@nobody.invalid"
