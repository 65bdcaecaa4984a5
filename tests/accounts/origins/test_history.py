"""Every login, failed attempt and change, for who may see it (P11)."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.utils import translation

from hospes.accounts import services
from hospes.accounts.models import StaffMember
from hospes.accounts.origins import history
from hospes.accounts.origins.history import Event, Mark, Member
from hospes.accounts.viewing import services as viewing
from hospes.customers.models import Customer, Person
from hospes.customers.rules import CAPABILITIES, Capability
from hospes.kernel import clock, journal
from hospes.kernel.acting import Actor, acting
from hospes.kernel.purposes import Purpose
from tests.accounts import people
from tests.support import make
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.promise("P11")]

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0"


@pytest.fixture
def customer(person: Person) -> Customer:
    return make.customer(holder=person)


def member(customer: Customer, role: str, **when: object) -> Person:
    person = people.somebody()
    make.membership(person=person, customer=customer, role=role, **when)
    return person


def of(customer: Customer, viewer: Person, *, sees_all: bool = True) -> list[Member]:
    with acting(Purpose.ACCESS, actor=Actor.person(viewer.pk)):
        return history.members(customer.pk, viewer=viewer.pk, sees_all=sees_all, now=clock.now())


def seen(
    customer: Customer, viewer: Person, *, sees_all: bool = True, limit: int = 50, **more: object
) -> list[Event]:
    whose = of(customer, viewer, sees_all=sees_all)
    about = customer.pk if sees_all else None
    with (
        acting(Purpose.SECURITY, actor=Actor.person(viewer.pk), person=viewer.pk, customer=about),
        translation.override("en"),
    ):
        return history.events(customer.pk, whose, sees_all=sees_all, limit=limit, **more)  # type: ignore[arg-type]


def log_in(
    person: Person, ip: str = "192.0.2.7", password: str = people.PASSWORD, client: Client | None = None
) -> None:
    people.log_in(client or Client(), person, password, REMOTE_ADDR=ip, HTTP_USER_AGENT=FIREFOX)


def test_ones_own_logins_attempts_and_changes_the_newest_first(
    portal: Client, person: Person, customer: Customer
) -> None:
    log_in(people.somebody())
    log_in(person, "198.51.100.4", "wrong")
    log_in(person, "80.101.1.1", client=portal)
    new = {
        "oldpassword": people.PASSWORD,
        "password1": "heel-iets-anders-3",
        "password2": "heel-iets-anders-3",
    }
    portal.post("/account/password/change/", new, REMOTE_ADDR="145.97.39.155")
    found = seen(customer, person)
    with translation.override("en"):
        words = [(e.what, e.by_whom, e.ip, str(e.place), e.browser) for e in found]
        assert str(found[1].for_what) == "letting you in to your account"
    assert words[:3] == [
        ("Password changed", "you", "145.97.39.155", "SURF B.V., Netherlands", ""),
        ("Logged in", "you", "80.101.1.1", "KPN B.V., Netherlands", "Firefox 144 on Linux"),
        ("Login failed", "somebody who was not logged in", "198.51.100.4", "unknown", "Firefox 144 on Linux"),
    ]


def test_who_manages_access_sees_all_with_access_by_name(person: Person, customer: Customer) -> None:
    other = member(customer, "technical", since=make.NOW)
    log_in(person, "192.0.2.7")
    log_in(other, "198.51.100.4")
    log_in(other, "203.0.113.9", "wrong")
    found = seen(customer, person)
    assert [(e.action, e.by_whom, e.about, e.ip) for e in found][:3] == [
        ("account.login_failed", "somebody who was not logged in", other.name, "203.0.113.9"),
        ("account.login", other.name, "", "198.51.100.4"),
        ("account.login", "you", "", "192.0.2.7"),
    ]
    assert {e.by_whom for e in seen(customer, person, who=other.pk)} == {
        other.name,
        "somebody who was not logged in",
    }
    assert {e.by_whom for e in seen(customer, person, who=person.pk)} >= {"you"}


def test_others_see_only_what_they_did_themselves(person: Person, customer: Customer) -> None:
    other = member(customer, "technical", since=make.NOW)
    log_in(person)
    log_in(other, "198.51.100.4")
    with acting(
        Purpose.CONTRACT,
        actor=Actor.person(person.pk, ip="192.0.2.8"),
        customer=customer.pk,
        person=person.pk,
    ):
        journal.record("customer.changed", at=clock.now())
    found = seen(customer, other, sees_all=False)
    assert {(e.action, e.ip) for e in found} == {("account.login", "198.51.100.4")}


@pytest.mark.database
@pytest.mark.parametrize(
    ("role", "sees"), [("holder", True), ("administration", True), ("technical", False), ("read_only", False)]
)
def test_the_database_knows_who_manages_access(
    person: Person, customer: Customer, role: str, sees: bool
) -> None:
    viewer = member(customer, role, since=make.NOW)
    log_in(person)
    assert (Capability.SEE_LOGINS in CAPABILITIES[role]) is sees
    with (
        acting(Purpose.SECURITY, actor=Actor.person(viewer.pk), person=viewer.pk, customer=customer.pk),
        connection.cursor() as cursor,
    ):
        cursor.execute(
            "SELECT count(*) FROM kernel_journalentry WHERE person_id = %s AND customer_id IS NULL",
            [person.pk],
        )
        assert (cursor.fetchone()[0] > 0) is sees
        cursor.execute("SELECT count(*) FROM accounts_opensession WHERE person_id = %s", [person.pk])
        assert (cursor.fetchone()[0] > 0) is sees


@pytest.mark.database
def test_what_somebody_does_for_another_customer_is_that_ones(person: Person, customer: Customer) -> None:
    other = member(customer, "technical", since=make.NOW)
    elsewhere = make.customer(holder=other)
    with acting(
        Purpose.CONTRACT, actor=Actor.person(other.pk, ip="192.0.2.9"), customer=elsewhere.pk, person=other.pk
    ):
        journal.record("customer.changed", at=clock.now())
    with (
        acting(Purpose.SECURITY, actor=Actor.person(person.pk), person=person.pk, customer=customer.pk),
        connection.cursor() as cursor,
    ):
        cursor.execute("SELECT count(*) FROM kernel_journalentry WHERE customer_id = %s", [elsewhere.pk])
        assert cursor.fetchone() == (0,)
    assert [e for e in seen(customer, person, who=other.pk) if e.action == "customer.changed"] == []


def test_of_others_nothing_from_before_they_had_access_and_nothing_after(
    person: Person, customer: Customer
) -> None:
    now = clock.now()
    other = people.somebody()
    log_in(other, "198.51.100.4")
    make.membership(person=other, customer=customer, role="technical", since=now + timedelta(minutes=10))
    with clock.shifted(timedelta(minutes=20)):
        log_in(other, "198.51.100.5")
        assert {e.ip for e in seen(customer, person, who=other.pk)} == {"198.51.100.5"}
    with as_owner():
        customer.memberships.filter(person=other).update(until=now + timedelta(minutes=30))
    with clock.shifted(timedelta(minutes=40)):
        assert [member.person_id for member in of(customer, person)] == [person.pk]
        assert [e for e in seen(customer, person) if e.ip == "198.51.100.5"] == []


def test_staff_are_staff_and_from_where_is_not_the_customers_business(
    person: Person, customer: Customer
) -> None:
    clerk = people.colleague("billing_clerk")
    with acting(
        Purpose.CONTRACT, actor=Actor.staff(clerk.pk, ip="203.0.113.5", browser="Firefox 144 on Linux")
    ):
        journal.record("customer.changed", at=clock.now(), customer_id=customer.pk)
    [event] = [e for e in seen(customer, person) if e.action == "customer.changed"]
    assert (event.by_whom, event.ip, event.place, event.browser) == ("one of our staff", None, None, "")


def test_the_change_of_somebody_who_has_left_stays_with_its_address(
    person: Person, customer: Customer
) -> None:
    gone = member(customer, "technical", since=make.NOW)
    with acting(
        Purpose.CONTRACT, actor=Actor.person(gone.pk, ip="198.51.100.4"), customer=customer.pk, person=gone.pk
    ):
        journal.record("customer.changed", at=clock.now())
    with as_owner():
        customer.memberships.filter(person=gone).update(until=clock.now())
    [event] = [e for e in seen(customer, person) if e.action == "customer.changed"]
    assert (event.by_whom, event.ip) == ("somebody who has no access any more", "198.51.100.4")


def test_only_one_kind(person: Person, customer: Customer) -> None:
    log_in(person)
    log_in(person, password="wrong")
    with acting(Purpose.ACCESS, actor=Actor.person(person.pk, ip="192.0.2.7")):
        services.note("account.password_changed", person_id=person.pk, now=clock.now())
        journal.record("limits.added", at=clock.now(), customer_id=customer.pk)
        journal.record("limits.kept_out", at=clock.now(), customer_id=customer.pk)
        journal.record("customer.changed", at=clock.now(), customer_id=customer.pk)
    kinds = {kind: {e.action for e in seen(customer, person, kind=kind)} for kind in history.KINDS}
    assert kinds == {
        "login": {"account.login"},
        "failed": {"account.login_failed", "limits.kept_out"},
        "protection": {"account.password_changed", "limits.added"},
        "change": {"customer.changed"},
    }
    assert {e.action for e in seen(customer, person)} == set().union(*kinds.values())


def test_whatever_is_done_is_of_one_kind(person: Person, customer: Customer) -> None:
    """The pages of a look stand with its beginning, not by themselves."""
    seldom_shown = set(journal.among_others())
    actions = [a for a in journal.actions() if a not in seldom_shown and not a.startswith(viewing.PAGE)]
    with acting(Purpose.ACCESS, actor=Actor.person(person.pk, ip="192.0.2.7")):
        for action in actions:
            journal.record(action, at=clock.now(), customer_id=customer.pk, person_id=person.pk)
    kinds = [[e.action for e in seen(customer, person, kind=kind, limit=500)] for kind in history.KINDS]
    assert sorted(action for kind in kinds for action in kind) == sorted(actions)
    assert all(kinds)


def test_page_after_page_nothing_is_left_out_or_comes_twice(person: Person, customer: Customer) -> None:
    other, at = member(customer, "technical", since=make.NOW), clock.now()
    for n in range(9):  # three at each moment
        who = (person, other)[n % 2]
        with acting(Purpose.ACCESS, actor=Actor.person(who.pk)):
            services.note("account.login", person_id=who.pk, now=at + timedelta(seconds=n // 3))
    everything = seen(customer, person)
    pages, after = [], None
    while page := seen(customer, person, limit=2, after=after):
        pages += page
        after = Mark.read(str(history.mark_of(page[-1])))
    assert [e.id for e in pages] == [e.id for e in everything]
    assert len(pages) == 9


@pytest.mark.parametrize(
    "text", ["", "x", "1", "-", "1-", "-1", "9" * 30 + "-1", "1-" + "9" * 30, "１-1", "1-1-1"]
)
def test_what_is_no_mark_begins_at_the_newest(text: str) -> None:
    assert Mark.read(text) is None


def test_how_many_attempts_failed_lately(person: Person, customer: Customer) -> None:
    for _ in range(3):
        log_in(person, password="wrong")
    whose = of(customer, person)
    for days, count in ((0, 3), (29, 3), (31, 0)):
        with acting(Purpose.SECURITY, actor=Actor.person(person.pk), person=person.pk, customer=customer.pk):
            now = clock.now() + timedelta(days=days)
            assert history.failed_lately(customer.pk, whose, now=now) == count


@pytest.mark.database
def test_the_browser_is_forgotten_with_the_address_and_the_journal_stays_whole(person: Person) -> None:
    log_in(person)
    with as_owner(), connection.cursor() as cursor:
        assert journal.verify(connection) == []
        cursor.execute("SELECT count(*) FROM kernel_journalentry WHERE browser = 'Firefox 144 on Linux'")
        assert cursor.fetchone()[0] > 0


def test_that_somebody_stood_on_a_list_of_staff_is_left_out(person: Person, customer: Customer) -> None:
    clerk = people.colleague(StaffMember.Role.BILLING_CLERK)
    with acting(Purpose.BILLING, actor=Actor.staff(clerk.pk)):
        for action in ("staff.listed", "staff.looked"):
            journal.record(action, at=clock.now(), customer_id=customer.pk)
    assert [event.action for event in seen(customer, person)] == ["staff.looked"]
