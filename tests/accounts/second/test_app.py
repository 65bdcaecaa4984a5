"""The second step: codes from an app, each good for one time (P09)."""

from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.db import connection
from django.test import Client

from hospes.accounts.models import StaffMember
from hospes.customers.models import Person
from hospes.kernel import clock
from tests.accounts import people
from tests.support.rights import as_owner

pytestmark = pytest.mark.django_db

ACTIVATE = "/account/2fa/totp/activate/"
STEP = "/account/2fa/authenticate/"


@pytest.fixture
def switched_on(portal: Client, person: Person, django_capture_on_commit_callbacks: Any) -> str:
    """The secret of the second step that the person just switched on."""
    people.log_in(portal, person)
    secret = str(portal.get(ACTIVATE).context["form"].secret)
    with django_capture_on_commit_callbacks(execute=True):  # the library tells after the commit
        answer = portal.post(ACTIVATE, {"code": people.code(secret)})
    assert answer["Location"] == "/account/2fa/recovery-codes/"
    return secret


def test_it_wants_the_password_once_more(portal: Client, person: Person) -> None:
    people.log_in(portal, person)
    with clock.shifted(people.LATER):
        asked = portal.get(ACTIVATE)
        assert asked.templates[0].name == "account/confirm.html"
        sent = {"confirm-answer": "1", "confirm-opened": "1", "confirm-password": people.PASSWORD}
        assert portal.post(ACTIVATE, sent)["Location"] == ACTIVATE
        assert portal.get(ACTIVATE).context["form"].secret


def test_switched_on_it_is_asked_for_and_written_down(
    portal: Client, person: Person, switched_on: str
) -> None:
    browser = Client()
    assert people.log_in(browser, person)["Location"] == STEP
    assert browser.get("/").content.decode() == "nobody"
    wrong = browser.post(STEP, {"code": "000000"})
    assert wrong.status_code == 200
    assert wrong.context["form"].errors
    assert browser.post(STEP, {"code": people.code(switched_on, ahead=1)})["Location"] == "/"
    assert browser.get("/").content.decode() == person.name
    assert [entry[:3] for entry in people.journal()][1:] == [
        ("account.recovery_codes_made", "person", person.pk),
        ("account.second_step_on", "person", person.pk),
        ("account.second_step_failed", "visitor", person.pk),
        ("account.login", "person", person.pk),
    ]
    assert [kind for kind, _ in people.letters()] == ["account.recovery_codes_made", "account.second_step_on"]


def test_a_code_works_once_also_in_another_session(portal: Client, person: Person, switched_on: str) -> None:
    code = people.code(switched_on, ahead=1)
    for browser, name in ((Client(), person.name), (Client(), "nobody")):
        people.log_in(browser, person)
        browser.post(STEP, {"code": code})
        assert browser.get("/").content.decode() == name


def test_the_code_that_switched_it_on_does_not_log_in(portal: Client, person: Person) -> None:
    people.log_in(portal, person)
    secret = str(portal.get(ACTIVATE).context["form"].secret)
    code = people.code(secret)
    portal.post(ACTIVATE, {"code": code})
    thief = Client()
    people.log_in(thief, person)
    assert thief.post(STEP, {"code": code}).context["form"].errors
    assert thief.get("/").content.decode() == "nobody"


def test_once_a_later_code_was_used_an_earlier_one_is_over(
    portal: Client, person: Person, switched_on: str
) -> None:
    with as_owner():  # as if it was switched on a while ago
        app = Authenticator.objects.get(user=person)
        app.data["used_step"] = 0
        app.save()
    earlier, later = people.code(switched_on), people.code(switched_on, ahead=1)
    for browser, code, name in ((Client(), later, person.name), (Client(), earlier, "nobody")):
        people.log_in(browser, person)
        browser.post(STEP, {"code": code})
        assert browser.get("/").content.decode() == name


@pytest.mark.parametrize(("ahead", "name"), [(-2, "nobody"), (2, "nobody")])
def test_a_code_of_another_minute_is_none(
    portal: Client, person: Person, switched_on: str, ahead: int, name: str
) -> None:
    browser = Client()
    people.log_in(browser, person)
    browser.post(STEP, {"code": people.code(switched_on, ahead=ahead)})
    assert browser.get("/").content.decode() == name


def test_the_table_holds_no_secret(portal: Client, person: Person, switched_on: str) -> None:
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("SELECT data::text FROM mfa_authenticator")
        [(held,)] = cursor.fetchall()
    assert switched_on not in held
    with as_owner():
        assert len(Authenticator.objects.get().data["secret"]) > 60


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
    assert [kind for kind, _ in people.letters()][-1] == "account.second_step_off"


def test_staff_keep_their_second_step(office: Client) -> None:
    agent = people.colleague(StaffMember.Role.SUPPORT_AGENT)
    people.log_in(office, agent)
    office.post(STEP, {"code": people.code()})
    assert office.post("/account/2fa/totp/deactivate/").status_code == 200
    with as_owner():
        assert Authenticator.objects.filter(user_id=agent.pk).count() == 1
