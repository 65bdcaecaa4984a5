"""Keeping the catalogue in the office: each page, who has it, what it refuses, and the history of who changed which price."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client

from hospes.catalogue.models import CatalogueChange, Group, Option, Price, Product, ProductVat, Promotion
from hospes.catalogue.queries import code, offer, vat_code
from hospes.kernel import clock
from hospes.kernel.models import JournalEntry
from tests.office import people
from tests.office.conftest import AsRole
from tests.support import make
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.login("office")]

DAY = timedelta(days=1)


@pytest.fixture
def keeper(as_role: AsRole) -> Client:
    make.vat_rates()
    return as_role("administrator")


def all_of(model: Any) -> list[Any]:
    with as_owner():
        return list(model.objects.order_by("pk"))


TEXTS = {
    "name_nl": "Ruim",
    "name_en": "Roomy",
    "summary_nl": "Veel ruimte.",
    "summary_en": "Much room.",
    "position": "1",
}
PRODUCT = TEXTS | {
    "kind": "hosting",
    "slug": "ruim",
    "disk_mb": "5000",
    "mailboxes": "5",
    "most": "1",
    "for_sale": "on",
    "vat_code": "standard",
}


def price(on: date, **words: str) -> dict[str, str]:
    usual = {"months": "12", "cents": "79,50", "valid_from": on.isoformat(), "offered": "on"}
    return {f"price-{name}": value for name, value in (usual | words).items()}


def test_something_is_sold_from_nothing(keeper: Client) -> None:
    today = clock.today()
    keeper.post("/aanbod/groepen/nieuw/", TEXTS | {"slug": "hosting"})
    [group] = all_of(Group)
    answer = keeper.post("/aanbod/producten/nieuw/", PRODUCT | {"group": str(group.pk)})
    [product] = all_of(Product)
    assert answer["Location"] == f"/aanbod/producten/{product.pk}/"
    assert "nog geen prijs" in people.text(keeper.get("/aanbod/"))
    form = price(today, setup_cents="15", intro_cents="59,50", intro_terms="1")
    assert keeper.post(f"/aanbod/producten/{product.pk}/prijs/", form).status_code == 302
    found = offer(slug="ruim", months=12, today=today)
    assert found is not None
    assert (found.quotation().now_cents, found.quotation().later_cents) == (5_950 + 1_500, 7_950)
    page = people.text(keeper.get(f"/aanbod/producten/{product.pk}/")).replace("\u00a0", " ")
    assert "€ 96,20" in page  # 79,50 with VAT, as a private person sees it
    assert "€ 79,50" in page


def test_an_option_with_choices_and_their_prices(keeper: Client) -> None:
    product, today = make.product(prices={12: 7_500}), clock.today()
    new = {"kind": "choice", "slug": "back-ups", "name_nl": "Back-ups", "name_en": "Backups", "first_nl": "7 dagen",
           "first_en": "7 days", "most": "1", "position": "0", "for_sale": "on"}  # fmt: skip
    answer = keeper.post(f"/aanbod/producten/{product.pk}/keuze/", {f"option-{k}": v for k, v in new.items()})
    [option] = all_of(Option)
    assert answer["Location"] == f"/aanbod/keuzes/{option.pk}/"
    keeper.post(
        f"/aanbod/keuzes/{option.pk}/mogelijkheid/",
        {"choice-name_nl": "30 dagen", "choice-name_en": "30 days"},
    )
    week, month = [c.pk for c in option.choices.order_by("position")]
    for choice, cents in ((week, "0"), (month, "24,00")):
        form = price(today, cents=cents) | {"price-choice": str(choice)}
        assert keeper.post(f"/aanbod/keuzes/{option.pk}/prijs/", form).status_code == 302
    found = offer(slug=product.slug, months=12, today=today)
    assert found is not None
    assert found.quotation(chosen=found.chosen({month: 1}) or []).now_cents == 7_500 + 2_400
    assert "€ 24,00" in people.text(keeper.get(f"/aanbod/keuzes/{option.pk}/")).replace("\u00a0", " ")
    keeper.post(f"/aanbod/mogelijkheden/{month}/", {"for_sale": "0"})
    found = offer(slug=product.slug, months=12, today=today)
    assert found is not None
    assert found.chosen({month: 1}) is None


def vat(code: str, on: date) -> dict[str, str]:
    return {"vat-code": code, "vat-valid_from": on.isoformat()}


def test_the_vat_of_a_product_is_set_shown_and_withdrawn(keeper: Client) -> None:
    product, today = make.product(prices={12: 7_500}), clock.today()
    where = f"/aanbod/producten/{product.pk}/"
    assert "Algemeen tarief: vandaag 21% bij ons." in people.text(keeper.get(where))
    assert keeper.post(f"{where}btw/", vat("reduced", today - DAY)).status_code == 422
    assert keeper.post(f"{where}btw/", vat("standard", today)).status_code == 422
    assert keeper.post(f"{where}btw/", vat("reduced", today)).status_code == 302
    assert keeper.post(f"{where}btw/", vat("zero", today + DAY)).status_code == 302
    page = people.text(keeper.get(where)).replace("\u00a0", " ")
    for said in (
        "Verlaagd tarief: vandaag 9% bij ons.",
        "€ 81,75",
        "€ 75,00",
        "Nultarief",
        "nultarief, vanaf",
    ):
        assert said in page
    reduced, zero = all_of(ProductVat)
    for each in (zero, reduced):
        keeper.post(f"/aanbod/btw/{each.pk}/intrekken/")
    assert [each.withdrawn_at is None for each in all_of(ProductVat)] == [False, False]
    assert "€ 90,75" in people.text(keeper.get(where)).replace("\u00a0", " ")


def test_a_product_is_made_with_the_reduced_rate(keeper: Client) -> None:
    form = PRODUCT | {"group": str(make.group().pk), "kind": "work", "unit_nl": "boek", "unit_en": "book"}
    assert keeper.post("/aanbod/producten/nieuw/", form | {"vat_code": "high"}).status_code == 422
    assert keeper.post("/aanbod/producten/nieuw/", form | {"vat_code": "reduced"}).status_code == 302
    [product] = all_of(Product)
    assert vat_code(product.pk, today=clock.today()) == "reduced"


def test_a_price_of_the_past_is_refused_and_one_that_did_not_begin_is_withdrawn(keeper: Client) -> None:
    product, today = make.product(prices={12: 7_500}), clock.today()
    where = f"/aanbod/producten/{product.pk}/prijs/"
    assert keeper.post(where, price(today - DAY)).status_code == 422
    assert keeper.post(where, price(today + DAY, cents="99")).status_code == 302
    assert keeper.post(where, price(today + DAY, cents="98")).status_code == 422
    old, new = all_of(Price)
    for each in (old, new):
        keeper.post(f"/aanbod/prijzen/{each.pk}/intrekken/")
    assert [p.withdrawn_at is None for p in all_of(Price)] == [True, False]


@pytest.mark.parametrize(
    "words",
    [{"cents": "x"}, {"cents": "-5"}, {"cents": ""}, {"valid_from": "x"}, {"months": "2"}, {"intro_cents": "5"}, {"intro_terms": "1"},
     {"intro_cents": "79,50", "intro_terms": "1"}],
)  # fmt: skip
def test_a_price_that_makes_no_sense_is_said_and_not_kept(keeper: Client, words: dict[str, str]) -> None:
    product = make.product(prices={})
    answer = keeper.post(f"/aanbod/producten/{product.pk}/prijs/", price(clock.today(), **words))
    assert answer.status_code == 422
    assert 'class="notice' in answer.content.decode() or "field-error" in answer.content.decode()
    assert all_of(Price) == []


def test_who_changed_which_price_can_be_seen(keeper: Client) -> None:
    product, today = make.product(prices={12: 7_500}, name_nl="Ruim"), clock.today()
    keeper.post(f"/aanbod/producten/{product.pk}/prijs/", price(today, cents="99"))
    [change] = all_of(CatalogueChange)
    with as_owner():
        name = change.by.name
        assert (
            JournalEntry.objects.filter(action="catalogue.price_set", object_table="catalogue_price").count()
            == 1
        )
    page = people.text(keeper.get(f"/aanbod/producten/{product.pk}/")).replace("\u00a0", " ")
    assert f"door {name}" in page
    assert "Was: € 75,00 per jaar, vanaf 1 januari 2025. Werd: € 99,00 per jaar" in page


def test_what_was_sold_is_no_longer_for_sale_and_stays(keeper: Client) -> None:
    product = make.product(prices={12: 7_500})
    with as_owner():
        group = product.group_id
    form = {k: v for k, v in PRODUCT.items() if k not in ("kind", "slug", "for_sale")} | {"group": str(group)}
    assert keeper.post(f"/aanbod/producten/{product.pk}/", form).status_code == 302
    assert offer(slug=product.slug, months=12, today=clock.today()) is None
    assert "niet meer te koop" in people.text(keeper.get("/aanbod/"))
    assert {change.field for change in all_of(CatalogueChange)} >= {"for_sale", "name_nl"}


def test_a_code_is_made_looked_at_and_stopped(keeper: Client) -> None:
    product, today = make.product(), clock.today()
    new = {"code": "lente 26", "name_nl": "Lente", "name_en": "Spring", "percent": "12.5", "valid_from": today.isoformat(),
           "most_uses": "10", "products": [str(product.pk)], "months": ["12"]}  # fmt: skip
    answer = keeper.post("/aanbod/codes/nieuw/", new)
    [promotion] = all_of(Promotion)
    assert answer["Location"] == f"/aanbod/codes/{promotion.pk}/"
    assert (promotion.code, promotion.basis_points, promotion.months) == ("LENTE26", 1_250, [12])
    found = code("lente26", today=today)
    assert found is not None
    assert found.for_line(product.pk, 12) is not None
    assert "12,5%" in people.text(keeper.get(answer["Location"]))
    assert keeper.post("/aanbod/codes/nieuw/", new).status_code == 422
    form = {"name_nl": "Lente", "name_en": "Spring", "valid_from": today.isoformat(), "stopped": "on"}
    assert keeper.post(answer["Location"], form).status_code == 302
    assert code("lente26", today=today) is None


@pytest.mark.parametrize(
    "words",
    [{"percent": ""}, {"cents": "5"}, {"percent": "101"}, {"code": "a"}, {"code": "é€é"}, {"valid_until": "2020-01-01"}, {"most_uses": "0"}],
)  # fmt: skip
def test_a_code_that_makes_no_sense_is_refused(keeper: Client, words: dict[str, str]) -> None:
    new = {
        "code": "LENTE",
        "name_nl": "x",
        "name_en": "x",
        "percent": "10",
        "valid_from": clock.today().isoformat(),
    }
    assert keeper.post("/aanbod/codes/nieuw/", new | words).status_code == 422
    assert all_of(Promotion) == []


@pytest.mark.parametrize("words", [
    {"slug": "winkelwagen"}, {"slug": "x y"}, {"kind": "domain"}, {"kind": "addon"}, {"kind": "work"}, {"kind": "horse"},
    {"kind": "hosting", "extension": ".nl"},
])  # fmt: skip
def test_a_product_that_makes_no_sense_is_refused(keeper: Client, words: dict[str, str]) -> None:
    group = make.group()
    assert (
        keeper.post("/aanbod/producten/nieuw/", PRODUCT | {"group": str(group.pk)} | words).status_code == 422
    )
    assert all_of(Product) == []


def test_for_all_others_the_pages_do_not_exist(as_role: AsRole) -> None:
    product = make.product()
    as_role("administrator")
    client = as_role("billing_clerk", "support_agent", "technician", "privacy_officer")
    assert client.get("/aanbod/").status_code == 404
    assert client.post(f"/aanbod/producten/{product.pk}/prijs/", price(clock.today())).status_code == 404
    assert len(all_of(Price)) == 2
