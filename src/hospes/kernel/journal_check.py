"""
Is the journal still what was written? `verify` tells, in SQL over sets.

It trusts nothing that could have been changed in the database: hashes are computed by its own expressions, and the
functions and triggers that protect the journal are compared with those of `journal_sql`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hospes.kernel import journal_sql

if TYPE_CHECKING:
    import psycopg
    from django.db.backends.base.base import BaseDatabaseWrapper

    AnyConnection = BaseDatabaseWrapper | psycopg.Connection[Any]


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
    "head_differs": gettext_lazy("the last entries are missing, or were not written by the journal itself"),
    "lane_missing": gettext_lazy("the lane of these entries is missing"),
    "rewritten": gettext_lazy("an entry is not what it was when its hash was kept elsewhere"),
    "guard_missing": gettext_lazy("what protects the journal is missing or switched off"),
    "guard_changed": gettext_lazy("what protects the journal was changed by hand"),
}


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in the journal that is not as it was written; `name` is that of a guard."""

    kind: str
    lane: int | None = None
    seq: int | None = None
    entry_id: int | None = None
    name: str = ""

    def __str__(self) -> str:
        where = self.name or f"{self.lane}/{self.seq}"
        return _("Journal %(where)s: %(what)s.") % {"where": where, "what": _KINDS[self.kind]}


def heads(connection: "AnyConnection") -> list[Head]:
    """Return the heads of all lanes, to be kept where no database user can reach them."""
    rows = _rows(connection, "SELECT id, seq, head FROM public.kernel_journallane ORDER BY id")
    return [Head(lane, seq, bytes(head)) for lane, seq, head in rows]


def verify(connection: "AnyConnection", *, known: Iterable[Head] = (), most: int = 100) -> list[Problem]:
    """
    Return what is wrong with the journal, at most so many of a sort; nothing when it is whole.

    `known` are heads that were kept elsewhere. The connection must see every row: use the owner's, since row
    policies would hide entries and make gaps of them. Takes a few seconds per million entries.
    """
    kept = list(known)
    anchors = [[head.lane for head in kept], [head.seq for head in kept], [head.hash for head in kept]]
    found = _guard_problems(connection)
    for sql, parameters in (
        (_VERIFY_ENTRIES, [most]),
        (_VERIFY_CHAIN, [most]),
        (_VERIFY_KNOWN, [*anchors, most]),
    ):
        found += [Problem(*row) for row in _rows(connection, sql, parameters)]
    return found


def _guard_problems(connection: "AnyConnection") -> list[Problem]:
    """Compare the functions and triggers in the database with those of `journal_sql`."""
    expected = {
        name: (rights != "", ["search_path=pg_catalog, pg_temp"], body)
        for name, (_arguments, _result, rights, body) in journal_sql.FUNCTIONS.items()
    }
    functions = _rows(connection, _LIVE_FUNCTIONS, [list(expected)])
    live = {name: (definer, config, body) for name, definer, config, body in functions}
    triggers = _rows(connection, _LIVE_TRIGGERS, [list(journal_sql.TRIGGERS)])
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


def _rows(connection: "AnyConnection", sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())


# --- the queries -------------------------------------------------------------------------------------------


def _is_off(what: str) -> str:
    """Return the SQL for: a value is not what it was, or its salt went without it or stayed behind."""
    return (
        f"(CASE WHEN {journal_sql.is_empty(what, 'e')} THEN e.{what}_salt IS NOT NULL"
        f" ELSE e.{what}_commitment <> {journal_sql.commitment(what, 'e')} END)"
    )


_OFF: Final = {
    "wrong_hash": f"(e.hash <> {journal_sql.chain_hash('e')})",
    **{f"{what}_changed": _is_off(what) for what in journal_sql.FORGETTABLE},
}
_FOUND: Final = ", ".join(f"CASE WHEN {off} THEN '{kind}' END" for kind, off in _OFF.items())
_VERIFY_ENTRIES: Final = f"""
SELECT found.kind, found.lane, found.seq, found.id FROM (
  SELECT e.lane, e.seq, e.id, unnest(array_remove(ARRAY[{_FOUND}], NULL)) AS kind
    FROM public.kernel_journalentry e WHERE {" OR ".join(_OFF.values())}
) found ORDER BY found.lane, found.seq LIMIT %s
"""
"""Each entry by itself; nothing in the way of a parallel scan."""

_VERIFY_CHAIN: Final = """
SELECT found.kind, found.lane, found.seq, found.id FROM (
  SELECT CASE WHEN c.seq <> c.seq_before + 1 THEN 'gap' WHEN c.previous <> c.hash_before THEN 'broken_link'
         ELSE 'lane_missing' END AS kind, c.lane, c.seq, c.id
    FROM (SELECT e.lane, e.seq, e.id, e.previous, lag(e.seq, 1, 0::bigint) OVER w AS seq_before,
                 lag(e.hash, 1, ''::bytea) OVER w AS hash_before
            FROM public.kernel_journalentry e WINDOW w AS (PARTITION BY e.lane ORDER BY e.seq)) c
   WHERE c.seq <> c.seq_before + 1 OR c.previous <> c.hash_before
      OR (c.seq_before = 0 AND c.lane NOT IN (SELECT l.id FROM public.kernel_journallane l))
  UNION ALL
  SELECT 'head_differs', l.id, l.seq, newest.id
    FROM public.kernel_journallane l
    LEFT JOIN LATERAL (SELECT e.id, e.seq, e.hash FROM public.kernel_journalentry e
                        WHERE e.lane = l.id ORDER BY e.seq DESC LIMIT 1) newest ON true
   WHERE coalesce(newest.seq, 0) <> l.seq OR coalesce(newest.hash, '') <> l.head
) found ORDER BY found.lane, found.seq LIMIT %s
"""
"""How the entries hang together, in one snapshot with the lanes."""

_VERIFY_KNOWN: Final = """
SELECT 'rewritten', known.lane, known.seq, e.id
  FROM unnest(%s::integer[], %s::bigint[], %s::bytea[]) AS known (lane, seq, hash)
  LEFT JOIN public.kernel_journalentry e ON e.lane = known.lane AND e.seq = known.seq
 WHERE known.seq > 0 AND e.hash IS DISTINCT FROM known.hash ORDER BY known.lane, known.seq LIMIT %s
"""

_LIVE_FUNCTIONS: Final = """
SELECT p.proname, p.prosecdef, p.proconfig, p.prosrc FROM pg_proc p
 WHERE p.pronamespace = 'public'::regnamespace AND p.proname = ANY (%s)
"""
_LIVE_TRIGGERS: Final = """
SELECT t.tgname, t.tgenabled IN ('O', 'A'), pg_get_triggerdef(t.oid) FROM pg_trigger t
 WHERE t.tgrelid IN ('public.kernel_journalentry'::regclass, 'public.kernel_journallane'::regclass)
   AND t.tgname = ANY (%s)
"""
