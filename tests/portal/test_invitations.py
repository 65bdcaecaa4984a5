"""Inviting somebody to share access: bound to an address, once, for a few days, by who may (P09)."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, connections
from django.test import Client

from hospes.accounts.access import invitations
from hospes.accounts.access.invitations import LASTS, MOST_OPEN, MOST_SENDS
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
from tests.portal.visit import browser, member, text
from tests.support import make
from tests.support.entering import be_known
from tests.support.rights import as_owner

pytestmark = [pytest.mark.usefixtures("site"), pytest.mark.promise("P09")]

SECOND = timedelta(seconds=1)
ACCEPT, DECLINE = {"do": "accept"}, {"do": "decline"}
PASSWORD = "korenschuur-9-bij-de-brug"
NEWCOMER = {"given_name": "Wieke", "family_name": "Tolhek", "password": PASSWORD}


@pytest.fixture
def customer() -> Customer:
    return make.customer(
        holder=somebody(given_name="Anna", family_name="Dronkel"), kind="business", name="Zaagtand bv"
    )


@pytest.fixture
def holder(customer: Customer) -> Client:
    return browser(make.holder_of(customer))


@pytest.fixture
def friend() -> Person:
    return somebody(given_name="Bram", family_name="Vosmeer")


@pytest.fixture
def invited(holder: Client, customer: Customer, friend: Person) -> str:
    """The link that a friend with an account got."""
    assert invite(holder, customer, friend.email)["Location"] == f"/k/{customer.number}/toegang/"
    return link()


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


@pytest.fixture
def unknown(holder: Client, customer: Customer) -> str:
    """The link that somebody without an account got."""
    invite(holder, customer, "wieke@example.com", role="technical")
    return link()


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


# --- not for long, and not for ever ---


@pytest.mark.parametrize(("late", "works"), [(LASTS - SECOND, True), (LASTS, False), (LASTS + SECOND, False)])
def test_a_link_works_for_three_days(
    holder: Client, customer: Customer, friend: Person, late: timedelta, works: bool
) -> None:
    now = clock.now()
    with clock.moved_to(now):
        invite(holder, customer, friend.email)
        where = link()
    client = browser(friend)
    with clock.moved_to(now + late):
        assert client.get(where).status_code == (200 if works else 404)
        client.post(where, ACCEPT)
        assert bool(open_to(friend)) is works


def test_a_withdrawn_invitation_is_over_at_once(
    holder: Client, customer: Customer, invited: str, friend: Person
) -> None:
    with as_owner():
        pk = Invitation.objects.get().pk
    assert "Geen" not in text(holder.get(f"/k/{customer.number}/toegang/"))
    for _ in range(2):
        holder.post(f"/k/{customer.number}/toegang/uitnodigingen/{pk}/intrekken/")
    assert browser(friend).get(invited).status_code == 404
    browser(friend).post(invited, ACCEPT)
    assert (outcomes(), open_to(friend)) == (["withdrawn"], [])
    assert [entry[0] for entry in entries()] == ["access.invited", "access.invitation_withdrawn"]
    assert friend.email not in text(holder.get(f"/k/{customer.number}/toegang/"))


def test_the_mail_of_a_withdrawn_invitation_does_not_leave(
    holder: Client, customer: Customer, invited: str
) -> None:
    from hospes.messaging.recipients import NobodyToReach

    with as_owner():
        pk = Invitation.objects.get().pk
    holder.post(f"/k/{customer.number}/toegang/uitnodigingen/{pk}/intrekken/")
    with pytest.raises(NobodyToReach):
        letters("access.invitation")


def test_sent_again_the_new_link_works_and_the_old_one_does_not(
    holder: Client, customer: Customer, invited: str, friend: Person
) -> None:
    with as_owner():
        pk = Invitation.objects.get().pk
    again = f"/k/{customer.number}/toegang/uitnodigingen/{pk}/opnieuw/"
    holder.post(again)  # pressed at once: it was sent just now
    assert len(letters("access.invitation")) == 1
    with clock.shifted(timedelta(minutes=2)):
        holder.post(again)
        holder.post(again)
        new = link()
        assert new != invited
        assert browser(friend).get(invited).status_code == 404
        browser(friend).post(new, ACCEPT)
        assert open_to(friend) == [customer.pk]


def test_it_is_sent_again_a_few_times_and_also_when_it_has_run_out(
    holder: Client, customer: Customer, invited: str, friend: Person
) -> None:
    with as_owner():
        pk = Invitation.objects.get().pk
        sent = Invitation.objects.get().sent_at
    person = make.holder_of(customer)
    for n in range(1, MOST_SENDS + 2):
        with acting(Purpose.ACCESS, actor=Actor.person(person.pk), customer=customer.pk):
            now = sent + n * (LASTS + SECOND)
            if n < MOST_SENDS:
                found = invitations.send_again(
                    customer_id=customer.pk, invitation_id=pk, by=person.pk, now=now
                )
                assert found.expires_at == now + LASTS
            else:
                with pytest.raises(invitations.AccessRefused):
                    invitations.send_again(customer_id=customer.pk, invitation_id=pk, by=person.pk, now=now)


@pytest.mark.parametrize("what", ["removed", "demoted", "ends"])
def test_who_may_invite_no_longer_has_invited_nobody(customer: Customer, friend: Person, what: str) -> None:
    manager = member(customer, "administration")
    invite(browser(manager), customer, friend.email)
    where, holder = link(), browser(make.holder_of(customer))
    with as_owner():
        pk = Membership.objects.get(person=manager).pk
    if what == "removed":
        holder.post(f"/k/{customer.number}/toegang/{pk}/weg/")
    elif what == "demoted":
        holder.post(f"/k/{customer.number}/toegang/{pk}/", {"role": "read_only", "last_day": ""})
    else:
        with as_owner():
            Membership.objects.filter(pk=pk).update(until=clock.now())
    assert outcomes() == ["" if what == "ends" else "withdrawn"]
    assert browser(friend).get(where).status_code == 404
    browser(friend).post(where, ACCEPT)
    assert open_to(friend) == []


# --- declining ---


@pytest.mark.parametrize("logged_in", [True, False])
def test_it_can_be_declined_with_the_link(
    invited: str, customer: Customer, friend: Person, logged_in: bool
) -> None:
    client = browser(friend) if logged_in else browser()
    assert "afgewezen" in text(client.post(invited, DECLINE)).lower()
    assert client.post(invited, ACCEPT).status_code == 404
    assert (outcomes(), open_to(friend)) == (["declined"], [])
    assert told("access.declined") == [make.holder_of(customer).email]


# --- who invites whom ---


def test_access_can_end_by_itself(holder: Client, customer: Customer, friend: Person) -> None:
    last = clock.today() + timedelta(days=10)
    invite(holder, customer, friend.email, last_day=last.isoformat())
    client = browser(friend)
    client.post(link(), ACCEPT)
    with as_owner():
        until = Membership.objects.get(person=friend).until
    assert until is not None
    assert clock.day_of(until - SECOND) == last
    for moment, there in ((until - SECOND, 200), (until, 404)):
        with clock.moved_to(moment):
            assert client.get(f"/k/{customer.number}/").status_code == there


@pytest.mark.parametrize("day", ["2020-01-01", "x", "31-02-2030", "9999-12-31"])
def test_a_last_day_that_cannot_be_is_refused(holder: Client, customer: Customer, day: str) -> None:
    answer = invite(holder, customer, last_day=day)
    assert answer.status_code == 200
    assert answer.context["form"].errors
    assert outcomes() == []


def test_an_address_is_invited_once_at_a_time(holder: Client, customer: Customer, friend: Person) -> None:
    for email in (friend.email, friend.email.upper()):
        assert invite(holder, customer, email).status_code == 302  # pressed twice
    assert (outcomes(), len(letters("access.invitation"))) == ([""], 1)
    again = invite(holder, customer, friend.email, role="read_only")
    assert "al een uitnodiging" in text(again)
    with clock.shifted(LASTS + SECOND):
        assert invite(browser(make.holder_of(customer)), customer, friend.email).status_code == 302
    assert outcomes() == ["expired", ""]


def test_who_has_access_is_not_invited(holder: Client, customer: Customer) -> None:
    there = member(customer, "billing")
    assert "al toegang" in text(invite(holder, customer, there.email))
    assert outcomes() == []


def test_who_got_access_in_another_way_meanwhile_is_told(
    invited: str, customer: Customer, friend: Person
) -> None:
    make.membership(person=friend, customer=customer, role="technical")
    client = browser(friend)
    client.post(invited, ACCEPT)
    assert "al toegang" in text(client.get(invited))
    assert roles(customer)[friend.pk] == "technical"


def test_nobody_gives_more_than_their_role_may_give(customer: Customer) -> None:
    client = browser(member(customer, "administration"))
    for role in ("holder", "administration", "owner", ""):
        answer = invite(client, customer, role=role)
        assert answer.status_code == 200
        assert "role" in answer.context["form"].errors
    assert invite(client, customer, role="technical").status_code == 302
    assert len(outcomes()) == 1


@pytest.mark.parametrize("role", ["technical", "billing", "read_only"])
def test_who_manages_no_access_invites_nobody(customer: Customer, role: str) -> None:
    assert invite(browser(member(customer, role)), customer).status_code == 403
    assert outcomes() == []


def test_so_many_can_be_open_and_no_more(holder: Client, customer: Customer) -> None:
    for _ in range(MOST_OPEN):
        assert invite(holder, customer).status_code == 302
    assert "veel uitnodigingen" in text(invite(holder, customer))
    assert len(outcomes()) == MOST_OPEN


def test_two_customers_invite_the_same_person_each_for_itself(
    holder: Client, customer: Customer, friend: Person
) -> None:
    other = make.customer(holder=somebody())
    invite(holder, customer, friend.email)
    invite(browser(make.holder_of(other)), other, friend.email, role="technical")
    for each in (link(0), link(1)):
        browser(friend).post(each, ACCEPT)
    assert sorted(open_to(friend)) == sorted([customer.pk, other.pk])


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
