"""Who tries much has to wait, and nobody is locked out by somebody else (P09, P25)."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from hospes.accounts.origins import devices
from hospes.accounts.passwords import attempts, familiar, gate, slots
from hospes.accounts.passwords.limits import ACCOUNT, DEVICE, NETWORK, RESET
from hospes.accounts.passwords.rules import LONGEST
from hospes.customers.models import Person
from hospes.kernel import clock
from tests.accounts import people
from tests.accounts.test_reset import choose, link
from tests.support import make
from tests.support.entering import be_known

pytestmark = pytest.mark.django_db

ELSEWHERE = "198.51.100.77"


@pytest.fixture(autouse=True)
def _clock() -> Any:
    with clock.moved_to(make.NOW):
        yield


def try_in(address: str, ip: str, password: str = "wrong", client: Client | None = None) -> Any:  # noqa: S107
    return (client or Client()).post(
        "/account/login/", {"login": address, "password": password}, REMOTE_ADDR=ip
    )


def many(address: str, times: int, *, networks: int = 250) -> list[int]:
    """Wrong passwords for one address, each from another network: what each was answered with."""
    return [try_in(address, f"203.{n % networks}.113.{n % 250 + 1}").status_code for n in range(times)]


def who(client: Client) -> str:
    return client.get("/").content.decode()


# --- an account -----------------------------------------------------------------------------------------------------------


@pytest.mark.promise("P09", "P25")
def test_guesses_for_one_account_from_many_networks_are_slowed(portal: Client, person: Person) -> None:
    assert many(person.email, 30) == [200] * (int(ACCOUNT.free) + 1) + [429] * (29 - int(ACCOUNT.free))
    answer = try_in(person.email, ELSEWHERE, people.PASSWORD, portal)
    assert answer.status_code == 429
    assert answer["Retry-After"] == "1"
    assert who(portal) == "nobody"
    assert len(people.journal()) == int(ACCOUNT.free) + 1
    with clock.moved_to(make.NOW + timedelta(seconds=2)):
        answer = try_in(person.email, ELSEWHERE, people.PASSWORD, portal)
    assert answer["Location"] == "/account/nieuwe-plek/"  # right, and from a place that is not known


@pytest.mark.promise("P25")
def test_the_same_is_so_for_an_address_that_nobody_has(portal: Client, person: Person) -> None:
    assert many("noone@example.com", 30) == many(person.email, 30)
    known, unknown = try_in(person.email, ELSEWHERE), try_in("noone@example.com", ELSEWHERE)
    assert (known.status_code, known.headers, known.content) == (
        unknown.status_code,
        unknown.headers,
        unknown.content,
    )


@pytest.mark.promise("P09")
def test_who_read_their_own_mail_gets_in_while_others_try(portal: Client, person: Person) -> None:
    new = "een-heel-ander-woord-7"
    many(person.email, 300)
    assert choose(portal, link(portal, person), new)["Location"] == "/account/password/reset/key/done/"
    many(person.email, 300)
    be_known(portal, person, ip=ELSEWHERE)
    assert try_in(person.email, ELSEWHERE, new, portal).status_code == 302
    assert who(portal) == person.name
    assert try_in(person.email, ELSEWHERE, new).status_code == 429  # another browser is a stranger still


def test_the_link_of_one_passes_for_nobody_else(portal: Client, person: Person, settings: Any) -> None:
    other = people.somebody()
    choose(portal, link(portal, person), "een-heel-ander-woord-7")
    assert portal.cookies[familiar.COOKIE]["httponly"]
    many(other.email, 10)
    assert try_in(other.email, ELSEWHERE, people.PASSWORD, portal).status_code == 429
    for forged in ("x", "WzEsMV0:1:x", portal.cookies[familiar.COOKIE].value[:-1]):
        stranger = Client()
        stranger.cookies[familiar.COOKIE] = forged
        many(person.email, 10)
        assert try_in(person.email, ELSEWHERE, "een-heel-ander-woord-7", stranger).status_code == 429


def test_even_there_one_cannot_guess_for_ever(portal: Client, person: Person) -> None:
    choose(portal, link(portal, person), "een-heel-ander-woord-7")
    answers = [try_in(person.email, ELSEWHERE, client=portal).status_code for _ in range(20)]
    assert answers == [200] * (int(DEVICE.free) + 1) + [429] * (19 - int(DEVICE.free))


def test_the_link_in_the_mail_passes_for_an_hour(
    portal: Client, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    choose(portal, link(portal, person), "een-heel-ander-woord-7")
    monkeypatch.setattr(familiar, "_LASTS", timedelta(seconds=-1))
    del portal.cookies[devices.COOKIE]
    many(person.email, 10)
    assert try_in(person.email, ELSEWHERE, "een-heel-ander-woord-7", portal).status_code == 429


def test_a_device_that_is_known_passes_and_no_other(portal: Client, person: Person) -> None:
    be_known(portal, person, ip=ELSEWHERE)
    many(person.email, 30)
    assert try_in(person.email, ELSEWHERE, people.PASSWORD).status_code == 429
    other = people.somebody()
    be_known(stranger := Client(), other)
    assert (
        try_in(person.email, ELSEWHERE, people.PASSWORD, stranger).status_code == 429
    )  # another person's device
    assert try_in(person.email, ELSEWHERE, people.PASSWORD, portal).status_code == 302
    assert who(portal) == person.name


# --- a network ------------------------------------------------------------------------------------------------------------


@pytest.mark.promise("P25")
def test_many_accounts_from_one_network_are_slowed_and_other_networks_are_not(
    portal: Client, person: Person
) -> None:
    answers = [try_in(f"person-{n}@example.com", "203.0.113.9").status_code for n in range(30)]
    assert answers == [200] * (int(NETWORK.free) + 1) + [429] * (29 - int(NETWORK.free))
    assert try_in(person.email, "203.0.113.9", people.PASSWORD).status_code == 429
    assert try_in(person.email, "203.0.114.9", people.PASSWORD, portal).status_code == 302


@pytest.mark.parametrize(
    ("ips", "passes"),
    [
        ([f"2001:db8:1:1::{n:x}" for n in range(40)], int(NETWORK.free) + 1),
        ([f"2001:db8:1:{n:x}::1" for n in range(200)], 61),
        ([f"2001:db8:{n:x}::1" for n in range(55)], 55),
        ([f"192.0.2.{n}" for n in range(200)], 61),
    ],
)
def test_ipv6_counts_by_64_and_for_crowds_by_48(ips: list[str], passes: int) -> None:
    answers = [try_in(f"person-{n}@example.com", ip).status_code for n, ip in enumerate(ips)]
    assert answers.count(200) == passes


def test_who_logs_in_rightly_is_not_counted(person: Person) -> None:
    for _ in range(40):
        assert try_in(person.email, "203.0.113.9", people.PASSWORD).status_code == 302
    assert try_in(person.email, "203.0.113.9").status_code == 200


# --- many more ------------------------------------------------------------------------------------------------------------


def test_whoever_fills_all_places_is_sent_away_and_not_counted(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise slots.Busy

    with monkeypatch.context() as patch:
        patch.setattr(slots.Places, "_join", full)
        for _ in range(20):
            answer = try_in(person.email, ELSEWHERE, people.PASSWORD)
            assert (answer.status_code, answer["Retry-After"]) == (429, str(slots.TRY_AGAIN))
    assert try_in(person.email, ELSEWHERE, people.PASSWORD).status_code == 302


def test_nothing_is_hashed_for_who_has_to_wait(person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    addresses = (person.email, "noone@example.com")
    for address in addresses:
        many(address, 7)
    hashed: list[str] = []
    monkeypatch.setattr(
        "hospes.accounts.passwords.hashing.Argon2id.verify", lambda *_: hashed.append("verify")
    )
    monkeypatch.setattr(
        "hospes.accounts.passwords.hashing.Argon2id.encode", lambda *_: hashed.append("encode")
    )
    for address in addresses:
        assert try_in(address, ELSEWHERE).status_code == 429
    assert hashed == []


def test_who_has_to_wait_costs_no_query(person: Person, django_assert_num_queries: Any) -> None:
    many(person.email, 8)
    with django_assert_num_queries(0):
        assert try_in(person.email, ELSEWHERE).status_code == 429
        assert try_in(person.email.upper(), ELSEWHERE).status_code == 429
    gate.forget()
    with django_assert_num_queries(6):
        assert try_in(person.email, ELSEWHERE).status_code == 429


def test_a_login_form_that_is_too_long_for_a_quick_look_is_no_try_at_all(person: Person) -> None:
    form = {"login": person.email, "password": people.PASSWORD, "more": "y" * 30_000}
    assert Client().post("/account/login/", form).status_code == 413
    assert people.journal() == []


def test_a_password_that_is_too_long_to_be_one_is_just_wrong(person: Person) -> None:
    assert try_in(person.email, ELSEWHERE, "x" * (LONGEST + 1)).status_code == 200
    assert [entry[0] for entry in people.journal()] == ["account.login_failed"]


# --- the page -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("prefix", "words", "later"),
    [("", "Over 1 seconde kunt u", "Over 15 minuten"), ("/en", "again in 1 second.", "again in 15 minutes.")],
)
def test_it_says_how_long_and_how_to_go_on(person: Person, prefix: str, words: str, later: str) -> None:
    many(person.email, 6)
    answer = Client().post(f"{prefix}/account/login/", {"login": person.email, "password": "x"})
    text = " ".join(answer.content.decode().split())
    assert words in text
    assert f'href="{prefix}/account/password/reset/"' in text
    assert f'href="{prefix}/account/login/"' in text
    assert answer["Cache-Control"] == "no-store"
    assert "Content-Security-Policy" in answer
    assert "Set-Cookie" not in answer
    wait = gate.page(answer.wsgi_request, gate.Wait(899.5)).content.decode()
    assert later in " ".join(wait.split())


# --- other doors ----------------------------------------------------------------------------------------------------------


def test_asking_for_links_is_slowed_by_network_and_never_by_address(portal: Client, person: Person) -> None:
    def ask(ip: str) -> int:
        return Client().post("/account/password/reset/", {"email": person.email}, REMOTE_ADDR=ip).status_code

    assert [ask("203.0.113.9") for _ in range(15)] == [302] * (int(RESET.free) + 1) + [429] * (
        14 - int(RESET.free)
    )
    assert [ask(f"203.{n}.114.1") for n in range(100)] == [302] * 100
    assert [kind for kind, _ in people.letters()] == ["account.password_reset"]


def test_signing_up_is_slowed_by_network(portal: Client) -> None:
    def sign_up(ip: str) -> int:
        return Client().post("/account/signup/", people.form(), REMOTE_ADDR=ip).status_code

    assert [sign_up("203.0.113.9") for _ in range(13)].count(429) == 2
    assert sign_up("203.0.114.9") == 302


def test_who_confirms_who_they_are_is_counted_in_their_session_only(portal: Client, person: Person) -> None:
    many(person.email, 20)
    people.log_in(other := Client(), person, strange=True)
    assert who(other) == "nobody"
    with clock.moved_to(make.NOW + timedelta(hours=1)):
        for browser in (portal, other):
            people.log_in(browser, person)
    with clock.moved_to(make.NOW + timedelta(hours=2)):
        many(person.email, 20)
        said = [confirm(portal, "wrong") for _ in range(8)]
        assert said == ["incorrect"] * 6 + ["wait"] * 2
        assert confirm(other, people.PASSWORD) == "right"


def confirm(client: Client, password: str) -> str:
    answer = client.post("/en/account/reauthenticate/", {"password": password})
    if answer.status_code == 302:
        return "right"
    [said] = answer.context["form"].errors["password"]
    return "wait" if "try again in" in said else "incorrect"


def test_several_who_claim_an_address_are_one_who_showed_it(person: Person) -> None:
    from allauth.account.models import EmailAddress

    from hospes.kernel.acting import SYSTEM, acting
    from hospes.kernel.purposes import Purpose

    claims = people.somebody()
    with acting(Purpose.ACCESS, actor=SYSTEM):
        EmailAddress.objects.create(user=claims, email=person.email, verified=False)
        found = attempts.find(f" {person.email.upper()} ")
    assert found is not None
    assert found.pk == person.pk
