"""The cart: still there at the next visit, also without an account, and nobody else's (P21)."""

import uuid
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from hospes.catalogue.models import Price, Product
from hospes.customers.models import Person
from hospes.kernel.acting import Actor, acting
from hospes.kernel.purposes import Purpose
from hospes.sales import carts, putting
from hospes.sales.carts import MOST_LINES, CartRefused, Contents
from hospes.sales.models import Cart, CartLine
from hospes.sales.putting import Chosen
from hospes.services.models import Service
from tests.support import make
from tests.support.make import NOW, TODAY
from tests.support.rights import as_owner

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(minutes=1)
DAY = timedelta(days=1)
NOBODY = Actor.visitor(ip="192.0.2.1")


class Browser:
    """Somebody at a browser: with the cart of its cookie, and logged in or not."""

    def __init__(self, person: Person | None = None, cart_id: uuid.UUID | None = None) -> None:
        self.person_id = person.pk if person else None
        self.cart_id = cart_id or uuid.uuid4()

    def acting(self) -> Any:
        actor = Actor.person(self.person_id) if self.person_id else NOBODY
        return acting(Purpose.CART, actor=actor, cart=self.cart_id, person=self.person_id)

    def put(
        self,
        product: Product,
        label: str = "voorbeeld.test",
        months: int = 12,
        now: Any = NOW,
        today: date = TODAY,
    ) -> None:
        with self.acting():
            putting.put(cart_id=self.cart_id, person_id=self.person_id, chosen=Chosen(product.slug, months, label), now=now,
                        today=today)  # fmt: skip

    def take_out(self, line_id: int, now: Any = LATER) -> None:
        with self.acting():
            carts.take_out(cart_id=self.cart_id, person_id=self.person_id, line_id=line_id, now=now)

    def log_in(self, person: Person, now: Any = LATER) -> int:
        self.person_id = person.pk
        with self.acting():
            return carts.merge_at_login(cart_id=self.cart_id, person_id=person.pk, now=now)

    def contents(self, today: date = TODAY) -> Contents:
        with self.acting():
            return carts.contents(cart_id=self.cart_id, person_id=self.person_id, today=today)

    def lines(self, today: date = TODAY) -> list[tuple[str, int, int | None]]:
        return [(item.label, item.months, item.cents) for item in self.contents(today).items]


def counts() -> tuple[int, int]:
    with as_owner():
        return Cart.objects.count(), CartLine.objects.count()


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> int:
    """Carts that are full soon."""
    assert MOST_LINES == 50
    monkeypatch.setattr(carts, "MOST_LINES", 4)
    return 4


@pytest.fixture
def plus() -> Product:
    return make.product(prices={1: 750, 12: 7500})


# --- putting in and taking out ---


@pytest.mark.promise("P21")
@pytest.mark.parametrize("known", [False, True])
def test_what_is_put_in_is_there_at_the_next_visit(plus: Product, known: bool) -> None:
    somebody = make.person() if known else None
    first = Browser(somebody)
    first.put(plus, "https://www.Eerste.test/", 12)
    first.put(plus, "tweede.test", 1, now=LATER)
    again = Browser(somebody, None if known else first.cart_id)
    assert again.lines() == [("eerste.test", 12, 7500), ("tweede.test", 1, 750)]
    assert again.contents().net_cents == 8250
    assert again.contents().can_be_ordered
    assert counts() == (1, 2)


def test_an_empty_cart_is_nothing_and_cannot_be_ordered(plus: Product) -> None:
    browser = Browser()
    assert browser.contents() == Contents(None, (), "")
    assert not browser.contents().can_be_ordered
    assert counts() == (0, 0)
    browser.put(plus)
    browser.take_out(browser.contents().items[0].line_id)
    assert not browser.contents().can_be_ordered


def test_the_same_domain_name_again_replaces_its_line(plus: Product) -> None:
    browser, other = Browser(), make.product(prices={1: 1500})
    browser.put(plus, "voorbeeld.test", 12)
    browser.put(other, "WWW.voorbeeld.test", 1, now=LATER)
    assert browser.lines() == [("voorbeeld.test", 1, 1500)]
    assert browser.contents().items[0].product_id == other.pk


def test_the_database_keeps_to_one_line_a_name(plus: Product) -> None:
    browser = Browser()
    browser.put(plus)
    with (
        browser.acting(),
        pytest.raises(IntegrityError, match="one_cart_line_per_product_and_name"),
        transaction.atomic(),
    ):
        CartLine.objects.create(cart_id=browser.cart_id, product=plus, months=1, label="voorbeeld.test")


def test_a_line_is_taken_out_and_the_others_stay(plus: Product) -> None:
    browser = Browser()
    for label in ("a.test", "b.test", "c.test"):
        browser.put(plus, label)
    browser.take_out(browser.contents().items[1].line_id)
    assert [label for label, _, _ in browser.lines()] == ["a.test", "c.test"]


def test_taking_out_what_is_not_there_changes_nothing(plus: Product) -> None:
    browser = Browser()
    browser.take_out(1)
    browser.put(plus)
    version = browser.contents().version
    browser.take_out(0)
    assert browser.contents().version == version


@pytest.mark.parametrize(("slug", "months"), [(None, 24), (None, 2), (None, 0), ("no-such-thing", 12)])
def test_what_is_not_for_sale_is_not_put_in(plus: Product, slug: str | None, months: int) -> None:
    browser = Browser()
    with pytest.raises(CartRefused), browser.acting():
        putting.put(cart_id=browser.cart_id, person_id=None, chosen=Chosen(slug or plus.slug, months, "a.test"), now=NOW,
                    today=TODAY)  # fmt: skip
    assert counts() == (0, 0)


@pytest.mark.parametrize("label", ["", "nl", "a b.test", "1.2.3.4", "a" * 64 + ".test"])
def test_what_is_no_domain_name_is_not_put_in(plus: Product, label: str) -> None:
    with pytest.raises(CartRefused):
        Browser().put(plus, label)
    assert counts() == (0, 0)


def test_a_full_cart_takes_no_more_but_lets_a_line_be_changed(plus: Product, small: int) -> None:
    browser = Browser()
    for number in range(small):
        browser.put(plus, f"naam{number}.test")
    with pytest.raises(CartRefused, match="plaats voor 4 regels"):
        browser.put(plus, "een-te-veel.test")
    browser.put(plus, "naam3.test", 1)
    assert len(browser.lines()) == small
    assert ("naam3.test", 1, 750) in browser.lines()


# --- what it costs today ---


def test_the_cart_has_the_price_of_the_day_it_is_looked_at(plus: Product) -> None:
    browser = Browser()
    browser.put(plus)
    make.price(product=plus, months=12, cents=9900, valid_from=TODAY + DAY)
    assert [browser.contents(TODAY + n * DAY).net_cents for n in (0, 1)] == [7500, 9900]


def test_what_is_sold_no_longer_has_no_price_and_the_cart_cannot_be_ordered(plus: Product) -> None:
    browser, other = Browser(), make.product(prices={12: 100})
    browser.put(plus, "a.test")
    browser.put(other, "b.test")
    with as_owner():
        Product.objects.filter(pk=plus.pk).update(for_sale=False)
    assert browser.lines() == [("a.test", 12, None), ("b.test", 12, 100)]
    assert browser.contents().net_cents == 100
    assert not browser.contents().can_be_ordered
    browser.take_out(browser.contents().items[0].line_id)
    assert browser.contents().can_be_ordered


def test_a_price_that_is_gone_is_no_price_either(plus: Product) -> None:
    browser = Browser()
    browser.put(plus)
    with as_owner():
        Price.objects.update(valid_from=TODAY + DAY)
    assert browser.lines() == [("voorbeeld.test", 12, None)]
    assert browser.lines(TODAY + DAY) == [("voorbeeld.test", 12, 7500)]


# --- the version ---


def test_each_change_gives_another_version_and_looking_does_not(plus: Product) -> None:
    browser = Browser()
    browser.put(plus, "a.test")
    seen = [browser.contents().version]
    assert browser.contents().version == seen[0]
    browser.put(plus, "b.test", now=LATER)
    seen.append(browser.contents().version)
    browser.take_out(browser.contents().items[0].line_id, now=LATER + timedelta(microseconds=1))
    seen.append(browser.contents().version)
    assert len(set(seen)) == 3


def emptied(browser: Browser, version: str, today: date = TODAY) -> bool:
    assert browser.person_id is not None
    with browser.acting():
        return carts.empty(person_id=browser.person_id, version=version, today=today)


def test_it_is_emptied_only_as_it_was_ordered_and_once(plus: Product) -> None:
    browser = Browser(make.person())
    browser.put(plus, "a.test")
    ordered = browser.contents().version
    browser.put(plus, "b.test", now=LATER)
    assert not emptied(browser, ordered)
    assert [label for label, _, _ in browser.lines()] == ["a.test", "b.test"]
    ordered = browser.contents().version
    assert emptied(browser, ordered)
    assert browser.lines() == []
    assert not emptied(browser, ordered)
    assert not emptied(Browser(make.person()), ordered)


def test_who_agreed_to_one_price_does_not_order_at_another(plus: Product) -> None:
    browser = Browser(make.person())
    browser.put(plus)
    make.price(product=plus, months=12, cents=7501, valid_from=TODAY + DAY)
    ordered = browser.contents(TODAY).version
    assert browser.contents(TODAY + DAY).version != ordered
    assert not emptied(browser, ordered, TODAY + DAY)
    assert emptied(browser, ordered, TODAY)


# --- whose it is ---


@pytest.mark.promise("P21")
def test_a_visitor_has_the_cart_of_their_own_cookie_and_no_other(plus: Product) -> None:
    one, other = Browser(), Browser()
    one.put(plus, "een.test")
    other.put(plus, "ander.test")
    assert [label for label, _, _ in one.lines()] == ["een.test"]
    assert Browser().lines() == []
    with one.acting():
        assert set(Cart.objects.values_list("pk", flat=True)) == {one.cart_id}
        assert set(CartLine.objects.values_list("label", flat=True)) == {"een.test"}
        [line] = CartLine.objects.all()
    other.take_out(line.pk)
    assert one.lines() == [("een.test", 12, 7500)]


@pytest.mark.promise("P21", "P30")
def test_the_cart_of_a_person_is_seen_by_no_other_person_and_by_no_visitor(plus: Product) -> None:
    owner = make.person()
    mine = Browser(owner)
    mine.put(plus, "geheim.test")
    cart_id = mine.contents().cart_id
    for stranger in (
        Browser(make.person()),
        Browser(make.person(), cart_id),
        Browser(None, cart_id),
        Browser(),
    ):
        assert stranger.contents() == Contents(None, (), "")
        stranger.take_out(mine.contents().items[0].line_id)
    assert mine.lines() == [("geheim.test", 12, 7500)]


@pytest.mark.promise("P25")
def test_who_knows_the_number_of_a_persons_cart_cannot_put_anything_in_it(plus: Product) -> None:
    owner = make.person()
    mine = Browser(owner)
    mine.put(plus, "mijn.test")
    before = mine.contents()
    with pytest.raises(CartRefused):
        Browser(None, before.cart_id).put(plus, "ondergeschoven.test")
    Browser(make.person(), before.cart_id).put(plus, "eigen.test")  # goes into their own
    assert mine.contents() == before


def test_a_person_has_one_cart_on_all_their_devices(plus: Product) -> None:
    person = make.person()
    Browser(person).put(plus, "een.test")
    Browser(person).put(plus, "twee.test")
    assert len(Browser(person).lines()) == 2
    assert counts() == (1, 2)
    with as_owner(), pytest.raises(IntegrityError, match="one_cart_per_person"), transaction.atomic():
        Cart.objects.create(person=person, changed_at=NOW, used_on=TODAY)


# --- logging in ---


@pytest.mark.promise("P21")
def test_at_login_what_was_put_in_as_a_visitor_becomes_ones_own(plus: Product) -> None:
    person = make.person()
    browser = Browser()
    browser.put(plus, "nieuw.test")
    Browser(person).put(plus, "oud.test")
    browser.log_in(person)
    assert sorted(browser.lines()) == [("nieuw.test", 12, 7500), ("oud.test", 12, 7500)]
    assert sorted(Browser(person).lines()) == sorted(browser.lines())
    assert Browser(None, browser.cart_id).lines() == []
    assert counts() == (1, 2)
    with as_owner():
        assert set(CartLine.objects.values_list("person_id", flat=True)) == {person.pk}


def test_who_had_no_cart_gets_the_visitors(plus: Product) -> None:
    person = make.person()
    browser = Browser()
    browser.put(plus, "nieuw.test")
    browser.log_in(person)
    assert Browser(person).lines() == [("nieuw.test", 12, 7500)]
    assert counts() == (1, 1)


def test_of_the_same_domain_name_the_line_that_was_there_stays(plus: Product) -> None:
    person = make.person()
    Browser(person).put(plus, "zelfde.test", 12)
    browser = Browser()
    browser.put(plus, "zelfde.test", 1)
    browser.put(plus, "nieuw.test", 1)
    browser.log_in(person)
    assert sorted(browser.lines()) == [("nieuw.test", 1, 750), ("zelfde.test", 12, 7500)]
    assert counts() == (1, 2)


def test_logging_in_again_or_without_a_cart_changes_nothing(plus: Product) -> None:
    person = make.person()
    browser = Browser()
    browser.log_in(person)
    assert counts() == (0, 0)
    browser = Browser()
    browser.put(plus)
    assert browser.log_in(person) == 0
    before = browser.contents()
    assert browser.log_in(person, now=LATER + DAY) == 0
    assert browser.contents() == before


def test_the_cart_of_another_person_is_not_taken_over_by_who_knows_its_number(plus: Product) -> None:
    mine = Browser(make.person())
    mine.put(plus, "mijn.test")
    before = mine.contents()
    thief = Browser(None, before.cart_id)
    thief.log_in(make.person())
    assert thief.lines() == []
    assert mine.contents() == before


def test_merged_carts_are_no_fuller_than_a_cart_can_be(plus: Product, small: int) -> None:
    person = make.person()
    for number in range(small - 1):
        Browser(person).put(plus, f"oud{number}.test")
    browser = Browser()
    for number in range(3):
        browser.put(plus, f"nieuw{number}.test")
    browser.put(plus, "oud0.test")  # there already: it is not left out, but the same
    assert browser.log_in(person) == 2
    labels = [label for label, _, _ in browser.lines()]
    assert len(labels) == small
    assert [label for label in labels if label.startswith("nieuw")] == ["nieuw0.test"]
    assert counts() == (1, small)


@settings(max_examples=10, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from([1, 12])), max_size=4),
    st.lists(st.tuples(st.sampled_from("bcd"), st.sampled_from([1, 12])), max_size=4),
)
def test_after_login_there_is_the_union_and_ones_own_goes_first(
    own: list[tuple[str, int]], visitors: list[tuple[str, int]]
) -> None:
    with transaction.atomic():
        person, product = make.person(), make.product(prices={1: 1, 12: 2})
        browser = Browser()
        for letter, months in own:
            Browser(person).put(product, f"{letter}.test", months)
        for letter, months in visitors:
            browser.put(product, f"{letter}.test", months)
        browser.log_in(person)
        expected = {f"{letter}.test": months for letter, months in [*visitors, *own]}
        assert {label: months for label, months, _ in browser.lines()} == expected
        assert counts()[1] == len(expected)
        transaction.set_rollback(True)


# --- names that somebody has here already ---


@pytest.mark.promise("P25")
@pytest.mark.parametrize("known", [False, True])
def test_a_name_that_is_in_use_is_not_put_in_and_it_is_not_said_whose_it_is(
    plus: Product, known: bool
) -> None:
    theirs = make.service(label="bezet.test")
    browser = Browser(make.person() if known else None)
    with pytest.raises(
        CartRefused, match=r"Onder de naam bezet\.test kunnen wij niets nieuws inrichten"
    ) as refused:
        browser.put(plus, "www.BEZET.test")
    with as_owner():
        customer = theirs.customer
    assert [t for t in (customer.name, str(customer.number), customer.town) if t in str(refused.value)] == []
    assert counts() == (0, 0)
    browser.put(plus, "vrij.test")


def test_a_name_that_got_in_use_meanwhile_stays_in_the_cart_and_cannot_be_ordered(plus: Product) -> None:
    browser = Browser()
    browser.put(plus, "een.test")
    browser.put(plus, "twee.test")
    assert browser.contents().can_be_ordered
    version = browser.contents().version
    service = make.service(label="twee.test")
    contents = browser.contents()
    assert (contents.can_be_ordered, contents.names_in_use) == (False, ["twee.test"])
    assert contents.version == version
    with as_owner():
        Service.objects.filter(pk=service.pk).update(state="terminated", ended_on=TODAY)
    assert browser.contents().can_be_ordered
