"""The payments themselves: created once per idempotency key, moved from state to state, with notices."""

import hashlib
import json
import secrets
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, replace
from typing import Any

from simulators.base import Clock
from simulators.outbox import Outbox
from simulators.payments.rules import LIFETIME_SECONDS, TRANSFER_SECONDS, ApiError, methods_of
from simulators.store import Store

SCHEMA = """
CREATE TABLE IF NOT EXISTS payment (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, status TEXT NOT NULL, method TEXT, asked TEXT NOT NULL,
    created REAL NOT NULL, expires REAL NOT NULL, ended REAL, plan TEXT);
CREATE TABLE IF NOT EXISTS idempotency (
    key TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, answer TEXT NOT NULL, created REAL NOT NULL);
"""

MOVES: dict[str, frozenset[str]] = {
    "open": frozenset({"pending", "paid", "failed", "canceled", "expired"}),
    "pending": frozenset({"paid", "failed", "canceled", "expired"}),
}
KEY_SECONDS = 3600
RETURN_HEAD_START = 3.0
ID_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"

ORDERS = ("together", "webhook_first", "return_first")


@dataclass(frozen=True)
class Plan:
    """
    How the notice of a payment arrives: copies at once (0 is never), seconds late, and in which order.

    order: together (the consumer goes back while the notice is sent), webhook_first (back only after the
    notice was sent), return_first (the notice at least RETURN_HEAD_START seconds after the consumer left).
    """

    copies: int = 1
    delay: float = 0.0
    order: str = "together"


@dataclass(frozen=True)
class Payment:
    """A payment; asked is what the merchant sent, moments are seconds since the epoch."""

    seq: int
    id: str
    status: str
    method: str | None
    asked: dict[str, Any]
    created: float
    expires: float
    ended: float | None
    plan: Plan | None

    @property
    def token(self) -> str:
        """The last part of the address of the checkout page."""
        return self.id.removeprefix("tr_")

    @property
    def is_final(self) -> bool:
        """Whether the state can change no more."""
        return self.status not in MOVES

    @property
    def is_cancelable(self) -> bool:
        """Whether the merchant may cancel it: while open, and not once a bank was chosen; a transfer until it came."""
        return (self.status == "open" and self.method != "ideal") or self.is_transfer

    @property
    def is_transfer(self) -> bool:
        """Whether the consumer chose to transfer it, and that did not come yet."""
        return self.method == "banktransfer" and not self.is_final


class Ledger:
    """All payments of the simulator."""

    def __init__(self, store: Store, outbox: Outbox, clock: Clock) -> None:
        self._store, self._outbox, self._clock = store, outbox, clock
        self.when_paid: Callable[[Payment], object] = lambda payment: None
        self.collected_after = -1.0

    def transaction(self) -> AbstractContextManager[None]:
        """All or nothing for several calls."""
        return self._store.transaction()

    @property
    def plan(self) -> Plan:
        """The plan of payments that have none of their own."""
        return Plan(**self._store.setting("plan", {}))

    def keep_plan(self, plan: Plan, payment_id: str | None = None) -> None:
        """Set the plan of one payment, or of all that have none of their own."""
        if payment_id is None:
            self._store.keep_setting("plan", asdict(plan))
        else:
            self._store.execute(
                "UPDATE payment SET plan = ? WHERE id = ?", (json.dumps(asdict(plan)), payment_id)
            )

    def create(self, asked: dict[str, Any], collected_by: str | None = None) -> Payment:
        """
        Store a new payment; what is asked was checked before.

        `collected_by`: the method of the mandate by which it is collected; nobody pays it at a page, so it is pending at once.
        """
        now, choices = self._clock(), methods_of(asked)
        method = collected_by or (choices[0] if len(choices) == 1 else None)
        # Who may choose among others is waited for as long as at a page.
        at_a_page = [choice for choice in choices if choice != "banktransfer"] or choices
        life = max(LIFETIME_SECONDS[choice] for choice in at_a_page)
        payment_id = "tr_" + "".join(secrets.choice(ID_ALPHABET) for _ in range(10))
        sql = "INSERT INTO payment (id, status, method, asked, created, expires) VALUES (?, ?, ?, ?, ?, ?)"
        with self._store.transaction():
            status = "pending" if collected_by else "open"
            self._store.execute(sql, (payment_id, status, method, json.dumps(asked), now, now + life))
            return self.get(payment_id)

    def recall(self, payment_id: str, *, asked: dict[str, Any], method: str, paid: float) -> None:
        """A payment of before the simulator began, that was paid at a moment; one that is there stays as it is."""
        sql = (
            "INSERT OR IGNORE INTO payment (id, status, method, asked, created, expires, ended)"
            " VALUES (?, 'paid', ?, ?, ?, ?, ?)"
        )
        self._store.execute(sql, (payment_id, method, json.dumps(asked), paid, paid, paid))

    def get(self, payment_id: str) -> Payment:
        """Return a payment as it is now, or raise ApiError (404)."""
        row = self._store.row("SELECT * FROM payment WHERE id = ?", (payment_id,))
        if row is None:
            raise ApiError(404, f"No payment exists with token {payment_id}.")
        return self._expire_if_due(_payment(dict(row)))

    def page(self, *, newest: str | None, limit: int) -> tuple[Sequence[Payment], str | None]:
        """Return payments, newest first, from one on, and the id at which the next page begins."""
        top = self.get(newest).seq if newest else 2**62
        rows = self._store.rows(
            "SELECT * FROM payment WHERE seq <= ? ORDER BY seq DESC LIMIT ?", (top, limit + 1)
        )
        payments = [self._expire_if_due(_payment(dict(row))) for row in rows]
        return payments[:limit], payments[limit].id if len(payments) > limit else None

    def change(self, payment_id: str, changes: dict[str, Any]) -> Payment:
        """Change what the merchant asked for while the payment is open."""
        with self._store.transaction():
            payment = self.get(payment_id)
            if payment.is_final:
                raise ApiError(422, "The payment can no longer be changed.")
            asked = {**payment.asked, **changes}
            choices = methods_of(asked)
            method = (
                payment.method if payment.method in choices else choices[0] if len(choices) == 1 else None
            )
            sql = "UPDATE payment SET asked = ?, method = ? WHERE id = ?"
            self._store.execute(sql, (json.dumps(asked), method, payment_id))
            return self.get(payment_id)

    def settle(self, payment_id: str, status: str, method: str | None = None) -> tuple[Payment, list[int]]:
        """
        Move a payment to another state; return it and the ids of the notices that go out.

        Of two rivals one wins, the other gets ApiError (422). A payment that is paid has a method: the given
        one, or its own, or the first on offer. Going to pending is told to nobody, as in life.
        """
        with self._store.transaction():
            payment = self.get(payment_id)
            if status not in MOVES.get(payment.status, frozenset()):
                raise ApiError(422, f"The payment is {payment.status} and cannot become {status}.")
            chosen = self._method(payment, status, method)
            ended = None if status == "pending" else self._clock()
            sql = "UPDATE payment SET status = ?, method = ?, ended = ? WHERE id = ?"
            self._store.execute(sql, (status, chosen, ended, payment_id))
            moved = replace(payment, status=status, method=chosen, ended=ended)
            if status == "pending" and moved.is_transfer:
                moved = replace(moved, expires=self._clock() + TRANSFER_SECONDS)
                self._store.execute(
                    "UPDATE payment SET expires = ? WHERE id = ?", (moved.expires, payment_id)
                )
            if status == "paid":
                self.when_paid(moved)
            return moved, self.announce(moved) if moved.is_final else []

    def notify(self, payment: Payment, copies: int, due: float) -> list[int]:
        """Plan the notice of a payment: a form with its id and nothing else; return the ids of the copies."""
        address = payment.asked.get("webhookUrl")
        if not address or copies < 1:
            return []
        form = "application/x-www-form-urlencoded"
        return self._outbox.post(
            payment.id, address, form, f"id={payment.id}".encode(), copies=copies, due=due
        )

    def keep_collecting(self, seconds: float, end: str) -> None:
        """After how many seconds what is collected by a mandate ends by itself from now on, and how (-1: never)."""
        self._store.keep_setting("collecting", {"seconds": seconds, "end": end})

    def end_due(self) -> None:
        """Have what ends by itself end: what was left open for too long, and what is collected."""
        self.expire_due()
        plan = self._store.setting("collecting", {"seconds": self.collected_after, "end": "paid"})
        if plan["seconds"] < 0:
            return
        sql = "SELECT id, asked FROM payment WHERE status = 'pending' AND created <= ?"
        for row in self._store.rows(sql, (self._clock() - plan["seconds"],)):
            if json.loads(row["asked"]).get("sequenceType") == "recurring":
                self.settle(row["id"], plan["end"])

    def expire_due(self) -> None:
        """Expire what was left open for too long."""
        sql = "SELECT * FROM payment WHERE (status = 'open' OR status = 'pending' AND method = 'banktransfer') AND expires <= ?"
        for row in self._store.rows(sql, (self._clock(),)):
            self._expire_if_due(_payment(dict(row)))

    def replay(self, key: str, body: bytes) -> dict[str, Any] | None:
        """Return the first answer to a key, None if the key is new; another body raises ApiError (422)."""
        sql = "SELECT * FROM idempotency WHERE key = ? AND created > ?"
        row = self._store.row(sql, (key, self._clock() - KEY_SECONDS))
        if row is None:
            return None
        if row["fingerprint"] != hashlib.sha256(body).hexdigest():
            raise ApiError(422, "The idempotency key was used before with another request body.")
        answer: dict[str, Any] = json.loads(row["answer"])
        return answer

    def remember(self, key: str, body: bytes, answer: dict[str, Any]) -> None:
        """Keep the answer to an idempotency key."""
        fingerprint = hashlib.sha256(body).hexdigest()
        sql = "INSERT OR REPLACE INTO idempotency (key, fingerprint, answer, created) VALUES (?, ?, ?, ?)"
        self._store.execute(sql, (key, fingerprint, json.dumps(answer), self._clock()))

    def announce(self, payment: Payment) -> list[int]:
        """Plan the notice that something about a payment changed, as its plan says."""
        plan = payment.plan or self.plan
        wait = max(plan.delay, RETURN_HEAD_START) if plan.order == "return_first" else plan.delay
        return self.notify(payment, plan.copies, self._clock() + wait)

    def _method(self, payment: Payment, status: str, wanted: str | None) -> str | None:
        choices = [payment.method] if payment.method else methods_of(payment.asked)
        if wanted and wanted not in choices:
            raise ApiError(422, "The payment method is not on offer for this payment.", "method")
        return wanted or (choices[0] if status in ("paid", "pending", "failed") else payment.method)

    def _expire_if_due(self, payment: Payment) -> Payment:
        if not (payment.status == "open" or payment.is_transfer) or self._clock() < payment.expires:
            return payment
        with self._store.transaction():
            row = self._store.row("SELECT * FROM payment WHERE id = ?", (payment.id,))
            payment = _payment(dict(row)) if row else payment
            if payment.status == "open" or payment.is_transfer:
                self._store.execute(
                    "UPDATE payment SET status = 'expired', ended = expires WHERE id = ?", (payment.id,)
                )
                payment = replace(payment, status="expired", ended=payment.expires)
                self.announce(payment)
        return payment


def _payment(row: dict[str, Any]) -> Payment:
    plan = Plan(**json.loads(row["plan"])) if row["plan"] else None
    return Payment(**{**row, "asked": json.loads(row["asked"]), "plan": plan})
