"""The paths of the API."""

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

from simulators.stripe.money import Money
from simulators.stripe.rules import LEAST_CENTS, ApiError, cents_of, known, needed, nested
from simulators.stripe.shelf import Shelf
from simulators.wire import Request, Response, Route, as_json

Answer = dict[str, Any]
Given = dict[str, Any]

#: What lists there are, by their path.
LISTS = {
    "checkout/sessions": "checkout.session", "payment_intents": "payment_intent", "refunds": "refund", "disputes": "dispute",
}  # fmt: skip
#: What can be fetched by its id, by its path.
ONES = {**LISTS, "customers": "customer", "payment_methods": "payment_method"}


class Api:
    """Answers what the merchant asks; `home` gives the address of the simulator, `key` is the only one that is let in."""

    def __init__(self, shelf: Shelf, money: Money, home: Callable[[], str], key: str | None) -> None:
        self.shelf, self.money, self.home, self.key = shelf, money, home, key
        self.stumbles = ""
        """Whether the next request with an idempotency key is answered 500, "before" or "after" it was carried out."""

    def routes(self) -> list[Route]:
        """Return the paths of the API."""
        posts: list[tuple[str, Callable[..., Answer]]] = [
            ("checkout/sessions", self._checkout), ("checkout/sessions/(?P<id_>[^/]+)/expire", self._expire),
            ("payment_intents", self._collect), ("payment_intents/(?P<id_>[^/]+)/cancel", self._cancel),
            ("customers", self._customer), ("payment_methods/(?P<id_>[^/]+)/detach", self._detach), ("refunds", self._refund),
        ]  # fmt: skip
        made = [Route("POST", f"/v1/{path}", self._changing(act)) for path, act in posts]
        made += [
            Route("GET", f"/v1/{path}", self._reading(self._listing(kind))) for path, kind in LISTS.items()
        ]
        made += [
            Route("GET", f"/v1/{path}/(?P<id_>[^/]+)", self._reading(self._one(kind)))
            for path, kind in ONES.items()
        ]
        return made

    # --- around each request ------------------------------------------------------------------------------------------------

    def _let_in(self, request: Request) -> None:
        key = request.bearer
        if key != self.key and (self.key is not None or not key.startswith("sk_test_")):
            raise ApiError(401, "Invalid API Key provided.")

    def _reading(self, act: Callable[..., Answer]) -> Callable[..., Response]:
        def answer(request: Request, **parts: str) -> Response:
            try:
                self._let_in(request)
                given = nested(urlencode(request.query))
                return as_json(self._expanded(act(given, **parts), given))
            except ApiError as error:
                return as_json(error.as_json(), error.status)

        return answer

    def _changing(self, act: Callable[..., Answer]) -> Callable[..., Response]:
        def answer(request: Request, **parts: str) -> Response:
            try:
                self._let_in(request)
                with self.shelf.store.transaction():
                    return self._once(request, act, parts)
            except ApiError as error:
                return as_json(error.as_json(), error.status)

        return answer

    def _once(self, request: Request, act: Callable[..., Answer], parts: Mapping[str, str]) -> Response:
        key, asked = request.header("Idempotency-Key"), f"{request.path}?{request.body.decode()}"
        if key and (before := self.shelf.answered(key, asked)):
            status, body = before
            return as_json(json.loads(body), status, Idempotent_Replayed="true")
        given = nested(request.body.decode())
        if key and self.stumbles == "before":
            return self._stumbled(key, asked)
        try:
            said, status = self._expanded(act(given, **parts), given), 200
        except ApiError as error:
            if error.status != 402:  # what was wrong with the request is not kept
                raise
            said, status = error.as_json(), error.status
        if key and self.stumbles == "after":
            return self._stumbled(key, asked)
        if key:
            self.shelf.keep_answer(key, asked, status, json.dumps(said))
        return as_json(said, status)

    def _stumbled(self, key: str, asked: str) -> Response:
        self.stumbles = ""
        said = ApiError(500, "An unknown error occurred.", "api_error").as_json()
        self.shelf.keep_answer(key, asked, 500, json.dumps(said))
        return as_json(said, 500)

    def _expanded(self, said: Answer, given: Given) -> Answer:
        for path in given.get("expand", []):
            self._expand(said, path.split("."))
        return said

    def _expand(self, said: Any, path: list[str]) -> None:
        if isinstance(said, list):
            for each in said:
                self._expand(each, path)
        elif isinstance(said, dict) and path:
            name, *rest = path
            if name not in said:
                raise ApiError(400, f"This property cannot be expanded ({name}).")
            if isinstance(said[name], str):
                said[name] = self.shelf.find(said[name]) or said[name]
            self._expand(said[name], rest)

    # --- what can be asked --------------------------------------------------------------------------------------------------

    def _listing(self, kind: str) -> Callable[..., Answer]:
        def act(given: Given) -> Answer:
            known(given, "list")
            created = given.get("created")
            since = int(created.get("gte", 0)) if isinstance(created, dict) else 0
            found, more = self.shelf.page(
                kind, limit=min(int(given.get("limit", "10")), 100), after=given.get("starting_after", ""), since=since,
                intent=given.get("payment_intent", ""),
            )  # fmt: skip
            return {
                "object": "list",
                "data": [self._now(each) for each in found],
                "has_more": more,
                "url": "/v1/",
            }

        return act

    def _one(self, kind: str) -> Callable[..., Answer]:
        def act(given: Given, id_: str) -> Answer:
            known(given, "nothing")
            return self._now(self.shelf.get(kind, id_))

        return act

    def _now(self, thing: Answer) -> Answer:
        return self.money.look_at_the_clock(thing) if thing["object"] == "checkout.session" else thing

    def _checkout(self, given: Given) -> Answer:
        known(given, "session")
        needed(given, ("mode", "line_items", "success_url"))
        lines = given["line_items"]
        if not isinstance(lines, list) or len(lines) != 1:
            raise ApiError(400, "This simulator takes one line.", param="line_items")
        price = lines[0].get("price_data") or {}
        needed(price, ("currency", "unit_amount", "product_data"))
        cents = cents_of(price["unit_amount"], "line_items[0][price_data][unit_amount]", least=LEAST_CENTS)
        if price["currency"] != "eur" or not (price["product_data"] or {}).get("name"):
            raise ApiError(400, "This simulator takes euros, for something with a name.", param="line_items")
        if given.get("customer"):
            self.shelf.get("customer", str(given["customer"]), "customer")
        return self.money.checkout(given, cents, self.home())

    def _expire(self, given: Given, id_: str) -> Answer:
        known(given, "nothing")
        return self.money.expire(self._now(self.shelf.get("checkout.session", id_)))

    def _collect(self, given: Given) -> Answer:
        known(given, "intent")
        needed(given, ("amount", "currency", "customer", "payment_method", "confirm", "off_session"))
        made = self.money.collect(given, cents_of(given["amount"], "amount", least=LEAST_CENTS))
        if made["status"] == "requires_payment_method":
            more = {"payment_intent": made, "decline_code": "generic_decline"}
            raise ApiError(402, "Your card was declined.", "card_error", "card_declined", more=more)
        return made

    def _cancel(self, given: Given, id_: str) -> Answer:
        known(given, "nothing")
        return self.money.cancel(self.shelf.get("payment_intent", id_))

    def _customer(self, given: Given) -> Answer:
        known(given, "customer")
        return self.shelf.new("customer", metadata=given.get("metadata", {}))

    def _detach(self, given: Given, id_: str) -> Answer:
        known(given, "nothing")
        found = self.shelf.get("payment_method", id_)
        if found["customer"] is None:
            message = (
                "The payment method you provided is not attached to a customer so detachment is impossible."
            )
            raise ApiError(400, message)
        found["customer"] = None
        self.shelf.keep(found)
        return found

    def _refund(self, given: Given) -> Answer:
        known(given, "refund")
        needed(given, ("payment_intent",))
        return self.money.refund(given)
