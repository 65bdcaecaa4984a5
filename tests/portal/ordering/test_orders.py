"""From the cart to an order: what was seen is what is ordered, once, by somebody who may (P03, P15)."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from hospes.catalogue.models import Product
from hospes.kernel import clock
from hospes.messaging.models import Message
from hospes.sales import agreements
from hospes.sales.models import CartLine, Order, Quote, QuoteLine
from tests.portal.ordering.buying import MAY, MAY_NOT, nothing_ordered, order
from tests.portal.visit import IP, accept, all_of, browser, jobs, member, put, text, version
from tests.support import make
from tests.support.rights import as_owner

pytestmark = pytest.mark.usefixtures("site")


# --- for whom ---


@pytest.mark.promise("P03")
def test_who_has_one_capacity_goes_on_and_who_has_more_chooses(
    plus: Product, customer: Any, client: Client
) -> None:
    put(client, plus)
    assert client.get("/hosting/bestellen/")["Location"] == f"/k/{customer.number}/afrekenen/"
    company = make.customer(holder=make.holder_of(customer), kind="business")
    page = client.get("/hosting/bestellen/")
    assert page.status_code == 200
    for each in (customer, company):
        assert f"/k/{each.number}/afrekenen/" in page.content.decode()


@pytest.mark.promise("P03")
def test_an_order_belongs_to_the_capacity_in_which_it_was_made(
    plus: Product, customer: Any, client: Client
) -> None:
    company = make.customer(holder=make.holder_of(customer), kind="business")
    put(client, plus)
    order(client, company.number, version(client, company.number))
    [made] = all_of(Order)
    assert made.customer_id == company.pk
    assert client.get(f"/k/{company.number}/bestellingen/{made.number}/").status_code == 200
    assert client.get(f"/k/{customer.number}/bestellingen/{made.number}/").status_code == 404


# --- ordering ---


@pytest.mark.promise("P04", "P15")
def test_what_was_seen_is_ordered_and_it_is_kept_who_agreed_to_what(
    plus: Product, customer: Any, client: Client
) -> None:
    put(client, plus, "een.test", 12)
    put(client, plus, "twee.test", 1)
    seen = version(client, customer.number)
    page = text(client.get(f"/k/{customer.number}/afrekenen/")).replace("\u00a0", " ")
    assert "€ 99,83" in page
    moment = datetime.now(UTC)
    answer = order(client, customer.number, seen)
    [made], [quote] = all_of(Order), all_of(Quote)
    assert (answer.status_code, answer["Location"]) == (
        302,
        f"/k/{customer.number}/bestellingen/{made.number}/",
    )
    assert [(x.label, x.months, x.net_cents, x.description) for x in all_of(QuoteLine)] == [
        ("een.test", 12, 7500, "Ruim"), ("twee.test", 1, 750, "Ruim"),
    ]  # fmt: skip
    assert (made.total_cents, made.state, made.terms_version) == (9983, "awaiting_payment", "2026-11")
    assert (quote.state, quote.decided_by_id, quote.decided_from) == (
        "accepted",
        make.holder_of(customer).pk,
        IP,
    )
    assert moment - timedelta(seconds=1) <= quote.decided_at <= datetime.now(UTC)
    assert all_of(CartLine) == []
    assert jobs() == ["messaging.jobs.deliver"]
    assert "€ 99,83" in text(client.get(answer["Location"])).replace("\u00a0", " ")


def test_the_form_sent_twice_is_one_order_and_leads_to_the_same_page(
    plus: Product, customer: Any, client: Client
) -> None:
    put(client, plus)
    seen = version(client, customer.number)
    answers = [order(client, customer.number, seen)["Location"] for _ in range(3)]
    assert len(set(answers)) == len(all_of(Order)) == len(all_of(Quote)) == len(all_of(Message)) == 1


def test_also_after_something_else_was_put_in_the_cart(plus: Product, customer: Any, client: Client) -> None:
    put(client, plus)
    seen = version(client, customer.number)
    first = order(client, customer.number, seen)["Location"]
    put(client, plus, "ander.test")
    assert order(client, customer.number, seen)["Location"] == first
    assert [line.label for line in all_of(CartLine)] == ["ander.test"]
    second = order(client, customer.number, version(client, customer.number))["Location"]
    assert second != first
    assert len(all_of(Order)) == 2


@pytest.mark.promise("P03")
def test_one_cart_ordered_for_two_customers_is_ordered_for_the_first_only(
    plus: Product, customer: Any, client: Client
) -> None:
    company = make.customer(holder=make.holder_of(customer), kind="business")
    put(client, plus)
    seen = version(client, customer.number)
    order(client, customer.number, seen)
    assert order(client, company.number, seen)["Location"] == "/hosting/winkelwagen/"
    assert [each.customer_id for each in all_of(Order)] == [customer.pk]


def test_the_ten_billionth_customer_can_order_too(plus: Product) -> None:
    customer = make.customer(id=10**10)
    client = browser(make.holder_of(customer))
    put(client, plus)
    order(client, customer.number, version(client, customer.number))
    assert len(all_of(Order)) == 1


@pytest.mark.parametrize("change", ["put in", "taken out", "other term", "dearer", "off sale"])
def test_what_was_not_seen_is_not_ordered(plus: Product, customer: Any, client: Client, change: str) -> None:
    put(client, plus, "een.test", 12)
    put(client, plus, "twee.test", 12)
    seen = version(client, customer.number)
    if change == "put in":
        put(client, plus, "drie.test")
    elif change == "taken out":
        client.post(f"/hosting/winkelwagen/{all_of(CartLine)[0].pk}/weg/")
    elif change == "other term":
        put(client, plus, "een.test", 1)
    elif change == "dearer":
        make.price(product=plus, months=12, cents=7501, valid_from=clock.today())
    else:
        with as_owner():
            Product.objects.update(for_sale=False)
    before = len(all_of(CartLine))
    answer = order(client, customer.number, seen)
    assert answer.status_code == (302 if change == "off sale" else 200)
    assert nothing_ordered()
    assert len(all_of(CartLine)) == before
    if change != "off sale":  # look again, and it can be ordered
        assert order(client, customer.number, version(client, customer.number)).status_code == 302
        assert len(all_of(Order)) == 1


def test_a_price_that_changes_at_midnight_is_shown_before_it_is_ordered(plus: Product, customer: Any) -> None:
    eve = datetime(2031, 5, 1, 21, 59, tzinfo=UTC)  # one minute to midnight in Amsterdam
    make.price(product=plus, months=12, cents=9900, valid_from=(eve + timedelta(days=1)).date())
    with clock.moved_to(eve):
        client = browser(make.holder_of(customer))
        put(client, plus)
        seen = version(client, customer.number)
    with clock.moved_to(eve + timedelta(minutes=2)):
        assert order(client, customer.number, seen).status_code == 200
        assert nothing_ordered()
        order(client, customer.number, version(client, customer.number))
    assert [each.total_cents for each in all_of(Order)] == [11_979]


@pytest.mark.parametrize(
    "form", [{"terms": ""}, {"terms": "off-page", "version": ""}, {"version": ""}, {"version": "x"}]
)
def test_without_agreement_or_with_another_form_nothing_is_ordered(
    plus: Product, customer: Any, client: Client, form: dict[str, str]
) -> None:
    put(client, plus)
    assert order(client, customer.number, version(client, customer.number), **form).status_code == 200
    assert nothing_ordered()
    assert len(all_of(CartLine)) == 1


def test_with_an_empty_cart_there_is_nothing_to_order(customer: Any, client: Client) -> None:
    for answer in (client.get(f"/k/{customer.number}/afrekenen/"), order(client, customer.number, "")):
        assert (answer.status_code, answer["Location"]) == (302, "/hosting/winkelwagen/")
    assert nothing_ordered()


def test_a_company_abroad_whose_number_is_not_confirmed_is_told_its_vat_and_can_order(plus: Product) -> None:
    customer = make.customer(kind="business", country="BE", vat_number="BE0403019261")
    client = browser(make.holder_of(customer))
    put(client, plus)
    page = text(client.get(f"/k/{customer.number}/afrekenen/"))
    assert "VIES" in page
    order(client, customer.number, version(client, customer.number))
    [made] = all_of(Order)
    with as_owner():
        assert list(QuoteLine.objects.values_list("vat_category", "vat_country", "vat_basis_points")) == [
            ("S", "NL", 2100)
        ]
    assert made.customer_id == customer.pk


# --- who may ---


@pytest.mark.promise("P09")
@pytest.mark.parametrize("role", MAY_NOT)
def test_who_may_only_look_orders_accepts_declines_and_pays_nothing(
    plus: Product, customer: Any, role: str
) -> None:
    client = browser(member(customer, role))
    quote = make.quote(customer=customer, valid_until="2999-01-01")
    waiting = make.order(customer=customer)
    put(client, plus)
    home = f"/k/{customer.number}"
    assert client.get(f"{home}/afrekenen/").status_code == 403
    for do in ("order", "quote"):
        assert order(client, customer.number, "x", do=do).status_code == 403
    agreed = agreements.of_now("nl").mark(f"{quote.number}/1")
    for do in ("accept", "decline"):
        client.post(f"{home}/offertes/{quote.number}/besluit/", {"do": do, "terms": "on", "agreed": agreed})
    assert client.post(f"{home}/bestellingen/{waiting.number}/betalen/").status_code == 403
    with as_owner():
        assert Quote.objects.get(pk=quote.pk).state == "open"
    assert (len(all_of(Order)), jobs()) == (1, [])
    assert "/besluit/" not in client.get(f"{home}/offertes/{quote.number}/").content.decode()
    assert "/betalen/" not in client.get(f"{home}/bestellingen/{waiting.number}/").content.decode()


@pytest.mark.parametrize("role", MAY[1:])
def test_who_has_a_role_for_it_orders_and_accepts(plus: Product, customer: Any, role: str) -> None:
    somebody = member(customer, role)
    client = browser(somebody)
    put(client, plus)
    order(client, customer.number, version(client, customer.number))
    quote = make.quote(customer=customer, valid_until="2999-01-01")
    accept(client, f"/k/{customer.number}/offertes/{quote.number}/")
    assert [each.person_id for each in all_of(Order)] == [somebody.pk] * 2


@pytest.mark.promise("P25")
def test_a_form_that_another_site_sends_does_nothing(plus: Product, customer: Any) -> None:
    client = browser(make.holder_of(customer), checks=True)
    quote = make.quote(customer=customer, valid_until="2999-01-01")
    waiting = make.order(customer=customer)
    make.cart(person=make.holder_of(customer), products=[plus])
    home = f"/k/{customer.number}"
    forms = {
        f"/hosting/{plus.slug}/": {"product": plus.slug, "months": "12", "label": "nieuw.test"},
        f"/hosting/winkelwagen/{all_of(CartLine)[0].pk}/weg/": {},
        f"{home}/afrekenen/": {"version": version(client, customer.number), "terms": "on", "do": "order"},
        f"{home}/offertes/{quote.number}/besluit/": {"do": "accept", "terms": "on"},
        f"{home}/bestellingen/{waiting.number}/betalen/": {},
        f"{home}/gegevens/downloaden/": {},
        "/klantaccounts/nieuw/": {"capacity": "private"},
    }
    for where, form in forms.items():
        assert client.post(where, form).status_code == 403, where
        forged = client.post(
            where, form | {"csrfmiddlewaretoken": "x" * 64}, headers={"referer": "https://evil.example/"}
        )
        assert forged.status_code == 403, where
    assert (len(all_of(CartLine)), len(all_of(Order)), jobs()) == (1, 1, [])


def test_the_forms_of_the_pages_themselves_are_taken(plus: Product, customer: Any) -> None:
    client = browser(make.holder_of(customer), checks=True)
    page = client.get(f"/hosting/{plus.slug}/").content.decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert token
    form = {"csrfmiddlewaretoken": token[1], "product": plus.slug, "months": "12", "label": "nieuw.test"}
    assert client.post(f"/hosting/{plus.slug}/", form).status_code == 302
    assert len(all_of(CartLine)) == 1
