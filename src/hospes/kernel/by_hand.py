"""
What was changed by hand in a database since `hospes migrate` last made it right: told before it is made right again.

As long as the version is the same, that is all drift, by name. A newer version wants other rights, policies and functions anyway;
then what tells is the note of what there was (`drift_code`), a sentence for each table, function, trigger or role. Another major
version of PostgreSQL reads everything back in other words: then nothing can be told.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

from django.db.backends.base.base import BaseDatabaseWrapper

from hospes.kernel.drift import drift, plain_names
from hospes.kernel.drift_code import (
    NOTE_IS_GONE,
    is_ours,
    live_code,
    live_rights,
    map_version,
    read_note,
    server,
    version,
)

#: What kinds of things are called in a sentence, with the verb.
_CALLED: Final = {
    "rights": "the rights were",
    "policies": "the row policies were",
    "role": "the role or its memberships were",
}

#: What sentences begin with that are about the database as a whole.
_NO_NAMES: Final = ("the", "default", "parameter", "everybody")


def changed_by_hand(connection: BaseDatabaseWrapper) -> list[str]:
    """What differs from how it was left, a sentence each; nothing in a database that was never ours."""
    with connection.cursor() as cursor, plain_names(cursor):
        cursor.execute("SELECT to_regclass('public.kernel_journalentry') IS NULL")
        if cursor.fetchone()[0]:
            return []
        note = read_note(cursor)
        if note is None:
            return [NOTE_IS_GONE]
        if (note.version, note.map_version) != (version(cursor), map_version()):
            return list(_since(cursor, note.code | note.rights)) if note.server == server(cursor) else []
    return drift(connection)


def _since(cursor: Any, noted: dict[str, str]) -> Iterator[str]:
    """How what there is differs from the note; of what this version does not know any more nothing is said."""
    live = live_code(cursor) | live_rights(cursor)
    for name in sorted(filter(is_ours, noted)):
        kind, _space, thing = name.partition(" ")
        if live.get(name) != noted[name]:
            what = _CALLED.get(kind, f"the {kind} was")
            yield f"{thing}: {what} {'changed' if name in live else 'taken away'} by hand"


def places(sentences: Iterable[str]) -> dict[str, set[str]]:
    """The tables (functions, roles) that sentences of drift are about, each with the columns that are named."""
    found: dict[str, set[str]] = {}
    for sentence in sentences:
        named = re.match(r"([a-z_][a-z0-9_]*)(?:\.([a-z_][a-z0-9_]*))?(?=[ :(])", sentence)
        is_a_name = named is not None and named[1] not in _NO_NAMES
        thing, column = named.groups() if named and is_a_name else ("database", None)
        found.setdefault(thing, set()).update([column] if column else [])
    return found
