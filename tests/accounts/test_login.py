"""Confirming an address, logging in and out, and what is written down of it (P09, P11)."""

from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.test import Client

from hospes.accounts import services
from hospes.accounts.models import StaffMember
from hospes.accounts.staff import services as staff
from hospes.customers.models import Person
from hospes.kernel import clock
from hospes.kernel.acting import SYSTEM, acting
from hospes.kernel.purposes import Purpose
from tests.accounts import people
from tests.support.entering import be_known
from tests.support.rights import as_owner

pytestmark = pytest.mark.django_db


def who(client: Client) -> str:
    return client.get("/").content.decode()


def test_after_the_address_is_confirmed_one_can_log_in_and_out(portal: Client, settings: Any) -> None:
    settings.HOSPES_PORTAL_URL = "https://klanten.example.com"
    form = people.form()
    portal.post("/account/signup/", form)
    with as_owner():
        person = Person.objects.get()
    [(kind, letter)] = people.letters()
    url = people.link_in(letter)
    assert kind == "account.confirm_address"
    assert url.startswith("https://klanten.example.com/account/confirm-email/")
    assert letter.reader.address == form["email"]
    path = url.removeprefix("https://klanten.example.com")

    assert people.log_in(portal, person)["Location"] == "/account/confirm-email/"
    assert who(portal) == "nobody"
    assert portal.get(path).status_code == 200  # a mail scanner that follows links confirms nothing
    assert people.log_in(portal, person)["Location"] == "/account/confirm-email/"
    assert portal.post(path)["Location"] == "/account/login/"
    assert who(portal) == "nobody"
    assert people.log_in(portal, person)["Location"] == "/"
    assert who(portal) == person.name
    assert portal.post("/account/logout/")["Location"] == "/"
    assert who(portal) == "nobody"
    assert [entry for entry in people.journal() if entry[0] in ("account.login", "account.logout")] == [
        ("account.login", "person", person.pk, "127.0.0.1"),
        ("account.logout", "person", person.pk, "127.0.0.1"),
    ]


@pytest.mark.promise("P09")
def test_a_link_for_one_address_is_never_sent_to_another(person: Person) -> None:
    with acting(Purpose.ACCESS, actor=SYSTEM):
        other = EmailAddress.objects.create(user=person, email="another@example.com")
        services.tell("account.confirm_address", person_id=person.pk, about_id=other.pk, now=clock.now())
    with pytest.raises(EmailAddress.DoesNotExist):
        people.letters()


def test_a_get_does_not_log_out(portal: Client, person: Person) -> None:
    people.log_in(portal, person)
    assert portal.get("/account/logout/").status_code == 200
    assert who(portal) == person.name


@pytest.mark.promise("P09", "P11")
def test_a_failed_login_is_written_down_without_the_address_that_was_tried(
    portal: Client, person: Person
) -> None:
    known = people.log_in(portal, person, "wrong", REMOTE_ADDR="192.0.2.7")
    unknown = portal.post("/account/login/", {"login": "noone@example.com", "password": "wrong"})
    errors = known.context["form"].errors
    assert errors == unknown.context["form"].errors
    assert (known.status_code, unknown.status_code) == (200, 200)
    assert people.journal() == [
        ("account.login_failed", "visitor", person.pk, "192.0.2.7"),
        ("account.login_failed", "visitor", None, "127.0.0.1"),
    ]
    assert who(portal) == "nobody"


def test_somebody_who_may_not_log_in_does_not(portal: Client, person: Person) -> None:
    with as_owner():
        Person.objects.filter(pk=person.pk).update(is_active=False)
    assert people.log_in(portal, person)["Location"] == "/account/inactive/"
    assert who(portal) == "nobody"


def test_who_may_no_longer_log_in_is_out_at_once(portal: Client, person: Person) -> None:
    people.log_in(portal, person)
    with as_owner():
        Person.objects.filter(pk=person.pk).update(is_active=False)
    assert who(portal) == "nobody"


@pytest.mark.parametrize(
    ("after", "goes_to"),
    [
        ("/k/10001/", "/k/10001/"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("http://testserver/x", "/"),  # the Host header is nobody's word
        ("javascript:alert(1)", "/"),
        ("https://klanten.example.com/k/10001/", "https://klanten.example.com/k/10001/"),
        ("http://klanten.example.com/k/10001/", "/"),
    ],
)
def test_after_login_one_stays_on_this_face(
    portal: Client, person: Person, settings: Any, after: str, goes_to: str
) -> None:
    settings.HOSPES_PORTAL_URL = "https://klanten.example.com"
    be_known(portal, person)
    answer = portal.post(
        "/account/login/", {"login": person.email, "password": people.PASSWORD, "next": after}
    )
    assert answer["Location"] == goes_to


def test_who_logs_in_in_english_goes_on_in_english(portal: Client, person: Person) -> None:
    be_known(portal, person)
    answer = portal.post("/en/account/login/", {"login": person.email, "password": people.PASSWORD})
    assert answer["Location"] == "/en/"


# --- the office -----------------------------------------------------------------------------------------------------------


def test_in_the_office_a_customer_is_nobody(office: Client, person: Person) -> None:
    answer = people.log_in(office, person)
    assert answer.status_code == 200
    assert answer.context["form"].errors
    assert people.journal() == [("account.login_failed", "visitor", person.pk, "127.0.0.1")]
    assert office.get("/")["Location"] == "/account/login/?next=/"


def test_staff_without_a_second_step_first_set_it_up(office: Client) -> None:
    clerk = people.colleague(StaffMember.Role.BILLING_CLERK, second_step=False)
    people.log_in(office, clerk)
    assert office.get("/")["Location"] == "/account/2fa/"
    secret = str(office.get("/account/2fa/totp/activate/").context["form"].secret)
    assert office.get("/")["Location"] == "/account/2fa/"
    office.post("/account/2fa/totp/activate/", {"code": people.code(secret)})
    assert who(office) == clerk.name


def test_staff_get_in_with_their_code(office: Client) -> None:
    clerk = people.colleague(StaffMember.Role.BILLING_CLERK)
    assert people.log_in(office, clerk)["Location"] == "/account/2fa/authenticate/"
    assert office.get("/")["Location"].startswith("/account/login/")
    office.post("/account/2fa/authenticate/", {"code": people.code()})
    assert who(office) == clerk.name
    assert people.journal()[-1] == ("account.login", "staff", clerk.pk, "127.0.0.1")


def test_who_was_dismissed_is_out_at_once(office: Client) -> None:
    clerk = people.colleague(StaffMember.Role.BILLING_CLERK)
    people.log_in(office, clerk)
    office.post("/account/2fa/authenticate/", {"code": people.code()})
    with acting(Purpose.ACCESS, actor=SYSTEM):
        staff.dismiss(person_id=clerk.pk, now=clock.now())
    assert office.get("/").status_code == 302


def test_a_session_of_the_portal_opens_no_office(portal: Client, settings: Any) -> None:
    clerk = people.colleague(StaffMember.Role.BILLING_CLERK)
    people.log_in(portal, clerk)
    portal.post("/account/2fa/authenticate/", {"code": people.code()})
    assert who(portal) == clerk.name
    key = portal.cookies["hospes_portal"].value
    settings.FACE, settings.SESSION_COOKIE_NAME = "office", "hospes_office"
    thief = Client()
    thief.cookies["hospes_office"] = key
    assert thief.get("/").status_code == 302
