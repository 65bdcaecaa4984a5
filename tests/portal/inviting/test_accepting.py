"""An invitation reaches whom it is for: bound to an address, accepted once (P09)."""

import threading
from typing import Any

import pytest
from django.db import connection, connections
from django.test import Client

from hospes.accounts.access import invitations
from hospes.accounts.models import Invitation
from hospes.customers.models import Customer, Membership, Person
from hospes.kernel import clock
from hospes.kernel.acting import Actor, acting
from hospes.kernel.purposes import Purpose
from tests.portal.sharing import (
    A_WHILE,
    entries,
    invite,
    letters,
    link,
    open_to,
    outcomes,
    roles,
    somebody,
    told,
)
from tests.portal.visit import browser, text
from tests.support import make
from tests.support.entering import be_known
from tests.support.rights import as_owner

pytestmark = [pytest.mark.usefixtures("site"), pytest.mark.promise("P09")]

ACCEPT, DECLINE = {"do": "accept"}, {"do": "decline"}
PASSWORD = "korenschuur-9-bij-de-brug"
NEWCOMER = {"given_name": "Wieke", "family_name": "Tolhek", "password": PASSWORD}


# --- the mail and the page ---


def test_the_mail_says_who_invites_for_which_customer_as_what(invited: str, friend: Person) -> None:
    [letter] = letters("access.invitation")
    assert (letter.reader.address, letter.reader.name) == (friend.email, friend.name)
    assert letter.subject == "Anna Dronkel nodigt u uit om de toegang tot Zaagtand bv te delen"
    for said in ("Beste Bram Vosmeer,", "Anna Dronkel", "Zaagtand bv", "facturatie", "één keer"):
        assert said in letter.text, said


def test_who_has_no_account_is_greeted_without_a_name_in_the_language_of_the_page(
    holder: Client, customer: Customer
) -> None:
    invite(holder, customer, "Onbekend@Example.com", prefix="/en")
    [letter] = letters("access.invitation")
    assert (letter.reader.address, letter.reader.name, letter.reader.language) == (
        "onbekend@example.com",
        "",
        "en",
    )
    assert "Hello," in letter.text
    assert "/en/uitnodiging/" in letter.text


@pytest.mark.parametrize(
    ("prefix", "said"), [("", "Anna Dronkel nodigt u uit"), ("/en", "Anna Dronkel invites you")]
)
def test_the_page_says_who_invites_for_which_customer_as_what(
    invited: str, friend: Person, prefix: str, said: str
) -> None:
    page = text(browser(friend).get(prefix + invited))
    for part in (said, "Zaagtand bv", "Facturatie" if not prefix else "Billing"):
        assert part in page
    assert "no-cache" in browser(friend).get(invited)["Cache-Control"]


def test_looking_accepts_nothing(invited: str, friend: Person) -> None:
    for client in (browser(), browser(friend)):
        for _ in range(3):
            assert client.get(invited).status_code == 200
            assert client.head(invited).status_code == 200
    assert (outcomes(), open_to(friend)) == ([""], [])


# --- accepting, with an account ---


def test_who_was_invited_gets_in_at_once_and_everybody_concerned_is_told(
    invited: str, customer: Customer, friend: Person
) -> None:
    client, holder = browser(friend), make.holder_of(customer)
    assert client.get(f"/k/{customer.number}/").status_code == 404
    answer = client.post(invited, ACCEPT)
    assert answer["Location"] == f"/k/{customer.number}/"
    assert client.get(answer["Location"]).status_code == 200
    assert roles(customer) == {holder.pk: "holder", friend.pk: "billing"}
    with as_owner():
        given = Membership.objects.get(person=friend)
    assert (given.given_by_id, given.until) == (holder.pk, None)
    assert entries() == [
        ("access.invited", holder.pk, None),
        ("access.given", friend.pk, friend.pk),
    ]
    assert told("access.invited") == [holder.email]
    assert told("access.given") == sorted([holder.email, friend.email])


def test_the_same_link_works_once(invited: str, customer: Customer, friend: Person) -> None:
    client = browser(friend)
    client.post(invited, ACCEPT)
    for method in ("get", "post"):  # back button, and the form sent again
        answer = getattr(client, method)(invited, ACCEPT)
        assert answer["Location"] == f"/k/{customer.number}/"
    for other in (browser(), browser(somebody()), browser(make.holder_of(customer))):
        assert other.get(invited).status_code == 404
        assert other.post(invited, ACCEPT).status_code == 404
    with as_owner():
        assert Membership.objects.filter(customer=customer).count() == 2


def test_a_used_link_gives_nothing_back_to_who_was_removed(
    invited: str, customer: Customer, friend: Person
) -> None:
    client = browser(friend)
    client.post(invited, ACCEPT)
    with as_owner():
        Membership.objects.filter(person=friend).update(until=clock.now())
    assert client.get(invited).status_code == 404
    assert client.post(invited, ACCEPT).status_code == 404
    assert open_to(friend) == []


@pytest.mark.django_db(transaction=True)
def test_pressed_twice_at_the_same_moment_it_is_accepted_once(site: None) -> None:
    customer, friend = make.customer(holder=somebody()), somebody()
    holder = make.holder_of(customer)
    with acting(Purpose.ACCESS, actor=Actor.person(holder.pk), customer=customer.pk):
        made = invitations.invite(
            customer_id=customer.pk, by=holder.pk, email=friend.email, role="billing", until=None, language="nl",
            now=clock.now(),
        )  # fmt: skip
    token = invitations.token_of(made.seed)
    together, outcome = threading.Barrier(2, timeout=20), []

    def press() -> None:
        try:
            with acting(Purpose.ACCESS, actor=Actor.person(friend.pk)):
                invitations.look(token, now=clock.now())
                together.wait()
                outcome.append(invitations.accept(token, person=friend, now=clock.now()))
        except (invitations.InvitationGone, invitations.AlreadyIn):
            outcome.append(0)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=press) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(outcome) == [0, customer.number]
    assert roles(customer)[friend.pk] == "billing"
    assert len(entries("access.given")) == 1


# --- bound to the address ---


def test_somebody_else_who_has_the_link_gets_nowhere(
    invited: str, customer: Customer, friend: Person
) -> None:
    other = somebody()
    client = browser(other)
    page = text(client.get(invited))
    assert f"{friend.email[0]}•••@" in page
    assert friend.email not in page
    for form in (ACCEPT, DECLINE):
        client.post(invited, form, follow=True)
    assert (outcomes(), open_to(other)) == ([""], [])


def test_an_address_that_was_not_confirmed_is_nobodys(
    invited: str, customer: Customer, friend: Person
) -> None:
    from allauth.account.models import EmailAddress

    with as_owner():
        EmailAddress.objects.filter(user=friend).update(verified=False)
    browser(friend).post(invited, ACCEPT)
    assert (outcomes(), open_to(friend)) == ([""], [])


def test_the_address_is_the_same_however_it_is_written(
    holder: Client, customer: Customer, friend: Person
) -> None:
    invite(holder, customer, friend.email.upper())
    browser(friend).post(link(), ACCEPT)
    assert open_to(friend) == [customer.pk]


def test_who_is_not_logged_in_is_sent_to_the_login_and_comes_back(invited: str) -> None:
    client = browser()
    page = client.get(invited).content.decode()
    assert f"/account/login/?next={invited}" in page
    assert "uitnodiging" in client.post(invited, ACCEPT)["Location"]
    assert outcomes() == [""]


# --- without an account ---


def test_who_has_no_account_makes_one_and_is_in(unknown: str, customer: Customer) -> None:
    client = browser()
    assert f"{unknown}account/" in client.get(unknown).content.decode()
    page = client.get(f"{unknown}account/").content.decode()
    assert 'value="wieke@example.com"' in page
    answer = client.post(f"{unknown}account/", NEWCOMER)
    assert answer["Location"] == f"/k/{customer.number}/"
    assert client.get(f"/k/{customer.number}/diensten/").status_code == 200
    with as_owner():
        person = Person.objects.get(email="wieke@example.com")
        assert Customer.objects.count() == 1  # no customer of their own
    assert (person.name, person.language) == ("Wieke Tolhek", "nl")
    assert roles(customer)[person.pk] == "technical"
    be_known(again := Client(), person)
    again.post("/account/login/", {"login": "wieke@example.com", "password": PASSWORD})
    assert again.get(f"/k/{customer.number}/").status_code == 200


def test_the_account_is_made_for_the_invited_address_whatever_the_form_says(unknown: str) -> None:
    browser().post(
        f"{unknown}account/", NEWCOMER | {"username": "ander@example.com", "email": "ander@example.com"}
    )
    with as_owner():
        assert Person.objects.filter(email="wieke@example.com").exists()
        assert not Person.objects.filter(email="ander@example.com").exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"password": "kort"},
        {"password": "wieke@example.com"},
        {"given_name": ""},
        {"given_name": "http://x.nl"},
        {"family_name": "a\u202eb"},
    ],
)
def test_what_is_wrong_with_the_account_is_said_and_nothing_is_used_up(
    unknown: str, wrong: dict[str, str]
) -> None:
    answer = browser().post(f"{unknown}account/", NEWCOMER | wrong)
    assert answer.status_code == 200
    assert answer.context["form"].errors
    assert outcomes() == [""]
    with as_owner():
        assert not Person.objects.filter(email="wieke@example.com").exists()


def test_sent_twice_it_makes_one_account(unknown: str, customer: Customer) -> None:
    client = browser()
    client.post(f"{unknown}account/", NEWCOMER)
    assert client.post(f"{unknown}account/", NEWCOMER)["Location"] == unknown
    assert browser().post(f"{unknown}account/", NEWCOMER).status_code == 404
    with as_owner():
        assert Person.objects.filter(email="wieke@example.com").count() == 1


def test_no_account_is_made_where_there_is_one(invited: str) -> None:
    assert browser().get(f"{invited}account/")["Location"] == invited
    assert browser().post(f"{invited}account/", NEWCOMER)["Location"] == invited
    assert outcomes() == [""]


# --- attacks ---


def test_who_reads_the_database_can_use_no_invitation(invited: str) -> None:
    token = invited.strip("/").split("/")[-1]
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("SELECT seed::text, token_hash FROM accounts_invitation")
        seed, held = cursor.fetchone()
        cursor.execute("SELECT string_agg(m::text, ' ') FROM messaging_message m")
        mails = cursor.fetchone()[0]
        cursor.execute("SELECT string_agg(j.args::text, ' ') FROM procrastinate_jobs j")
        jobs = cursor.fetchone()[0]
    assert token not in (seed, held, seed.replace("-", ""))
    assert token not in mails
    assert token not in jobs
    for guess in (seed, seed.replace("-", ""), held):
        assert browser().get(f"/uitnodiging/{guess}/").status_code == 404


@pytest.mark.parametrize("token", ["x", "0" * 32, "é", "'", "..", "x" * 3000, "%00"])
def test_what_is_no_token_leads_nowhere(invited: str, friend: Person, token: str) -> None:
    for client in (browser(), browser(friend)):
        for path in (f"/uitnodiging/{token}/", f"/uitnodiging/{token}/account/"):
            assert client.get(path).status_code in (400, 404) or (client is not None and "account" in path)
            client.post(path, ACCEPT | NEWCOMER)
    assert outcomes() == [""]


def test_another_site_cannot_have_it_accepted_or_sent(
    invited: str, customer: Customer, friend: Person
) -> None:
    assert browser(friend, checks=True).post(invited, ACCEPT).status_code == 403
    assert invite(browser(make.holder_of(customer), checks=True), customer).status_code == 403
    assert (outcomes(), open_to(friend)) == ([""], [])


def test_inviting_asks_once_more_who_it_is_and_loses_nothing(customer: Customer) -> None:
    holder = make.holder_of(customer)
    with as_owner():
        holder.set_password(PASSWORD)
        holder.save()
    client = browser(holder)
    with clock.shifted(A_WHILE):
        asked = invite(client, customer, "nieuw@example.com", role="technical")
        assert "Bevestig dat u het bent" in text(asked)
        assert outcomes() == []
        form: dict[str, Any] = {"email": "nieuw@example.com", "role": "technical", "last_day": ""}
        where = f"/k/{customer.number}/toegang/uitnodigen/"
        assert (
            client.post(
                where, form | {"confirm-answer": "1", "confirm-password": "fout-fout-fout"}
            ).status_code
            == 200
        )
        assert outcomes() == []
        done = client.post(where, form | {"confirm-answer": "1", "confirm-password": PASSWORD})
        assert done["Location"] == f"/k/{customer.number}/toegang/"
    with as_owner():
        assert Invitation.objects.get().role == "technical"
