"""Where the simulator keeps its objects, as the API shows them, and what it answered to idempotency keys."""

import json
import secrets
import string
from collections.abc import Mapping
from typing import Any

from simulators.base import Clock
from simulators.store import Store
from simulators.stripe.rules import ApiError

SCHEMA = """
CREATE TABLE IF NOT EXISTS thing (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, object TEXT NOT NULL, intent TEXT NOT NULL,
    created INTEGER NOT NULL, body TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS thing_object ON thing (object, seq);
CREATE INDEX IF NOT EXISTS thing_intent ON thing (intent) WHERE intent <> '';
CREATE TABLE IF NOT EXISTS answered (
    key TEXT PRIMARY KEY, asked TEXT NOT NULL, status INTEGER NOT NULL, body TEXT NOT NULL, at REAL NOT NULL);
"""

KEY_SECONDS = 24 * 3600
"""How long an idempotency key holds."""

PREFIXES: Mapping[str, tuple[str, int]] = {
    "checkout.session": ("cs_test_a1", 56), "payment_intent": ("pi_", 24), "charge": ("ch_", 24), "customer": ("cus_", 14),
    "payment_method": ("pm_", 24), "refund": ("re_", 24), "dispute": ("du_", 24), "balance_transaction": ("txn_", 24),
    "mandate": ("mandate_", 24),
}  # fmt: skip

_ALPHABET = string.ascii_letters + string.digits


class Shelf:
    """All objects of one simulator; an object is a dict, and what others refer to is its id."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self.store, self.clock = store, clock

    def new(self, kind: str, **values: Any) -> dict[str, Any]:
        """Make an object and keep it."""
        prefix, length = PREFIXES[kind]
        made = {
            "id": prefix + "".join(secrets.choice(_ALPHABET) for _ in range(length)), "object": kind,
            "created": int(self.clock()), "livemode": False, **values,
        }  # fmt: skip
        sql = "INSERT INTO thing (id, object, intent, created, body) VALUES (?, ?, ?, ?, ?)"
        self.store.execute(sql, (made["id"], kind, _intent(made), made["created"], json.dumps(made)))
        return made

    def keep(self, thing: Mapping[str, Any]) -> None:
        """Keep an object as it is now."""
        sql = "UPDATE thing SET body = ?, intent = ? WHERE id = ?"
        self.store.execute(sql, (json.dumps(thing), _intent(thing), thing["id"]))

    def find(self, id_: str) -> dict[str, Any] | None:
        """Return an object of whatever kind, or None."""
        row = self.store.row("SELECT body FROM thing WHERE id = ?", (id_,))
        found: dict[str, Any] | None = None if row is None else json.loads(row["body"])
        return found

    def get(self, kind: str, id_: str, param: str = "") -> dict[str, Any]:
        """Return an object of a kind; ApiError 404, or 400 when it is a field (`param`) of a request that names it."""
        found = self.find(id_)
        if found is None or found["object"] != kind:
            name = "checkout.session" if kind == "checkout.session" else kind
            message = f"No such {name}: '{id_}'"
            raise ApiError(400 if param else 404, message, code="resource_missing", param=param or "id")
        return found

    def page(
        self, kind: str, *, limit: int, after: str, since: int, intent: str
    ) -> tuple[list[dict[str, Any]], bool]:
        """Return so many objects of a kind, the newest first, and whether there are more."""
        sql = (
            "SELECT body FROM thing WHERE object = ? AND created >= ? AND (? = '' OR intent = ?)"
            " AND seq < coalesce((SELECT seq FROM thing WHERE id = ?), 9e18) ORDER BY seq DESC LIMIT ?"
        )
        rows = self.store.rows(sql, (kind, since, intent, intent, after, limit + 1))
        return [json.loads(row["body"]) for row in rows[:limit]], len(rows) > limit

    def count(self, kind: str) -> int:
        """Return how many objects of a kind there are."""
        row = self.store.row("SELECT count(*) AS n FROM thing WHERE object = ?", (kind,))
        return int(row["n"]) if row else 0

    def answered(self, key: str, asked: str) -> tuple[int, str] | None:
        """Return what was answered to a key that still holds; ApiError when it was used for something else."""
        row = self.store.row(
            "SELECT * FROM answered WHERE key = ? AND at > ?", (key, self.clock() - KEY_SECONDS)
        )
        if row is None:
            return None
        if row["asked"] != asked:
            message = (
                "Keys for idempotent requests can only be used with the same parameters they were first used with. "
                f"Try using a key other than '{key}' if you meant to execute a different request."
            )
            raise ApiError(400, message, "idempotency_error")
        return int(row["status"]), str(row["body"])

    def keep_answer(self, key: str, asked: str, status: int, body: str) -> None:
        """Keep what was answered to a key."""
        sql = "INSERT OR REPLACE INTO answered (key, asked, status, body, at) VALUES (?, ?, ?, ?, ?)"
        self.store.execute(sql, (key, asked, status, body, self.clock()))


def _intent(thing: Mapping[str, Any]) -> str:
    return str(thing.get("payment_intent") or "")
