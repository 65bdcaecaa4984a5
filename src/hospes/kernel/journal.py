"""
The journal: who did what, for what purpose, from which address, about whom, and when.

    journal.register({"invoice.issued": _("Invoice issued")})    # a subject says what it does
    journal.record("invoice.issued", at=now, table="billing_invoice", object_id=9, customer_id=12)

Values are never repeated in it. Who acts and for what is taken from acting(), by the database. An entry
belongs to the transaction that it is written in, and hangs by its hash on the one before it in its lane
(`journal_sql`): a writer takes a free lane, so none waits for another. Nobody changes or removes an entry;
all that is possible is to forget an address, an actor or the one concerned, after which the chain still
holds.

What this proves, and what not: a superuser, or the owner of the tables, can take the triggers away and
change rows. `verify` then shows it, also when the tail of a lane was cut off. Somebody who computes a whole
lane and its head anew, or removes both, leaves no trace inside the database: for that, keep `heads()`
somewhere else now and then and give them to `verify`. Salts that were forgotten live on in dead rows until
VACUUM, in the server's write-ahead log, and in backups until those expire.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from django.db import connections
from django.utils.functional import Promise

from hospes.kernel import acting, journal_sql
from hospes.kernel.journal_check import Head as Head
from hospes.kernel.journal_check import Problem as Problem
from hospes.kernel.journal_check import heads as heads
from hospes.kernel.journal_check import verify as verify

_labels: dict[str, str | Promise] = {}
_among_others: set[str] = set()


class UnknownAction(LookupError):
    """No subject registered this action."""


@dataclass(frozen=True, slots=True)
class About:
    """What and whom an entry is about: the id of the thing, and the customer and person it concerns."""

    object_id: int | None = None
    customer_id: int | None = None
    person_id: int | None = None


def register(labels: Mapping[str, str | Promise], *, among_others: bool = False) -> None:
    """
    Make actions known, each with what it is called; ValueError when the name is taken already.

    `among_others`: by these, somebody was shown on a list together with others. There are many of them, so lists of what
    happened leave them out where they would hide the rest.
    """
    if among_others:
        _among_others.update(labels)
    for action, text in labels.items():
        known = _labels.setdefault(action, text)
        if known is not text and str(known) != str(text):  # a text can't be read yet while apps are loaded
            raise ValueError(f"the action {action!r} of the journal is registered twice")


def label(action: str) -> str:
    """Return what an action is called in the active language; its bare name when no subject has it (now)."""
    return str(_labels.get(action, action))


def actions() -> list[str]:
    """Return all registered actions, sorted."""
    return sorted(_labels)


def among_others() -> list[str]:
    """Return the actions by which somebody was shown on a list together with others, sorted."""
    return sorted(_among_others)


def record(
    action: str,
    *,
    at: datetime,
    table: str = "",
    object_id: int | None = None,
    customer_id: int | None = None,
    person_id: int | None = None,
    changed: Sequence[str] = (),
) -> None:
    """
    Write down what is done in the current acting() block; it stands or falls with that transaction.

    Inside a block that is bound to a customer or person the entry is about that one, without saying so.
    `changed` holds names of columns. Raises RuntimeError outside of acting() and UnknownAction for an action
    that nobody registered.
    """
    record_each(action, [About(object_id, customer_id, person_id)], at=at, table=table, changed=changed)


def record_each(
    action: str, about: Iterable[About], *, at: datetime, table: str = "", changed: Sequence[str] = ()
) -> None:
    """Write one entry for each thing that the same was done to, in one statement."""
    scene = acting.current()
    if scene is None:
        raise RuntimeError("the journal is written inside acting()")
    if action not in _labels:
        raise UnknownAction(f"{action}: register the action with the journal first")
    if at.tzinfo is None:
        raise ValueError(f"{at!r} has no time zone: say which moment is meant")
    entries = list(about)
    things = [entry.object_id for entry in entries]
    customers = [scene.customer if entry.customer_id is None else entry.customer_id for entry in entries]
    persons = [scene.person if entry.person_id is None else entry.person_id for entry in entries]
    with connections[scene.alias].cursor() as cursor:
        cursor.execute(journal_sql.WRITE, [at, action, table, list(changed), things, customers, persons])


def forget(entry_ids: Sequence[int], what: Literal["actor", "ip", "about"]) -> int:
    """
    Take who acted, the address with the browser, or whom and which thing it is about out of entries; return of how many.

    Only the purpose of retention may. The chain still verifies.
    """
    scene = acting.current()
    if scene is None:
        raise RuntimeError("the journal forgets inside acting() only")
    with connections[scene.alias].cursor() as cursor:
        cursor.execute("SELECT journal_forget(%s::bigint[], %s)", [list(entry_ids), what])
        return int(cursor.fetchone()[0])
