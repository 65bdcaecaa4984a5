"""Money that the payer's bank takes back: chargebacks, as the API shows them, and their reversals."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from simulators.base import Clock
from simulators.payments.ledger import ID_ALPHABET, Ledger
from simulators.payments.rules import ApiError
from simulators.payments.shape import HAL, as_amount, link, timestamp
from simulators.store import Store
from simulators.wire import Request, Response, as_json

SCHEMA = """
CREATE TABLE IF NOT EXISTS chargeback (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, payment TEXT NOT NULL, cents INTEGER NOT NULL, reason TEXT NOT NULL,
    created REAL NOT NULL, reversed REAL);
"""

MAX_PAGE = 250
REASONS = {
    "AC01": "Account identifier incorrect (i.e. invalid IBAN)", "AM04": "Insufficient funds",
    "MD06": "Return of funds requested by end customer", "MD01": "No valid mandate", "10.4": "Fraud",
}  # fmt: skip


@dataclass(frozen=True)
class Chargeback:
    """A chargeback; moments are seconds since the epoch."""

    seq: int
    id: str
    payment: str
    cents: int
    reason: str
    created: float
    reversed: float | None


class Chargebacks:
    """All chargebacks of the simulator."""

    def __init__(self, store: Store, ledger: Ledger, clock: Clock) -> None:
        self._store, self._ledger, self._clock = store, ledger, clock

    def create(self, payment_id: str, cents: int | None, reason: str) -> Chargeback:
        """Take money back (all that is left, where nothing is said), or raise ApiError (422); its notice goes out."""
        with self._store.transaction():
            payment = self._ledger.get(payment_id)
            if payment.status != "paid":
                raise ApiError(422, "The payment is not paid, so it cannot be charged back.")
            left = int(Decimal(payment.asked["amount"]["value"]) * 100) - self.live(payment_id)
            wanted = left if cents is None else cents
            if not 0 < wanted <= left:
                raise ApiError(422, "The amount is higher than what was paid.", "amount")
            if reason not in REASONS:
                raise ApiError(422, f"The reason is one of {', '.join(REASONS)}.", "reason")
            chargeback_id = "chb_" + "".join(secrets.choice(ID_ALPHABET) for _ in range(10))
            sql = "INSERT INTO chargeback (id, payment, cents, reason, created) VALUES (?, ?, ?, ?, ?)"
            self._store.execute(sql, (chargeback_id, payment_id, wanted, reason, self._clock()))
            self._ledger.announce(payment)
            return self.get(payment_id, chargeback_id)

    def reverse(self, chargeback_id: str) -> Chargeback:
        """Give it back to the merchant after all, or raise ApiError (404, 422); its notice goes out."""
        with self._store.transaction():
            row = self._store.row("SELECT * FROM chargeback WHERE id = ?", (chargeback_id,))
            if row is None:
                raise ApiError(404, f"No chargeback exists with token {chargeback_id}.")
            if row["reversed"] is not None:
                raise ApiError(422, "The chargeback was reversed already.")
            sql = "UPDATE chargeback SET reversed = ? WHERE id = ?"
            self._store.execute(sql, (self._clock(), chargeback_id))
            self._ledger.announce(self._ledger.get(row["payment"]))
            return self.get(row["payment"], chargeback_id)

    def live(self, payment_id: str) -> int:
        """How many cents of a payment are charged back and not reversed."""
        return sum(each.cents for each in self.of(payment_id) if each.reversed is None)

    def of(self, payment_id: str) -> Sequence[Chargeback]:
        """The chargebacks of a payment, the oldest first."""
        rows = self._store.rows("SELECT * FROM chargeback WHERE payment = ? ORDER BY seq", (payment_id,))
        return [Chargeback(**dict(row)) for row in rows]

    def page(self, newest: str | None, limit: int) -> tuple[Sequence[Chargeback], str | None]:
        """Chargebacks of all payments, the newest first, from one on, and the id at which the next page begins."""
        top = 2**62
        if newest:
            row = self._store.row("SELECT seq FROM chargeback WHERE id = ?", (newest,))
            top = row["seq"] if row else 0
        rows = self._store.rows(
            "SELECT * FROM chargeback WHERE seq <= ? ORDER BY seq DESC LIMIT ?", (top, limit + 1)
        )
        found = [Chargeback(**dict(row)) for row in rows]
        return found[:limit], found[limit].id if len(found) > limit else None

    def get(self, payment_id: str, chargeback_id: str) -> Chargeback:
        """One chargeback, or ApiError (404)."""
        for each in self.of(payment_id):
            if each.id == chargeback_id:
                return each
        raise ApiError(404, f"No chargeback exists with token {chargeback_id}.")


class ChargebackApi:
    """The merchant's side: /v2/chargebacks and /v2/payments/…/chargebacks, as Mollie documents them."""

    def __init__(self, chargebacks: Chargebacks, ledger: Ledger, base: Callable[[], str]) -> None:
        self._chargebacks, self._ledger, self._base = chargebacks, ledger, base

    def of_payment(self, request: Request, payment_id: str) -> Response:
        """The chargebacks of a payment."""
        found = self._chargebacks.of(self._ledger.get(payment_id).id)
        return self._listed(found, f"{self._base()}/v2/payments/{payment_id}/chargebacks", None)

    def every(self, request: Request) -> Response:
        """The chargebacks of all payments, a page at a time."""
        limit = request.query.get("limit", "50")
        if not limit.isdigit() or not 1 <= int(limit) <= MAX_PAGE:
            raise ApiError(400, f"The limit must be 1 to {MAX_PAGE}.", "limit")
        found, following = self._chargebacks.page(request.query.get("from"), int(limit))
        here = f"{self._base()}/v2/chargebacks?limit={limit}"
        return self._listed(found, here, f"{here}&from={following}" if following else None)

    def get(self, request: Request, payment_id: str, chargeback_id: str) -> Response:
        """One chargeback."""
        return as_json(self._shape(self._chargebacks.get(payment_id, chargeback_id)), content_type=HAL)

    def _listed(self, found: Sequence[Chargeback], here: str, following: str | None) -> Response:
        links = {"self": link(here), "previous": None, "next": link(following) if following else None}
        shapes = [self._shape(each) for each in found]
        return as_json(
            {"count": len(found), "_embedded": {"chargebacks": shapes}, "_links": links}, content_type=HAL
        )

    def _shape(self, each: Chargeback) -> dict[str, Any]:
        base = f"{self._base()}/v2/payments/{each.payment}"
        return {
            "resource": "chargeback", "id": each.id, "paymentId": each.payment, "amount": as_amount(each.cents),
            "settlementAmount": as_amount(-each.cents), "createdAt": timestamp(each.created),
            "reversedAt": timestamp(each.reversed) if each.reversed is not None else None,
            "reason": {"code": each.reason, "description": REASONS[each.reason]},
            "_links": {"self": link(f"{base}/chargebacks/{each.id}"), "payment": link(base)},
        }  # fmt: skip
