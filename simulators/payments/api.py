"""The merchant's side: /v2/payments and /v2/methods, as Mollie documents them."""

import re
from collections.abc import Callable
from typing import Any

from simulators.outbox import Outbox
from simulators.payments.chargebacks import ChargebackApi, Chargebacks
from simulators.payments.ledger import Ledger, Payment
from simulators.payments.mandates import MandateApi, Mandates
from simulators.payments.refunds import RefundApi, Refunds
from simulators.payments.rules import METHODS, ApiError, check_change, check_new
from simulators.payments.shape import HAL, as_amount, as_list, as_method, as_resource, link
from simulators.wire import BadBodyError, Handler, Request, Response, Route, as_json

MAX_PAGE = 250


class PaymentApi:
    """The API, for merchants whose key is api_key; without one any well-formed test key will do."""

    def __init__(
        self,
        ledger: Ledger,
        outbox: Outbox,
        refunds: Refunds,
        chargebacks: Chargebacks,
        mandates: Mandates,
        base: Callable[[], str],
        api_key: str | None,
    ) -> None:
        self._ledger, self._outbox, self._base, self._key = ledger, outbox, base, api_key
        self._refunds, self._refund_api = refunds, RefundApi(refunds, ledger, base)
        self._chargebacks, self._chargeback_api = chargebacks, ChargebackApi(chargebacks, ledger, base)
        self._mandates, self._mandate_api = mandates, MandateApi(mandates, ledger, base)

    def routes(self) -> list[Route]:
        """What the API answers to."""
        one = "/v2/payments/(?P<payment_id>tr_[A-Za-z0-9]+)"
        return [
            Route("POST", "/v2/payments", self._guarded(self._create)),
            Route("GET", "/v2/payments", self._guarded(self._list)),
            Route("GET", one, self._guarded(self._get)),
            Route("PATCH", one, self._guarded(self._change)),
            Route("DELETE", one, self._guarded(self._cancel)),
            Route("POST", f"{one}/refunds", self._guarded(self._refund_api.create)),
            Route("GET", f"{one}/refunds", self._guarded(self._refund_api.every)),
            Route(
                "GET", f"{one}/refunds/(?P<refund_id>re_[A-Za-z0-9]+)", self._guarded(self._refund_api.get)
            ),
            Route("GET", "/v2/refunds", self._guarded(self._refund_api.all)),
            Route("GET", "/v2/chargebacks", self._guarded(self._chargeback_api.every)),
            Route("GET", f"{one}/chargebacks", self._guarded(self._chargeback_api.of_payment)),
            Route(
                "GET",
                f"{one}/chargebacks/(?P<chargeback_id>chb_[A-Za-z0-9]+)",
                self._guarded(self._chargeback_api.get),
            ),
            *self._of_customers(),
            Route("GET", "/v2/methods(/all)?", self._guarded(self._methods)),
            Route("GET", "/v2/methods/(?P<method>[a-z]+)", self._guarded(self._method)),
        ]

    def _of_customers(self) -> list[Route]:
        customer = "/v2/customers/(?P<customer_id>cst_[A-Za-z0-9]+)"
        mandate, api = f"{customer}/mandates/(?P<mandate_id>mdt_[A-Za-z0-9]+)", self._mandate_api
        return [
            Route("POST", "/v2/customers", self._guarded(api.create)),
            Route("GET", customer, self._guarded(api.customer)),
            Route("GET", f"{customer}/mandates", self._guarded(api.every)),
            Route("GET", mandate, self._guarded(api.get)),
            Route("DELETE", mandate, self._guarded(api.revoke)),
        ]

    def _guarded(self, handler: Callable[..., Response]) -> Handler:
        def guarded(request: Request, **parts: str) -> Response:
            try:
                self._authenticate(request)
                return handler(request, **parts)
            except ApiError as error:
                return as_json(error.as_json(), error.status, HAL)
            except BadBodyError as error:
                return as_json(ApiError(400, str(error)).as_json(), 400, HAL)

        return guarded

    def _authenticate(self, request: Request) -> None:
        well_formed = re.fullmatch(r"test_\w+", request.bearer)
        if not well_formed or (self._key and request.bearer != self._key):
            raise ApiError(401, "Missing authentication, or failed to authenticate")

    def _create(self, request: Request) -> Response:
        key = request.header("Idempotency-Key")
        # One transaction: of two requests with one key the second finds the answer to the first.
        with self._ledger.transaction():
            earlier = self._ledger.replay(key, request.body) if key else None
            if earlier is not None:
                return as_json(earlier, 201, HAL, Idempotent_Replayed="true")
            answer = as_resource(self._new(check_new(request.json())), self._base())
            if key:
                self._ledger.remember(key, request.body, answer)
        return as_json(answer, 201, HAL)

    def _new(self, asked: dict[str, Any]) -> Payment:
        if asked.get("sequenceType") != "recurring":
            if asked.get("customerId"):
                self._mandates.customer(asked["customerId"])
            return self._ledger.create(asked)
        mandate = self._mandates.usable(asked)
        return self._ledger.create(asked | {"mandateId": mandate.id}, collected_by=mandate.method)

    def _get(self, request: Request, payment_id: str) -> Response:
        payment = self._ledger.get(payment_id)
        shape = as_resource(payment, self._base())
        if payment.status == "paid":
            shape |= {
                "amountRemaining": as_amount(self._refunds.left(payment)),
                "amountRefunded": as_amount(self._refunds.refunded(payment_id)),
            }
            if self._chargebacks.of(payment_id):
                shape["amountChargedBack"] = as_amount(self._chargebacks.live(payment_id))
            if mandate := self._mandates.of_payment(payment_id):
                shape["mandateId"] = mandate
        return as_json(shape, content_type=HAL)

    def _change(self, request: Request, payment_id: str) -> Response:
        payment = self._ledger.change(payment_id, check_change(request.json()))
        return as_json(as_resource(payment, self._base()), content_type=HAL)

    def _cancel(self, request: Request, payment_id: str) -> Response:
        with self._ledger.transaction():
            if not self._ledger.get(payment_id).is_cancelable:
                raise ApiError(422, "The payment cannot be canceled.")
            payment, _ = self._ledger.settle(payment_id, "canceled")
        self._outbox.wake()
        return as_json(as_resource(payment, self._base()), content_type=HAL)

    def _list(self, request: Request) -> Response:
        limit, newest = request.query.get("limit", "50"), request.query.get("from")
        if not limit.isdigit() or not 1 <= int(limit) <= MAX_PAGE:
            raise ApiError(400, f"The limit must be 1 to {MAX_PAGE}.", "limit")
        payments, following = self._ledger.page(newest=newest, limit=int(limit))
        shape = as_list(payments, self._base(), newest=newest, following=following, limit=int(limit))
        return as_json(shape, content_type=HAL)

    def _methods(self, request: Request) -> Response:
        methods: list[dict[str, Any]] = [as_method(method, self._base()) for method in METHODS]
        links = {"self": link(f"{self._base()}/v2/methods")}
        shape = {"count": len(methods), "_embedded": {"methods": methods}, "_links": links}
        return as_json(shape, content_type=HAL)

    def _method(self, request: Request, method: str) -> Response:
        if method not in METHODS:
            raise ApiError(404, f"No payment method exists with the id {method}.")
        return as_json(as_method(method, self._base()), content_type=HAL)
