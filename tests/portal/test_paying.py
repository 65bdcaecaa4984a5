"""Paying an order at the portal, and the provider's notices about it, which are believed nothing (P14, P25, P41)."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.urls import reverse

from hospes.payments.models import Notice, Payment
from hospes.payments.rules import notice_token
from hospes.sales.models import Order
from simulators import PaymentProvider
from tests.portal.visit import all_of, browser, jobs, member, text
from tests.support import make
from tests.support.rights import as_owner

pytestmark = [pytest.mark.usefixtures("site"), pytest.mark.promise("P14")]


@pytest.fixture
def provider(settings: Any) -> Iterator[PaymentProvider]:
    with PaymentProvider() as sim:
        settings.HOSPES_MOLLIE = {"url": sim.url, "key": "test_portal"}
        sim.control.plan(0)
        yield sim


@pytest.fixture
def order(db: None, _rights: None) -> Order:
    return make.order()


@pytest.fixture
def client(order: Order) -> Client:
    return browser(make.holder_of(order.customer))


def page_of(order: Order, prefix: str = "") -> str:
    with as_owner():
        return f"{prefix}/k/{order.customer.number}/bestellingen/{order.number}/"


def charges(provider: PaymentProvider) -> list[Any]:
    return list(provider.ledger.page(newest=None, limit=100)[0])


@pytest.mark.promise("P41", "P44")
def test_paying_leads_to_the_provider_which_hears_of_no_customer(
    order: Order, client: Client, provider: PaymentProvider
) -> None:
    answer = client.post(f"{page_of(order)}betalen/")
    assert answer.status_code == 200
    [charge] = charges(provider)
    assert f"{provider.url}/checkout/{charge.token}" in answer.content.decode()
    assert charge.asked["amount"] == {"currency": "EUR", "value": "90.75"}
    with as_owner():
        customer, person = order.customer, make.holder_of(order.customer)
    said = str(charge.asked)
    assert [
        t for t in (str(customer.number), customer.name, person.email, person.given_name) if t in said
    ] == []


def test_pressed_twice_it_is_one_payment(order: Order, client: Client, provider: PaymentProvider) -> None:
    pages = {client.post(f"{page_of(order)}betalen/").context["checkout_url"] for _ in range(3)}
    assert len(pages) == len(charges(provider)) == len(all_of(Payment)) == 1


def test_back_from_the_provider_one_comes_to_the_order_and_it_is_looked_up(
    order: Order, client: Client, provider: PaymentProvider
) -> None:
    client.post(f"{page_of(order)}betalen/")
    [charge] = charges(provider)
    back = urlsplit(charge.asked["redirectUrl"]).path
    answer = client.get(back)
    assert answer["Location"] == f"{page_of(order)}?terug=1"
    client.get(answer["Location"])
    client.get(answer["Location"])
    assert jobs() == ["payments.jobs.check"]


@pytest.mark.promise("P25")
def test_the_way_back_of_somebody_elses_order_leads_nowhere(order: Order, client: Client) -> None:
    back = reverse("payment_back", args=[order.number])
    assert browser(make.person()).get(back).status_code == 404
    assert browser().get(back)["Location"].startswith("/account/login/")
    assert client.get(reverse("payment_back", args=["B2026-99999"])).status_code == 404
    colleague = browser(member(order.customer, "read_only"))
    assert colleague.get(back)["Location"] == f"{page_of(order)}?terug=1"


def test_in_english_the_way_back_is_english(order: Order, client: Client, provider: PaymentProvider) -> None:
    client.post(f"{page_of(order, '/en')}betalen/")
    [charge] = charges(provider)
    assert charge.asked["locale"] == "en_GB"
    assert (
        client.get(urlsplit(charge.asked["redirectUrl"]).path)["Location"]
        == f"{page_of(order, '/en')}?terug=1"
    )


def test_while_the_provider_is_away_it_is_said_that_nothing_was_taken(
    order: Order, client: Client, provider: PaymentProvider
) -> None:
    provider.control.outage(-1)
    answer = client.post(f"{page_of(order)}betalen/", follow=True)
    assert answer.redirect_chain == [(page_of(order), 302)]
    assert "Er is niets afgeschreven" in text(answer)
    provider.control.calm()
    assert client.post(f"{page_of(order)}betalen/").status_code == 200


@pytest.mark.parametrize("state", ["paid", "cancelled"])
def test_what_does_not_have_to_be_paid_is_not_asked_for(
    order: Order, client: Client, provider: PaymentProvider, state: str
) -> None:
    ended = (
        {"paid_at": make.NOW} if state == "paid" else {"cancelled_at": make.NOW, "cancelled_why": "customer"}
    )
    with as_owner():
        Order.objects.update(state=state, **ended)
    assert client.post(f"{page_of(order)}betalen/").status_code == 302
    assert charges(provider) == all_of(Payment) == []
    assert "/betalen/" not in client.get(page_of(order)).content.decode()


# --- in another way ---


def test_who_began_paying_goes_on_or_chooses_another_way(
    order: Order, client: Client, provider: PaymentProvider
) -> None:
    assert 'name="instead_of"' not in client.get(page_of(order)).content.decode()
    first = client.post(f"{page_of(order)}betalen/").context["checkout_url"]
    [payment] = all_of(Payment)
    page = client.get(page_of(order))
    assert f'name="instead_of" value="{payment.pk}"' in page.content.decode()
    assert "Op een andere manier betalen" in text(page)
    assert client.post(f"{page_of(order)}betalen/").context["checkout_url"] == first
    pages = {
        client.post(f"{page_of(order)}betalen/", {"instead_of": payment.pk}).context["checkout_url"]
        for _double_click in range(2)
    }
    assert (len(pages), first in pages) == (1, False)
    assert [charge.status for charge in charges(provider)] == ["open", "canceled"]  # the newest first


@pytest.mark.parametrize("nonsense", ["", "x", "-1", "1" * 30, "٣", "1; DROP"])
def test_nonsense_is_no_wish(order: Order, client: Client, provider: PaymentProvider, nonsense: str) -> None:
    for _ in range(2):
        assert client.post(f"{page_of(order)}betalen/", {"instead_of": nonsense}).status_code == 200
    assert len(charges(provider)) == 1


def test_what_the_provider_does_not_take_is_said_and_can_be_tried_otherwise(
    provider: PaymentProvider,
) -> None:
    order = make.order(quote=make.quote(net_cents=5_000_001))  # more than the provider takes at once
    client = browser(make.holder_of(order.customer))
    answer = client.post(f"{page_of(order)}betalen/", follow=True)
    assert answer.redirect_chain == [(page_of(order), 302)]
    said = text(answer)
    assert "Onze betaaldienst neemt deze betaling niet aan. Er is niets afgeschreven." in said
    assert f"schrijf dan naar {django_settings.HOSPES_OPERATOR.email}" in said
    assert 'id="pay"' in answer.content.decode()
    assert [payment.state for payment in all_of(Payment)] == ["failed"]


# --- notices ---


def notice_of(payment: Payment) -> str:
    return reverse("payment_notice", args=[payment.idempotency_key, notice_token(payment.idempotency_key)])


def test_a_notice_is_stored_and_acknowledged(order: Order, client: Client, provider: PaymentProvider) -> None:
    client.post(f"{page_of(order)}betalen/")
    [charge] = charges(provider)
    where = urlsplit(charge.asked["webhookUrl"]).path
    answer = Client(enforce_csrf_checks=True).post(where, {"id": charge.id})
    assert (answer.status_code, answer.content) == (200, b"")
    assert [n.reference for n in all_of(Notice)] == [charge.id]
    assert jobs() == ["payments.jobs.apply_notice"]
    assert [p.state for p in all_of(Payment)] == ["open"]


_BODIES = [
    {"id": "tr_abc123"}, {"id": "tr_test1"}, {"id": ""}, {}, {"id": "x"}, {"id": "' OR 1=1 --"}, {"id": "tr_" + "a" * 500},
    {"id": "tr_\U0001f600"}, {"other": "1"},
]  # fmt: skip


@pytest.mark.promise("P25")
@pytest.mark.parametrize("known", [True, False])
def test_the_answer_is_the_same_for_any_id(known: bool) -> None:
    payment = make.payment()
    where = (
        notice_of(payment) if known else reverse("payment_notice", args=[payment.idempotency_key, "x" * 43])
    )
    for body in _BODIES:
        answer = Client().post(where, body)
        assert (answer.status_code, answer.content, list(answer.cookies)) == (200, b"", [])
    assert [n.reference for n in all_of(Notice)] == (["tr_abc123", "tr_test1"] if known else [])
    assert [p.state for p in all_of(Payment)] == ["open"]


@pytest.mark.promise("P25")
def test_at_an_address_that_we_told_nobody_nothing_is_stored() -> None:
    payment, other = make.payment(), make.payment()
    for key, token in (
        (payment.idempotency_key, notice_token(other.idempotency_key)),
        (other.idempotency_key, notice_token(payment.idempotency_key)),
        (payment.idempotency_key, "é"),
        ("é", notice_token(payment.idempotency_key)),
        ("nobodys", "x"),
    ):
        assert (
            Client().post(reverse("payment_notice", args=[key, token]), {"id": payment.reference}).status_code
            == 200
        )
    assert all_of(Notice) == []


def test_the_same_notice_twice_is_one() -> None:
    payment = make.payment()
    for _ in range(3):
        Client().post(notice_of(payment), {"id": payment.reference})
    assert (len(all_of(Notice)), jobs()) == (1, ["payments.jobs.apply_notice"])


@pytest.mark.parametrize("method", ["get", "put", "delete", "head"])
def test_a_notice_is_posted(method: str) -> None:
    payment = make.payment()
    assert getattr(Client(), method)(notice_of(payment)).status_code == 405
    assert all_of(Notice) == []


@pytest.mark.promise("P25")
def test_addresses_for_notices_differ_and_cannot_be_guessed_from_one_another() -> None:
    tokens = {notice_token(f"B2026-{n:05d}-1") for n in range(50)}
    assert len(tokens) == 50
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{22,}", token) for token in tokens)
