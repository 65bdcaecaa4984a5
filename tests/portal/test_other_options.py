"""Other options for a service in the portal: filled in with what is had, shown with what they cost, done for that (P22)."""

import re
from dataclasses import dataclass

import pytest

from hospes.catalogue.models import Choice, ChoicePrice, Product
from hospes.kernel import clock
from hospes.services.models import Charge, Content, Request, Service
from tests.portal.test_contracts import at, held, hidden, worked
from tests.portal.visit import House, browser, house, text
from tests.support import make
from tests.support.make import NOW
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("site")]


@dataclass(frozen=True)
class Place:
    house: House
    space: Choice
    usual: Choice
    quick: Choice
    backup: Choice

    @property
    def here(self) -> str:
        return f"{self.house.service.product_id}:12"

    def asked(self, **words: str) -> dict[str, str]:
        """What the form sends as it is filled in at first."""
        usual = {
            "choice": self.here, "of": self.here, "quantity": "1", "when": "now", "option-ruimte": "2",
            "option-hulp": str(self.usual.pk),
        }  # fmt: skip
        return usual | {name if name in usual else f"option-{name}": value for name, value in words.items()}


def options_of(
    product: Product, *, space: int = 1000, quick: int = 5000
) -> tuple[Choice, Choice, Choice, Choice]:
    [first] = make.option(
        product=product, kind="quantity", choices=[{12: space}], most=5, slug="ruimte", name_nl="Ruimte"
    )
    usual, fast = make.option(product=product, choices=[{12: 0}, {12: quick}], slug="hulp", name_nl="Hulp")
    [backup] = make.option(
        product=product, kind="quantity", choices=[{12: 600}], most=1, slug="backup", name_nl="Backup"
    )
    return first, usual, fast, backup


@pytest.fixture
def place() -> Place:
    """A company with a year of 75 euro, with two of the number and the first of the list in it."""
    made = house(kind="business")
    space, usual, quick, backup = options_of(made.service.product)
    has = {"choice_ids": [space.pk, usual.pk], "choice_counts": [2, 1]}
    with as_owner():
        Service.objects.filter(pk=made.service.pk).update(**has)
        Content.objects.filter(service=made.service).update(**has)
    return Place(made, space, usual, quick, backup)


def said(answer: object) -> str:
    return text(answer).replace("\u00a0", " ")


def field(page: str, name: str) -> str:
    """The value of a number, or of what is chosen of a list."""
    tags = [tag for tag in re.findall(r"<input[^>]*>", page) if f'name="{name}"' in tag]
    chosen = tags if len(tags) == 1 else [tag for tag in tags if "checked" in tag]
    found = re.search(r'value="([^"]*)"', chosen[0]) if len(chosen) == 1 else None
    assert found, tags
    return found[1]


def test_the_form_is_filled_in_with_what_is_had(place: Place) -> None:
    with clock.moved_to(NOW):
        client = browser(place.house.holder)
        assert "Pakket, aantal of opties wijzigen" in said(client.get(at(place.house)))
        page = client.get(at(place.house, "wijzigen/")).content.decode()
    assert (field(page, "option-ruimte"), field(page, "option-hulp"), field(page, "of")) == (
        "2",
        str(place.usual.pk),
        place.here,
    )
    assert not re.search(r'<input[^>]*name="option-backup"[^>]*checked', page)


def test_other_options_are_shown_with_what_they_cost_and_done_for_that(place: Place) -> None:
    with clock.moved_to(NOW):
        client = browser(place.house.holder)
        query = place.asked(ruimte="3", backup="on")
        shown = client.get(at(place.house, "wijzigen/"), query)
        assert "Het wijzigt meteen. Voor de rest van deze termijn betaalt u € 16,00" in said(shown)
        assert (
            f"Erbij, in die prijs: Ruimte: 3 × {place.space.name_nl}; Hulp: {place.usual.name_nl}; Backup"
            in said(shown)
        )
        page = shown.content.decode()
        before = page[: page.index('id="confirm"')]
        hidden_fields = re.findall(
            r'<input type="hidden" name="([^"]+)" value="([^"]*)"', before[before.rindex("<form") :]
        )
        sent = dict(hidden_fields)
        assert {name: sent[name] for name in query} == query
        for _ in range(2):  # a double click
            client.post(at(place.house, "wijzigen/"), sent | {"do": "confirm"})
        worked()
        after = said(client.get(at(place.house)))
    assert (held(place.house).choice_ids, held(place.house).choice_counts) == (
        [place.space.pk, place.usual.pk, place.backup.pk], [3, 1, 1])  # fmt: skip
    assert held(place.house).price_cents == 9100
    assert f"Ruimte: 3 × {place.space.name_nl}" in after
    with as_owner():
        assert [c.cents for c in Charge.objects.order_by("pk")] == [-7500, 9100]
        assert Request.objects.count() == 1


def test_packages_have_the_price_with_what_comes_along_and_their_own_options_then(place: Place) -> None:
    large = make.product(prices={12: 20000})
    there, first, fast, _ = options_of(large, space=100)
    with clock.moved_to(NOW):
        client = browser(place.house.holder)
        assert f"{large.name_nl}: € 202,00 exclusief btw / 12 maanden" in said(
            client.get(at(place.house, "wijzigen/"))
        )
        # Sent with the fields of the package that it is now: what is had comes along, whatever was filled in.
        query = place.asked(choice=f"{large.pk}:12", ruimte="5")
        shown = client.get(at(place.house, "wijzigen/"), query)
        assert f"Het wordt meteen {large.name_nl}. Voor de rest van deze termijn betaalt u € 127,00" in said(
            shown
        )
        page = shown.content.decode()
        form = page[page.index('<form class="form" method="get"') :]
        assert (field(form, "option-ruimte"), field(form, "option-hulp"), field(form, "of")) == (
            "2",
            str(first.pk),
            f"{large.pk}:12",
        )
        query |= {"of": f"{large.pk}:12", "option-ruimte": "0", "option-hulp": str(fast.pk)}
        shown = client.get(at(place.house, "wijzigen/"), query)
        assert "betaalt u € 175,00" in said(shown)
        page = shown.content.decode()
        client.post(
            at(place.house, "wijzigen/"),
            query | {"do": "confirm", "key": hidden(page, "key"), "shown": "17500"},
        )
        worked()
    assert (held(place.house).product_id, held(place.house).choice_ids) == (large.pk, [fast.pk])
    assert there.pk not in held(place.house).choice_ids


def test_less_is_only_for_the_next_term_and_stands_on_the_page_of_the_service(place: Place) -> None:
    with clock.moved_to(NOW):
        client = browser(place.house.holder)
        less = place.asked(ruimte="1")
        assert 'id="confirm"' not in client.get(at(place.house, "wijzigen/"), less).content.decode()
        page = client.get(at(place.house, "wijzigen/"), less | {"when": "term_end"}).content.decode()
        assert 'id="confirm"' in page
        client.post(
            at(place.house, "wijzigen/"),
            less
            | {
                "when": "term_end",
                "do": "confirm",
                "key": hidden(page, "key"),
                "shown": "0",
                "shown_term": hidden(page, "shown_term"),
            },
        )
        worked()
        assert f"Ruimte: 1 × {place.space.name_nl}" in said(client.get(at(place.house)))
    assert held(place.house).choice_counts == [2, 1]


@pytest.mark.parametrize(
    ("words", "is_asked"), [({"ruimte": "5"}, True), ({"ruimte": "6"}, False), ({"ruimte": "-1"}, False), ({"hulp": "999"}, False),
                            ({"hulp": "x"}, False), ({}, False)],
)  # fmt: skip
def test_what_cannot_be_is_said_beside_the_form(place: Place, words: dict[str, str], is_asked: bool) -> None:
    with clock.moved_to(NOW):
        answer = browser(place.house.holder).get(at(place.house, "wijzigen/"), place.asked(**words))
    assert answer.status_code == 200
    assert ('id="confirm"' in answer.content.decode()) is is_asked


@pytest.mark.parametrize("when", ["now", "term_end"])
def test_a_price_that_changed_between_the_pages_is_not_asked_for(place: Place, when: str) -> None:
    with clock.moved_to(NOW):
        client = browser(place.house.holder)
        query = place.asked(ruimte="3") | {"when": when}
        page = client.get(at(place.house, "wijzigen/"), query).content.decode()
        with as_owner():
            ChoicePrice.objects.filter(choice=place.space).update(cents=1500)
        shown = {name: hidden(page, name) for name in ("key", "shown", "shown_term")}
        answer = client.post(
            at(place.house, "wijzigen/"),
            query | {"do": "confirm"} | shown,
        )
    assert "Het bedrag is veranderd" in said(answer)
    with as_owner():
        assert not Request.objects.exists()


def test_what_is_not_for_sale_any_more_stays_in_the_form_of_who_has_it(place: Place) -> None:
    with as_owner():
        Choice.objects.filter(pk=place.space.pk).update(for_sale=False)
    with clock.moved_to(NOW):
        client = browser(place.house.holder)
        page = client.get(at(place.house, "wijzigen/")).content.decode()
        assert field(page, "option-ruimte") == "2"
        shown = client.get(at(place.house, "wijzigen/"), place.asked(backup="on"))
    assert "betaalt u € 6,00" in said(shown)


def test_another_customer_has_no_such_page(place: Place) -> None:
    with clock.moved_to(NOW):
        client = browser(house().holder)
        assert client.get(at(place.house, "wijzigen/"), place.asked(ruimte="3")).status_code == 404
        sent = place.asked(ruimte="3") | {"do": "confirm", "key": "0" * 32, "shown": "1000"}
        assert client.post(at(place.house, "wijzigen/"), sent).status_code == 404
    with as_owner():
        assert not Request.objects.exists()
