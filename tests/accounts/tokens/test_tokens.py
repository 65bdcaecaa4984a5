"""Tokens for programs: shown once, held as hashes, good for what was chosen and no longer than that."""

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client

from hospes.accounts.models import ApiToken
from hospes.accounts.models.tokens import Scope
from hospes.accounts.tokens import rules, services
from hospes.accounts.tokens.services import Bearer, Refusal, TooMany, authenticate
from hospes.customers.models import Person
from hospes.kernel import clock
from hospes.kernel.acting import SYSTEM, Actor, acting
from hospes.kernel.models import JournalEntry
from hospes.kernel.purposes import Purpose
from hospes.kernel.refusals import Refused
from hospes.messaging.models import Message
from tests.accounts import people
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.promise("P11")]

LIST, NEW = "/account/programs/", "/account/programs/new/"
IP = "192.0.2.7"
FORM = {
    "name": "Boekhouding",
    "scopes": ["invoices:read"],
    "networks": "192.0.2.0/24, 2001:db8::1",
    "days": "90",
}


def made(
    person: Person,
    *,
    networks: tuple[str, ...] = (),
    days: int = 90,
    now: datetime | None = None,
    **more: Any,
) -> str:
    words = {"name": "Boekhouding", "scopes": [Scope.READ_INVOICES]} | more
    with acting(Purpose.ACCESS, actor=Actor.person(person.pk)):
        return services.make(
            person_id=person.pk, networks=networks, days=days, now=now or clock.now(), **words
        )


def held() -> ApiToken:
    with as_owner():
        return ApiToken.objects.get()


def noted(action: str) -> int:
    with as_owner():
        return JournalEntry.objects.filter(action=action).count()


def told(kind: str) -> int:
    with as_owner():
        return Message.objects.filter(kind=kind).count()


# --- used -----------------------------------------------------------------------------------------------------------------


def test_who_shows_it_acts_for_that_person_and_no_more_than_was_chosen(person: Person) -> None:
    token, now = made(person), clock.now()
    assert authenticate(token, IP, now) == Bearer(person.pk, held().pk, frozenset({Scope.READ_INVOICES}))
    assert (held().last_used_at, held().last_used_ip) == (now, IP)
    authenticate(token, IP, now + timedelta(seconds=50))
    assert held().last_used_at == now  # written once a minute at most
    authenticate(token, "192.0.2.8", now + timedelta(seconds=55))
    assert held().last_used_ip == "192.0.2.8"


@pytest.mark.parametrize(
    "shown",
    [
        "",
        "hospes_pat_",
        "hospes_pat_" + "A" * 43,
        "hospes_pat_" + "A" * 44,
        "Bearer x",
        "hospes_pat_" + "é" * 43,
    ],
)
def test_what_was_never_made_lets_nobody_in(person: Person, shown: str) -> None:
    made(person)
    assert authenticate(shown, IP, clock.now()) is Refusal.UNKNOWN
    assert held().last_used_at is None


def test_nearly_right_is_wrong(person: Person) -> None:
    token = made(person)
    for wrong in (token[:-1], token + "A", token.swapcase(), token[:-1] + ("A" if token[-1] != "A" else "B")):
        assert authenticate(wrong, IP, clock.now()) is Refusal.UNKNOWN


def test_it_works_until_its_moment_and_not_longer(person: Person) -> None:
    now = clock.now()
    token = made(person, days=30, now=now)
    assert isinstance(authenticate(token, IP, now + timedelta(days=30, microseconds=-1)), Bearer)
    assert authenticate(token, IP, now + timedelta(days=30)) is Refusal.EXPIRED


def test_once_ended_it_lets_nobody_in_any_more(person: Person) -> None:
    token = made(person)
    with acting(Purpose.ACCESS, actor=Actor.person(person.pk)):
        assert services.end(person_id=person.pk, token_id=held().pk, now=clock.now())
        assert not services.end(person_id=person.pk, token_id=held().pk, now=clock.now())
    assert authenticate(token, IP, clock.now()) is Refusal.ENDED
    assert (noted("account.token_ended"), told("account.token_ended")) == (1, 1)


def test_somebody_who_is_barred_takes_their_tokens_along(person: Person) -> None:
    token = made(person)
    with as_owner():
        Person.objects.filter(pk=person.pk).update(is_active=False)
    assert authenticate(token, IP, clock.now()) is Refusal.PERSON


@pytest.mark.parametrize(
    ("ip", "is_let_in"),
    [
        ("192.0.2.7", True),
        ("192.0.2.255", True),
        ("192.0.3.1", False),
        ("2001:db8::1", True),
        ("2001:db8::2", False),
        (None, False),
    ],
)
def test_from_its_networks_and_from_nowhere_else(person: Person, ip: str | None, is_let_in: bool) -> None:
    token = made(person, networks=("192.0.2.0/24", "2001:db8::1/128"))
    assert isinstance(authenticate(token, ip, clock.now()), Bearer) is is_let_in


def test_from_elsewhere_is_told_and_written_down_once_an_hour(person: Person) -> None:
    token, now = made(person, networks=("192.0.2.0/24",)), clock.now().replace(minute=10)
    for minute in (0, 1, 20):
        assert authenticate(token, "198.51.100.9", now + timedelta(minutes=minute)) is Refusal.NETWORK
    assert (noted("account.token_refused"), told("account.token_refused")) == (1, 1)
    authenticate(token, "198.51.100.9", now + timedelta(hours=1))
    assert (noted("account.token_refused"), told("account.token_refused")) == (2, 2)
    assert held().last_used_at is None
    with as_owner():
        assert JournalEntry.objects.filter(action="account.token_refused").first().ip == "198.51.100.9"  # type: ignore[union-attr]


# --- held -----------------------------------------------------------------------------------------------------------------


def test_the_table_holds_a_hash_that_only_the_door_may_read(person: Person) -> None:
    token = made(person)
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(t::text, ' ') FROM accounts_apitoken t")
        assert token[len(held().hint) :] not in cursor.fetchone()[0]
    assert bytes(held().digest) == rules.digest(token)
    with acting(Purpose.SECURITY, actor=SYSTEM), pytest.raises(Refused), transaction.atomic():
        list(ApiToken.objects.values_list("digest", flat=True))


@pytest.mark.parametrize("column", ["scopes", "networks", "expires_at", "digest", "person_id"])
def test_not_even_the_door_can_widen_one(person: Person, column: str) -> None:
    made(person)
    with pytest.raises(Refused), acting(Purpose.ACCESS, actor=SYSTEM), connection.cursor() as cursor:
        cursor.execute(f"UPDATE accounts_apitoken SET {column} = {column}")


@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        ({"days": 367}, "token_lasts_a_year"),
        ({"days": 0}, "token_lasts_a_year"),
        ({"scopes": []}, "token_has_scopes"),
    ],
)
def test_none_lasts_longer_or_is_for_nothing(person: Person, values: dict[str, Any], constraint: str) -> None:
    with pytest.raises(IntegrityError, match=constraint):
        made(person, **values)


def test_nobody_has_more_of_them_than_can_be_looked_after(person: Person) -> None:
    for _ in range(services.MOST):
        made(person)
    with pytest.raises(TooMany):
        made(person)


@pytest.mark.parametrize(
    ("text", "networks"),
    [
        ("", []),
        (" 192.0.2.7\n192.0.2.7/32 ", ["192.0.2.7/32"]),
        ("192.0.2.9/24;2001:DB8::/48", ["192.0.2.0/24", "2001:db8::/48"]),
    ],
)
def test_networks_are_read_however_they_are_written(text: str, networks: list[str]) -> None:
    assert rules.networks(text) == networks


@pytest.mark.parametrize("text", ["192.0.2.300", "fe80::1%eth0", "fe80::1%" + "z" * 60])
def test_what_is_no_network_or_names_a_zone_is_none(text: str) -> None:
    with pytest.raises(ValueError, match=re.escape(text)):
        rules.networks(f"192.0.2.7 {text}")


# --- on the page ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def browser(portal: Client, person: Person) -> Client:
    people.let_in(portal, person)
    return portal


def test_it_is_shown_once_and_told_by_mail(browser: Client, person: Person) -> None:
    assert browser.post(NEW, FORM)["Location"] == LIST
    shown = browser.get(LIST)
    token = shown.context["fresh"]
    assert token in shown.content.decode()
    assert "no-store" in shown["Cache-Control"]
    assert isinstance(authenticate(token, IP, clock.now()), Bearer)
    again = browser.get(LIST).content.decode()
    assert token not in again
    assert "Boekhouding" in again
    assert held().networks == ["192.0.2.0/24", "2001:db8::1/128"]
    assert (noted("account.token_made"), told("account.token_made")) == (1, 1)
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(session_data, ' ') FROM accounts_session")
        assert token not in cursor.fetchone()[0]
    [(_kind, letter)] = people.letters()
    assert "Boekhouding" in letter.text
    assert token not in letter.text
    assert people.link_in(letter).endswith(LIST)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"scopes": []}, "verplicht"),
        ({"networks": "kantoor"}, "‘kantoor’"),
        ({"days": "4000"}, ""),
        ({"name": ""}, "verplicht"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_made(browser: Client, wrong: dict[str, Any], said: str) -> None:
    answer = browser.post(NEW, FORM | wrong)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    with as_owner():
        assert not ApiToken.objects.exists()


def test_making_one_asks_who_it_is_once_more(browser: Client) -> None:
    with clock.shifted(people.LATER):
        assert b"confirm-answer" in browser.post(NEW, FORM).content
    with as_owner():
        assert not ApiToken.objects.exists()


def test_one_is_ended_on_the_page_and_only_by_whom_it_is_of(browser: Client, person: Person) -> None:
    token = made(person)
    url = f"/account/programs/{held().pk}/end/"
    stranger = Client()
    people.let_in(stranger, people.somebody())
    assert [stranger.get(url).status_code, stranger.post(url).status_code] == [404, 404]
    assert Client().post(url).status_code == 302
    assert browser.get(url).status_code == 200
    assert isinstance(authenticate(token, IP, clock.now()), Bearer)
    assert browser.post(url)["Location"] == LIST
    assert authenticate(token, IP, clock.now()) is Refusal.ENDED
