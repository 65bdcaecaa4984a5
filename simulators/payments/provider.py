"""The payment provider: API, checkout, notices and a page that lists the payments."""

import json
import time
from collections.abc import Sequence
from pathlib import Path

from simulators.base import Clock, Simulator
from simulators.markup import Child, tag
from simulators.outbox import RETRY_PAUSES, Outbox
from simulators.outbox import SCHEMA as OUTBOX_SCHEMA
from simulators.pages import document, moment, not_found, table
from simulators.payments.api import PaymentApi
from simulators.payments.balance import SCHEMA as BALANCE_SCHEMA
from simulators.payments.balance import Balance
from simulators.payments.balance_api import BalanceApi
from simulators.payments.chargebacks import SCHEMA as CHARGEBACK_SCHEMA
from simulators.payments.chargebacks import Chargebacks
from simulators.payments.checkout import Checkout, amount_in_words, in_words
from simulators.payments.control import PaymentControl
from simulators.payments.deeds import Deeds
from simulators.payments.ledger import SCHEMA, Ledger, Payment
from simulators.payments.mandates import SCHEMA as MANDATE_SCHEMA
from simulators.payments.mandates import Mandates
from simulators.payments.refunds import SCHEMA as REFUND_SCHEMA
from simulators.payments.refunds import Refunds
from simulators.payments.rules import METHODS, NAMES, ApiError
from simulators.payments.shape import HAL, as_amount, as_resource, checkout_address
from simulators.wire import Request, Response, Route, as_html, as_json
from simulators.words import Words, words

LISTED = 200


class PaymentProvider(Simulator):
    """
    A provider that Mollie's own client takes for Mollie.

    api_key: the only key that is let in; without one any test_… key is. access_token: the same of the organisation, for
    balance and settlements (access_…). retry_pauses: seconds between the
    tries of a notice that was not answered 200 or 204. collected_after: seconds until what is collected by a mandate
    is paid by itself, where control says nothing else; below zero never.
    """

    title = "Payment provider"
    api_prefix = "/v2/"
    schema = SCHEMA + REFUND_SCHEMA + CHARGEBACK_SCHEMA + MANDATE_SCHEMA + BALANCE_SCHEMA + OUTBOX_SCHEMA
    control: PaymentControl

    def __init__(
        self,
        *,
        port: int = 0,
        state: Path | str | None = None,
        clock: Clock = time.time,
        api_key: str | None = None,
        access_token: str | None = None,
        retry_pauses: Sequence[float] = RETRY_PAUSES,
        collected_after: float = -1.0,
    ) -> None:
        self._api_key = api_key
        super().__init__(port=port, state=state, clock=clock)
        self.outbox = Outbox(self.store, clock, retry_pauses, tick=lambda: self.ledger.end_due())
        self.ledger = Ledger(self.store, self.outbox, clock)
        self.ledger.collected_after = collected_after
        self.refunds = Refunds(self.store, self.ledger, clock)
        self.chargebacks = Chargebacks(self.store, self.ledger, clock)
        self.mandates = Mandates(self.store, clock)
        self.balance = Balance(self.store, self.refunds, clock)
        self.refunds.taken_back, self.ledger.when_paid = self.chargebacks.live, self.mandates.given
        self.control = PaymentControl(self)
        api = PaymentApi(
            self.ledger, self.outbox, self.refunds, self.chargebacks, self.mandates, lambda: self.url, api_key
        )
        books = BalanceApi(
            self.balance, self.ledger, self.refunds, self.chargebacks, lambda: self.url, access_token
        )
        checkout = Checkout(self.ledger, self.outbox, self.faults)
        self.deeds = Deeds(self.ledger, self.outbox, self.chargebacks, self.mandates)
        self.add_routes(
            [*api.routes(), *books.routes(), *checkout.routes(), *self.deeds.routes(), *self._pages()]
        )

    def recall(self, path: Path) -> None:
        """
        Know what a file says of the time before: payments that were paid, and when all so far was paid out. Again changes
        nothing.

        {"payments": [{"id", "cents", "description", "order", "paid_at"}], "paid_out_at": moment}; moments are seconds since the
        epoch. A file that is not there says nothing.
        """
        if not path.exists():
            return
        told = json.loads(path.read_text("utf-8"))
        with self.store.transaction():
            for each in told["payments"]:
                asked = {
                    "amount": as_amount(each["cents"]), "description": each["description"],
                    "metadata": {"order": each["order"]},
                }  # fmt: skip
                self.ledger.recall(each["id"], asked=asked, method="ideal", paid=each["paid_at"])
            if not self.balance.settlements(None, 1)[0]:
                self.balance.pay_out(at=told["paid_out_at"])

    def start(self) -> None:
        super().start()
        self.outbox.start()

    def stop(self) -> None:
        self.stopping.set()
        self.outbox.stop()
        super().stop()

    def refuse(self, status: int, detail: str) -> Response:
        return as_json(ApiError(status, detail).as_json(), status, HAL)

    def _pages(self) -> list[Route]:
        return [
            Route("GET", "/", self._index),
            Route("GET", "/payments/(?P<payment_id>tr_[A-Za-z0-9]+)", self._one),
            Route("GET", "/methods/(?P<method>[a-z]+)[.]svg", self._picture),
        ]

    def _index(self, request: Request) -> Response:
        language, say = request.language, words(request.language)
        payments, _ = self.ledger.page(newest=None, limit=LISTED)
        heads = [say(head) for head in ("Time", "Description", "Amount", "Method", "State", "Notices")]
        rows: list[list[Child]] = [self._row(payment, language, say) for payment in payments]
        body = table(say("Payments"), heads, rows) if rows else tag("p", say("There are no payments yet."))
        return self._page(say("Payments"), body, language)

    def _row(self, payment: Payment, language: str, say: Words) -> list[Child]:
        tried = self.outbox.of(payment.id)
        done = sum(delivery.state == "done" for delivery in tried)
        return [
            moment(payment.created),
            tag("a", payment.asked["description"], href=f"/payments/{payment.id}"),
            amount_in_words(payment, language),
            say(NAMES[payment.method]) if payment.method else "–",
            say(payment.status),
            f"{done}/{len(tried)}",
        ]

    def _one(self, request: Request, payment_id: str) -> Response:
        language, say = request.language, words(request.language)
        try:
            payment = self.ledger.get(payment_id)
        except ApiError:
            return not_found(language, say(self.title))
        way = tag("p", tag("a", say("Pay at this page"), href=checkout_address(payment, "")))
        body = [
            tag("p", payment.asked["description"], " · ", amount_in_words(payment, language)),
            None if payment.is_final or payment.asked.get("sequenceType") == "recurring" else way,
            self.deeds.panel(payment, say),
            tag("h2", say("Refunds")),
            self._refunds(payment, language, say),
            tag("h2", say("Chargebacks")),
            self._chargebacks(payment, language, say),
            tag("h2", say("Notices to the merchant")),
            self._notices(payment, say),
            tag("h2", say("What the merchant sent")),
            tag("pre", json.dumps(payment.asked, indent=2, ensure_ascii=False), tabindex="0"),
            tag("h2", say("What the merchant sees")),
            tag(
                "pre", json.dumps(as_resource(payment, self.url), indent=2, ensure_ascii=False), tabindex="0"
            ),
        ]
        return self._page(f"{say('Payment')} {payment.id}", body, language)

    def _refunds(self, payment: Payment, language: str, say: Words) -> Child:
        found = self.refunds.of(payment.id)
        if not found:
            return tag("p", say("Nothing was paid back."))
        heads = [say(head) for head in ("Time", "Description", "Amount", "State")]
        rows: list[list[Child]] = [
            [
                moment(each.created),
                each.description or each.id,
                in_words(each.cents, language),
                say(each.status),
            ]
            for each in found
        ]
        return table(say("Refunds"), heads, rows)

    def _chargebacks(self, payment: Payment, language: str, say: Words) -> Child:
        heads = [say(head) for head in ("Time", "Description", "Amount", "State")]
        rows: list[list[Child]] = [
            [moment(each.created), each.reason, in_words(each.cents, language),
             say("taken back" if each.reversed is None else "given back")]
            for each in self.chargebacks.of(payment.id)
        ]  # fmt: skip
        return table(say("Chargebacks"), heads, rows) if rows else tag("p", say("Nothing was taken back."))

    def _notices(self, payment: Payment, say: Words) -> Child:
        deliveries = self.outbox.of(payment.id)
        if not deliveries:
            return tag("p", say("No notice was sent."))
        heads = [say(head) for head in ("Time", "Address", "Tries", "State", "Answer")]
        rows: list[list[Child]] = [
            [moment(each.due), each.url, each.attempts, say(each.state), each.answer] for each in deliveries
        ]
        return table(say("Notices to the merchant"), heads, rows)

    def _page(self, title: str, body: Child, language: str) -> Response:
        above = words(language)(self.title)
        return as_html(document(title, body, language=language, above=above, neighbours=self.neighbours))

    def _picture(self, request: Request, method: str) -> Response:
        if method not in METHODS:
            return not_found(request.language, self.title)
        label = tag(
            "text", METHODS[method], x="32", y="29", font_size="11", text_anchor="middle", fill="#23262b"
        )
        frame = tag("rect", width="64", height="48", rx="6", fill="#ffffff", stroke="#dfdcd6")
        picture = tag("svg", frame, label, xmlns="http://www.w3.org/2000/svg", viewBox="0 0 64 48")
        return Response(picture.encode(), content_type="image/svg+xml")
