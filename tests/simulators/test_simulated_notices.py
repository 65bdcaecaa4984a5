"""Notices to the merchant: once, many at once, late, never, again after a refusal, there after a restart."""

import threading
from pathlib import Path
from typing import Any

import pytest
from mollie.api.client import Client

from simulators import PaymentProvider
from tests.simulators.merchant import RETRY_PAUSES, Merchant, client_of, http, until


def test_a_notice_is_a_form_with_the_id_and_nothing_else(
    client: Client, merchant: Merchant, provider: PaymentProvider, order: Any
):
    payment = client.payments.create(order)
    provider.control.settle(payment.id, "paid")
    request = until(lambda: merchant.received)[0]
    assert (request.method, request.path) == ("POST", "/webhook")
    assert request.header("Content-Type") == "application/x-www-form-urlencoded"
    assert request.body == f"id={payment.id}".encode()
    assert until(lambda: [d for d in provider.control.deliveries(payment.id) if d["state"] == "done"])


def test_copies_arrive_at_the_same_time(
    client: Client, merchant: Merchant, provider: PaymentProvider, order: Any
):
    merchant.gate = threading.Barrier(5)  # each waits for all: without parallel sending it breaks
    provider.control.plan(copies=5)
    payment = client.payments.create(order)
    provider.control.settle(payment.id, "paid")
    until(lambda: len(merchant.received) == 5)
    assert merchant.most_at_once == 5


def test_a_notice_that_never_comes_can_be_sent_by_hand(
    client: Client, merchant: Merchant, provider: PaymentProvider, order: Any
):
    payment = client.payments.create(order)
    provider.control.plan(copies=0, payment=payment.id)
    provider.control.settle(payment.id, "paid")
    assert client.payments.get(payment.id).is_paid()
    assert provider.control.deliveries(payment.id) == []
    provider.control.webhook(payment.id, copies=2)
    assert len(merchant.received) == 2


def test_a_late_notice_waits_for_its_time(merchant: Merchant, order: Any):
    now = [1_800_000_000.0]
    with PaymentProvider(clock=lambda: now[0]) as provider:
        payment = client_of(provider).payments.create(order)
        provider.control.plan(delay=60.0)
        provider.control.settle(payment.id, "paid")
        assert provider.control.deliveries(payment.id)[0]["due"] == now[0] + 60
        assert merchant.received == []
        now[0] += 60
        provider.outbox.wake()
        assert until(lambda: merchant.received)


def test_the_return_can_come_before_the_notice_and_after_it(merchant: Merchant, order: Any):
    now = [1_800_000_000.0]
    with PaymentProvider(clock=lambda: now[0]) as provider:
        client = client_of(provider)
        first = client.payments.create(order)
        provider.control.plan(order="return_first", payment=first.id)
        assert http.post(first.checkout_url, data={"outcome": "paid"}).status_code == 303
        assert provider.control.deliveries(first.id)[0]["due"] > now[0]
        second = client.payments.create(order)
        provider.control.plan(order="webhook_first", payment=second.id)
        assert http.post(second.checkout_url, data={"outcome": "paid"}).status_code == 303
        assert [request.form()["id"] for request in merchant.received] == [second.id]


@pytest.mark.parametrize("refusal", [500, 404, 302, 201])
def test_a_notice_that_is_not_taken_is_sent_again(
    client: Client, merchant: Merchant, provider: PaymentProvider, order: Any, refusal: int
):
    merchant.statuses = [refusal, refusal]
    payment = client.payments.create(order)
    provider.control.settle(payment.id, "paid")
    until(lambda: provider.control.deliveries(payment.id)[0]["state"] == "done")
    assert len(merchant.received) == 3
    assert provider.control.deliveries(payment.id)[0]["attempts"] == 3


def test_after_the_last_try_a_notice_is_given_up(
    client: Client, merchant: Merchant, provider: PaymentProvider, order: Any
):
    merchant.statuses = [503] * 10
    payment = client.payments.create(order)
    provider.control.settle(payment.id, "paid")
    until(lambda: provider.control.deliveries(payment.id)[0]["state"] == "given_up")
    assert len(merchant.received) == 1 + len(RETRY_PAUSES)


def test_no_notice_leaves_this_machine(client: Client, provider: PaymentProvider, order: Any):
    for address in ("https://shop.example/hook", "http://127.evil.example/hook", "http://192.0.2.1/hook"):
        payment = client.payments.create({**order, "webhookUrl": address})
        provider.control.settle(payment.id, "paid")
        assert provider.control.deliveries(payment.id)[0]["state"] == "refused"


def test_payments_keys_and_unsent_notices_survive_a_restart(tmp_path: Path, merchant: Merchant, order: Any):
    state = tmp_path / "payments.sqlite3"
    now = [1_800_000_000.0]
    with PaymentProvider(state=state, clock=lambda: now[0]) as before:
        payment = client_of(before).payments.create(order, idempotency_key="key")
        before.control.plan(delay=60.0)
        before.control.outage(5)
        before.control.settle(payment.id, "paid")
    assert merchant.received == []
    now[0] += 60
    with PaymentProvider(state=state, clock=lambda: now[0]) as after:
        assert until(lambda: merchant.received)[0].form() == {"id": payment.id}
        assert after.faults.weather.outage == 5
        after.control.calm()
        client = client_of(after)
        assert client.payments.get(payment.id).is_paid()
        assert client.payments.create(order, idempotency_key="key").id == payment.id
