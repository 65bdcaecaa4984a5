"""A forgotten password."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from hospes.accounts import resets
from hospes.accounts.models import PasswordReset
from hospes.customers.models import Person
from hospes.kernel import clock
from tests.accounts import people
from tests.support.rights import as_owner

pytestmark = pytest.mark.django_db

NEW = "een-heel-ander-woord-7"


def ask(client: Client, email: str, **more: Any) -> Any:
    return client.post("/account/password/reset/", {"email": email}, **more)


def link(client: Client, person: Person) -> str:
    """The path of the link that a person is mailed who asks for a new password."""
    ask(client, person.email)
    _kind, letter = people.letters()[-1]
    assert letter.reader.address == person.email
    return people.link_in(letter).partition("8000")[2] or people.link_in(letter)


def choose(client: Client, path: str, password: str = NEW) -> Any:
    """Open a link and fill in a new password."""
    form = client.get(path, follow=True)
    return client.post(form.request["PATH_INFO"], {"password1": password, "password2": password})


@pytest.fixture(autouse=True)
def _address(settings: Any) -> None:
    settings.HOSPES_PORTAL_URL = "http://127.0.0.1:8000"


def test_who_forgot_a_password_chooses_another_and_is_told(portal: Client, person: Person) -> None:
    path = link(portal, person)
    assert choose(portal, path)["Location"] == "/account/password/reset/key/done/"
    assert people.log_in(Client(), person).status_code == 200
    assert people.log_in(portal, person, NEW)["Location"] == "/"
    assert [entry[:3] for entry in people.journal()] == [
        ("account.reset_asked", "visitor", person.pk),
        ("account.password_changed", "visitor", person.pk),
        ("account.login_failed", "visitor", person.pk),
        ("account.login", "person", person.pk),
    ]
    assert [kind for kind, _ in people.letters()] == ["account.password_reset", "account.password_changed"]


def test_a_link_works_once(portal: Client, person: Person) -> None:
    path = link(portal, person)
    choose(portal, path)
    again = Client().get(path, follow=True)
    assert "password1" not in again.content.decode()
    assert choose(Client(), path, "nog-een-woord-erbij").status_code == 200
    assert people.log_in(portal, person, NEW)["Location"] == "/"


def test_a_new_password_ends_all_other_sessions_and_links(portal: Client, person: Person) -> None:
    people.log_in(portal, person)
    path = link(Client(), person)
    data = {"oldpassword": people.PASSWORD, "password1": NEW, "password2": NEW}
    elsewhere = Client()
    people.log_in(elsewhere, person)
    assert portal.post("/account/password/change/", data).status_code == 302
    assert portal.get("/").content.decode() == person.name
    assert elsewhere.get("/").content.decode() == "nobody"
    assert choose(Client(), path, "nog-een-woord-erbij").status_code == 200
    assert people.log_in(Client(), person, NEW)["Location"] == "/"


def test_a_link_expires(portal: Client, person: Person) -> None:
    path = link(portal, person)
    with clock.shifted(timedelta(hours=1)):
        assert "password1" not in Client().get(path, follow=True).content.decode()
    with clock.shifted(timedelta(minutes=59)):
        assert "password1" in Client().get(path, follow=True).content.decode()


def test_nobody_makes_a_link_for_somebody_else(portal: Client, person: Person) -> None:
    other = people.somebody()
    link(portal, person)
    with as_owner():
        reset = PasswordReset.objects.get()
    for token in (
        resets.token(reset_id=reset.pk, person_id=other.pk),  # signed, but that reset is of another
        f"{reset.pk}.{other.pk}:x",
        f"{reset.pk}.{person.pk}",
        "x",
    ):
        path = f"/account/password/reset/key/{base36(other.pk)}-{token}/"
        assert "password1" not in Client().get(path, follow=True).content.decode()


def base36(number: int) -> str:
    from django.utils.http import int_to_base36

    return int_to_base36(number)


def test_who_may_not_log_in_gets_no_link(portal: Client, person: Person) -> None:
    with as_owner():
        Person.objects.filter(pk=person.pk).update(is_active=False)
    assert ask(portal, person.email).status_code == 302
    assert people.letters() == []


@pytest.mark.promise("P09")
def test_the_answer_does_not_say_whether_the_address_is_known(portal: Client, person: Person) -> None:
    known, unknown = ask(portal, person.email), ask(portal, "noone@example.com")
    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])
    pages = [Client().get(answer["Location"]).content for answer in (known, unknown)]
    assert len(pages[0]) == len(pages[1])
    assert [kind for kind, _ in people.letters()] == ["account.password_reset"]


def test_asking_twice_sends_one_mail(portal: Client, person: Person) -> None:
    ask(portal, person.email)
    ask(Client(), person.email)
    assert len(people.letters()) == 1
    with clock.shifted(timedelta(minutes=2)):
        ask(Client(), person.email)
    assert len(people.letters()) == 2


def test_the_host_header_is_not_in_the_link(portal: Client, person: Person, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    ask(portal, person.email, headers={"host": "evil.example", "x-forwarded-host": "evil.example"})
    [(_, letter)] = people.letters()
    assert "evil" not in letter.text + letter.html
    assert people.link_in(letter).startswith("http://127.0.0.1:8000/account/password/reset/key/")


def test_the_link_is_in_the_language_of_who_reads_it(portal: Client) -> None:
    person = people.somebody(language="en")
    ask(portal, person.email)  # on the Dutch page
    [(_, letter)] = people.letters()
    assert "/en/account/password/reset/key/" in people.link_in(letter)
    assert letter.subject == "Choose a new password"
