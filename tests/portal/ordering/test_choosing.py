"""Choosing with options, numbers and additions in the shop: the price that is shown, and what others cannot do."""

import re
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from hospes.catalogue.models import Option, Product, RegistryNotice
from hospes.sales.models import Cart, CartLine, Order, Quote, QuoteLine, RegistryKnown
from simulators import DomainRegistry
from tests.portal.ordering.buying import order
from tests.portal.visit import all_of, browser, text, version
from tests.support import make
from tests.support.make import TODAY
from tests.support.rights import as_owner

pytestmark = pytest.mark.usefixtures("site")


@pytest.fixture
def rich() -> Product:
    """79.50 a year; room by the piece, a back-up, one of a list; and an addition."""
    made = make.product(name_nl="Rijk", slug="rijk", prices={1: 795, 12: 7_950})
    make.option(product=made, kind="quantity", choices=[{12: 1_800}], slug="ruimte", most=5)
    make.option(product=made, kind="quantity", choices=[{12: 2_950}], slug="kopie", most=1)
    make.option(product=made, choices=[{12: 0}, {12: 1_000}], slug="hulp")
    make.product(kind="addon", belongs_to=made, slug="erbij", name_nl="Erbij", most=3, prices={12: 600})
    return made


def said(page: Any) -> str:
    return text(page).replace("\u00a0", " ")


def now(page: Any) -> str:
    found = re.search(r'id="now">(.*?)</dd>', page.content.decode(), re.DOTALL)
    assert found
    return re.sub(r"<[^>]+>|&nbsp;|\u00a0|\s+", " ", found[1]).strip().replace("  ", " ")


def test_the_price_goes_with_what_is_chosen_without_any_script(rich: Product) -> None:
    client, form = (
        browser(),
        {"months": "12", "option-ruimte": "2", "option-kopie": "on", "add-erbij": "2", "do": "price"},
    )
    assert "96,20" in now(client.get("/hosting/rijk/"))
    page = client.post("/hosting/rijk/", form)
    assert page.status_code == 200
    assert "189,97" in now(page)  # 7950 + 3600 + 2950 = 14500 -> 175.45 with VAT, and twice 6.00 -> 14.52
    assert "157,00" in now(client.post("/hosting/rijk/?prijzen=zonder", form))
    assert all_of(Cart) == []
    part = client.post("/hosting/rijk/", form, headers={"HX-Request": "true"})
    assert b"<html" not in part.content
    assert "189,97" in now(part)


def put_rich(client: Client, **form: str) -> Any:
    with as_owner():
        second = Option.objects.get(slug="hulp").choices.get(position=1).pk
    chosen = {
        "months": "12", "option-ruimte": "2", "option-kopie": "on", "option-hulp": str(second), "add-erbij": "1",
        "label": "voorbeeld.test",
    }  # fmt: skip
    return client.post("/hosting/rijk/", chosen | form)


def test_the_cart_and_the_order_say_what_it_is_made_of_and_cost_the_same(
    rich: Product, customer: Any, client: Client
) -> None:
    assert put_rich(client).status_code == 302
    page = said(client.get("/hosting/winkelwagen/"))
    assert "2 ×" in page
    assert "€ 187,55" in page  # 15500 without VAT
    seen = version(client, customer.number)
    for _ in range(2):  # the button twice
        assert order(client, customer.number, seen).status_code == 302
    main, added = all_of(QuoteLine)
    assert (main.net_cents, added.net_cents, added.parent_id) == (15_500, 600, main.pk)
    assert len(all_of(Order)) == len(all_of(Quote)) == 1


@pytest.mark.parametrize(
    "form",
    [
        {"option-ruimte": "6"}, {"option-ruimte": "-1"}, {"option-ruimte": "x"}, {"option-hulp": "999999"}, {"add-erbij": "4"},
        {"label": ""}, {"label": "<b>"},
    ],
)  # fmt: skip
def test_what_cannot_be_is_said_and_nothing_is_put_in(rich: Product, form: dict[str, str]) -> None:
    page = put_rich(browser(), **form)
    assert page.status_code == 200
    assert all_of(CartLine) == []


def test_an_addition_goes_with_its_line_and_nobody_adds_to_another_cart(rich: Product) -> None:
    mine, other = browser(), browser()
    put_rich(mine, **{"add-erbij": "0"})
    [line] = all_of(CartLine)
    other.post(f"/hosting/winkelwagen/{line.pk}/erbij/", {"slug": "erbij"})
    assert len(all_of(CartLine)) == 1
    for _ in range(2):
        mine.post(f"/hosting/winkelwagen/{line.pk}/erbij/", {"slug": "erbij", "quantity": "2"})
    [_line, added] = all_of(CartLine)
    assert (added.parent_id, added.quantity) == (line.pk, 2)
    mine.post(f"/hosting/winkelwagen/{line.pk}/weg/")
    assert all_of(CartLine) == []


def test_an_addition_is_for_a_service_of_ones_own(rich: Product, customer: Any, client: Client) -> None:
    own = make.service(customer=customer, product=rich, label="eigen.test", months=12)
    strange = make.service(product=rich, label="vreemd.test", months=12)
    assert (
        client.post(f"/k/{customer.number}/diensten/{strange.pk}/toevoegen/", {"slug": "erbij"}).status_code
        == 404
    )
    assert all_of(CartLine) == []
    client.post(f"/k/{customer.number}/diensten/{own.pk}/toevoegen/", {"slug": "erbij", "quantity": "2"})
    [line] = all_of(CartLine)
    assert (line.service_id, line.label, line.quantity) == (own.pk, "eigen.test", 2)
    # The same person holds another customer: for that one it is not to be had.
    company = make.customer(kind="business", holder=make.holder_of(customer))
    again = browser(make.holder_of(customer))
    answer = order(again, company.number, version(again, company.number))
    assert answer["Location"] == "/hosting/winkelwagen/"
    assert all_of(Order) == []
    assert len(all_of(CartLine)) == 1


# --- names ----------------------------------------------------------------------------------------------------------------


@pytest.fixture
def names(settings: Any) -> Any:
    with DomainRegistry() as sim:
        settings.HOSPES_RDAP = {"url": sim.url}
        for ending in (".nl", ".com"):
            made = make.product(
                kind="domain", extension=ending, slug=ending[1:] + "-domein", prices={12: 750}
            )
            parts = ("gets", "public_private", "public_business")
            with as_owner():
                RegistryNotice.objects.create(
                    product=made, version="7", valid_from=TODAY, registry=f"Register {ending}",
                    **{f"{part}_{lang}": f"{part} {ending}" for part in parts for lang in ("nl", "en")},
                )  # fmt: skip
        yield sim


@pytest.mark.promise("P42")
def test_names_go_in_the_cart_at_once_and_the_registry_is_named_before_ordering(
    names: DomainRegistry, customer: Any, client: Client
) -> None:
    cache.clear()
    names.control.taken("mooinaam.com")
    page = said(client.get("/hosting/bestellen/domeinnaam/?naam=Mooi naam"))
    assert "mooinaam.nl vrij" in page
    assert "mooinaam.com bezet" in page
    client.post("/hosting/bestellen/domeinnaam/", {"naam": "mooinaam", "extensie": [".nl", ".com"]})
    assert [line.label for line in all_of(CartLine)] == ["mooinaam.nl"]
    cart, checkout = (
        said(client.get(path)) for path in ("/hosting/winkelwagen/", f"/k/{customer.number}/afrekenen/")
    )
    for seen in (cart, checkout):
        assert "gets .nl" in seen
        assert "public_private .nl" in seen
    assert "public_business .nl" not in checkout  # it is ordered for a private person
    seen = version(client, customer.number)
    assert order(client, customer.number, seen).status_code == 200
    assert all_of(Order) == []
    assert order(client, customer.number, seen, registries="on").status_code == 302
    [known] = all_of(RegistryKnown)
    with as_owner():
        assert known.notice.version == "7"


def test_what_the_registry_gets_changed_meanwhile_and_it_is_shown_again(
    names: DomainRegistry, customer: Any, client: Client
) -> None:
    cache.clear()
    client.post("/hosting/bestellen/domeinnaam/", {"naam": "anders", "extensie": [".nl"]})
    seen = version(client, customer.number)
    with as_owner():
        RegistryNotice.objects.filter(product__extension=".nl").update(
            valid_from=TODAY.replace(year=TODAY.year - 1)
        )
        old = RegistryNotice.objects.get(product__extension=".nl")
        old.pk, old.version, old.valid_from = None, "8", TODAY
        old.save()
    page = order(client, customer.number, seen, registries="on")
    assert page.status_code == 200
    assert all_of(Order) == []


def test_who_ticks_no_name_comes_back_to_the_prices_that_they_saw(
    names: DomainRegistry, client: Client
) -> None:
    cache.clear()
    answer = client.post("/hosting/bestellen/domeinnaam/?naam=stil&prijzen=zonder", {"naam": "stil"})
    assert answer["Location"] == "/hosting/bestellen/domeinnaam/?naam=stil&prijzen=zonder"


def test_a_silent_registry_keeps_nobody_from_ordering(names: DomainRegistry, client: Client) -> None:
    cache.clear()
    names.control.outage()
    assert "niet bekend" in said(client.get("/hosting/bestellen/domeinnaam/?naam=stil"))
    client.post("/hosting/bestellen/domeinnaam/", {"naam": "stil", "extensie": [".nl"]})
    assert [line.label for line in all_of(CartLine)] == ["stil.nl"]


@pytest.mark.parametrize(
    "typed", ["a_b", "pаypal", "<script>alert(1)</script>", "a" * 300, "x.y.nl", "naam.xyz", "  "]
)
def test_odd_names_get_a_message_and_ask_nobody(names: DomainRegistry, typed: str) -> None:
    cache.clear()
    answer = browser().get("/hosting/bestellen/domeinnaam/", {"naam": typed})
    assert answer.status_code == 422
    assert b"<script>alert" not in answer.content
    assert names.questions() == []


def test_a_network_searches_so_often_in_an_hour(
    names: DomainRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.clear()
    monkeypatch.setattr("hospes.domains.limits.MOST_SEARCHES", 2)
    visitor = browser()
    codes = [visitor.get(f"/hosting/bestellen/domeinnaam/?naam=naam{n}").status_code for n in range(3)]
    assert codes == [200, 200, 422]
    assert len(names.questions()) == 4
