"""The link in the mail about a new login: it ends what it is about, once, and only when a button is pressed (P12, P25)."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from hospes.accounts.models import Familiar, OpenSession
from hospes.accounts.origins import alarms
from hospes.customers.models import Person
from hospes.kernel import clock
from tests.accounts import people
from tests.accounts.origins.test_new_places import code, give
from tests.support.entering import enter
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.promise("P12", "P25")]


def who(client: Client) -> str:
    return client.get("/").content.decode()


def path_of(kind: str = "account.new_login") -> str:
    """Where the link of the newest mail of a kind leads."""
    letter = [letter for found, letter in people.letters() if found == kind][-1]
    link = next(word for word in letter.text.split() if "/account/niet-ik/" in word)
    return "/" + link.split("/", 3)[3]


@pytest.fixture
def thief(portal: Client, person: Person) -> Client:
    """Somebody who knows the password and reads the mail on somebody else's screen, once."""
    client = Client()
    people.log_in(client, person, strange=True, REMOTE_ADDR="198.51.100.9")
    give(client, code(), REMOTE_ADDR="198.51.100.9")
    assert who(client) == person.name
    return client


def test_opening_the_link_does_nothing_and_says_what_it_is_about(
    portal: Client, person: Person, thief: Client
) -> None:
    page = portal.get(path_of())
    assert page.status_code == 200
    assert "198.51.100.9" in page.content.decode()
    assert who(thief) == person.name


def test_pressing_the_button_shuts_out_whoever_it_was_and_leads_to_a_new_password(
    portal: Client, person: Person, thief: Client
) -> None:
    own = enter(Client(), person)
    answer = portal.post(path_of())
    assert answer["Location"].startswith("/account/password/reset/key/")
    assert (who(thief), who(own)) == ("nobody", "nobody")
    assert (
        people.log_in(thief, person, strange=True, REMOTE_ADDR="198.51.100.9").status_code == 200
    )  # the old password
    with as_owner():
        assert not Familiar.objects.exists()
        assert {row.ended for row in OpenSession.objects.all()} == {"reported"}
    form = portal.get(answer["Location"], follow=True)
    new = {"password1": "een-heel-ander-woord-7", "password2": "een-heel-ander-woord-7"}
    assert portal.post(form.request["PATH_INFO"], new)["Location"] == "/account/password/reset/key/done/"
    assert people.log_in(portal, person, "een-heel-ander-woord-7", strange=True)["Location"] == "/"
    assert "account.login_reported" in [entry[0] for entry in people.journal()]


def test_the_link_works_once(portal: Client, person: Person, thief: Client) -> None:
    path = path_of()
    portal.post(path)
    with as_owner():
        person.refresh_from_db()
        before = person.password
    again = portal.post(path)
    assert again.status_code == 200
    assert "werkt niet meer" in again.content.decode()
    with as_owner():
        person.refresh_from_db()
    assert person.password == before


def test_it_works_after_the_session_has_ended_by_itself_too(
    portal: Client, person: Person, thief: Client
) -> None:
    path = path_of()
    thief.post("/account/logout/")
    assert portal.post(path)["Location"].startswith("/account/password/reset/key/")


def test_it_works_for_two_weeks(portal: Client, person: Person, thief: Client) -> None:
    path = path_of()
    with clock.shifted(alarms.LASTS + timedelta(minutes=1)):
        assert "werkt niet meer" in portal.post(path).content.decode()


@pytest.mark.parametrize("forged", ["x", "1.1:x", "1.1", "%00", "é"])
def test_a_link_that_we_did_not_make_does_nothing(
    portal: Client, person: Person, thief: Client, forged: str
) -> None:
    assert portal.post(f"/account/niet-ik/{forged}/").status_code in (200, 400)
    opened, other = _ids(person)
    assert (
        portal.post(f"/account/niet-ik/{alarms.token(opened_id=opened, person_id=other)}/").status_code == 200
    )
    assert who(thief) == person.name


def _ids(person: Person) -> tuple[int, int]:
    other = people.somebody()
    with as_owner():
        return OpenSession.objects.get(person_id=person.pk).pk, other.pk


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1:8000@evil.example", "portal.example.evil.example"]
)
def test_links_never_lead_to_the_host_that_somebody_said_they_came_to(
    portal: Client, person: Person, settings: Any, host: str
) -> None:
    settings.HOSPES_PORTAL_URL = "https://klanten.example.com"
    settings.ALLOWED_HOSTS = ["*"]
    people.log_in(portal, person, strange=True, HTTP_HOST="evil.example", HTTP_X_FORWARDED_HOST=host)
    give(portal, code(), HTTP_HOST="evil.example", HTTP_X_FORWARDED_HOST=host)
    told = "".join(letter.text + letter.html for _kind, letter in people.letters())
    assert "evil" not in told
    assert "https://klanten.example.com/account/niet-ik/" in told


def test_nobody_is_taken_elsewhere_by_the_code(portal: Client, person: Person) -> None:
    form = {"login": person.email, "password": people.PASSWORD, "next": "https://evil.example/"}
    assert portal.post("/account/login/", form)["Location"] == "/account/nieuwe-plek/"
    assert (
        portal.post("/account/nieuwe-plek/?next=https://evil.example/", {"code": code()})["Location"] == "/"
    )
