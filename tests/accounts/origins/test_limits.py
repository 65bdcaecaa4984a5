"""Limits to networks and countries: what they allow, also as the database says it, and the way back (P12, P25)."""

from collections.abc import Iterator
from datetime import timedelta
from ipaddress import ip_address, ip_network
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from hospes.accounts.models import AccessLimit
from hospes.accounts.origins import limits
from hospes.accounts.origins.limits import Limit, Refused, ShutsYouOut
from hospes.accounts.origins.places import place_of
from hospes.customers.models import Customer, Person
from hospes.kernel import clock
from hospes.kernel.acting import SYSTEM, Actor, acting
from hospes.kernel.purposes import Purpose
from tests.accounts import people
from tests.support import make
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.promise("P12", "P25")]

DUTCH, GERMAN = "80.101.1.1", "91.10.1.1"


@pytest.fixture
def customer(person: Person) -> Customer:
    return make.customer(holder=person)


@pytest.fixture(autouse=True)
def _later() -> Iterator[None]:
    with clock.moved_to(make.NOW + timedelta(days=1)):
        yield


def add(customer: Customer, *, ip: str | None = DUTCH, sure: bool = False, **what: str) -> None:
    with acting(Purpose.ACCESS, actor=SYSTEM):
        limits.add(customer_id=customer.pk, ip=ip, sure=sure, now=clock.now(), **what)


def held(customer: Customer) -> list[str]:
    with as_owner():
        rows = AccessLimit.objects.filter(customer=customer).order_by("country", "network")
        return [row.network or row.country for row in rows]


def test_without_a_limit_one_may_come_from_everywhere_and_with_one_from_there_only() -> None:
    assert limits.allow([], DUTCH)
    assert limits.allow([], None)
    by_country = [Limit(1, "", "NL")]
    assert limits.allow(by_country, DUTCH)
    assert not limits.allow(by_country, GERMAN)
    assert not limits.allow(by_country, None)
    both = [Limit(1, "", "NL"), Limit(2, "192.0.2.0/24", "")]
    assert limits.allow(both, "192.0.2.200")
    assert not limits.allow(both, "192.0.3.1")


_ips = (
    st.ip_addresses(v=4).map(str)
    | st.ip_addresses(v=6).map(str)
    | st.sampled_from([DUTCH, GERMAN, "192.0.2.7"])
)
_networks = st.builds(
    lambda address, length: str(ip_network((address, 8 + length % (address.max_prefixlen - 7)), strict=False)),
    st.ip_addresses(), st.integers(0, 128),
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(
    networks=st.lists(_networks, max_size=3),
    countries=st.lists(st.sampled_from(["NL", "DE", "US"]), max_size=2),
    ip=_ips,
)
def test_the_database_says_the_same(networks: list[str], countries: list[str], ip: str) -> None:
    ip = str(ip_address(ip))
    with as_owner():
        AccessLimit.objects.all().delete()
        customer = Customer.objects.first() or make.customer()
        for network in set(networks):
            AccessLimit.objects.create(customer=customer, network=network, added_at=make.NOW)
        for country in set(countries):
            AccessLimit.objects.create(customer=customer, country=country, added_at=make.NOW)
        entries = [Limit(row.pk, row.network or "", row.country) for row in AccessLimit.objects.all()]
        with connection.cursor() as cursor:
            cursor.execute("SELECT hospes_from_here(%s, %s, %s)", [customer.pk, ip, place_of(ip).country])
            assert cursor.fetchone() == (limits.allow(entries, ip),)


def test_one_cannot_shut_oneself_out_by_accident(customer: Customer) -> None:
    for what in ({"country": "DE"}, {"network": "192.0.2.0/24"}):
        with pytest.raises(ShutsYouOut):
            add(customer, **what)
    assert held(customer) == []
    add(customer, country="NL")
    add(customer, country="DE")
    with acting(Purpose.ACCESS, actor=SYSTEM):
        [german, dutch] = limits.of([customer.pk])[customer.pk]
        with pytest.raises(ShutsYouOut):
            limits.remove(customer_id=customer.pk, limit_id=dutch.id, ip=DUTCH, sure=False, now=clock.now())
        limits.remove(customer_id=customer.pk, limit_id=dutch.id, ip=DUTCH, sure=True, now=clock.now())
        limits.remove(customer_id=customer.pk, limit_id=german.id, ip=DUTCH, sure=False, now=clock.now())
    assert held(customer) == []


def test_who_says_that_they_are_sure_may(customer: Customer) -> None:
    add(customer, country="DE", sure=True)
    assert held(customer) == ["DE"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "192.0.2.0/33",
        "192.0.2",
        "example.nl",
        "0.0.0.0/0",
        "10.0.0.0/7",
        "::/0",
        "2000::/3",
        "fe80::1%eth0",
    ],
)
def test_what_is_no_network_or_nearly_everything_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        limits.network(text)


def test_an_address_is_a_network_of_one_and_host_bits_do_not_matter() -> None:
    assert limits.network(" 192.0.2.7 ") == "192.0.2.7/32"
    assert limits.network("192.0.2.7/24") == "192.0.2.0/24"
    assert limits.network("2001:DB8:1::9/48") == "2001:db8:1::/48"


def test_there_are_only_so_many_and_each_once(customer: Customer) -> None:
    for n in range(limits.MOST):
        add(customer, network=f"192.0.2.{n}/32", sure=True)
    add(customer, network="192.0.2.1/32", sure=True) if len(held(customer)) < limits.MOST else None
    with pytest.raises(Refused):
        add(customer, network="192.0.3.0/24", sure=True)
    with pytest.raises(Refused):
        add(make.customer(), country="XX", sure=True)


@pytest.mark.database
@pytest.mark.parametrize("row", [{}, {"network": "192.0.2.0/24", "country": "NL"}])
def test_the_database_wants_one_of_the_two(customer: Customer, row: dict[str, Any]) -> None:
    with (
        as_owner(),
        pytest.raises(IntegrityError, match="limit_is_a_network_or_a_country"),
        transaction.atomic(),
    ):
        AccessLimit.objects.create(customer=customer, added_at=make.NOW, **row)


@pytest.mark.database
def test_from_elsewhere_the_database_shows_a_person_no_row_of_the_customer(
    customer: Customer, person: Person
) -> None:
    make.service(customer=customer)
    add(customer, country="NL")
    for actor, seen in (
        (Actor.person(person.pk, ip=DUTCH, country="NL"), 1),
        (Actor.person(person.pk, ip=GERMAN, country="DE"), 0),
        (Actor.person(person.pk), 0),
        (Actor.staff(person.pk, ip=GERMAN, country="DE"), 1),
        (SYSTEM, 1),
    ):
        with (
            acting(Purpose.CONTRACT, actor=actor, customer=customer.pk, person=person.pk),
            connection.cursor() as cursor,
        ):
            cursor.execute("SELECT count(*) FROM services_service")
            assert cursor.fetchone() == (seen,), actor


def test_all_holders_are_told_and_it_is_written_down(customer: Customer, person: Person) -> None:
    other = make.person()
    make.membership(person=other, customer=customer, role="holder")
    add(customer, country="NL")
    letters = [letter for kind, letter in people.letters() if kind == "account.limits_changed"]
    assert sorted(letter.reader.address for letter in letters) == sorted([person.email, other.email])
    assert "Nederland" in letters[0].text
    assert "limits.added" in [entry[0] for entry in people.journal()]


# --- the way back -----------------------------------------------------------------------------------------------------------


def wish(customer: Customer, person: Person) -> str:
    """What is in the link that a person is mailed."""
    with acting(Purpose.ACCESS, actor=SYSTEM):
        limits.ask_lift(customer_id=customer.pk, person_id=person.pk, now=clock.now())
    letter = [letter for kind, letter in people.letters() if kind == "account.limit_lift"][-1]
    return next(word for word in letter.text.split() if "/opheffen/" in word).rstrip("/").rpartition("/")[2]


def lifted(token: str, person: Person) -> bool:
    with acting(Purpose.ACCESS, actor=SYSTEM):
        found = limits.lift_of(token, person_id=person.pk, now=clock.now())
        return found is not None and limits.lift(found, now=clock.now())


def test_a_holder_lifts_all_limits_by_a_link_once(customer: Customer, person: Person) -> None:
    add(customer, country="DE", sure=True)
    token = wish(customer, person)
    assert not lifted(token, people.somebody())
    assert not lifted(token + "x", person)
    assert held(customer) == ["DE"]
    assert lifted(token, person)
    assert held(customer) == []
    add(customer, country="DE", sure=True)
    assert not lifted(token, person)
    assert held(customer) == ["DE"]


def test_the_link_runs_out_after_an_hour_and_is_for_who_still_holds_the_customer(
    customer: Customer, person: Person
) -> None:
    add(customer, country="DE", sure=True)
    token = wish(customer, person)
    with clock.shifted(timedelta(hours=1, minutes=1)):
        assert not lifted(token, person)
    make.membership(person=people.somebody(), customer=customer, role="holder")
    with as_owner():
        customer.memberships.filter(person=person).update(until=clock.now())
    with clock.shifted(timedelta(minutes=5)):
        assert not lifted(token, person)


def test_who_does_not_hold_it_gets_no_link(customer: Customer, person: Person) -> None:
    clerk = people.somebody()
    make.membership(person=clerk, customer=customer, role="administration")
    with acting(Purpose.ACCESS, actor=SYSTEM):
        limits.ask_lift(customer_id=customer.pk, person_id=clerk.pk, now=clock.now())
        for _ in range(3):
            limits.ask_lift(customer_id=customer.pk, person_id=person.pk, now=clock.now())
    assert [kind for kind, _ in people.letters()].count("account.limit_lift") == 1
