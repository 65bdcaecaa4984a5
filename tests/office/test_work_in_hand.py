"""Work that a colleague took in hand: who has it is seen by the others, and of two at once one gets it."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections
from django.test import Client

from hospes.kernel import clock
from hospes.kernel.acting import Actor, acting
from hospes.kernel.purposes import Purpose
from hospes.office import taking
from hospes.office.models import Taken
from hospes.sales.models import Order
from tests.office import people
from tests.office.conftest import AsRole
from tests.support import make
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.login("office")]

LATER = make.NOW + timedelta(days=20)
BOARD = "onbetaalde-bestellingen"


@pytest.fixture(autouse=True)
def _later() -> object:
    with clock.moved_to(LATER):
        yield


def where(order: Order, key: str = BOARD) -> str:
    return f"/werk/{key}/{order.pk}/"


def held() -> list[tuple[int, int, bool]]:
    """What was ever taken: number, by whom, and whether they still have it."""
    with as_owner():
        rows = Taken.objects.order_by("pk").values_list("item_id", "person_id", "released_at")
        return [(item, person, released is None) for item, person, released in rows]


def test_what_is_taken_is_mine_and_seen_by_others(as_role: AsRole) -> None:
    order = make.order()
    mine, other = as_role("billing_clerk"), as_role("support_agent")
    assert "Neem het" in people.text(mine.get(f"/werk/{BOARD}/"))
    assert mine.post(where(order), {"do": "take"})["Location"] == "/"
    page = people.text(mine.get("/"))
    assert page.index("Van mij") < page.index(order.number)
    assert "Geef vrij" in page
    theirs = people.text(other.get(f"/werk/{BOARD}/"))
    assert "Neem over" in theirs
    assert "Van mij" not in people.text(other.get("/"))
    assert [entry[0] for entry in people.entries("staff.work_taken")] == [None]


def test_it_is_let_go_of_by_who_has_it_only(as_role: AsRole) -> None:
    order = make.order()
    mine, other = as_role("billing_clerk"), as_role("support_agent")
    mine.post(where(order), {"do": "take"})
    other.post(where(order), {"do": "release"})
    assert [still for _, _, still in held()] == [True]
    answer = mine.post(where(order), {"do": "release", "back": "board"})
    assert answer["Location"] == f"/werk/{BOARD}/"
    mine.post(where(order), {"do": "release"})  # pressed twice
    assert [still for _, _, still in held()] == [False]
    assert len(people.entries("staff.work_released")) == 1
    other.post(where(order), {"do": "take"})
    assert [still for _, _, still in held()] == [False, True]


def test_who_comes_second_is_told_who_has_it(as_role: AsRole) -> None:
    order = make.order()
    mine, other = as_role("billing_clerk"), as_role("support_agent")
    mine.post(where(order), {"do": "take"})
    mine.post(where(order), {"do": "take"})  # pressed twice
    answer = other.post(where(order), {"do": "take"}, follow=True)
    assert "was u net voor" in people.text(answer)
    assert len(held()) == 1


def test_it_is_taken_over_from_whom_it_was_seen_with(as_role: AsRole) -> None:
    order = make.order()
    first, second, third = as_role("billing_clerk"), as_role("support_agent"), as_role("administrator")
    first.post(where(order), {"do": "take"})
    with as_owner():
        seen = Taken.objects.get().pk
    second.post(where(order), {"do": "take", "instead_of": str(seen)})
    third.post(where(order), {"do": "take", "instead_of": str(seen)})  # that one has it no longer
    assert [still for _, _, still in held()] == [False, True]
    assert len({person for _, person, _ in held()}) == 2


@pytest.mark.parametrize("seen", ["x", "-1", "9" * 30, "²"])
def test_odd_numbers_take_nothing_from_anybody(as_role: AsRole, seen: str) -> None:
    order = make.order()
    mine, other = as_role("billing_clerk"), as_role("support_agent")
    mine.post(where(order), {"do": "take"})
    assert other.post(where(order), {"do": "take", "instead_of": seen}).status_code == 302
    assert [still for _, _, still in held()] == [True]


def test_what_is_done_is_nobodys_any_more(as_role: AsRole) -> None:
    order = make.order()
    client = as_role("billing_clerk")
    client.post(where(order), {"do": "take"})
    with as_owner():
        Order.objects.filter(pk=order.pk).update(
            state="cancelled", cancelled_at=make.NOW, cancelled_why="staff"
        )
    assert "Van mij" not in people.text(client.get("/"))
    other = make.order(paid=True)
    answer = client.post(where(other), {"do": "take"}, follow=True)
    assert "wacht hier niet meer" in people.text(answer)
    assert len(held()) == 1


def test_it_is_there_for_the_roles_of_its_board_only(as_role: AsRole) -> None:
    invoice = make.invoice()
    address = f"/werk/verlopen-facturen/{invoice.pk}/"
    for role in ("support_agent", "privacy_officer", "administrator"):
        assert as_role(role).post(address, {"do": "take"}).status_code == 404
    assert as_role("billing_clerk").post(address, {"do": "take"}).status_code == 302
    assert as_role("billing_clerk").post("/werk/bestaat-niet/1/", {"do": "take"}).status_code == 404


def test_opening_the_address_of_the_form_leads_to_the_board(as_role: AsRole) -> None:
    order = make.order()
    assert as_role("billing_clerk").get(where(order))["Location"] == f"/werk/{BOARD}/"
    assert held() == []


def test_nobody_takes_anything_without_logging_in(client: Client, settings: Any) -> None:
    settings.FACE, settings.ROOT_URLCONF = "office", "hospes.config.urls_office"
    assert "login" in client.post(f"/werk/{BOARD}/1/", {"do": "take"})["Location"]
    assert held() == []


@pytest.mark.django_db(transaction=True)
def test_of_two_who_take_it_at_once_one_gets_it() -> None:
    """Over two real connections, each of which has looked before the other writes."""
    order = make.order()
    both = [make.staff("billing_clerk").person_id for _ in range(2)]
    together, outcome = threading.Barrier(2, timeout=20), dict[int, bool]()

    def take(person_id: int) -> None:
        try:
            with acting(Purpose.CONTRACT, actor=Actor.staff(person_id)) as scene:
                assert taking.hands(BOARD, [order.pk], me=person_id) == {}
                together.wait()
                outcome[person_id] = taking.take(scene, BOARD, order.pk, now=LATER)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=take, args=[person_id]) for person_id in both]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(outcome.values()) == [False, True]
    assert [(item, still) for item, _, still in held()] == [(order.pk, True)]
