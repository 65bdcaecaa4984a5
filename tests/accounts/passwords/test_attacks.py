"""Attacks at the doors, as somebody would carry them out."""

import itertools
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connections
from django.test import Client

from hospes.accounts.passwords.limits import ACCOUNT, USUAL
from hospes.customers.models import Person
from hospes.kernel import clock
from hospes.messaging.models import Message
from tests.accounts import people
from tests.accounts.test_reset import choose, link
from tests.support import make, names
from tests.support.rights import as_owner

pytestmark = pytest.mark.promise("P09", "P25")

NEW = "een-heel-ander-woord-7"


def who(client: Client) -> str:
    return client.get("/").content.decode()


def failures() -> int:
    return [entry[0] for entry in people.journal()].count("account.login_failed")


# --- credential stuffing --------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_stuffing_from_many_networks_is_slowed_as_a_whole_and_others_get_in(
    portal: Client, person: Person
) -> None:
    networks, tries = 80, 6
    with clock.moved_to(make.NOW):
        for number in range(networks * tries):
            data = {"login": names.email(), "password": "from-a-list-that-leaked"}
            ip = f"10.{number % networks}.7.1"
            assert Client().post("/account/login/", data, REMOTE_ADDR=ip).status_code in (200, 429)
    # Until there are more than usual each is looked at; then of each network one, and one more after which it has to wait.
    assert failures() <= USUAL + 2 * networks
    with clock.moved_to(make.NOW + timedelta(seconds=1)):
        people.log_in(portal, person, REMOTE_ADDR="192.0.2.44")
        assert who(portal) == person.name


@contextmanager
def at_once(number: int, press: Callable[[int], Any]) -> Iterator[list[Any]]:
    """What so many get who press at the same moment."""
    gate, answers = Barrier(number), []

    def one(order: int) -> None:
        try:
            gate.wait()
            answers.append(press(order))
        finally:
            connections.close_all()

    threads = [Thread(target=one, args=(order,)) for order in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    yield answers


@pytest.mark.database
@pytest.mark.django_db(transaction=True)
def test_guesses_at_the_same_moment_are_no_more_guesses(portal: Client, person: Person) -> None:
    """Who finds no place among so many is sent away as well, and that is no guess; so it can be fewer, and never more."""
    moment = clock.now()

    def guess(order: int) -> int:
        data = {"login": person.email, "password": f"guess number {order}"}
        with clock.moved_to(moment):  # however long it takes: nobody's wait runs out meanwhile
            return Client().post("/account/login/", data, REMOTE_ADDR=f"10.{order}.7.1").status_code

    with at_once(24, guess) as answers:
        looked_at = answers.count(200)
        assert sorted(answers) == [200] * looked_at + [429] * (24 - looked_at)
        assert 1 <= looked_at <= int(ACCOUNT.free) + 1
    assert failures() == looked_at


# --- links for a new password ---------------------------------------------------------------------------------------------


@pytest.mark.database
@pytest.mark.django_db(transaction=True)
def test_of_two_who_use_a_link_at_the_same_moment_one_gets_through(portal: Client, person: Person) -> None:
    path = link(portal, person)
    browsers = [Client() for _ in range(4)]
    form = [browser.get(path, follow=True).request["PATH_INFO"] for browser in browsers]

    def send(order: int) -> str:
        word = f"{NEW} nummer {order}"
        answer = browsers[order].post(form[order], {"password1": word, "password2": word})
        if answer.status_code == 200:  # who comes a little later is told at once that the link was used
            return "used" if "password1" not in answer.content.decode() else "asked again"
        return "done" if answer["Location"] == "/account/password/reset/key/done/" else "used"

    with at_once(4, send) as answers:
        assert sorted(answers) == ["done", "used", "used", "used"]
    assert [entry[0] for entry in people.journal()].count("account.password_changed") == 1
    assert "password1" not in browsers[0].get(form[0]).content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("header", ["host", "x-forwarded-host", "x-host", "forwarded", "x-forwarded-server", "referer", "origin"])  # fmt: skip
def test_no_header_gets_into_a_mail(portal: Client, settings: Any, header: str) -> None:
    settings.HOSPES_PORTAL_URL = "https://klanten.example.com"
    settings.ALLOWED_HOSTS = ["*"]
    settings.SECURE_COOKIES = False
    evil = {header: "evil.example" if header != "forwarded" else "host=evil.example"}
    form = people.form()
    portal.post("/account/signup/", form, headers=evil)
    portal.post("/account/signup/", form, headers=evil)
    portal.post("/account/password/reset/", {"email": form["email"]}, headers=evil)
    letters = people.letters()
    assert {kind for kind, _ in letters} == {
        "account.confirm_address",
        "account.already_exists",
        "account.password_reset",
    }
    for _, letter in letters:
        assert "evil" not in letter.text + letter.html
        assert set(re.findall(r"https?://([^/\s\"<]+)/[a-z/]*account", letter.text + letter.html)) == {
            "klanten.example.com"
        }


@pytest.mark.django_db
def test_another_host_is_answered_nothing(portal: Client) -> None:
    answer = portal.post(
        "/account/password/reset/", {"email": "x@example.com"}, headers={"host": "evil.example"}
    )
    assert answer.status_code == 400


@pytest.mark.django_db
def test_a_new_password_by_link_ends_every_session_and_every_other_link(
    portal: Client, person: Person
) -> None:
    elsewhere = [Client() for _ in range(3)]
    for browser in elsewhere:
        people.log_in(browser, person)
    first = link(portal, person)
    with clock.shifted(timedelta(minutes=10)):
        second = link(portal, person)
        assert choose(portal, second)["Location"] == "/account/password/reset/key/done/"
        assert [who(browser) for browser in elsewhere] == ["nobody"] * 3
        assert "password1" not in Client().get(first, follow=True).content.decode()
    assert who(portal) == "nobody"  # the link logs nobody in


def mails() -> int:
    with as_owner():
        return Message.objects.count()


@pytest.mark.django_db
def test_asking_again_and_again_fills_no_mailbox_and_leaves_a_link_that_works(
    portal: Client, person: Person
) -> None:
    sent: list[int] = []
    for minute in range(0, 24 * 60, 10):
        with clock.moved_to(make.NOW + timedelta(minutes=minute)):
            before = mails()
            Client().post(
                "/account/password/reset/", {"email": person.email}, REMOTE_ADDR=f"10.{minute % 250}.7.1"
            )
            sent += [minute] * (mails() - before)
    assert 24 < len(sent) < 60
    assert max(later - sooner for sooner, later in itertools.pairwise(sent)) < 60


# --- session fixation -----------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_session_that_somebody_put_there_is_not_the_one_that_gets_in(
    portal: Client, person: Person
) -> None:
    attacker = Client()
    attacker.post("/account/signup/", people.form())  # gets a session
    planted = attacker.cookies["hospes_portal"].value
    portal.cookies["hospes_portal"] = planted
    people.log_in(portal, person)
    assert who(portal) == person.name
    assert portal.cookies["hospes_portal"].value != planted
    assert who(attacker) == "nobody"
    made_up = Client()
    made_up.cookies["hospes_portal"] = "a" * 32
    people.log_in(made_up, person)
    assert made_up.cookies["hospes_portal"].value != "a" * 32


@pytest.mark.django_db
def test_between_password_and_second_step_the_key_changes_as_well(portal: Client) -> None:
    from hospes.accounts import services
    from hospes.kernel.acting import SYSTEM, acting
    from hospes.kernel.purposes import Purpose

    person = people.somebody()
    with acting(Purpose.ACCESS, actor=SYSTEM):
        services.preset_second_step(person_id=person.pk, secret=people.SECRET, now=clock.now())
    people.log_in(portal, person)
    before = portal.cookies["hospes_portal"].value
    assert who(portal) == "nobody"
    portal.post("/account/2fa/authenticate/", {"code": people.code()})
    assert who(portal) == person.name
    thief = Client()
    thief.cookies["hospes_portal"] = before
    assert who(thief) == "nobody"


@pytest.mark.django_db
def test_the_secret_of_forms_changes_at_login(portal: Client, person: Person) -> None:
    portal.get("/account/login/")
    before = portal.cookies["hospes_csrf"].value
    people.log_in(portal, person)
    assert portal.cookies["hospes_csrf"].value != before
