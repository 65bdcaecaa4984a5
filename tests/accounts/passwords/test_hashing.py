"""Argon2id: its parameters are data, its input is normalised, its number at once is bounded."""

import re
import runpy
import sys
import threading
import time
import unicodedata
from typing import Any
from unittest import mock

import pytest
from django.contrib.auth.hashers import check_password, get_hasher, make_password
from django.test import Client

from hospes.accounts.passwords import slots
from hospes.accounts.passwords.hashing import Argon2id, hash_of_nobody
from hospes.accounts.passwords.rules import LONGEST
from hospes.config import passwords as shipping
from hospes.customers.models import Person
from tests.accounts import people
from tests.support.rights import as_owner

CHEAP = {"passes": 1, "memory_kib": 8, "lanes": 1}


@pytest.fixture(autouse=True)
def _cheap(settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["hospes.accounts.passwords.hashing.Argon2id"]
    settings.HOSPES_ARGON2 = CHEAP


def test_what_ships_is_argon2id_with_what_owasp_asks_for() -> None:
    with mock.patch.dict(sys.modules):
        del sys.modules["pytest"]
        shipped = runpy.run_path(str(shipping.__file__))
    assert shipped["PASSWORD_HASHERS"] == ["hospes.accounts.passwords.hashing.Argon2id"]
    assert shipped["HOSPES_ARGON2"]["memory_kib"] >= 19 * 1024
    assert shipped["HOSPES_ARGON2"]["passes"] >= 2
    assert make_password("x" * 12).startswith("argon2$argon2id$v=19$m=8,t=1,p=1$")


def test_composed_and_decomposed_letters_are_the_same_password() -> None:
    stored = make_password(unicodedata.normalize("NFD", "één café en thee"))
    assert check_password(unicodedata.normalize("NFC", "één café en thee"), stored)
    assert check_password("één café en\u00a0thee", stored)
    assert not check_password("Één café en thee", stored)
    assert not check_password("één café en thee ", stored)


def test_no_password_is_the_beginning_of_a_longer_one() -> None:
    longest = "ab c" * (LONGEST // 4)
    stored = make_password(longest)
    assert check_password(longest, stored)
    assert not check_password(longest + "x", stored)
    assert not check_password(longest + "x" * 5000, stored)
    with pytest.raises(ValueError, match="at most"):
        make_password(longest + "x")


@pytest.mark.django_db
def test_after_the_parameters_changed_login_hashes_anew(
    portal: Client, person: Person, settings: Any
) -> None:
    stored = hash_in_table(person)
    settings.HOSPES_ARGON2 = CHEAP | {"passes": 2, "memory_kib": 16}
    people.log_in(Client(), person, "wrong")
    assert hash_in_table(person) == stored
    assert people.log_in(portal, person).status_code == 302
    assert re.search(r"m=16,t=2,p=1", hash_in_table(person))
    assert portal.get("/").content.decode() == person.name
    assert people.log_in(Client(), person).status_code == 302


def hash_in_table(person: Person) -> str:
    with as_owner():
        return Person.objects.values_list("password", flat=True).get(pk=person.pk)


def test_a_wrong_password_for_a_cheaper_hash_takes_as_long_as_for_nobody(settings: Any) -> None:
    cheap = make_password("korenschuur-9-bij-de-brug")
    settings.HOSPES_ARGON2 = {"passes": 2, "memory_kib": 4096, "lanes": 1}
    today, nobody = make_password("korenschuur-9-bij-de-brug"), hash_of_nobody()
    times: dict[str, list[float]] = {cheap: [], today: [], nobody: []}
    for _ in range(15):
        for stored, measured in times.items():
            began = time.thread_time()
            assert not check_password("wrong", stored)
            measured.append(time.thread_time() - began)
    fastest = {stored: min(measured) for stored, measured in times.items()}
    assert 0.8 < fastest[cheap] / fastest[nobody] < 1.25
    assert 0.8 < fastest[today] / fastest[nobody] < 1.25


def test_nobodys_hash_is_kept_and_has_todays_parameters(settings: Any) -> None:
    assert hash_of_nobody() is hash_of_nobody()
    settings.HOSPES_ARGON2 = CHEAP | {"memory_kib": 32}
    assert "m=32," in hash_of_nobody()


# --- places ---------------------------------------------------------------------------------------------------------------


def in_threads(number: int, work: Any) -> None:
    threads = [threading.Thread(target=work) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_no_more_are_hashed_at_once_than_there_are_places(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.HOSPES_HASHES_AT_ONCE = 2
    now, most, lock = 0, 0, threading.Lock()

    def slow(*_: object) -> bytes:
        nonlocal now, most
        with lock:
            now, most = now + 1, max(most, now + 1)
        time.sleep(0.02)
        with lock:
            now -= 1
        return b"$argon2id$"

    monkeypatch.setattr("argon2.low_level.hash_secret", lambda *a, **k: slow())
    in_threads(12, lambda: get_hasher().encode("korenschuur", "salt"))
    assert most == 3


def test_strangers_are_sent_away_when_others_wait_already_and_who_is_known_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    places, inside, go_on, ends = slots.Places(2), threading.Semaphore(0), threading.Event(), []
    monkeypatch.setattr(slots, "PATIENCE", 5.0)

    def stranger() -> None:
        try:
            with places.taken(slots.Who.STRANGER):
                inside.release()
                go_on.wait()
            ends.append("looked at")
        except slots.Busy:
            ends.append("busy")

    threads = [threading.Thread(target=stranger) for _ in range(8)]
    for thread in threads:
        thread.start()
    assert all(inside.acquire(timeout=5) for _ in range(2))
    deadline = time.monotonic() + 5
    while ends.count("busy") < 2 and time.monotonic() < deadline:
        time.sleep(0.01)
    with places.taken(slots.Who.KNOWN):  # somebody who is known
        pass
    go_on.set()
    for thread in threads:
        thread.join()
    assert sorted(ends) == ["busy"] * 2 + ["looked at"] * 6


def test_who_waits_for_a_place_does_not_wait_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slots, "PATIENCE", 0.01)
    places = slots.Places(1)
    with places.taken(slots.Who.STRANGER), pytest.raises(slots.Busy), places.taken(slots.Who.STRANGER):
        pass
    with places.taken(slots.Who.STRANGER):
        pass


def test_it_is_the_library_that_hashes_and_nothing_of_ours() -> None:
    import argon2

    stored = make_password("korenschuur-9-bij-de-brug")
    assert argon2.PasswordHasher().verify("$" + stored.split("$", 1)[1], "korenschuur-9-bij-de-brug")
    assert isinstance(get_hasher(), Argon2id)
