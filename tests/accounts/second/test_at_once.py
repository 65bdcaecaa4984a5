"""The same code twice at the same moment: exactly one gets in (attack tests, in real transactions)."""

from collections.abc import Callable
from threading import Barrier, Thread

import pytest
from django.db import connections
from django.test import Client

from hospes.accounts.second import recovery
from hospes.kernel import clock
from hospes.kernel.acting import SYSTEM, acting
from hospes.kernel.purposes import Purpose
from tests.accounts import people
from tests.accounts.second import steps
from tests.accounts.second.device import PORTAL, Device
from tests.accounts.second.steps import STEP, password_given, who

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]

MANY = 4


def at_once(moves: "list[Callable[[], object]]") -> None:
    """Make all moves at the same moment, each with a connection of its own."""
    gate = Barrier(len(moves))

    def run(move: "Callable[[], object]") -> None:
        try:
            gate.wait()
            move()
        finally:
            connections.close_all()

    threads = [Thread(target=run, args=(move,)) for move in moves]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def same_session(browser: Client) -> Client:
    """Another tab, or somebody who stole the cookie."""
    other = Client()
    other.cookies = browser.cookies.copy()
    return other


def test_a_code_from_the_app_lets_one_in(portal: Client) -> None:
    person = people.somebody()
    with acting(Purpose.ACCESS, actor=SYSTEM):
        people.services.preset_second_step(person_id=person.pk, secret=people.SECRET, now=clock.now())
    browsers, code = [password_given(person) for _ in range(MANY)], people.code()
    at_once([lambda b=browser: b.post(STEP, {"code": code}) for browser in browsers])  # type: ignore[misc]
    assert [who(browser) for browser in browsers].count(person.name) == 1


def test_a_recovery_code_lets_one_in(portal: Client) -> None:
    person = people.somebody()
    steps.with_number(person)
    with acting(Purpose.ACCESS, actor=SYSTEM):
        code = recovery.make(person.pk, now=clock.now())[0]
    browsers = [password_given(person) for _ in range(MANY)]
    at_once([lambda b=browser: b.post(STEP, {"code": code}) for browser in browsers])  # type: ignore[misc]
    assert [who(browser) for browser in browsers].count(person.name) == 1


def test_a_code_by_text_lets_one_in_also_within_one_session(portal: Client) -> None:
    person = people.somebody()
    steps.with_number(person)
    browser = password_given(person)
    code = steps.newest_code()
    tabs = [same_session(browser) for _ in range(MANY)]
    answers: list[int] = []
    at_once([lambda t=tab: answers.append(t.post(STEP, {"code": code}).status_code) for tab in tabs])  # type: ignore[misc]
    assert [entry[0] for entry in people.journal()].count("account.login") == 1


def test_what_a_passkey_signed_lets_one_in(portal: Client, settings: object) -> None:
    settings.HOSPES_PORTAL_URL = PORTAL  # type: ignore[attr-defined]
    person, device, maker = people.somebody(), Device(), Client()
    people.let_in(maker, person, second_step=False)
    made = device.make(maker.get("/account/2fa/passkeys/options/add/").json())
    maker.post("/account/2fa/passkeys/add/", {"name": "x", "credential": made})
    browser = password_given(person)
    answer = device.sign(browser.get("/account/2fa/passkeys/options/step/").json())
    tabs = [same_session(browser) for _ in range(MANY)]
    at_once([lambda t=tab: t.post(STEP, {"credential": answer}) for tab in tabs])  # type: ignore[misc]
    assert [entry[0] for entry in people.journal()].count("account.login") == 1


def test_wrong_codes_at_once_all_count(portal: Client) -> None:
    person = people.somebody()
    with acting(Purpose.ACCESS, actor=SYSTEM):
        people.services.preset_second_step(person_id=person.pk, secret=people.SECRET, now=clock.now())
    browsers = [password_given(person) for _ in range(8)]
    at_once([lambda b=browser: b.post(STEP, {"code": "000000"}) for browser in browsers])  # type: ignore[misc]
    last = password_given(person)
    last.post(STEP, {"code": people.code()})
    assert who(last) == "nobody"
