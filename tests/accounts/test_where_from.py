"""From where an account was used (P11)."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import translation

from hospes.accounts import services
from hospes.accounts.models import StaffMember
from hospes.accounts.queries import Trace, where_from
from hospes.customers.models import Person
from hospes.kernel import clock, journal
from hospes.kernel.acting import Actor, acting
from hospes.kernel.purposes import Purpose
from tests.accounts import people
from tests.support import make

pytestmark = [pytest.mark.django_db, pytest.mark.promise("P11")]


def traces(person: Person, **more: int) -> list[Trace]:
    with acting(Purpose.SECURITY, actor=Actor.person(person.pk), person=person.pk):
        return where_from(person.pk, **({"limit": 25} | more))


def test_a_person_sees_who_logged_in_and_from_where_the_newest_first(portal: Client, person: Person) -> None:
    people.log_in(Client(), people.somebody())
    people.log_in(portal, person, "wrong", REMOTE_ADDR="198.51.100.4")
    people.log_in(portal, person, REMOTE_ADDR="192.0.2.7")
    data = {
        "oldpassword": people.PASSWORD,
        "password1": "heel-iets-anders-3",
        "password2": "heel-iets-anders-3",
    }
    portal.post("/account/password/change/", data, REMOTE_ADDR="192.0.2.8")
    with translation.override("en"):
        found = traces(person)
        assert [(t.what, t.ip, t.by) for t in found] == [
            ("Password changed", "192.0.2.8", "person"),
            ("Logged in", "192.0.2.7", "person"),
            ("Login failed", "198.51.100.4", "visitor"),
        ]
        assert {str(t.for_what) for t in found} == {"letting you in to your account"}
        assert str(found[2].by_whom) == "somebody who was not logged in"
    assert all(clock.now() - t.at < timedelta(minutes=5) for t in found)


def test_it_goes_on_where_the_page_before_ended(person: Person) -> None:
    at = clock.now()
    with acting(Purpose.ACCESS, actor=Actor.person(person.pk)):
        for _ in range(5):  # all at the same moment
            services.note("account.login", person_id=person.pk, now=at)
    everything = traces(person)
    pages = traces(person, limit=2)
    while len(pages) < 5:
        pages += traces(person, limit=2, before=pages[-1].id)
    assert pages == everything


def test_nobody_sees_the_traces_of_another(person: Person) -> None:
    other = people.somebody()
    with acting(Purpose.ACCESS, actor=Actor.person(other.pk)):
        services.note("account.login", person_id=other.pk, now=clock.now())
    with acting(Purpose.SECURITY, actor=Actor.person(person.pk), person=person.pk):
        assert where_from(other.pk, limit=25) == []


def test_from_where_staff_work_is_not_the_customers_business(person: Person) -> None:
    clerk = people.colleague(StaffMember.Role.BILLING_CLERK)
    with acting(Purpose.ACCESS, actor=Actor.staff(clerk.pk, ip="203.0.113.5")):
        services.note("account.password_changed", person_id=person.pk, now=clock.now())
    [trace] = traces(person)
    assert (trace.ip, trace.by) == (None, "staff")


def test_what_concerns_the_customer_that_is_looked_at_is_among_them(person: Person) -> None:
    customer = make.customer(holder=person).pk
    with acting(Purpose.CONTRACT, actor=Actor.person(person.pk, ip="192.0.2.9"), customer=customer):
        journal.record("customer.changed", at=clock.now())
    assert traces(person) == []
    with acting(Purpose.SECURITY, actor=Actor.person(person.pk), person=person.pk, customer=customer):
        assert [t.action for t in where_from(person.pk, limit=25)] == ["customer.changed"]
