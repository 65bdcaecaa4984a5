"""The second step: a code from an app (P09)."""

import json
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.db import connection
from django.test import Client

from hospes.accounts.models import StaffMember
from hospes.customers.models import Person
from tests.accounts import people
from tests.support.rights import as_owner

pytestmark = pytest.mark.django_db

ACTIVATE = "/account/2fa/totp/activate/"


def confirmed_again(client: Client) -> None:
    """Give the password once more, as the pages about the second step want."""
    client.post("/account/reauthenticate/", {"password": people.PASSWORD})


@pytest.fixture
def switched_on(portal: Client, person: Person, django_capture_on_commit_callbacks: Any) -> str:
    """The secret of the second step that the person just switched on."""
    people.log_in(portal, person)
    confirmed_again(portal)
    secret = str(portal.get(ACTIVATE).context["form"].secret)
    with django_capture_on_commit_callbacks(execute=True):  # the library tells after the commit
        answer = portal.post(ACTIVATE, {"code": people.code(secret)})
    assert answer["Location"] == "/account/2fa/recovery-codes/"
    return secret


def test_it_wants_the_password_once_more(portal: Client, person: Person) -> None:
    people.log_in(portal, person)
    assert portal.get(ACTIVATE)["Location"].startswith("/account/reauthenticate/?next=")


def test_switched_on_it_is_asked_for_and_written_down(
    portal: Client, person: Person, switched_on: str
) -> None:
    browser = Client()
    assert people.log_in(browser, person)["Location"] == "/account/2fa/authenticate/"
    assert browser.get("/").content.decode() == "nobody"
    wrong = browser.post("/account/2fa/authenticate/", {"code": "000000"})
    assert wrong.status_code == 200
    assert wrong.context["form"].errors
    assert browser.post("/account/2fa/authenticate/", {"code": people.code(switched_on)})["Location"] == "/"
    assert browser.get("/").content.decode() == person.name
    assert [entry[:3] for entry in people.journal()][1:] == [
        ("account.second_step_on", "person", person.pk),
        ("account.second_step_failed", "visitor", person.pk),
        ("account.login", "person", person.pk),
    ]
    assert [kind for kind, _ in people.letters()] == ["account.second_step_on"]


def test_a_code_works_once(portal: Client, person: Person, switched_on: str) -> None:
    code = people.code(switched_on)
    for browser, name in ((Client(), person.name), (Client(), "nobody")):
        people.log_in(browser, person)
        browser.post("/account/2fa/authenticate/", {"code": code})
        assert browser.get("/").content.decode() == name


def test_a_recovery_code_works_once(portal: Client, person: Person, switched_on: str) -> None:
    codes = portal.get("/account/2fa/recovery-codes/").context["unused_codes"]
    assert len(codes) == 10
    for browser, name in ((Client(), person.name), (Client(), "nobody")):
        people.log_in(browser, person)
        browser.post("/account/2fa/authenticate/", {"code": codes[3]})
        assert browser.get("/").content.decode() == name


def test_the_table_holds_no_secret(portal: Client, person: Person, switched_on: str) -> None:
    codes = portal.get("/account/2fa/recovery-codes/").context["unused_codes"]
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("SELECT data::text FROM mfa_authenticator")
        held = " ".join(text for (text,) in cursor.fetchall())
    assert switched_on not in held
    assert not any(code in held for code in codes)
    assert all(len(value) > 60 for value in sealed_in(held))


def sealed_in(held: str) -> list[str]:
    rows = json.loads("[" + held.replace("} {", "}, {") + "]")
    return [row.get("secret") or row["seed"] for row in rows]


def test_it_can_be_switched_off_again(
    portal: Client, person: Person, switched_on: str, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        portal.post("/account/2fa/totp/deactivate/")
    assert people.log_in(Client(), person)["Location"] == "/"
    assert [entry[:2] for entry in people.journal()][-2:] == [
        ("account.second_step_off", "person"),
        ("account.login", "person"),
    ]
    assert [kind for kind, _ in people.letters()] == ["account.second_step_on", "account.second_step_off"]


def test_staff_keep_their_second_step(office: Client) -> None:
    agent = people.colleague(StaffMember.Role.SUPPORT_AGENT)
    people.log_in(office, agent)
    office.post("/account/2fa/authenticate/", {"code": people.code()})
    confirmed_again(office)
    assert office.post("/account/2fa/totp/deactivate/").status_code == 200
    with as_owner():
        assert Authenticator.objects.filter(user_id=agent.pk).count() == 1
