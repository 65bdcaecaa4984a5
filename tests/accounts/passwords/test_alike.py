"""
Whether an address is known here is told by no answer: not by its words, not by what is asked of the database, not by its time.

A thousand tries at each door, in turns with addresses that are known and that are not. The times are of this process only
(`thread_time`), so other work on the machine does not disturb them; what the database does is compared statement by statement.
Each comparison is shown to find a difference that was planted.
"""

import gc
import random
import re
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.client import ClientHandler

from hospes.accounts.passwords import attempts
from hospes.kernel import clock
from tests.accounts import people
from tests.accounts.passwords.distributions import difference
from tests.support import make, names

pytestmark = [pytest.mark.django_db, pytest.mark.promise("P09", "P25")]

TRIES = 1000
PLANTED = 200  # enough to find what is large

Ask = Callable[[str], tuple[str, dict[str, str]]]

FLOWS: dict[str, Ask] = {
    "login": lambda email: ("/account/login/", {"login": email, "password": "wrong-wrong-wrong"}),
    "reset": lambda email: ("/account/password/reset/", {"email": email}),
    "signup": lambda email: ("/account/signup/", people.form(email=email)),
}


@pytest.fixture(autouse=True)
def _a_hash_that_can_be_measured(settings: Any) -> None:
    settings.HOSPES_ARGON2 = {"passes": 1, "memory_kib": 1024, "lanes": 1}
    handler.cache_clear()


@pytest.fixture
def moments() -> Iterator[Callable[[], Any]]:
    """Each a while after the one before, so that nobody has to wait."""
    number = 0

    def next_moment() -> Any:
        nonlocal number
        number += 1
        return clock.moved_to(make.NOW + number * timedelta(minutes=20))

    return next_moment


def network(number: int) -> str:
    return f"10.{number // 250 % 250}.{number % 250}.1"


@lru_cache
def handler() -> ClientHandler:
    """One for all clients of a test: each that makes its own reads all files that are served anew."""
    return ClientHandler(enforce_csrf_checks=False)


def visitor() -> Client:
    """A browser that was never here."""
    client = Client()
    client.handler = handler()
    return client


def asked(
    flow: str, email: str, number: int, client: Client | None = None
) -> tuple[Any, float, tuple[str, ...]]:
    """The answer to one try, from a network of its own; the seconds that it took here, and what was asked of the database."""
    path, data = FLOWS[flow](email)
    client, statements = client or visitor(), []

    def note(execute: Any, sql: Any, params: Any, many: Any, context: Any) -> Any:
        statements.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        began = time.thread_time()
        answer = client.post(path, data, REMOTE_ADDR=network(number))
        took = time.thread_time() - began
    return answer, took, tuple(shape(str(sql)) for sql in statements)


def shape(sql: str) -> str:
    """A statement without the names of savepoints. Where work is undone, a ROLLBACK stands for the SELECT 1 where it is kept."""
    return "SELECT 1" if sql.startswith("ROLLBACK TO SAVEPOINT") else re.sub(r'"s\d+_x\d+"', "savepoint", sql)


class Times:
    """The times of known and unknown addresses, and the statements that each kind ever sent."""

    def __init__(self) -> None:
        self.known: list[float] = []
        self.unknown: list[float] = []
        self.statements: dict[bool, set[tuple[str, ...]]] = {True: set(), False: set()}


def measured(flow: str, moments: Callable[[], Any], times: int) -> Times:
    """Try so many addresses, a known and an unknown one in turns, in random order."""
    known = [people.somebody().email for _ in range(20)]
    seen, order = Times(), random.Random(7)  # noqa: S311
    gc.collect()
    gc.disable()
    try:
        for number in range(times):
            if number % 2 == 0:
                turns = order.sample([True, False], 2)
            is_known = turns[number % 2]
            email = known[number // 2 % len(known)] if is_known else names.email()
            with moments():
                answer, took, statements = asked(flow, email, number)
            assert answer.status_code in (200, 302), answer.status_code
            (seen.known if is_known else seen.unknown).append(took)
            seen.statements[is_known].add(statements)
            if number % 200 == 0:
                gc.collect()
    finally:
        gc.enable()
    return seen


@pytest.mark.parametrize("flow", sorted(FLOWS))
def test_a_thousand_tries_do_not_tell_by_their_time(
    flow: str, portal: Client, moments: Callable[[], Any]
) -> None:
    measured(flow, moments, 20)  # what is loaded and compiled at first
    seen = measured(flow, moments, TRIES)
    assert len(seen.known) == len(seen.unknown) == TRIES // 2
    assert seen.statements[True] == seen.statements[False]
    found = [difference(seen.known, seen.unknown)]
    if found[0].matters:  # one in a thousand does by chance; a real one does so again
        seen = measured(flow, moments, TRIES)
        found.append(difference(seen.known, seen.unknown))
    assert not found[-1].matters, found


# --- would it be seen? ----------------------------------------------------------------------------------------------------


def test_it_would_be_seen_that_nothing_is_hashed_for_nobody(
    portal: Client, moments: Callable[[], Any], monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.HOSPES_ARGON2 = {"passes": 1, "memory_kib": 8192, "lanes": 1}  # half of what ships
    looked_at = attempts._is_right
    monkeypatch.setattr(
        attempts, "_is_right", lambda person, word: person is not None and looked_at(person, word)
    )
    seen = measured("login", moments, PLANTED)
    assert difference(seen.known, seen.unknown).matters


@pytest.mark.parametrize("flow", sorted(FLOWS))
def test_it_would_be_seen_that_a_known_address_takes_longer(
    flow: str, portal: Client, moments: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    find = attempts.find

    def longer(address: str) -> Any:
        found = find(address)
        until = time.thread_time() + (0.005 if found else 0.0)
        while time.thread_time() < until:
            pass
        return found

    monkeypatch.setattr(attempts, "find", longer)
    seen = measured(flow, moments, PLANTED)
    assert difference(seen.known, seen.unknown).matters


def test_it_would_be_seen_that_more_is_asked_about_who_is_known(
    portal: Client, moments: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    find = attempts.find
    monkeypatch.setattr(attempts, "find", lambda address: find(address) and find(address))
    seen = measured("reset", moments, 6)
    assert seen.statements[True] != seen.statements[False]


def test_chance_alone_is_no_difference() -> None:
    chance = random.Random(3)  # noqa: S311
    verdicts = [
        difference(
            [chance.gauss(0.006, 0.001) for _ in range(300)], [chance.gauss(0.006, 0.001) for _ in range(300)]
        ).matters
        for _ in range(20)
    ]
    assert verdicts == [False] * 20
    slow_now_and_then = [
        chance.gauss(0.006, 0.001) + (0.05 if chance.random() < 0.1 else 0) for _ in range(300)
    ]
    assert not difference(slow_now_and_then, [chance.gauss(0.006, 0.001) for _ in range(300)]).matters
    slower = [chance.gauss(0.0065, 0.001) for _ in range(300)]
    assert difference(slower, [chance.gauss(0.006, 0.001) for _ in range(300)]).matters


# --- by its words ---------------------------------------------------------------------------------------------------------


def bytes_of(client: Client, answer: Any, email: str) -> list[tuple[int, dict[str, str], bytes]]:
    """All that came back, and the page it leads to, without the address that was sent and what is random in every answer."""
    pages = [answer, client.get(answer["Location"])] if answer.status_code == 302 else [answer]
    told = []
    for page in pages:
        body = re.sub(rb'(csrfmiddlewaretoken" value=|X-CSRFToken": )"[^"]+"', rb"\1", page.content)
        body = re.sub(re.escape(email).encode(), b"ADDRESS", body, flags=re.IGNORECASE)
        cookies = sorted((name, sorted(morsel.keys())) for name, morsel in page.cookies.items())
        headers = {name: value for name, value in page.headers.items() if name != "Expires"}
        told.append((page.status_code, headers | {"cookies": str(cookies)}, body))
    return told


@pytest.mark.parametrize("prefix", ["", "/en"])
@pytest.mark.parametrize("flow", sorted(FLOWS))
def test_the_answers_are_the_same_to_the_byte(flow: str, prefix: str, portal: Client) -> None:
    form = people.form()

    def tried(email: str, began: datetime) -> list[Any]:
        """Twelve tries, so that one has to wait as well, all within ten seconds; and one an hour later."""
        told = []
        for number in [*range(12), 3600]:
            client = visitor()
            path, data = FLOWS[flow](email)
            data = form | {"email": email} if flow == "signup" else data
            with clock.moved_to(began + timedelta(seconds=number / 1.2)):
                answer = client.post(prefix + path, data, REMOTE_ADDR=network(number % 3))
                told.append(bytes_of(client, answer, email))
        return told

    known = people.somebody().email
    unknown = f"q{known[1:]}"
    told = tried(known, make.NOW)
    assert told == tried(unknown, make.NOW + timedelta(days=10))
    assert {answers[0][0] for answers in told} == {"login": {200, 429}, "reset": {302}, "signup": {302}}[flow]


def test_who_may_not_log_in_and_who_never_set_a_password_are_like_nobody(
    portal: Client, moments: Callable[[], Any]
) -> None:
    from hospes.customers.models import Person
    from tests.support.rights import as_owner

    gone, without = people.somebody(), people.somebody(password=None, email=names.email())
    nobody = f"q{gone.email[1:]}"
    with as_owner():
        Person.objects.filter(pk=gone.pk).update(is_active=False)
    for flow in ("login", "reset"):
        told = []
        for number, email in enumerate((gone.email, without.email, nobody)):
            client = visitor()
            with moments():
                answer, _took, statements = asked(flow, email, number, client)
            told.append((bytes_of(client, answer, email), statements))
        assert told[0] == told[2]
        assert told[1][1] == told[2][1]
