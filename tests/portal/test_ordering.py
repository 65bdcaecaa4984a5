"""From the shop to an order: what was seen is what is ordered, once, by somebody who may (P03, P15, P21)."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from hospes.catalogue.models import Product
from hospes.kernel import clock
from hospes.messaging.models import Message
from hospes.sales import agreements, carts, limits
from hospes.sales.models import Cart, CartLine, Order, Quote, QuoteLine
from hospes.services.models import Service
from tests.portal.visit import IP, accept, all_of, browser, jobs, member, put, text, version
from tests.support import make
from tests.support.entering import enter
from tests.support.rights import as_owner

pytestmark = pytest.mark.usefixtures("site")

MAY = ("holder", "administration", "billing")
MAY_NOT = ("technical", "read_only")


@pytest.fixture
def plus() -> Product:
    return make.product(name_nl="Ruim", name_en="Roomy", prices={1: 750, 12: 7500})


@pytest.fixture
def customer() -> Any:
    return make.customer()


@pytest.fixture
def client(customer: Any) -> Client:
    """The holder's browser."""
    return browser(make.holder_of(customer))


def order(client: Client, number: int, seen: str, **form: str) -> Any:
    """Press the button of the checkout page."""
    return client.post(f"/k/{number}/afrekenen/", {"version": seen, "terms": "on", "do": "order"} | form)


def nothing_ordered() -> bool:
    return all_of(Quote) == all_of(Order) == all_of(Message) == []


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
    assert (made.total_cents, made.state, made.terms_version) == (9983, "awaiting_payment", "2026-01")
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


def test_a_company_abroad_is_told_so_and_keeps_its_cart(plus: Product) -> None:
    customer = make.customer(kind="business", country="BE")
    client = browser(make.holder_of(customer))
    put(client, plus)
    answer = order(client, customer.number, version(client, customer.number))
    assert answer["Location"] == "/hosting/winkelwagen/"
    page = text(client.get(answer["Location"]))
    assert "buiten Nederland" in page
    assert "voorbeeld.test" in page
    assert nothing_ordered()


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
    form = {"do": "accept", "terms": "on", "agreed": agreements.of_now("nl").mark(quote.number)}
    accepted = client.post(f"{page}besluit/", form)
    [made] = all_of(Order)
    assert accepted["Location"] == f"/k/{customer.number}/bestellingen/{made.number}/"
    assert client.post(f"{page}besluit/", form)["Location"] == accepted["Location"]
    assert (len(all_of(Order)), all_of(Quote)[0].decided_from) == (1, IP)


def test_a_quote_can_be_declined_and_then_not_accepted(customer: Any, client: Client) -> None:
    quote = make.quote(customer=customer, valid_until="2999-01-01")
    page = f"/k/{customer.number}/offertes/{quote.number}/"
    decide = f"{page}besluit/"
    form = {"do": "accept", "terms": "on", "agreed": agreements.of_now("nl").mark(quote.number)}
    client.post(decide, {"do": "decline"})
    assert [q.state for q in all_of(Quote)] == ["declined"]
    client.post(decide, form)
    client.post(decide, {"do": "decline"})
    assert ([q.state for q in all_of(Quote)], all_of(Order)) == (["declined"], [])
    assert "besluit" not in client.get(page).content.decode()


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
        form = {"do": "accept", "terms": "on", "agreed": agreements.of_now("nl").mark(quote.number)}
        client.post(f"{page}besluit/", form)
    assert len(all_of(Order)) == is_valid


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
    agreed = agreements.of_now("nl").mark(quote.number)
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
    assert "algemene voorwaarden, versie 2026-01" in page
    assert "verwerkersovereenkomst, versie 2026-01" in page


def test_so_does_who_accepts_a_quote(customer: Any, client: Client, settings: Any) -> None:
    quote = make.quote(customer=customer, valid_until="2999-01-01")
    page = f"/k/{customer.number}/offertes/{quote.number}/"
    form = {"do": "accept", "terms": "on", "agreed": agreements.of_now("nl").mark(quote.number)}
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
