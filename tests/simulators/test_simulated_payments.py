"""The payment provider as Mollie's own client sees it."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from mollie.api.client import Client
from mollie.api.error import NotFoundError, UnauthorizedError, UnprocessableEntityError
from stdnum import iban

from simulators import PaymentProvider
from tests.simulators.merchant import Merchant, client_of, http, until


def test_a_new_payment_is_open_and_leads_to_the_checkout_page(
    client: Client, provider: PaymentProvider, order: Any
):
    payment = client.payments.create(order)
    assert payment.id.startswith("tr_")
    assert payment.is_open()
    assert not payment.is_paid()
    assert payment.amount == {"currency": "EUR", "value": "84.70"}
    assert payment.metadata == {"order": 1}
    assert payment.redirect_url == order["redirectUrl"]
    assert payment.webhook_url == order["webhookUrl"]
    assert payment.checkout_url.startswith(f"{provider.url}/checkout/")
    assert payment.method is None
    assert payment.details is None
    assert payment.expires_at > payment.created_at
    assert client.payments.get(payment.id) == payment


@pytest.mark.parametrize("method", ["ideal", "paypal", "creditcard"])
def test_who_paid_is_told_only_once_it_is_paid(
    client: Client, provider: PaymentProvider, order: Any, method: str
):
    payment = client.payments.create({**order, "method": method})
    assert "details" not in payment
    provider.control.settle(payment.id, "paid")
    paid = client.payments.get(payment.id)
    assert paid.is_paid()
    assert paid.checkout_url is None
    assert paid.amount_remaining == order["amount"]
    if method == "ideal":
        assert iban.is_valid(paid.details["consumerAccount"])
        assert paid.details["consumerAccount"].startswith("NL")
        assert set(paid.details) == {"consumerName", "consumerAccount", "consumerBic"}
    elif method == "paypal":
        assert "@" in paid.details["consumerAccount"]
        assert paid.details["consumerName"]
    else:
        assert len(paid.details["cardNumber"]) == 4
        assert paid.details["cardHolder"]
    assert client.payments.get(payment.id).details == paid.details


@pytest.mark.parametrize("status", ["failed", "canceled", "expired"])
def test_a_payment_that_was_not_paid_tells_nothing_about_the_payer(
    client: Client, provider: PaymentProvider, order: Any, status: str
):
    payment = client.payments.create(order)
    provider.control.settle(payment.id, status)
    ended = client.payments.get(payment.id)
    assert ended.status == status
    assert ended[f"{status}At"] >= payment.created_at
    assert ended.details is None
    assert not ended.is_paid()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"amount": {"currency": "EUR", "value": "10"}}, "amount"),
        ({"amount": {"currency": "EUR", "value": "10.000"}}, "amount"),
        ({"amount": {"currency": "EUR", "value": 10.0}}, "amount"),
        ({"amount": {"currency": "EUR", "value": "0.00"}}, "amount"),
        ({"amount": {"currency": "EUR", "value": "-1.00"}}, "amount"),
        ({"amount": {"currency": "EUR", "value": "50000.01"}}, "amount"),
        ({"amount": {"currency": "XXX", "value": "10.00"}}, "amount.currency"),
        ({"amount": None}, "amount"),
        ({"description": ""}, "description"),
        ({"description": "x" * 256}, "description"),
        ({"redirectUrl": "shop"}, "redirectUrl"),
        ({"redirectUrl": "https://shop.example/\r\nX-Evil: 1"}, "redirectUrl"),
        ({"webhookUrl": "ftp://shop.example/"}, "webhookUrl"),
        ({"method": "cash"}, "method"),
        ({"locale": "nl"}, "locale"),
        ({"metadata": "x" * 2000}, "metadata"),
        ({"sequenceType": "second"}, "sequenceType"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_what_is_wrong_is_refused_with_the_name_of_the_field(
    client: Client, order: Any, change: Any, field: str
):
    with pytest.raises(UnprocessableEntityError) as refusal:
        client.payments.create({**order, **change})
    assert refusal.value.field == field
    assert client.payments.list().count == 0


def test_one_idempotency_key_makes_one_payment(client: Client, order: Any, caplog: pytest.LogCaptureFixture):
    first = client.payments.create(order, idempotency_key="key-1")
    again = client.payments.create(order, idempotency_key="key-1")
    assert again == first
    assert "Idempotent-Replayed" in caplog.text
    assert client.payments.create(order, idempotency_key="key-2").id != first.id
    with pytest.raises(UnprocessableEntityError):
        client.payments.create({**order, "description": "another"}, idempotency_key="key-1")
    assert client.payments.list().count == 2


def test_twenty_parallel_requests_with_one_key_make_one_payment(provider: PaymentProvider, order: Any):
    def create(_: int) -> str:
        return str(client_of(provider).payments.create(order, idempotency_key="key").id)

    with ThreadPoolExecutor(20) as pool:
        assert len(set(pool.map(create, range(20)))) == 1
    assert client_of(provider).payments.list().count == 1


def test_a_refused_request_does_not_use_up_its_key(client: Client, order: Any):
    with pytest.raises(UnprocessableEntityError):
        client.payments.create({**order, "description": ""}, idempotency_key="key")
    assert client.payments.create(order, idempotency_key="key").is_open()


def test_only_the_right_key_is_let_in(order: Any):
    with PaymentProvider(api_key="test_right") as provider:
        assert client_of(provider, "test_right").payments.list().count == 0
        for wrong in ("test_wrong", "live_right"):
            with pytest.raises(UnauthorizedError):
                client_of(provider, wrong).payments.create(order)
        assert http.get(f"{provider.url}/v2/payments").status_code == 401


def test_the_list_is_newest_first_and_has_pages(client: Client, order: Any):
    ids = [client.payments.create({**order, "description": str(number)}).id for number in range(5)]
    page = client.payments.list(limit=2)
    seen = [payment.id for payment in page]
    while page := page.get_next():
        seen += [payment.id for payment in page]
    assert seen == ids[::-1]


def test_an_unknown_payment_is_not_found(client: Client):
    with pytest.raises(NotFoundError):
        client.payments.get("tr_unknown")


def test_canceling_is_possible_while_open_and_no_bank_was_chosen(
    client: Client, provider: PaymentProvider, order: Any
):
    payment = client.payments.create(order)
    assert payment.is_cancelable
    assert client.payments.delete(payment.id).is_canceled()
    ideal = client.payments.create({**order, "method": "ideal"})
    assert not ideal.is_cancelable
    for refused in (payment.id, ideal.id):
        with pytest.raises(UnprocessableEntityError):
            client.payments.delete(refused)


def test_an_open_payment_can_be_changed_and_an_ended_one_not(
    client: Client, provider: PaymentProvider, order: Any
):
    payment = client.payments.create(order)
    changed = client.payments.update(payment.id, {"description": "new", "method": "paypal"})
    assert (changed.description, changed.method) == ("new", "paypal")
    provider.control.settle(payment.id, "paid")
    with pytest.raises(UnprocessableEntityError):
        client.payments.update(payment.id, {"description": "newer"})


def test_the_methods_are_ideal_paypal_and_card(client: Client, provider: PaymentProvider):
    methods = {method.id: method.description for method in client.methods.list()}
    assert methods == {
        "ideal": "iDEAL",
        "paypal": "PayPal",
        "creditcard": "Credit card",
        "banktransfer": "Bank transfer",
    }
    ideal = client.methods.get("ideal")
    assert http.get(ideal.image_svg).headers["content-type"] == "image/svg+xml"
    with pytest.raises(NotFoundError):
        client.methods.get("cash")


def test_a_payment_left_open_expires_at_its_time(merchant: Merchant, order: Any):
    now = [1_800_000_000.0]
    with PaymentProvider(clock=lambda: now[0]) as provider:
        client = client_of(provider)
        payment = client.payments.create({**order, "method": "ideal"})
        now[0] += 15 * 60 - 1
        assert client.payments.get(payment.id).is_open()
        now[0] += 1
        expired = client.payments.get(payment.id)
        assert expired.is_expired()
        provider.outbox.wake()
        assert expired.expired_at == payment.expires_at
        assert until(lambda: merchant.received)[0].form() == {"id": payment.id}
        assert len(provider.control.deliveries(payment.id)) == 1
