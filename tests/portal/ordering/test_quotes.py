"""Quotes, the texts that one agrees to, and their languages (P04, P15)."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from hospes.catalogue.models import Product
from hospes.kernel import clock
from hospes.sales import agreements
from hospes.sales.models import CartLine, Order, Quote, QuoteLine
from tests.portal.ordering.buying import nothing_ordered, order
from tests.portal.visit import IP, accept, all_of, browser, put, text, version
from tests.support import make
from tests.support.rights import as_owner

pytestmark = pytest.mark.usefixtures("site")


# --- quotes ---


@pytest.mark.promise("P15")
def test_a_quote_can_be_asked_for_first_and_accepted_later(
    plus: Product, customer: Any, client: Client
) -> None:
    put(client, plus)
    seen = version(client, customer.number)
    answer = order(client, customer.number, seen, do="quote", terms="")
    [quote] = all_of(Quote)
    page = answer["Location"]
    assert page == f"/k/{customer.number}/offertes/{quote.number}/"
    assert (quote.state, all_of(Order), all_of(CartLine)) == ("open", [], [])
    assert (
        order(client, customer.number, seen)["Location"] == page
    )  # the quote is there: it is decided upon there
    assert all_of(Order) == []
    assert client.post(f"{page}besluit/", {"do": "accept"})["Location"] == page
    assert all_of(Order) == []
    form = {"do": "accept", "terms": "on", "agreed": agreements.of_now("nl").mark(f"{quote.number}/1")}
    accepted = client.post(f"{page}besluit/", form)
    [made] = all_of(Order)
    assert accepted["Location"] == f"/k/{customer.number}/bestellingen/{made.number}/"
    assert client.post(f"{page}besluit/", form)["Location"] == accepted["Location"]
    assert (len(all_of(Order)), all_of(Quote)[0].decided_from) == (1, IP)


def test_a_quote_can_be_declined_and_then_not_accepted(customer: Any, client: Client) -> None:
    quote = make.quote(customer=customer, valid_until="2999-01-01")
    page = f"/k/{customer.number}/offertes/{quote.number}/"
    decide = f"{page}besluit/"
    form = {"do": "accept", "terms": "on", "agreed": agreements.of_now("nl").mark(f"{quote.number}/1")}
    client.post(decide, {"do": "decline"})
    assert [q.state for q in all_of(Quote)] == ["declined"]
    client.post(decide, form)
    client.post(decide, {"do": "decline"})
    assert ([q.state for q in all_of(Quote)], all_of(Order)) == (["declined"], [])
    assert "besluit" not in client.get(page).content.decode()


def test_a_zero_byte_in_the_reason_is_refused_and_decides_nothing(customer: Any, client: Client) -> None:
    quote = make.quote(customer=customer, valid_until="2999-01-01")
    decide = f"/k/{customer.number}/offertes/{quote.number}/besluit/"
    assert client.post(decide, {"do": "decline", "reason": "te duur\0"}).status_code == 400
    assert [q.state for q in all_of(Quote)] == ["open"]


@pytest.mark.parametrize(("kind", "is_told"), [("private", True), ("business", False)])
def test_a_private_person_reads_what_later_terms_cost_with_vat(kind: str, is_told: bool) -> None:
    customer = make.customer(kind=kind)
    quote = make.quote(customer=customer, valid_until="2999-01-01")
    with as_owner():
        QuoteLine.objects.filter(quote=quote).update(
            steps_from=[1, 2, 4], steps_cents=[5000, 6000, 7500], net_cents=5000
        )
    page = browser(make.holder_of(customer)).get(f"/k/{customer.number}/offertes/{quote.number}/")
    said = text(page).replace("\u00a0", " ")
    assert ("€ 72,60 per jaar, inclusief btw" in said) is is_told
    assert ("Vanaf termijn 4" in said and "€ 90,75 per jaar, inclusief btw" in said) is is_told


def test_a_quote_on_account_without_a_term_is_to_be_paid_at_once() -> None:
    customer = make.customer(kind="business")
    quote = make.quote(customer=customer, valid_until="2999-01-01", on_account=True, term_days=0)
    page = text(browser(make.holder_of(customer)).get(f"/k/{customer.number}/offertes/{quote.number}/"))
    assert "meteen te betalen" in page
    assert "0 dagen" not in page


@pytest.mark.parametrize(("minutes", "is_valid"), [(-1, True), (1, False)])
def test_a_quote_can_be_accepted_until_midnight_of_its_last_day(
    customer: Any, minutes: int, is_valid: bool
) -> None:
    midnight = datetime(2031, 6, 30, 22, 0, tzinfo=UTC)  # in Amsterdam
    quote = make.quote(customer=customer, valid_until="2031-06-30")
    page = f"/k/{customer.number}/offertes/{quote.number}/"
    with clock.moved_to(midnight + timedelta(minutes=minutes)):
        client = browser(make.holder_of(customer))
        assert (f"{page}besluit/" in client.get(page).content.decode()) == is_valid
        form = {"do": "accept", "terms": "on", "agreed": agreements.of_now("nl").mark(f"{quote.number}/1")}
        client.post(f"{page}besluit/", form)
    assert len(all_of(Order)) == is_valid


# --- languages ---


def test_in_english_one_stays_in_english(plus: Product, customer: Any, client: Client) -> None:
    assert put(client, plus, prefix="/en")["Location"] == "/en/hosting/winkelwagen/"
    home = f"/en/k/{customer.number}"
    page = client.get(f"{home}/afrekenen/").content.decode()
    assert '<html lang="en"' in page
    seen = re.search(r'name="version" value="([^"]+)"', page)
    assert seen
    answer = client.post(f"{home}/afrekenen/", {"version": seen[1], "terms": "on", "do": "order"})
    assert answer["Location"].startswith(f"{home}/bestellingen/")
    assert [line.description for line in all_of(QuoteLine)] == ["Roomy"]
    assert browser().get(f"{home}/")["Location"].startswith("/en/account/login/")


# --- the terms ---


def test_who_saw_other_terms_than_those_of_now_looks_again_first(
    plus: Product, customer: Any, client: Client, settings: Any
) -> None:
    put(client, plus)
    seen = version(client, customer.number)
    settings.HOSPES_OPERATOR_TEXTS = settings.HOSPES_OPERATOR_TEXTS | {"terms.nl": "Iets anders."}
    answer = order(client, customer.number, seen)
    assert answer.status_code == 200
    assert "onze voorwaarden zijn gewijzigd" in text(answer)
    assert nothing_ordered()
    order(client, customer.number, version(client, customer.number))
    [made] = all_of(Order)
    assert made.terms_sha256 == agreements.of_now("nl").terms_sha256
    page = text(client.get(f"/k/{customer.number}/bestellingen/{made.number}/"))
    assert "algemene voorwaarden, versie 2026-11" in page
    assert "verwerkersovereenkomst, versie 2026-01" in page


def test_so_does_who_accepts_a_quote(customer: Any, client: Client, settings: Any) -> None:
    quote = make.quote(customer=customer, valid_until="2999-01-01")
    page = f"/k/{customer.number}/offertes/{quote.number}/"
    form = {"do": "accept", "terms": "on", "agreed": agreements.of_now("nl").mark(f"{quote.number}/1")}
    settings.HOSPES_OPERATOR_TEXTS = settings.HOSPES_OPERATOR_TEXTS | {"processing.nl": "Iets anders."}
    assert (
        "onze voorwaarden zijn gewijzigd" in text(client.post(f"{page}besluit/", form, follow=True)).lower()
    )
    assert all_of(Order) == []
    accept(client, page)
    assert [o.processing_sha256 for o in all_of(Order)] == [agreements.of_now("nl").processing_sha256]


def test_in_english_one_agrees_to_the_english_words(customer: Any, client: Client) -> None:
    quote = make.quote(customer=customer, valid_until="2999-01-01")
    accept(client, f"/en/k/{customer.number}/offertes/{quote.number}/")
    assert [o.terms_sha256 for o in all_of(Order)] == [agreements.of_now("en").terms_sha256]
