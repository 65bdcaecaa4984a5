"""Inviting somebody to share access: by who may, for a few days, and how it ends (P09)."""

from datetime import timedelta

import pytest
from django.test import Client

from hospes.accounts.access import invitations
from hospes.accounts.access.invitations import LASTS, MOST_OPEN, MOST_SENDS
from hospes.accounts.models import Invitation
from hospes.customers.models import Customer, Membership, Person
from hospes.kernel import clock
from hospes.kernel.acting import Actor, acting
from hospes.kernel.purposes import Purpose
from tests.portal.sharing import (
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
from tests.support.rights import as_owner

pytestmark = [pytest.mark.usefixtures("site"), pytest.mark.promise("P09")]

SECOND = timedelta(seconds=1)
ACCEPT, DECLINE = {"do": "accept"}, {"do": "decline"}
PASSWORD = "korenschuur-9-bij-de-brug"


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
