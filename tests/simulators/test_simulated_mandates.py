"""Chargebacks, mandates and what is collected by them, as a merchant with Mollie's own client sees them."""

from typing import Any

import pytest
from mollie.api.client import Client
from mollie.api.error import ResponseError

from simulators import PaymentProvider
from tests.simulators.merchant import Merchant, http, until


def paid(client: Client, provider: PaymentProvider, order: Any, **words: Any) -> Any:
    payment = client.payments.create(order | words)
    provider.control.settle(payment.id, "paid", words.get("method", ""))
    return client.payments.get(payment.id)


def first(client: Client, provider: PaymentProvider, order: Any, method: str = "ideal") -> tuple[Any, Any]:
    customer = client.customers.create({"metadata": {"payer": "x"}})
    payment = paid(client, provider, order, sequenceType="first", customerId=customer.id, method=method)
    return customer, payment


def recurring(order: Any, customer: Any, **words: Any) -> dict[str, Any]:
    kept = {name: order[name] for name in ("amount", "description", "webhookUrl", "metadata")}
    return kept | {"sequenceType": "recurring", "customerId": customer.id} | words


# --- chargebacks ---


def test_a_chargeback_is_told_listed_and_taken_off_and_can_be_given_back(
    client: Client, merchant: Merchant, provider: PaymentProvider, order: Any
) -> None:
    payment = paid(client, provider, order)
    until(lambda: len(merchant.received) == 1)
    made = provider.control.charge_back(payment.id, 1000, "AM04")
    until(lambda: len(merchant.received) == 2)
    now = client.payments.get(payment.id)
    assert (now.status, now["amountChargedBack"]["value"], now["amountRemaining"]["value"]) == (
        "paid",
        "10.00",
        "74.70",
    )
    [listed] = list(now.chargebacks.list())
    assert (listed.id, listed["reason"]["code"], listed["reversedAt"]) == (made["id"], "AM04", None)
    assert [each.id for each in client.chargebacks.list()] == [made["id"]]
    provider.control.reverse_chargeback(made["id"])
    until(lambda: len(merchant.received) == 3)
    assert client.payments.get(payment.id)["amountChargedBack"]["value"] == "0.00"
    assert next(iter(client.chargebacks.list()))["reversedAt"]


def test_no_more_is_taken_back_than_was_paid(client: Client, provider: PaymentProvider, order: Any) -> None:
    payment = client.payments.create(order)
    with pytest.raises(ValueError, match="not paid"):
        provider.control.charge_back(payment.id)
    provider.control.settle(payment.id, "paid")
    provider.control.charge_back(payment.id, 8000)
    with pytest.raises(ValueError, match="higher"):
        provider.control.charge_back(payment.id, 471)
    with pytest.raises(ResponseError):
        client.payments.get(payment.id).refunds.create({"amount": {"currency": "EUR", "value": "4.71"}})


# --- mandates ---


@pytest.mark.parametrize(
    ("method", "becomes"), [("ideal", "directdebit"), ("paypal", "paypal"), ("creditcard", "creditcard")]
)
def test_a_first_payment_makes_a_mandate_once_it_is_paid(
    client: Client, provider: PaymentProvider, order: Any, method: str, becomes: str
) -> None:
    customer, payment = first(client, provider, order, method)
    [mandate] = list(client.customers.get(customer.id).mandates.list())
    assert (mandate.id, mandate.status, mandate.method) == (payment["mandateId"], "valid", becomes)


def test_what_is_collected_is_pending_until_it_ends(
    client: Client, merchant: Merchant, provider: PaymentProvider, order: Any
) -> None:
    customer, _payment = first(client, provider, order)
    made = client.payments.create(recurring(order, customer), idempotency_key="once")
    again = client.payments.create(recurring(order, customer), idempotency_key="once")
    assert (made.id, made.status, made.method, made.checkout_url) == (
        again.id,
        "pending",
        "directdebit",
        None,
    )
    provider.control.settle(made.id, "failed")
    assert client.payments.get(made.id).status == "failed"


def test_what_is_collected_ends_by_itself_where_the_plan_says_so(
    client: Client, provider: PaymentProvider, order: Any
) -> None:
    customer, _payment = first(client, provider, order)
    provider.control.collecting(0, "paid")
    made = client.payments.create(recurring(order, customer))
    assert until(lambda: client.payments.get(made.id).status == "paid")


def test_without_a_valid_mandate_nothing_is_collected(
    client: Client, provider: PaymentProvider, order: Any
) -> None:
    customer, payment = first(client, provider, order)
    other = client.customers.create({})
    with pytest.raises(ResponseError, match="no suitable mandates"):
        client.payments.create(recurring(order, other))
    client.customers.get(customer.id).mandates.delete(payment["mandateId"])
    with pytest.raises(ResponseError, match="no suitable mandates"):
        client.payments.create(recurring(order, customer))
    with pytest.raises(ResponseError, match="customer"):
        client.payments.create(order | {"sequenceType": "first"})


# --- the page ---


def test_the_page_of_a_payment_does_all_of_it(client: Client, provider: PaymentProvider, order: Any) -> None:
    customer, payment = first(client, provider, order)
    page = f"{provider.url}/payments/{payment.id}"
    assert "Laat de bank het terugboeken" in http.get(page, headers={"Accept-Language": "nl"}).text
    http.post(page, data={"do": "charge_back", "cents": "100", "reason": "MD06"})
    assert client.payments.get(payment.id)["amountChargedBack"]["value"] == "1.00"
    http.post(page, data={"do": "reverse"})
    assert client.payments.get(payment.id)["amountChargedBack"]["value"] == "0.00"
    http.post(page, data={"do": "end_mandate"})
    assert client.customers.get(customer.id).mandates.get(payment["mandateId"]).status == "invalid"
    assert http.post(page, data={"do": "nonsense"}).status_code in (302, 303)
