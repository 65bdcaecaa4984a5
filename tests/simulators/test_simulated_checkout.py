"""The checkout page over HTTP: what it shows, how a payment ends, where the consumer goes."""

import re
from typing import Any

import httpx
import pytest
from mollie.api.client import Client

from simulators import PaymentProvider
from tests.simulators.merchant import Merchant, http, until


def decide(address: str, **fields: str) -> httpx.Response:
    return http.post(address, data=fields)


def test_the_page_speaks_the_language_of_the_payment(client: Client, order: Any):
    dutch = http.get(client.payments.create({**order, "locale": "nl_NL"}).checkout_url).text
    assert '<html lang="nl">' in dutch
    assert "Dit is een simulator" in dutch
    assert "€ 84,70" in dutch
    english = http.get(client.payments.create({**order, "locale": "en_GB"}).checkout_url).text
    assert '<html lang="en">' in english
    assert "This is a simulator" in english
    assert "€84.70" in english
    unsaid = client.payments.create(order).checkout_url
    assert '<html lang="nl">' in http.get(unsaid, headers={"Accept-Language": "nl-NL,nl;q=0.9"}).text


def test_the_page_shows_the_description_as_text_and_loads_nothing_inline_or_remote(
    client: Client, order: Any
):
    payment = client.payments.create({**order, "description": "<script>alert(1)</script>"})
    page = http.get(payment.checkout_url)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page.text
    assert not re.search(r"<script|<style|style=|\son[a-z]+=", page.text)
    assert set(re.findall(r'(?:src|href)="([^"]*)"', page.text)) == {
        "/static/simulators.css",
        "/",
        "#content",
    }
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert f"form-action 'self' {order['redirectUrl'].removesuffix('/return')}" in policy


@pytest.mark.parametrize("outcome", ["paid", "failed", "canceled", "expired"])
def test_the_consumer_ends_the_payment_and_goes_back(
    client: Client, merchant: Merchant, order: Any, outcome: str
):
    payment = client.payments.create(order)
    answer = decide(payment.checkout_url, outcome=outcome, method="paypal")
    assert (answer.status_code, answer.headers["location"]) == (303, order["redirectUrl"])
    ended = client.payments.get(payment.id)
    assert (ended.status, ended.method) == (outcome, "paypal")
    assert until(lambda: merchant.received)[0].form() == {"id": payment.id}


def test_pending_and_undecided_payments_tell_nobody_and_can_end_later(
    client: Client, merchant: Merchant, provider: PaymentProvider, order: Any
):
    payment = client.payments.create(order)
    assert decide(payment.checkout_url, outcome="open").status_code == 303
    assert client.payments.get(payment.id).is_open()
    decide(payment.checkout_url, outcome="pending", method="ideal")
    assert client.payments.get(payment.id).is_pending()
    assert provider.control.deliveries(payment.id) == []
    decide(payment.checkout_url, outcome="paid")
    assert client.payments.get(payment.id).is_paid()
    assert until(lambda: merchant.received)


def test_pressing_twice_pays_once(client: Client, provider: PaymentProvider, order: Any):
    payment = client.payments.create(order)
    decide(payment.checkout_url, outcome="paid")
    again = decide(payment.checkout_url, outcome="failed")
    assert (again.status_code, again.headers["location"]) == (303, order["redirectUrl"])
    assert client.payments.get(payment.id).is_paid()
    assert len(provider.control.deliveries(payment.id)) == 1
    assert (
        "Back to the shop"
        in http.get(payment.checkout_url or f"{provider.url}/checkout/{payment.id[3:]}").text
    )


def test_a_canceled_payment_leads_to_the_cancel_address(client: Client, merchant: Merchant, order: Any):
    payment = client.payments.create({**order, "cancelUrl": f"{merchant.url}/canceled"})
    assert decide(payment.checkout_url, outcome="canceled").headers["location"] == f"{merchant.url}/canceled"


def test_a_preset_method_cannot_be_changed_on_the_page(client: Client, order: Any):
    payment = client.payments.create({**order, "method": "ideal"})
    assert 'type="radio"' not in http.get(payment.checkout_url).text
    assert decide(payment.checkout_url, outcome="paid", method="paypal").status_code == 422
    assert client.payments.get(payment.id).is_open()


def test_the_panel_makes_this_payment_unpleasant(
    client: Client, merchant: Merchant, provider: PaymentProvider, order: Any
):
    payment = client.payments.create(order)
    fields = {"copies": "3", "delay": "0", "order": "webhook_first", "dropped": "1", "outage": "0"}
    decide(payment.checkout_url, outcome="paid", **fields)
    assert [request.form() for request in merchant.received] == [{"id": payment.id}] * 3
    assert provider.faults.weather.dropped == 1


@pytest.mark.parametrize("field", [{"copies": "many"}, {"copies": "-1"}, {"copies": "1", "order": "never"}])
def test_nonsense_on_the_panel_is_refused_and_changes_nothing(
    client: Client, order: Any, field: dict[str, str]
):
    payment = client.payments.create(order)
    assert decide(payment.checkout_url, outcome="paid", **field).status_code == 422
    assert client.payments.get(payment.id).is_open()


def test_unknown_pages_and_outcomes_are_refused(client: Client, provider: PaymentProvider, order: Any):
    assert http.get(f"{provider.url}/checkout/unknown").status_code == 404
    payment = client.payments.create(order)
    assert decide(payment.checkout_url, outcome="stolen").status_code == 422


def test_the_list_of_payments_links_to_what_was_sent_and_seen(
    client: Client, provider: PaymentProvider, order: Any
):
    payment = client.payments.create(order)
    provider.control.settle(payment.id, "paid")
    assert f'href="/payments/{payment.id}"' in http.get(provider.url).text
    page = http.get(f"{provider.url}/payments/{payment.id}").text
    assert "consumerAccount" in page
    assert order["webhookUrl"] in page
    assert http.get(f"{provider.url}/payments/tr_unknown").status_code == 404
