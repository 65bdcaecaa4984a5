"""Leave to collect again: the provider's customers and mandates, as the API shows them."""

import json
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from simulators.base import Clock
from simulators.payments.ledger import ID_ALPHABET, Ledger, Payment
from simulators.payments.rules import ApiError
from simulators.payments.shape import HAL, link, timestamp
from simulators.people import payer
from simulators.store import Store
from simulators.wire import Request, Response, as_json

SCHEMA = """
CREATE TABLE IF NOT EXISTS customer (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, asked TEXT NOT NULL, created REAL NOT NULL);
CREATE TABLE IF NOT EXISTS mandate (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, customer TEXT NOT NULL, payment TEXT NOT NULL UNIQUE, method TEXT NOT NULL,
    status TEXT NOT NULL, created REAL NOT NULL);
"""

#: What a first payment gives leave to: of an account at a bank that is to collect by direct debit.
BECOMES = {"ideal": "directdebit", "paypal": "paypal", "creditcard": "creditcard"}


@dataclass(frozen=True)
class Mandate:
    """A mandate; `payment` is the first one, that made it."""

    seq: int
    id: str
    customer: str
    payment: str
    method: str
    status: str
    created: float


class Mandates:
    """All customers and mandates of the simulator."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock

    def new_customer(self, asked: dict[str, Any]) -> str:
        """Make a customer of what the merchant says of it, and return its id."""
        customer_id = "cst_" + "".join(secrets.choice(ID_ALPHABET) for _ in range(10))
        sql = "INSERT INTO customer (id, asked, created) VALUES (?, ?, ?)"
        self._store.execute(sql, (customer_id, json.dumps(asked), self._clock()))
        return customer_id

    def customer(self, customer_id: str) -> dict[str, Any]:
        """What is known of a customer, or ApiError (404)."""
        row = self._store.row("SELECT * FROM customer WHERE id = ?", (customer_id,))
        if row is None:
            raise ApiError(404, f"No customer exists with token {customer_id}.")
        return dict(row) | {"asked": json.loads(row["asked"])}

    def customers(self) -> Sequence[dict[str, Any]]:
        """All customers, the oldest first."""
        rows = self._store.rows("SELECT id FROM customer ORDER BY seq")
        return [self.customer(row["id"]) for row in rows]

    def given(self, payment: Payment) -> None:
        """A first payment was paid: it gives leave, once."""
        method, customer_id = BECOMES.get(payment.method or ""), payment.asked.get("customerId")
        if payment.asked.get("sequenceType") != "first" or method is None or customer_id is None:
            return
        mandate_id = "mdt_" + "".join(secrets.choice(ID_ALPHABET) for _ in range(10))
        sql = (
            "INSERT OR IGNORE INTO mandate (id, customer, payment, method, status, created)"
            " VALUES (?, ?, ?, ?, 'valid', ?)"
        )
        self._store.execute(sql, (mandate_id, customer_id, payment.id, method, self._clock()))

    def of(self, customer_id: str) -> Sequence[Mandate]:
        """The mandates of a customer, the oldest first."""
        rows = self._store.rows("SELECT * FROM mandate WHERE customer = ? ORDER BY seq", (customer_id,))
        return [Mandate(**dict(row)) for row in rows]

    def of_payment(self, payment_id: str) -> str | None:
        """The mandate that a payment gave."""
        row = self._store.row("SELECT id FROM mandate WHERE payment = ?", (payment_id,))
        return str(row["id"]) if row else None

    def get(self, customer_id: str, mandate_id: str) -> Mandate:
        """One mandate, or ApiError (404)."""
        for each in self.of(customer_id):
            if each.id == mandate_id:
                return each
        raise ApiError(404, f"No mandate exists with token {mandate_id}.")

    def end(self, mandate_id: str) -> None:
        """Nothing can be collected with it any more, whoever says so: merchant, payer or bank."""
        self._store.execute("UPDATE mandate SET status = 'invalid' WHERE id = ?", (mandate_id,))

    def usable(self, asked: dict[str, Any]) -> Mandate:
        """The mandate by which something is to be collected, or ApiError (422)."""
        self.customer(asked["customerId"])
        for each in reversed(self.of(asked["customerId"])):
            if each.status == "valid" and asked.get("mandateId") in (None, each.id):
                return each
        raise ApiError(422, "The customer has no suitable mandates for this payment.", "mandateId")


class MandateApi:
    """The merchant's side: /v2/customers and their mandates, as Mollie documents them."""

    def __init__(self, mandates: Mandates, ledger: Ledger, base: Callable[[], str]) -> None:
        self._mandates, self._ledger, self._base = mandates, ledger, base

    def create(self, request: Request) -> Response:
        """Make a customer; the same idempotency key gives the same one again."""
        key = request.header("Idempotency-Key")
        with self._ledger.transaction():
            earlier = self._ledger.replay(key, request.body) if key else None
            if earlier is not None:
                return as_json(earlier, 201, HAL, Idempotent_Replayed="true")
            asked = request.json()
            if not isinstance(asked, dict) or not set(asked) <= {"name", "email", "locale", "metadata"}:
                raise ApiError(422, "Non-existent body parameter for this API call.")
            answer = self._customer(self._mandates.new_customer(asked))
            if key:
                self._ledger.remember(key, request.body, answer)
        return as_json(answer, 201, HAL)

    def customer(self, request: Request, customer_id: str) -> Response:
        """One customer."""
        return as_json(self._customer(customer_id), content_type=HAL)

    def every(self, request: Request, customer_id: str) -> Response:
        """The mandates of a customer, the newest first."""
        self._mandates.customer(customer_id)
        found = [self._shape(each) for each in reversed(self._mandates.of(customer_id))]
        here = link(f"{self._base()}/v2/customers/{customer_id}/mandates")
        shape = {"count": len(found), "_embedded": {"mandates": found}}
        return as_json(shape | {"_links": {"self": here, "previous": None, "next": None}}, content_type=HAL)

    def get(self, request: Request, customer_id: str, mandate_id: str) -> Response:
        """One mandate."""
        return as_json(self._shape(self._mandates.get(customer_id, mandate_id)), content_type=HAL)

    def revoke(self, request: Request, customer_id: str, mandate_id: str) -> Response:
        """End a mandate; a second time there is none such."""
        if self._mandates.get(customer_id, mandate_id).status == "invalid":
            raise ApiError(410, "The mandate is no longer available.")
        self._mandates.end(mandate_id)
        return Response(status=204)

    def _customer(self, customer_id: str) -> dict[str, Any]:
        held = self._mandates.customer(customer_id)
        base = f"{self._base()}/v2/customers/{customer_id}"
        asked = {name: held["asked"].get(name) for name in ("name", "email", "locale", "metadata")}
        return {
            "resource": "customer", "id": customer_id, "mode": "test", **asked, "createdAt": timestamp(held["created"]),
            "_links": {"self": link(base), "mandates": link(f"{base}/mandates")},
        }  # fmt: skip

    def _shape(self, each: Mandate) -> dict[str, Any]:
        who, base = payer(each.payment), f"{self._base()}/v2/customers/{each.customer}"
        details = {"cardHolder": who.name, "cardNumber": who.card_last_four, "cardLabel": "Visa"}
        if each.method != "creditcard":
            account = who.iban if each.method == "directdebit" else who.mail
            details = {"consumerName": who.name, "consumerAccount": account}
        return {
            "resource": "mandate", "id": each.id, "mode": "test", "status": each.status, "method": each.method,
            "details": details, "mandateReference": None, "createdAt": timestamp(each.created),
            "_links": {"self": link(f"{base}/mandates/{each.id}"), "customer": link(base)},
        }  # fmt: skip
