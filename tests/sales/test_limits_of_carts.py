"""A network begins only so many carts in an hour; who has one, or logs in, is not hindered (P21, P25)."""

import threading
import uuid
from datetime import datetime, timedelta

import pytest
from django.core.cache import cache
from django.db import connection

from hospes.accounts.network import network_of
from hospes.catalogue.models import Product
from hospes.customers.models import Person
from hospes.kernel.acting import Actor, acting
from hospes.kernel.purposes import Purpose
from hospes.sales import limits, putting
from hospes.sales.carts import CartRefused
from hospes.sales.models import Cart
from tests.support import make
from tests.support.make import NOW, TODAY
from tests.support.rights import as_owner

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
ON_THE_HOUR = NOW.replace(minute=0)


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> int:
    assert limits.MOST_NEW_CARTS == 40
    monkeypatch.setattr(limits, "MOST_NEW_CARTS", 3)
    return 3


@pytest.fixture
def plus(db: None, _rights: None) -> Product:
    return make.product()


def begin(
    product: Product, ip: str | None = "192.0.2.1", *, now: datetime = ON_THE_HOUR, person: Person | None = None,
    cart_id: uuid.UUID | None = None, label: str = "voorbeeld.test",
) -> uuid.UUID:  # fmt: skip
    """Put something in a cart; a new visitor's one, if nothing else is said."""
    made_up, person_id = cart_id or uuid.uuid4(), person.pk if person else None
    actor = Actor.person(person.pk, ip=ip) if person else Actor.visitor(ip=ip)
    with acting(Purpose.CART, actor=actor, cart=made_up, person=person_id):
        return putting.put(
            cart_id=made_up, person_id=person_id, chosen=putting.Chosen(product.slug, 12, label), now=now, today=TODAY
        )  # fmt: skip


def refused(product: Product, ip: str | None, now: datetime = ON_THE_HOUR) -> bool:
    with pytest.raises(CartRefused, match="over een uur opnieuw"):
        begin(product, ip, now=now)
    return True


def number_of_carts() -> int:
    with as_owner():
        return Cart.objects.count()


def test_a_network_begins_so_many_carts_in_an_hour_and_then_no_more(plus: Product, few: int) -> None:
    for _ in range(few):
        begin(plus)
    for _ in range(2):
        assert refused(plus, "192.0.2.1")
    assert number_of_carts() == few
    begin(plus, "192.0.2.2")


def test_the_next_hour_is_another_one(plus: Product, few: int) -> None:
    for _ in range(few):
        begin(plus)
    assert refused(plus, "192.0.2.1", ON_THE_HOUR + HOUR - timedelta(seconds=1))
    begin(plus, now=ON_THE_HOUR + HOUR)


def test_who_has_a_cart_goes_on_filling_it(plus: Product, few: int) -> None:
    mine, *_others = [begin(plus) for _ in range(few)]
    begin(plus, cart_id=mine, label="nog-een.test")
    assert number_of_carts() == few


def test_who_logged_in_is_not_counted(plus: Product, few: int) -> None:
    for _ in range(few + 1):
        begin(plus, person=make.person())
    begin(plus)


def test_who_makes_up_the_number_of_a_cart_is(plus: Product, few: int) -> None:
    for number in range(few):
        begin(plus, cart_id=uuid.UUID(int=number))
    assert refused(plus, "192.0.2.1")


@pytest.mark.parametrize(
    ("ip", "other", "is_same"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True), ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("192.0.2.1", "192.0.2.2", False), (None, None, True), (None, "192.0.2.1", False),
    ],
)  # fmt: skip
def test_what_one_network_is(
    plus: Product, few: int, ip: str | None, other: str | None, is_same: bool
) -> None:
    assert (network_of(ip) == network_of(other)) == is_same
    for _ in range(few):
        begin(plus, ip)
    if is_same:
        assert refused(plus, other)
    else:
        begin(plus, other)


# --- counting ---


def test_of_many_at_once_each_counts(transactional_db: None) -> None:
    cache.set("test_count", 0, 60)

    def count() -> None:
        for _ in range(20):
            cache.incr("test_count")
        connection.close()

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert cache.get("test_count") == 80
    assert cache.incr("test_count", -80) == 0


def test_what_is_not_there_is_not_counted() -> None:
    with pytest.raises(ValueError, match="nothing to count"):
        cache.incr("never_set")
    assert cache.get("never_set") is None
