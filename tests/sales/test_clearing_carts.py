"""A cart that nobody uses goes when the data map says so, and neither a day sooner nor later (P21, P80)."""

import threading
import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from django.db import connection, connections, transaction

from hospes.config import schedule
from hospes.kernel import clock
from hospes.kernel.acting import Actor, acting
from hospes.kernel.datamap import Event, Then
from hospes.kernel.outside import cookies
from hospes.kernel.purposes import Purpose
from hospes.sales import carts, jobs
from hospes.sales.models import Cart, CartLine
from hospes.sales.sweeps import clear_carts
from tests.support import make
from tests.support.ageing import the_database_believes
from tests.support.make import NOW, TODAY
from tests.support.rights import as_login, as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.login("worker"), pytest.mark.promise("P80")]

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _much_later(db: None) -> Iterator[None]:
    """The database's own guard (tests/kernel/test_keeping.py) is not what is tried here."""
    with the_database_believes(NOW + 500 * DAY):
        yield


def left() -> set[uuid.UUID]:
    with as_owner():
        assert set(CartLine.objects.values_list("cart_id", flat=True)) <= set(
            Cart.objects.values_list("pk", flat=True)
        )
        return set(Cart.objects.values_list("pk", flat=True))


def at(days: int) -> datetime:
    return NOW + days * DAY


def test_the_map_the_cookie_and_the_sweep_say_the_same_number() -> None:
    for model in (Cart, CartLine):
        keep = model.datamap.keep
        assert keep is not None
        assert (keep.days, keep.years, keep.months, keep.event, keep.then) == (
            90,
            0,
            0,
            Event.LAST_USE,
            Then.DELETE,
        )
    assert cookies["hospes_cart"].days == 90


@pytest.mark.parametrize("known", [False, True])
def test_a_cart_is_there_for_ninety_days_after_its_last_use(known: bool) -> None:
    cart = make.cart(person=make.person() if known else None, products=[make.product(), make.product()])
    assert clear_carts(now=at(90)) == 0
    assert left() == {cart.pk}
    assert clear_carts(now=at(91)) == 1
    assert left() == set()
    with as_owner():
        assert CartLine.objects.count() == 0
    assert clear_carts(now=at(91)) == 0


@pytest.mark.promise("P21")
@pytest.mark.login("portal")
def test_who_comes_back_to_look_keeps_it_as_long_again() -> None:
    cart = make.cart(products=[make.product()])
    with acting(Purpose.CART, actor=Actor.visitor(), cart=cart.pk):
        version = carts.contents(cart_id=cart.pk, person_id=None, today=TODAY).version
        carts.note_visit(cart_id=cart.pk, person_id=None, today=TODAY + 60 * DAY)
        carts.note_visit(cart_id=cart.pk, person_id=None, today=TODAY + 20 * DAY)  # a clock that runs behind
        assert carts.contents(cart_id=cart.pk, person_id=None, today=TODAY).version == version
    with as_login("worker"):
        assert [clear_carts(now=at(days)) for days in (150, 151)] == [0, 1]


@pytest.mark.login("portal")
def test_changing_it_is_use_too() -> None:
    cart = make.cart(products=[make.product()])
    with acting(Purpose.CART, actor=Actor.visitor(), cart=cart.pk):
        [line] = CartLine.objects.all()
        carts.take_out(cart_id=cart.pk, person_id=None, line_id=line.pk, now=at(30))
    with as_login("worker"):
        assert [clear_carts(now=at(days)) for days in (120, 121)] == [0, 1]


def test_a_visit_to_a_cart_that_is_not_there_is_no_error() -> None:
    with as_login("portal"), acting(Purpose.CART, actor=Actor.visitor(), cart=uuid.uuid4()) as scene:
        carts.note_visit(cart_id=scene.cart, person_id=None, today=TODAY)


@pytest.mark.parametrize("number", [0, 1, 2, 3, 4, 5])
def test_none_is_missed_at_the_edge_of_a_page(number: int) -> None:
    for _ in range(number):
        make.cart(used_on=TODAY - 91 * DAY)
    kept = make.cart(used_on=TODAY - 90 * DAY)
    assert clear_carts(now=NOW, page_size=2) == number
    assert left() == {kept.pk}


@pytest.mark.django_db(transaction=True)
def test_what_somebody_uses_at_this_very_moment_stays() -> None:
    cart = make.cart(used_on=TODAY - 200 * DAY, products=[make.product()])
    swept: list[int] = []

    def sweep() -> None:
        swept.append(clear_carts(now=NOW))
        connection.close()

    with as_owner(), transaction.atomic():
        Cart.objects.select_for_update().get(pk=cart.pk)
        thread = threading.Thread(target=sweep)
        thread.start()
        _until_somebody_waits()
        Cart.objects.filter(pk=cart.pk).update(used_on=TODAY)
    thread.join(20)
    assert swept == [0]
    assert left() == {cart.pk}
    with as_owner():
        assert CartLine.objects.filter(cart=cart).count() == 1


def _until_somebody_waits() -> None:
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    with connections["default"].cursor() as cursor:
        for _ in range(2000):
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(waiting)
            if cursor.fetchone()[0]:
                return
            cursor.execute("SELECT pg_sleep(0.01)")
    raise AssertionError("nobody waited")


def test_it_is_done_every_night() -> None:
    old = make.cart(used_on=TODAY - 91 * DAY)
    assert schedule.sales.sweep_carts is jobs.sweep_carts
    assert (jobs.sweep_carts.name, jobs.sweep_carts.purpose) == ("sales.jobs.sweep_carts", Purpose.RETENTION)
    with clock.moved_to(NOW):
        jobs.sweep_carts.run(timestamp=0)
    assert old.pk not in left()
