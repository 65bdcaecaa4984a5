"""Bad weather, and the control API that makes it."""

import threading
from contextlib import suppress
from typing import Any

import httpx
import pytest
from mollie.api.client import Client
from mollie.api.error import RequestError, ResponseError, ResponseHandlingError

from simulators import PaymentProvider
from simulators.base import ControlError
from tests.simulators.merchant import http, until


def test_an_outage_ends_after_its_requests(client: Client, provider: PaymentProvider, order: Any):
    provider.control.outage(2)
    for _ in range(2):
        with pytest.raises(ResponseError) as refusal:
            client.payments.create(order)
        assert refusal.value.status == 503
    assert client.payments.create(order).is_open()
    assert client.payments.list().count == 1


def test_an_outage_can_last_until_it_is_ended_and_be_a_page(client: Client, provider: PaymentProvider):
    provider.control.outage(html=True)
    for _ in range(3):
        with pytest.raises(ResponseHandlingError):
            client.payments.list()
    provider.control.calm()
    assert client.payments.list().count == 0


def test_an_outage_of_the_api_leaves_the_pages_alone(provider: PaymentProvider):
    provider.control.outage()
    assert http.get(provider.url).status_code == 200
    assert http.get(f"{provider.url}/healthz").text == "ok\n"


def test_a_rate_limit_says_how_long_to_wait(provider: PaymentProvider):
    provider.control.rate_limit(requests=1, retry_after=7)
    headers = {"Authorization": "Bearer test_merchant"}
    answer = http.get(f"{provider.url}/v2/payments", headers=headers)
    assert (answer.status_code, answer.headers["retry-after"], answer.json()["status"]) == (429, "7", 429)
    assert http.get(f"{provider.url}/v2/payments", headers=headers).status_code == 200


def test_a_connection_lost_after_the_work_leaves_a_payment_that_the_same_key_finds(
    client: Client, provider: PaymentProvider, order: Any
):
    provider.control.drop()
    with pytest.raises(RequestError):
        client.payments.create(order, idempotency_key="key")
    assert client.payments.list().count == 1
    assert client.payments.create(order, idempotency_key="key").id == client.payments.list()[0].id
    assert client.payments.list().count == 1


def test_a_connection_lost_before_the_work_leaves_nothing(
    client: Client, provider: PaymentProvider, order: Any
):
    provider.control.drop(before=True)
    with pytest.raises(RequestError):
        client.payments.create(order)
    assert client.payments.list().count == 0


def test_a_slow_answer_comes_after_the_work_and_does_not_hold_up_others(
    provider: PaymentProvider, order: Any
):
    provider.control.slow(seconds=600.0, requests=1)
    impatient = Client(api_endpoint=provider.url, timeout=(2, 0.2))  # type: ignore[arg-type]
    impatient.set_api_key("test_merchant")
    with pytest.raises(RequestError):
        impatient.payments.create(order)
    assert impatient.payments.list().count == 1


def test_stopping_does_not_wait_for_slow_answers(order: Any):
    provider = PaymentProvider()
    provider.start()
    provider.control.slow(seconds=600.0, requests=1)

    def ask() -> None:
        with suppress(httpx.TransportError):
            http.get(f"{provider.url}/v2/payments", headers={"Authorization": "Bearer test_a"}, timeout=30)

    asked = threading.Thread(target=ask, daemon=True)
    asked.start()
    until(lambda: provider.faults.weather.slow == 0)
    provider.stop()
    asked.join(10)
    assert not asked.is_alive()


def test_the_control_api_does_over_http_what_the_library_does(
    client: Client, provider: PaymentProvider, order: Any
):
    payment = client.payments.create(order)
    ask = {"payment": payment.id, "outcome": "paid", "method": "paypal"}
    settled = http.post(f"{provider.url}/control/settle", json=ask)
    assert settled.json() == client.payments.get(payment.id)
    http.post(f"{provider.url}/control/outage", json={"requests": 4})
    http.post(f"{provider.url}/control/plan", json={"copies": 2, "delay": 1})
    status = http.get(f"{provider.url}/control").json()
    assert status["weather"]["outage"] == 4
    assert status["verbs"]["webhook"].startswith("webhook(payment: str, copies: int = 1)")
    assert status["plan"] == {"copies": 2, "delay": 1.0, "order": "together"}
    http.post(f"{provider.url}/control/reset", json={})
    assert client.payments.list().count == 0


@pytest.mark.parametrize(
    ("verb", "body", "status"),
    [
        ("explode", {}, 404),
        ("outage", {"seconds": 1}, 422),
        ("outage", {"requests": "many"}, 422),
        ("outage", {"requests": True}, 422),
        ("outage", [], 422),
        ("plan", {"order": "random"}, 422),
        ("plan", {"payment": "tr_unknown"}, 422),
        ("settle", {"payment": "tr_unknown", "outcome": "paid"}, 422),
        ("settle", {}, 422),
    ],
)
def test_nonsense_on_the_control_api_is_refused(provider: PaymentProvider, verb: str, body: Any, status: int):
    answer = http.post(f"{provider.url}/control/{verb}", json=body)
    assert answer.status_code == status
    assert answer.json()["detail"]


def test_a_page_elsewhere_cannot_drive_the_control_api(provider: PaymentProvider):
    answer = http.post(f"{provider.url}/control/outage", content="{}", headers={"Content-Type": "text/plain"})
    assert answer.status_code == 415
    assert provider.faults.weather.outage == 0


def test_a_payment_ends_once(client: Client, provider: PaymentProvider, order: Any):
    payment = client.payments.create(order)
    provider.control.settle(payment.id, "paid")
    with pytest.raises(ControlError):
        provider.control.settle(payment.id, "failed")
    assert client.payments.get(payment.id).is_paid()
