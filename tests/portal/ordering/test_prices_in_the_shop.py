"""What the shop says that something costs: with and without VAT, now and later, and with a promotion code."""

from dataclasses import replace
from typing import Any

import pytest
from django.test import Client

from hospes.catalogue.models import Product, Promotion
from hospes.sales.models import Cart, Order, QuoteLine
from tests.portal.ordering.buying import order
from tests.portal.visit import all_of, browser, put, text, version
from tests.support import make
from tests.support.rights import as_owner

pytestmark = pytest.mark.usefixtures("site")


@pytest.fixture
def cheap() -> Product:
    """An introductory year, then the normal price, and a set-up."""
    made = make.product(name_nl="Begin", prices={})
    make.price(product=made, months=12, cents=7_950, setup_cents=1_500, intro_cents=5_950, intro_terms=1)
    return made


def said(page: Any) -> str:
    return text(page).replace("\u00a0", " ")


def code(client: Client, value: str) -> str:
    return said(client.post("/hosting/winkelwagen/actiecode/", {"code": value}, follow=True))


def test_a_price_is_shown_with_vat_and_a_visitor_can_switch(cheap: Product) -> None:
    page = said(browser().get("/hosting/"))
    assert "€ 72,00" in page  # 59,50 with VAT
    assert "de eerste termijn, daarna € 96,20" in page
    assert "€ 18,15 eenmalig" in page
    without = said(browser().get("/hosting/?prijzen=zonder"))
    assert "€ 59,50" in without
    assert "€ 79,50" in without


def test_the_vat_that_is_shown_is_that_of_the_operators_country(cheap: Product, settings: Any) -> None:
    settings.HOSPES_OPERATOR = replace(settings.HOSPES_OPERATOR, country="LU")
    assert "€ 93,02" in said(browser().get("/hosting/"))  # 79,50 with 17 % VAT


def test_who_only_has_companies_sees_prices_without_vat(cheap: Product) -> None:
    customer = make.customer(kind="business")
    assert "€ 59,50" in said(browser(make.holder_of(customer)).get("/hosting/"))


def test_the_cart_says_what_it_costs_now_and_later(cheap: Product) -> None:
    visitor = browser()
    put(visitor, cheap)
    page = said(visitor.get("/hosting/winkelwagen/"))
    assert "€ 90,15" in page  # 59,50 and 15,00 with VAT, rounded once
    assert "waarvan € 18,15 eenmalige kosten" in page
    assert "€ 96,20 per jaar vanaf termijn 2" in page


def test_kinds_that_nobody_makes_are_shown_and_cannot_be_ordered(plus: Product) -> None:
    group = make.group(name_nl="Domeinnamen")
    make.product(
        kind="domain", extension=".nl", slug="nl-domein", group=group, name_nl="Puntnl", prices={12: 750}
    )
    page = said(browser().get("/hosting/"))
    assert "Domeinnamen" in page
    assert "Puntnl" in page
    assert "hier nog niet te bestellen" in page
    assert browser().get("/hosting/nl-domein/").status_code == 302


def test_a_group_with_names_and_other_things_has_a_button_for_each(plus: Product) -> None:
    group = make.group(name_nl="Alles")
    make.product(kind="domain", extension=".nl", group=group, name_nl="Puntnl", prices={12: 750}, position=1)
    make.product(group=group, name_nl="Hostklein", slug="hostklein", prices={12: 750}, position=2)
    page = browser().get("/hosting/").content.decode()
    assert 'name="naam"' in page
    assert "/hosting/hostklein/" in page


def test_a_code_counts_in_the_cart_and_in_the_order(cheap: Product, client: Client, customer: Any) -> None:
    make.promotion(code="WELKOM", basis_points=1_000, name_nl="Welkom")
    put(client, cheap)
    assert "WELKOM geldt: Welkom." in code(client, " welkom ")
    page = said(client.get("/hosting/winkelwagen/"))
    assert "Actiecode WELKOM, al afgetrokken € 7,20" in page
    answer = order(client, customer.number, version(client, customer.number))
    assert answer.status_code == 302
    [line] = all_of(QuoteLine)
    assert (line.net_cents, line.steps_cents) == (5_355 + 1_500, [5_355, 7_950])
    assert [promotion.uses for promotion in all_of(Promotion)] == [1]
    assert [cart.code for cart in all_of(Cart)] == [""]


@pytest.mark.parametrize(
    "words",
    [{"stopped": True}, {"months": [1]}, {"most_uses": 1, "uses": 1}, {"valid_until": "2025-02-01"}, None],
)
def test_a_code_that_does_not_count_is_said_and_not_kept(
    cheap: Product, words: dict[str, Any] | None
) -> None:
    if words is not None:
        make.promotion(code="WELKOM", **words)
    visitor = browser()
    put(visitor, cheap)
    assert "Deze code geldt niet" in code(visitor, "WELKOM")
    assert [cart.code for cart in all_of(Cart)] == [""]


def test_a_code_that_counts_no_more_has_to_go_before_one_orders(
    cheap: Product, client: Client, customer: Any
) -> None:
    make.promotion(code="WELKOM", customer_kind="business")
    put(client, cheap)
    code(client, "WELKOM")
    # At the checkout it is known for whom: a private person.
    assert client.get(f"/k/{customer.number}/afrekenen/")["Location"] == "/hosting/winkelwagen/"
    with as_owner():
        Promotion.objects.update(stopped=True)
    assert "geldt niet" in said(client.get("/hosting/winkelwagen/"))
    assert code(client, "").count("Hebt u een code?") == 1
    assert client.get(f"/k/{customer.number}/afrekenen/").status_code == 200
    assert all_of(Order) == []


def test_a_company_sees_the_checkout_without_vat(cheap: Product) -> None:
    customer = make.customer(kind="business")
    client = browser(make.holder_of(customer))
    put(client, cheap)
    page = said(client.get(f"/k/{customer.number}/afrekenen/"))
    assert "€ 74,50" in page
    assert "€ 79,50 per jaar vanaf termijn 2" in page


@pytest.fixture
def book() -> Product:
    """Something at the reduced rate, with an addition at the standard one."""
    made = make.product(name_nl="Handboek", slug="handboek", prices={12: 1_000})
    make.vat_of(made, "reduced")
    make.product(
        kind="addon", belongs_to=made, name_nl="Toevoeging", slug="toevoeging", prices={12: 500}, most=3
    )
    return made


def test_each_price_has_the_vat_of_its_product(cheap: Product, book: Product) -> None:
    page = said(browser().get("/hosting/"))
    assert "€ 10,90" in page  # 9 %
    assert "€ 72,00" in page  # 21 %
    choosing = said(browser().get("/hosting/handboek/"))
    assert "€ 10,90" in choosing
    assert "€ 6,05" in choosing  # the addition has its own


def test_a_cart_of_two_rates_says_the_vat_of_each_and_so_does_the_checkout(
    cheap: Product, book: Product
) -> None:
    customer = make.customer()
    client = browser(make.holder_of(customer))
    put(client, cheap, "een.test")
    form = {"product": "handboek", "months": 12, "label": "twee.test", "add-toevoeging": "2"}
    client.post("/hosting/handboek/", form)
    for address in ("/hosting/winkelwagen/", f"/k/{customer.number}/afrekenen/"):
        page = said(client.get(address)).lower()
        for part in (
            "€ 90,15",
            "€ 10,90",
            "€ 12,10",
            "€ 94,50",
            "btw 9%",
            "€ 0,90",
            "btw 21%",
            "€ 17,75",
            "€ 113,15",
        ):
            assert part in page, (address, part)
    order(client, customer.number, version(client, customer.number))
    with as_owner():
        addition = Product.objects.get(slug="toevoeging")
    assert {(line.product_id, line.vat_basis_points) for line in all_of(QuoteLine)} == {
        (cheap.pk, 2100), (book.pk, 900), (addition.pk, 2100),
    }  # fmt: skip
    assert all_of(Order)[0].total_cents == 11_315


def test_a_code_on_two_rates_takes_off_what_it_takes_off_with_the_vat_of_each(
    cheap: Product, book: Product
) -> None:
    make.promotion(code="TIEN", basis_points=1_000)
    client = browser()
    put(client, cheap, "een.test")
    put(client, book, "twee.test")
    page = code(client, "TIEN")
    assert "€ 8,29" in page  # 5,95 with 21 % is 7,20, and 1,00 with 9 % is 1,09
