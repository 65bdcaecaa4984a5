"""The shop and the cart: what is for sale, and what is put in and kept (P21)."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from hospes.catalogue.models import Product
from hospes.kernel import clock
from hospes.sales import carts, limits
from hospes.sales.models import Cart, CartLine, Order
from hospes.services.models import Service
from tests.portal.ordering.buying import nothing_ordered, order
from tests.portal.visit import accept, all_of, browser, put, text, version
from tests.support import make
from tests.support.entering import enter
from tests.support.rights import as_owner

pytestmark = pytest.mark.usefixtures("site")


# --- the shop ---


def test_the_shop_shows_what_is_for_sale_with_vat(plus: Product) -> None:
    gone = make.product(for_sale=False)
    page = text(browser().get("/hosting/"))
    assert plus.name_nl in page
    assert gone.name_nl not in page
    assert "€ 90,75" in page.replace("\u00a0", " ")
    english = text(browser().get("/en/hosting/"))
    assert "€90.75" in english
    assert "Roomy" in english


def test_what_is_sold_no_longer_leads_back_to_the_shop(plus: Product) -> None:
    for slug in ("no-such-thing", make.product(for_sale=False).slug):
        assert browser().get(f"/hosting/{slug}/", follow=True).redirect_chain == [("/hosting/", 302)]
        assert put(browser(), Product(slug=slug)).status_code == 302
    assert all_of(CartLine) == []


@pytest.mark.promise("P21", "P60")
def test_looking_around_leaves_no_cart_and_no_cookie_of_one(plus: Product) -> None:
    visitor = browser()
    for address in ("/hosting/", f"/hosting/{plus.slug}/", "/hosting/winkelwagen/", "/hosting/bestellen/"):
        assert visitor.get(address).status_code == 200
    assert "hospes_cart" not in visitor.cookies
    assert "hospes_portal" not in visitor.cookies


@pytest.mark.promise("P21")
def test_a_visitors_cart_is_there_at_the_next_visit(plus: Product) -> None:
    visitor = browser()
    answer = put(visitor, plus, "https://www.Voorbeeld.test/")
    assert (answer.status_code, answer["Location"]) == (302, "/hosting/winkelwagen/")
    cookie = visitor.cookies["hospes_cart"]
    assert (cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (True, "Lax", 90 * 86400)
    again = browser()
    again.cookies["hospes_cart"] = cookie.value
    assert "voorbeeld.test" in text(again.get("/hosting/winkelwagen/"))
    assert "voorbeeld.test" not in text(browser().get("/hosting/winkelwagen/"))


@pytest.mark.parametrize(
    "value", ["", "x", "0" * 32, "%00", "'; DROP TABLE", "00000000-0000-0000-0000-000000000000"]
)
def test_a_cookie_that_makes_no_sense_is_an_empty_cart(plus: Product, value: str) -> None:
    visitor = browser()
    visitor.cookies["hospes_cart"] = value
    assert visitor.get("/hosting/winkelwagen/").status_code == 200
    assert put(visitor, plus).status_code == 302


@pytest.mark.parametrize(
    ("form", "wrong"),
    [({"label": ""}, "label"), ({"label": "geen naam"}, "label"), ({"label": "1.2.3.4"}, "label"),
     ({"label": "x" * 254}, "label"), ({"months": "3"}, "months"), ({"months": "0"}, "months"), ({"months": "x"}, "months")],
)  # fmt: skip
def test_what_cannot_be_put_in_is_said_and_not_put_in(
    plus: Product, form: dict[str, str], wrong: str
) -> None:
    filled = {"product": plus.slug, "months": "12", "label": "voorbeeld.test"} | form
    answer = browser().post(f"/hosting/{plus.slug}/", filled)
    assert answer.status_code == 200
    assert list(answer.context["form"].errors) == [wrong]
    assert all_of(CartLine) == []


def test_a_line_is_taken_out_of_ones_own_cart_only(plus: Product) -> None:
    one, other = browser(), browser()
    put(one, plus)
    [line] = all_of(CartLine)
    other.post(f"/hosting/winkelwagen/{line.pk}/weg/")
    assert all_of(CartLine) == [line]
    assert one.get(f"/hosting/winkelwagen/{line.pk}/weg/").status_code == 405
    one.post(f"/hosting/winkelwagen/{line.pk}/weg/")
    assert all_of(CartLine) == []


@pytest.mark.promise("P21")
def test_at_login_the_visitors_cart_becomes_ones_own_and_its_cookie_goes(
    plus: Product, customer: Any
) -> None:
    visitor = browser()
    put(visitor, plus, "nieuw.test")
    known = browser(make.holder_of(customer))
    put(known, plus, "oud.test")
    known.cookies["hospes_cart"] = visitor.cookies["hospes_cart"].value
    page = text(known.get("/hosting/winkelwagen/"))
    assert "nieuw.test" in page
    assert "oud.test" in page
    assert known.cookies["hospes_cart"].value == ""
    assert "nieuw.test" not in text(visitor.get("/hosting/winkelwagen/"))


# --- what a cart has room for ---


def test_a_full_cart_says_so_and_so_does_one_that_got_full_at_login(
    plus: Product, customer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(carts, "MOST_LINES", 2)
    holder = make.holder_of(customer)
    make.cart(person=holder, products=[plus])
    visitor = browser()
    for label in ("een.test", "twee.test"):
        assert put(visitor, plus, label).status_code == 302
    assert "er is plaats voor 2 regels" in text(put(visitor, plus, "drie.test"))
    enter(visitor, holder)
    page = text(visitor.get("/hosting/winkelwagen/"))
    assert "paste niet meer in uw winkelwagen" in page
    assert "een.test" in page
    assert "twee.test" not in page
    assert "paste niet meer" not in text(visitor.get("/hosting/winkelwagen/"))


def test_a_network_that_begins_too_many_carts_is_told_what_to_do(
    plus: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "MOST_NEW_CARTS", 1)
    put(browser(), plus)
    assert "Log in, of probeer het over een uur opnieuw." in text(put(browser(), plus))
    assert len(all_of(CartLine)) == 1


def test_looking_at_the_cart_is_using_it_and_looking_elsewhere_is_not(plus: Product) -> None:
    visitor, day = browser(), clock.today()
    put(visitor, plus)
    for path, used_on in (("/hosting/", day), ("/hosting/winkelwagen/", day + timedelta(days=9))):
        with clock.shifted(timedelta(days=9)):
            visitor.get(path)
        assert [cart.used_on for cart in all_of(Cart)] == [used_on]


# --- names that somebody has here already ---


def test_a_name_that_is_in_use_is_told_before_the_cart_at_the_checkout_and_before_paying(
    plus: Product, customer: Any, client: Client
) -> None:
    make.service(label="bezet.test")
    assert "Onder de naam bezet.test kunnen wij niets nieuws inrichten" in text(
        put(client, plus, "bezet.test")
    )
    put(client, plus, "straks.test")
    seen = version(client, customer.number)
    service = make.service(label="straks.test")
    for answer in (order(client, customer.number, seen), client.get(f"/k/{customer.number}/afrekenen/")):
        assert answer["Location"] == "/hosting/winkelwagen/"
    page = text(client.get("/hosting/winkelwagen/"))
    assert "bij ons al in gebruik" in page
    assert "Haal dit uit uw winkelwagen om verder te gaan." in page
    assert "Verder naar bestellen" not in page
    assert nothing_ordered()
    with as_owner():
        Service.objects.filter(pk=service.pk).update(state="refused")
    where = order(client, customer.number, seen)["Location"]
    assert 'id="pay"' in client.get(where).content.decode()
    with as_owner():
        Service.objects.filter(pk=service.pk).update(state="active")
    page = client.get(where)
    assert "Onder de naam straks.test kunnen wij niets nieuws inrichten" in text(page)
    assert 'id="pay"' not in page.content.decode()
    answer = client.post(f"{where}betalen/", follow=True)
    assert answer.redirect_chain == [(where, 302)]
    assert "Onder de naam straks.test" in text(answer)


def test_a_quote_for_a_name_that_got_in_use_is_not_accepted(customer: Any, client: Client) -> None:
    quote = make.quote(customer=customer, valid_until="2999-01-01")
    with as_owner():
        [line] = quote.lines.all()
    make.service(label=line.label)
    page = f"/k/{customer.number}/offertes/{quote.number}/"
    assert accept(client, page)["Location"] == page
    assert f"Onder de naam {line.label} kunnen wij niets nieuws inrichten" in text(client.get(page))
    assert all_of(Order) == []


def test_a_service_that_could_not_be_set_up_is_told_without_jargon(customer: Any, client: Client) -> None:
    service = make.service(customer=customer, state="refused", label="voorbeeld.test")
    with as_owner():
        service.changes.update(reason="refused_by_panel")
    home = f"/k/{customer.number}/"
    page = text(client.get(f"{home}diensten/{service.pk}/"))
    for sentence in (
        "Een collega kijkt ernaar.",
        "U hoeft niets te doen: u hoort van ons.",
        "Nog niet ingericht",
    ):
        assert sentence in page, sentence
    assert "refused" not in page
    assert "Wij konden voorbeeld.test niet meteen inrichten." in text(client.get(home))
