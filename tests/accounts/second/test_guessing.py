"""Guessing codes: limited for a person and a password, told about, and no way to shut somebody else out (attack tests)."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from hospes.accounts.second import checking
from hospes.customers.models import Person
from hospes.kernel import clock
from hospes.kernel.acting import SYSTEM, acting
from hospes.kernel.purposes import Purpose
from tests.accounts import people
from tests.accounts.second.steps import STEP, give, password_given, who

pytestmark = pytest.mark.django_db


@pytest.fixture
def careful(portal: Client, person: Person) -> Person:
    with acting(Purpose.ACCESS, actor=SYSTEM):
        people.services.preset_second_step(person_id=person.pk, secret=people.SECRET, now=clock.now())
    return person


def said(answer: Any) -> str:
    return " ".join(answer.context["form"].errors.get("code", []))


def test_after_five_wrong_codes_nobody_gets_in_with_a_right_one_from_any_session_or_network(
    careful: Person,
) -> None:
    with clock.moved_to(clock.now().replace(minute=0, second=0)):
        for n in range(5):
            give(password_given(careful, REMOTE_ADDR=f"192.0.2.{n}"), "000000")
        browser = password_given(careful, REMOTE_ADDR="198.51.100.1")
        assert said(give(browser, people.code())) == str(checking._FOR_NOW)
        assert who(browser) == "nobody"
        [letter] = [letter for kind, letter in people.letters() if kind == "account.codes_guessed"]
        assert "uw wachtwoord kent" in letter.text
    with clock.moved_to(clock.now().replace(minute=5, second=1)):
        give(browser, people.code(ahead=1))
        assert who(browser) == careful.name


def test_twenty_wrong_ones_are_the_end_of_it_for_a_day_or_until_there_is_a_new_password(
    careful: Person,
) -> None:
    start = clock.now().replace(hour=1, minute=0, second=0)
    for n in range(20):
        with clock.moved_to(start + timedelta(minutes=6 * n)):
            give(password_given(careful), "000000")
    with clock.moved_to(start + timedelta(hours=4)):
        browser = password_given(careful)
        assert said(give(browser, people.code())) == str(checking._TODAY)
        with acting(Purpose.ACCESS, actor=SYSTEM):
            careful.set_password("een-heel-ander-wachtwoord-9")
            careful.save()
        browser = Client()
        people.log_in(browser, careful, "een-heel-ander-wachtwoord-9")
        give(browser, people.code())
        assert who(browser) == careful.name
    assert [kind for kind, _ in people.letters()].count("account.codes_guessed") == 1


def test_right_codes_do_not_count(careful: Person) -> None:
    """Somebody who logs in often is not slowed by it; checked with recovery codes, since an app has one each half minute."""
    from hospes.accounts.second import recovery

    with acting(Purpose.ACCESS, actor=SYSTEM):
        codes = recovery.make(careful.pk, now=clock.now())
    with clock.moved_to(clock.now().replace(minute=0, second=0)):
        for code in codes[:8]:
            browser = password_given(careful)
            give(browser, code)
            assert who(browser) == careful.name


def test_without_the_password_nobody_can_use_up_somebodys_tries(careful: Person) -> None:
    stranger = Client()
    for _ in range(8):
        stranger.post("/account/login/", {"login": careful.email, "password": "verkeerd-en-lang-genoeg"})
        assert stranger.post(STEP, {"code": "000000"})["Location"] == "/account/login/"
    assert "account.second_step_failed" not in [entry[0] for entry in people.journal()]


def test_one_network_does_not_guess_for_many_people(portal: Client) -> None:
    victims = [people.somebody() for _ in range(16)]
    with acting(Purpose.ACCESS, actor=SYSTEM):
        for victim in victims:
            people.services.preset_second_step(person_id=victim.pk, secret=people.SECRET, now=clock.now())
    with clock.moved_to(clock.now().replace(minute=0, second=0)):
        for victim in victims[:15]:
            browser = Client(REMOTE_ADDR="192.0.2.9")
            people.let_in(browser, victim, second_step=False)
            for _ in range(4):
                browser.post("/account/2fa/reauthenticate/", {"code": "000000"})
        last = Client(REMOTE_ADDR="192.0.2.9")
        people.let_in(last, victims[15], second_step=False)
        answer = last.post("/account/2fa/reauthenticate/", {"code": people.code()})
        assert said(answer) == str(checking._FOR_NOW)


@pytest.mark.parametrize(
    "odd", ["", " ", "abc", "１２３４５６", "1" * 39, "1e5", "000000\x0b", "--", "😀" * 6]
)
def test_odd_codes_are_wrong_and_nothing_else(careful: Person, odd: str) -> None:
    browser = password_given(careful)
    assert give(browser, odd).status_code == 200
    assert who(browser) == "nobody"
