"""The merchant's side of balance and settlements, as Mollie documents them; for access tokens of the organisation only."""

import re
from collections.abc import Callable, Sequence
from typing import Any

from simulators.payments.balance import Balance, Movement, Settlement
from simulators.payments.chargebacks import REASONS, Chargebacks
from simulators.payments.ledger import Ledger
from simulators.payments.refunds import Refunds
from simulators.payments.rules import ApiError
from simulators.payments.shape import HAL, as_amount, as_resource, link, timestamp
from simulators.wire import Handler, Request, Response, Route, as_json

MAX_PAGE = 250
#: What an id within a context is called, by what moved.
_CONTEXT = {
    "refund": "refundId", "returned-refund": "refundId", "chargeback": "chargebackId", "chargeback-reversal": "chargebackId",
}  # fmt: skip


class BalanceApi:
    """/v2/balances/primary/transactions and /v2/settlements; access_token: the only one that is let in, without one any is."""

    def __init__(
        self,
        balance: Balance,
        ledger: Ledger,
        refunds: Refunds,
        chargebacks: Chargebacks,
        base: Callable[[], str],
        access_token: str | None,
    ) -> None:
        self._balance, self._ledger, self._refunds, self._chargebacks = balance, ledger, refunds, chargebacks
        self._base, self._token = base, access_token

    def routes(self) -> list[Route]:
        """What it answers to."""
        one = "/v2/settlements/(?P<settlement_id>stl_[A-Za-z0-9]+|[0-9]+[.][0-9]{4}[.][0-9]{2})"
        return [
            Route("GET", "/v2/balances/primary/transactions", self._guarded(self._transactions)),
            Route("GET", "/v2/settlements", self._guarded(self._settlements)),
            Route("GET", one, self._guarded(self._settlement)),
            Route("GET", f"{one}/payments", self._guarded(self._payments)),
            Route("GET", f"{one}/refunds", self._guarded(self._refunded)),
            Route("GET", f"{one}/chargebacks", self._guarded(self._charged_back)),
        ]

    def _guarded(self, handler: Callable[..., Response]) -> Handler:
        def guarded(request: Request, **parts: str) -> Response:
            well_formed = re.fullmatch(r"access_\w+", request.bearer)
            try:
                if not well_formed or (self._token and request.bearer != self._token):
                    raise ApiError(403, "This needs an access token of the organisation.")
                return handler(request, **parts)
            except ApiError as error:
                return as_json(error.as_json(), error.status, HAL)

        return guarded

    # --- the balance ---

    def _transactions(self, request: Request) -> Response:
        limit = _limit(request)
        found, following = self._balance.page(request.query.get("from"), limit)
        shapes = [_transaction(each) for each in found]
        return self._listed(
            "balance_transactions", shapes, "/v2/balances/primary/transactions", limit, following
        )

    # --- settlements ---

    def _settlements(self, request: Request) -> Response:
        limit = _limit(request)
        found, following = self._balance.settlements(request.query.get("from"), limit)
        return self._listed(
            "settlements", [self._shape(each) for each in found], "/v2/settlements", limit, following
        )

    def _settlement(self, request: Request, settlement_id: str) -> Response:
        return as_json(self._shape(self._balance.settlement(settlement_id)), content_type=HAL)

    def _shape(self, each: Settlement) -> dict[str, Any]:
        here = f"{self._base()}/v2/settlements/{each.id}"
        return {
            "resource": "settlement", "id": each.id, "reference": each.reference, "createdAt": timestamp(each.created),
            "settledAt": timestamp(each.settled) if each.settled is not None else None, "status": each.status,
            "amount": as_amount(each.told_cents), "balanceId": "bal_simulator1", "periods": each.periods,
            "_links": {"self": link(here), "payments": link(f"{here}/payments"), "refunds": link(f"{here}/refunds"),
                       "chargebacks": link(f"{here}/chargebacks")},
        }  # fmt: skip

    def _payments(self, request: Request, settlement_id: str) -> Response:
        lines = [
            {**as_resource(self._ledger.get(each.about), self._base()), **_settled(settlement_id, cents)}
            for each, cents in self._lines(settlement_id, "payment")
        ]
        return self._lines_listed(request, "payments", lines, settlement_id)

    def _refunded(self, request: Request, settlement_id: str) -> Response:
        lines = []
        for each, cents in self._lines(settlement_id, "refund", "returned-refund"):
            refund = self._refunds.get(each.payment, each.about)
            shape = {
                "resource": "refund", "id": refund.id, "paymentId": refund.payment, "status": refund.status,
                "amount": as_amount(refund.cents), "createdAt": timestamp(refund.created),
            }  # fmt: skip
            lines.append({**shape, **_settled(settlement_id, cents)})
        return self._lines_listed(request, "refunds", lines, settlement_id)

    def _charged_back(self, request: Request, settlement_id: str) -> Response:
        lines = []
        for each, cents in self._lines(settlement_id, "chargeback", "chargeback-reversal"):
            held = self._chargebacks.get(each.payment, each.about)
            shape = {
                "resource": "chargeback", "id": held.id, "paymentId": held.payment, "amount": as_amount(held.cents),
                "createdAt": timestamp(held.created), "reason": {"code": held.reason, "description": REASONS[held.reason]},
                "reversedAt": timestamp(held.reversed) if held.reversed is not None else None,
            }  # fmt: skip
            lines.append({**shape, **_settled(settlement_id, cents)})
        return self._lines_listed(request, "chargebacks", lines, settlement_id)

    def _lines(self, settlement_id: str, *kinds: str) -> list[tuple[Movement, int]]:
        return self._balance.lines(self._balance.settlement(settlement_id).id, kinds)

    def _lines_listed(
        self, request: Request, name: str, lines: Sequence[dict[str, Any]], settlement_id: str
    ) -> Response:
        """A page of lines; where it begins is a number of a line here, as an id may stand there twice."""
        limit, begin = _limit(request), request.query.get("from", "0")
        start = int(begin) if begin.isdigit() else 0
        following = str(start + limit) if len(lines) > start + limit else None
        return self._listed(
            name, lines[start : start + limit], f"/v2/settlements/{settlement_id}/{name}", limit, following
        )

    def _listed(
        self, name: str, shapes: Sequence[dict[str, Any]], path: str, limit: int, following: str | None
    ) -> Response:
        here = f"{self._base()}{path}?limit={limit}"
        links = {
            "self": link(here), "previous": None, "next": link(f"{here}&from={following}") if following else None
        }  # fmt: skip
        return as_json(
            {"count": len(shapes), "_embedded": {name: list(shapes)}, "_links": links}, content_type=HAL
        )


def _transaction(each: Movement) -> dict[str, Any]:
    context = {"paymentId": each.payment}
    if name := _CONTEXT.get(each.kind):
        context[name] = each.about
    return {
        "resource": "balance_transaction", "id": each.id, "type": each.kind, "createdAt": timestamp(each.created),
        "initialAmount": as_amount(each.told_cents), "resultAmount": as_amount(each.told_cents), "context": context,
    }  # fmt: skip


def _settled(settlement_id: str, cents: int) -> dict[str, Any]:
    return {"settlementId": settlement_id, "settlementAmount": as_amount(cents)}


def _limit(request: Request) -> int:
    limit = request.query.get("limit", "50")
    if not limit.isdigit() or not 1 <= int(limit) <= MAX_PAGE:
        raise ApiError(400, f"The limit must be 1 to {MAX_PAGE}.", "limit")
    return int(limit)
