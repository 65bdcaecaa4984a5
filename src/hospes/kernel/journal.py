"""
The journal: who did what, for what purpose, from which address, about whom, and when.

    journal.register({"invoice.issued": _("Invoice issued")})            # a subject says what it does
    journal.record("invoice.issued", at=now, table="billing_invoice", object_id=9, customer_id=12, changed=["state"])

Values are never repeated in it. Who acts and for what is taken from acting(), by the database. An entry belongs to the
transaction that it is written in, and hangs by its hash on the one before it in its lane (`journal_sql`): a writer takes
a free lane, so none waits for another. Nobody changes or removes an entry; all that is possible is to forget an address,
an actor or the one concerned, after which the chain still holds.

What this proves, and what not: a superuser, or the owner of the tables, can take the triggers away and change rows.
`verify` then shows it, also when the tail of a lane was cut off. Somebody who recomputes a whole lane and its head leaves
no trace inside the database: for that, keep `heads()` somewhere else now and then and give them to `verify`. Salts that
were forgotten live on in dead rows until VACUUM, and in backups until those expire.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from django.db import connections
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hospes.kernel import acting, journal_sql

if TYPE_CHECKING:
    import psycopg
    from django.db.backends.base.base import BaseDatabaseWrapper

    type_of_connection = BaseDatabaseWrapper | psycopg.Connection[Any]

_labels: dict[str, str | Promise] = {}


class UnknownAction(LookupError):
    """No subject registered this action."""


@dataclass(frozen=True, slots=True)
class About:
    """What and whom an entry is about: the id of the thing, and the customer and person it concerns."""

    object_id: int | None = None
    customer_id: int | None = None
    person_id: int | None = None


def register(labels: Mapping[str, str | Promise]) -> None:
    """Make actions known, each with what it is called; ValueError when another subject has the name already."""
    for action, text in labels.items():
        if str(_labels.setdefault(action, text)) != str(text):
            raise ValueError(f"the action {action!r} of the journal is registered twice")


def label(action: str) -> str:
    """Return what an action is called in the active language; its bare name when no subject knows it any more."""
    return str(_labels.get(action, action))


def actions() -> list[str]:
    """Return all registered actions, sorted."""
    return sorted(_labels)


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

    Inside a block that is bound to a customer or person the entry is about that one, without saying so. `changed` holds
    names of columns. Raises RuntimeError outside of acting() and UnknownAction for an action that nobody registered.
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
    Take who acted, the address, or whom and which thing it is about out of entries for good; return of how many.

    Only the purpose of retention may. The chain still verifies.
    """
    scene = acting.current()
    if scene is None:
        raise RuntimeError("the journal forgets inside acting() only")
    with connections[scene.alias].cursor() as cursor:
        cursor.execute("SELECT journal_forget(%s::bigint[], %s)", [list(entry_ids), what])
        return int(cursor.fetchone()[0])


# --- verifying ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Head:
    """How far a lane had come, and the hash of its last entry, which vouches for all before it."""

    lane: int
    seq: int
    hash: bytes


_KINDS = {
    "wrong_hash": gettext_lazy("an entry was changed"),
    "actor_changed": gettext_lazy("who acted was changed in an entry"),
    "ip_changed": gettext_lazy("the IP address was changed in an entry"),
    "about_changed": gettext_lazy("whom or what it is about was changed in an entry"),
    "gap": gettext_lazy("entries before this one are missing"),
    "broken_link": gettext_lazy("an entry does not follow from the one before it"),
    "head_differs": gettext_lazy("the last entries are missing, or some were added behind the journal's back"),
    "lane_missing": gettext_lazy("the lane of these entries is missing"),
    "rewritten": gettext_lazy("an entry is not what it was when its hash was kept elsewhere"),
    "guard_missing": gettext_lazy("what protects the journal is missing or switched off"),
    "guard_changed": gettext_lazy("what protects the journal was changed by hand"),
}


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in the journal that is not as it was written; `name` is the guard's, for the last two kinds."""

    kind: str
    lane: int | None = None
    seq: int | None = None
    entry_id: int | None = None
    name: str = ""

    def __str__(self) -> str:
        where = self.name or f"{self.lane}/{self.seq}"
        return _("Journal %(where)s: %(what)s.") % {"where": where, "what": _KINDS[self.kind]}


def heads(connection: "type_of_connection") -> list[Head]:
    """Return the heads of all lanes, to be kept where no database user can reach them."""
    rows = _rows(connection, "SELECT id, seq, head FROM public.kernel_journallane ORDER BY id")
    return [Head(lane, seq, bytes(head)) for lane, seq, head in rows]


def verify(connection: "type_of_connection", *, known: Iterable[Head] = (), most: int = 100) -> list[Problem]:
    """
    Return what is wrong with the journal, at most so many of a sort; nothing when it is whole.

    `known` are heads that were kept elsewhere. The connection must see every row: use the owner's, since row policies
    would hide entries and make gaps of them. Takes a few seconds per million entries.
    """
    kept = list(known)
    anchors = [[head.lane for head in kept], [head.seq for head in kept], [head.hash for head in kept]]
    found = _guard_problems(connection)
    for sql, parameters in (
        (journal_sql.VERIFY_ENTRIES, [most]),
        (journal_sql.VERIFY_CHAIN, [most]),
        (journal_sql.VERIFY_KNOWN, [*anchors, most]),
    ):
        found += [Problem(kind, lane, seq, entry) for kind, lane, seq, entry in _rows(connection, sql, parameters)]
    return found


def _guard_problems(connection: "type_of_connection") -> list[Problem]:
    """Compare the functions and triggers in the database with those of `journal_sql`."""
    expected = {
        name: (rights != "", ["search_path=pg_catalog, pg_temp"], body)
        for name, (_arguments, _result, rights, body) in journal_sql.FUNCTIONS.items()
    }
    functions = _rows(connection, journal_sql.LIVE_FUNCTIONS, [list(expected)])
    live = {name: (definer, config, body) for name, definer, config, body in functions}
    triggers = _rows(connection, journal_sql.LIVE_TRIGGERS, [list(journal_sql.TRIGGERS)])
    on = {name: definition.replace("public.", "") for name, enabled, definition in triggers if enabled}
    wanted = {
        name: f"CREATE TRIGGER {name} {when} ON {table} {how} EXECUTE FUNCTION {function}()"
        for name, (table, when, how, function) in journal_sql.TRIGGERS.items()
    }
    missing = [name for name in expected if name not in live] + [name for name in wanted if name not in on]
    changed = [name for name in expected if name in live and live[name] != expected[name]]
    changed += [name for name in wanted if name in on and on[name] != wanted[name]]
    return [Problem("guard_missing", name=name) for name in missing] + [
        Problem("guard_changed", name=name) for name in changed
    ]


def _rows(connection: "type_of_connection", sql: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())
