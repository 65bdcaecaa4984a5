"""At the gate of the login page, where more come than can be looked at (P25): who goes first, and that nothing is told by it."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from django.test import Client

from hospes.accounts.origins import devices
from hospes.accounts.passwords import gate, lanes
from hospes.accounts.passwords.lanes import STRAINED, Lane
from hospes.accounts.passwords.repute import repute
from hospes.customers.models import Person
from hospes.kernel import clock
from tests.accounts import people
from tests.support import make
from tests.support.entering import be_known

pytestmark = [pytest.mark.django_db, pytest.mark.promise("P25")]

HERE, ELSEWHERE = "198.51.100.77", "198.51.100.78"


@pytest.fixture(autouse=True)
def _throng(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Strangers stand in lanes of their own, and nobody waits."""
    monkeypatch.setattr(lanes, "PATIENCE", 0.0)
    with clock.moved_to(make.NOW):
        gate.lanes()._strained_until = make.NOW + STRAINED
        yield


@pytest.fixture
def full() -> Iterator[ExitStack]:
    """All places for strangers are taken, but for who is from a good network."""
    with ExitStack() as held:
        for n in range(4):  # half of eight
            held.enter_context(gate.lanes().entered(Lane.FRESH, f"fresh {n}", now=make.NOW))
        yield held


def try_in(
    address: str, ip: str = HERE, password: str = people.PASSWORD, client: Client | None = None
) -> Any:
    return (client or Client()).post(
        "/account/login/", {"login": address, "password": password}, REMOTE_ADDR=ip
    )


def test_who_finds_no_place_is_told_to_come_back_at_once_and_costs_no_more_than_a_look(
    person: Person, full: ExitStack, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(1):  # is it a good network?
        answer = try_in(person.email)
    assert (answer.status_code, answer["Retry-After"]) == (429, str(gate.COME_BACK))
    with django_assert_num_queries(0):
        assert try_in(person.email).status_code == 429
    full.close()
    assert try_in(person.email).status_code == 302


def test_the_answer_is_the_same_for_an_address_that_nobody_has(person: Person, full: ExitStack) -> None:
    known, unknown = try_in(person.email), try_in("noone@example.com", ELSEWHERE)
    assert (known.status_code, known.headers, known.content) == (
        unknown.status_code, unknown.headers, unknown.content,
    )  # fmt: skip
    assert (heard(HERE, person.email), heard(ELSEWHERE, "noone@example.com")) == (Lane.BACK, Lane.BACK)


def heard(ip: str, address: str) -> Lane:
    from hospes.accounts.passwords import limits
    from hospes.accounts.passwords.tries import Turn

    return repute.lane(Turn(limits.GOOD, ip).key, Turn(limits.ACCOUNT, address.lower()).key, now=make.NOW)


def test_who_logged_in_from_a_network_before_goes_first_from_there_also_on_a_new_device(
    person: Person, full: ExitStack
) -> None:
    with clock.moved_to(make.NOW + 2 * STRAINED):  # lanes are one again, and half empty
        full.close()
        assert try_in(person.email).status_code == 302
    repute.forget()  # as after a restart
    with ExitStack() as held:
        for n in range(4):
            held.enter_context(gate.lanes().entered(Lane.FRESH, f"fresh {n}", now=make.NOW))
        other = people.somebody()
        assert try_in(other.email, ELSEWHERE).status_code == 429
        assert try_in(other.email, HERE).status_code == 302  # a colleague, say


def test_who_is_known_finds_all_doors_open(portal: Client, person: Person, full: ExitStack) -> None:
    be_known(portal, person, ip=HERE)
    assert try_in(person.email, ELSEWHERE).status_code == 429
    assert try_in(person.email, ELSEWHERE, client=portal).status_code == 302


def test_who_says_that_they_are_known_and_are_not_is_believed_once(
    portal: Client, person: Person, full: ExitStack
) -> None:
    liar = Client()
    liar.cookies[devices.COOKIE] = "a" * 43
    assert try_in(person.email, HERE, "wrong", liar).status_code == 200
    assert try_in(person.email, HERE, "wrong", liar).status_code == 429
    assert try_in("noone@example.com", HERE, "wrong", liar).status_code == 429
    be_known(portal, person, ip=HERE)
    assert (
        try_in(person.email, HERE, client=portal).status_code == 302
    )  # who really is, is let in from there too


def test_a_login_form_that_is_too_long_is_refused_without_a_place_and_before_it_is_read(
    person: Person,
) -> None:
    form = {"login": person.email, "password": people.PASSWORD, "more": "y" * 19_000}
    assert Client().post("/account/login/", form, REMOTE_ADDR=HERE).status_code == 302
    longer = Client().post("/account/login/", form | {"more": "y" * 20_000}, REMOTE_ADDR=ELSEWHERE)
    assert longer.status_code == 413
    of_no_length = Client().post("/account/login/", form, REMOTE_ADDR=ELSEWHERE, CONTENT_LENGTH="")
    assert of_no_length.status_code == 413


@pytest.mark.parametrize("missing", [{"password": ""}, {"login": ""}, {"password": "\0"}])
def test_who_says_that_they_are_known_and_tries_no_password_is_not_believed(
    person: Person, full: ExitStack, missing: dict[str, str]
) -> None:
    liar = Client()
    liar.cookies[devices.COOKIE] = "a" * 43
    form = {"login": person.email, "password": people.PASSWORD} | missing
    assert liar.post("/account/login/", form, REMOTE_ADDR=HERE).status_code == 429


def test_only_the_login_form_is_held_up(full: ExitStack) -> None:
    assert Client().get("/account/login/").status_code == 200
    asked = Client().post("/account/password/reset/", {"email": "noone@example.com"}, REMOTE_ADDR=HERE)
    assert asked.status_code == 302


def test_after_a_wrong_password_a_network_makes_way_for_all_others(person: Person) -> None:
    assert try_in(person.email, HERE, "wrong").status_code == 200
    assert heard(HERE, person.email) is Lane.REST
    with gate.lanes().entered(Lane.FRESH, "somebody", now=make.NOW):
        assert try_in(person.email, HERE).status_code == 429
        assert try_in(person.email, ELSEWHERE).status_code == 302
    assert try_in(person.email, HERE).status_code == 302
