"""Money that goes back: refunds of payments, as the API shows them, and how they end."""

import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from simulators.base import Clock
from simulators.payments.ledger import ID_ALPHABET, Ledger, Payment
from simulators.payments.rules import MAX_DESCRIPTION, ApiError
from simulators.payments.shape import HAL, as_amount, link, timestamp
from simulators.store import Store
from simulators.wire import Request, Response, as_json

SCHEMA = """
CREATE TABLE IF NOT EXISTS refund (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, payment TEXT NOT NULL, status TEXT NOT NULL, cents INTEGER NOT NULL,
    description TEXT NOT NULL, metadata TEXT NOT NULL, created REAL NOT NULL, ended REAL);
"""

#: Which state may become which; what was paid back can still bounce (an account that was closed).
MOVES = {"pending": frozenset({"refunded", "failed"}), "refunded": frozenset({"failed"})}
#: For how long after it was paid a payment can be refunded, by method.
REFUNDABLE_SECONDS = {
    "ideal": 365 * 86400,
    "paypal": 180 * 86400,
    "creditcard": 365 * 86400,
    "directdebit": 365 * 86400,
}
MAX_PAGE = 250
SETTINGS = {"seconds": 0.0, "end": "refunded"}


@dataclass(frozen=True)
class Refund:
    """A refund; moments are seconds since the epoch."""

    seq: int
    id: str
    payment: str
    status: str
    cents: int
    description: str
    metadata: str
    created: float
    ended: float | None


class Refunds:
    """All refunds of the simulator. A refund that nobody ended by hand ends by itself, as the plan says."""

    def __init__(self, store: Store, ledger: Ledger, clock: Clock) -> None:
        self._store, self._ledger, self._clock = store, ledger, clock
        self.taken_back: Callable[[str], int] = lambda payment_id: 0

    def keep_plan(self, seconds: float, end: str) -> None:
        """After how many seconds refunds end from now on, and how (refunded or failed)."""
        self._store.keep_setting("refunds", {"seconds": seconds, "end": end})

    def create(self, payment: Payment, cents: int, description: str, metadata: str) -> Refund:
        """Begin a refund, or raise ApiError: 422 for what cannot be refunded, and for more than is left."""
        if payment.status != "paid" or payment.ended is None:
            raise ApiError(422, "The payment is not paid, so it cannot be refunded.")
        if self._clock() > payment.ended + REFUNDABLE_SECONDS.get(payment.method or "", 0):
            raise ApiError(422, "The payment is too old to be refunded.")
        if cents > self.left(payment):
            raise ApiError(422, "The amount is higher than what remains of the payment.", "amount")
        refund_id = "re_" + "".join(secrets.choice(ID_ALPHABET) for _ in range(10))
        sql = (
            "INSERT INTO refund (id, payment, status, cents, description, metadata, created)"
            " VALUES (?, ?, 'pending', ?, ?, ?, ?)"
        )
        self._store.execute(sql, (refund_id, payment.id, cents, description, metadata, self._clock()))
        return self.get(payment.id, refund_id)

    def left(self, payment: Payment) -> int:
        """How many cents of a payment can still be refunded."""
        return max(self.paid(payment) - self.refunded(payment.id) - self.taken_back(payment.id), 0)

    @staticmethod
    def paid(payment: Payment) -> int:
        """What a payment is of, in cents."""
        return int(Decimal(payment.asked["amount"]["value"]) * 100)

    def refunded(self, payment_id: str) -> int:
        """How many cents of a payment were or are being paid back."""
        return sum(each.cents for each in self.of(payment_id) if each.status != "failed")

    def of(self, payment_id: str) -> Sequence[Refund]:
        """The refunds of a payment, the oldest first."""
        rows = self._store.rows("SELECT * FROM refund WHERE payment = ? ORDER BY seq", (payment_id,))
        return [self._end_if_due(Refund(**dict(row))) for row in rows]

    def get(self, payment_id: str, refund_id: str) -> Refund:
        """A refund as it is now, or ApiError (404)."""
        row = self._store.row("SELECT * FROM refund WHERE payment = ? AND id = ?", (payment_id, refund_id))
        if row is None:
            raise ApiError(404, f"No refund exists with token {refund_id}.")
        return self._end_if_due(Refund(**dict(row)))

    def page(self, newest: str | None, limit: int) -> tuple[Sequence[Refund], str | None]:
        """Refunds of all payments, the newest first, from one on, and the id at which the next page begins."""
        top = 2**62
        if newest:
            row = self._store.row("SELECT seq FROM refund WHERE id = ?", (newest,))
            top = row["seq"] if row else 0
        rows = self._store.rows(
            "SELECT * FROM refund WHERE seq <= ? ORDER BY seq DESC LIMIT ?", (top, limit + 1)
        )
        found = [self._end_if_due(Refund(**dict(row))) for row in rows]
        return found[:limit], found[limit].id if len(found) > limit else None

    def settle(self, refund_id: str, status: str) -> Refund:
        """Say how a refund ends; ApiError (422) where it cannot."""
        row = self._store.row("SELECT * FROM refund WHERE id = ?", (refund_id,))
        if row is None:
            raise ApiError(404, f"No refund exists with token {refund_id}.")
        refund = Refund(**dict(row))
        if status not in MOVES.get(refund.status, frozenset()):
            raise ApiError(422, f"The refund is {refund.status} and cannot become {status}.")
        self._move(refund_id, status)
        return self.get(refund.payment, refund_id)

    def _end_if_due(self, refund: Refund) -> Refund:
        plan = self._store.setting("refunds", SETTINGS)
        if refund.status != "pending" or self._clock() <= refund.created + plan["seconds"]:
            return refund
        self._move(refund.id, plan["end"])
        return self.get(refund.payment, refund.id)

    def _move(self, refund_id: str, status: str) -> None:
        self._store.execute(
            "UPDATE refund SET status = ?, ended = ? WHERE id = ?", (status, self._clock(), refund_id)
        )


class RefundApi:
    """The merchant's side: /v2/payments/…/refunds, as Mollie documents it."""

    def __init__(self, refunds: Refunds, ledger: Ledger, base: Callable[[], str]) -> None:
        self._refunds, self._ledger, self._base = refunds, ledger, base

    def create(self, request: Request, payment_id: str) -> Response:
        """Begin a refund; the same idempotency key gives the first answer again."""
        key = request.header("Idempotency-Key")
        with self._ledger.transaction():
            earlier = self._ledger.replay(key, request.body) if key else None
            if earlier is not None:
                return as_json(earlier, 201, HAL, Idempotent_Replayed="true")
            cents, description, metadata = _asked(request.json())
            made = self._refunds.create(self._ledger.get(payment_id), cents, description, metadata)
            answer = self._shape(made)
            if key:
                self._ledger.remember(key, request.body, answer)
        return as_json(answer, 201, HAL)

    def every(self, request: Request, payment_id: str) -> Response:
        """The refunds of a payment."""
        found = [self._shape(each) for each in self._refunds.of(self._ledger.get(payment_id).id)]
        links = {
            "self": link(f"{self._base()}/v2/payments/{payment_id}/refunds"),
            "previous": None,
            "next": None,
        }
        return as_json(
            {"count": len(found), "_embedded": {"refunds": found}, "_links": links}, content_type=HAL
        )

    def all(self, request: Request) -> Response:
        """The refunds of all payments, a page at a time."""
        limit = request.query.get("limit", "50")
        if not limit.isdigit() or not 1 <= int(limit) <= MAX_PAGE:
            raise ApiError(400, f"The limit must be 1 to {MAX_PAGE}.", "limit")
        found, following = self._refunds.page(request.query.get("from"), int(limit))
        here = f"{self._base()}/v2/refunds?limit={limit}"
        links = {
            "self": link(here), "previous": None, "next": link(f"{here}&from={following}") if following else None
        }  # fmt: skip
        shapes = [self._shape(each) for each in found]
        return as_json(
            {"count": len(shapes), "_embedded": {"refunds": shapes}, "_links": links}, content_type=HAL
        )

    def get(self, request: Request, payment_id: str, refund_id: str) -> Response:
        """One refund."""
        return as_json(self._shape(self._refunds.get(payment_id, refund_id)), content_type=HAL)

    def _shape(self, refund: Refund) -> dict[str, Any]:
        base = f"{self._base()}/v2/payments/{refund.payment}"
        return {
            "resource": "refund", "id": refund.id, "mode": "test", "paymentId": refund.payment, "status": refund.status,
            "amount": as_amount(refund.cents), "description": refund.description, "createdAt": timestamp(refund.created),
            "metadata": {"refund": refund.metadata} if refund.metadata else None,
            "_links": {"self": link(f"{base}/refunds/{refund.id}"), "payment": link(base)},
        }  # fmt: skip


def _asked(body: Any) -> tuple[int, str, str]:
    if not isinstance(body, dict):
        raise ApiError(400, "The request body must be a JSON object.")
    for name in body:
        if name not in ("amount", "description", "metadata"):
            raise ApiError(422, f'Non-existent body parameter "{name}" for this API call.', name)
    asked = body.get("amount")
    value = asked.get("value") if isinstance(asked, dict) and asked.get("currency") == "EUR" else None
    if not isinstance(value, str) or not re.fullmatch(r"\d{1,10}\.\d{2}", value) or Decimal(value) <= 0:
        raise ApiError(422, "The amount must be an object with currency and value, above zero.", "amount")
    description = body.get("description", "")
    if not isinstance(description, str) or len(description) > MAX_DESCRIPTION:
        raise ApiError(422, f"The description must be at most {MAX_DESCRIPTION} characters.", "description")
    metadata = body.get("metadata") or {}
    if not isinstance(metadata, dict) or not all(isinstance(x, str) for x in metadata.values()):
        raise ApiError(422, "The metadata is not understood.", "metadata")
    return int(Decimal(value) * 100), description, str(metadata.get("refund", ""))
