"""What must never be false about a customer, whatever a form forgets (P03), and what opening and changing one leaves behind."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from hospes.customers import services
from hospes.customers.models import Customer, Membership, Person
from hospes.customers.queries import addressee, capacities
from hospes.customers.services import Details
from hospes.kernel.acting import SYSTEM, Actor, acting
from hospes.kernel.models import JournalEntry
from hospes.kernel.purposes import Purpose
from hospes.kernel.refusals import Refused
from tests.support import make, names
from tests.support.make import NOW
from tests.support.rights import as_owner

pytestmark = pytest.mark.django_db

SECOND = timedelta(seconds=1)


def details(**words: Any) -> Details:
    usual = {
        "kind": "private", "name": names.full(), "street": names.street(), "postcode": names.postcode(),
        "town": names.word(), "country": "NL", "invoice_email": names.email(),
    }  # fmt: skip
    return Details(**(usual | words))


def opened(person: Person, **words: Any) -> Customer:
    with acting(Purpose.ACCESS, actor=SYSTEM):
        return services.open_customer(person_id=person.pk, details=details(**words), now=NOW)


def entries(action: str) -> list[JournalEntry]:
    with as_owner():
        return list(JournalEntry.objects.filter(action=action).order_by("pk"))


# --- constraints ---


@pytest.mark.promise("P03")
@pytest.mark.parametrize(
    ("words", "constraint"),
    [
        ({"kind": "private", "kvk_number": "12345678"}, "private_customer_has_no_company_numbers"),
        ({"kind": "private", "vat_number": "NL002455799B11"}, "private_customer_has_no_company_numbers"),
        ({"kind": "business", "kvk_number": ""}, "dutch_business_has_a_kvk_number"),
        ({"kind": "business", "kvk_number": "1234567"}, "dutch_business_has_a_kvk_number"),
        ({"kind": "business", "kvk_number": "1234567x"}, "dutch_business_has_a_kvk_number"),
        ({"kind": "private", "name": ""}, "customer_is_known_by_name"),
        ({"kind": "business", "kvk_number": "12345678", "name": ""}, "customer_is_known_by_name"),
    ],
)
def test_the_database_refuses_a_customer_that_cannot_be(words: dict[str, str], constraint: str) -> None:
    person = make.person()
    with pytest.raises(IntegrityError, match=constraint):
        opened(person, **words)
    with as_owner():
        assert not Customer.objects.exists()
        assert not Membership.objects.exists()


@pytest.mark.promise("P03")
@pytest.mark.parametrize(
    "words",
    [
        {"kind": "private"},
        {"kind": "private", "country": "BE"},
        {"kind": "business", "kvk_number": "12345678"},
        {"kind": "business", "kvk_number": "12345678", "vat_number": "NL002455799B11"},
        {"kind": "business", "country": "BE", "vat_number": "BE0411905847"},
        {"kind": "business", "country": "BE"},
    ],
)
def test_a_private_person_and_a_company_of_each_kind_can_be_customers(words: dict[str, str]) -> None:
    assert opened(make.person(), **words).kind == words["kind"]


def test_an_update_is_bound_by_the_same_constraints() -> None:
    customer = make.customer(kind="business")
    with as_owner(), pytest.raises(IntegrityError, match="private_customer"), transaction.atomic():
        Customer.objects.filter(pk=customer.pk).update(kind="private")


@pytest.mark.promise("P10")
def test_two_customers_never_have_one_number() -> None:
    first = make.customer()
    with pytest.raises(IntegrityError, match="number"), transaction.atomic():
        make.customer(number=first.number)


@pytest.mark.parametrize(
    ("one", "other"), [("a.b@example.com", "A.B@example.com"), ("x@example.com", "X@EXAMPLE.COM")]
)
def test_an_address_belongs_to_one_person_however_it_is_written(one: str, other: str) -> None:
    make.person(email=one)
    with pytest.raises(IntegrityError, match="one_person_per_email_address"), transaction.atomic():
        make.person(email=other)


# --- opening ---


@pytest.mark.promise("P10")
def test_customers_get_successive_numbers_that_do_not_tell_how_many_there_are() -> None:
    person = make.person()
    numbers = [opened(person).number for _ in range(3)]
    assert numbers == [numbers[0], numbers[0] + 1, numbers[0] + 2]
    assert numbers[0] > services.FIRST_NUMBER


@pytest.mark.promise("P10")
def test_a_number_that_was_rolled_back_is_given_out_again() -> None:
    person = make.person()
    with pytest.raises(IntegrityError):
        opened(person, name="")
    first = opened(person).number
    with pytest.raises(IntegrityError):
        opened(person, kind="business")
    assert opened(person).number == first + 1


@pytest.mark.promise("P03")
def test_one_person_holds_a_customer_for_themself_and_one_for_each_company() -> None:
    person = make.person()
    private = opened(person)
    companies = [opened(person, kind="business", kvk_number=names.kvk_number()) for _ in range(2)]
    with acting(Purpose.ACCESS, actor=SYSTEM):
        held = capacities(person.pk, now=NOW)
    assert [(c.customer_id, c.kind, c.role) for c in held] == [
        (private.pk, "private", "holder"),
        (companies[0].pk, "business", "holder"),
        (companies[1].pk, "business", "holder"),
    ]
    assert [c.number for c in held] == sorted(c.number for c in held)


def test_opening_stands_in_the_journal_about_customer_and_person() -> None:
    person = make.person()
    customer = opened(person)
    [entry] = entries("customer.opened")
    assert (entry.customer_id, entry.person_id, entry.object_id) == (customer.pk, person.pk, customer.pk)
    assert (entry.object_table, entry.at, entry.changed) == ("customers_customer", NOW, [])


# --- who may act for whom, and when ---


def test_access_begins_at_its_moment_and_ends_at_its_moment() -> None:
    person, customer = make.person(), make.customer()
    until = NOW + timedelta(days=7)
    make.membership(person=person, customer=customer, role="billing", until=until)
    found = {}
    with acting(Purpose.ACCESS, actor=SYSTEM):
        for moment in (NOW - SECOND, NOW, until - SECOND, until, until + SECOND):
            found[moment] = [c.role for c in capacities(person.pk, now=moment)]
    assert found == {
        NOW - SECOND: [],
        NOW: ["billing"],
        until - SECOND: ["billing"],
        until: [],
        until + SECOND: [],
    }


@pytest.mark.parametrize("seconds", [-1, 0, 1, 604_799, 604_800])
def test_a_membership_says_the_same_as_the_query(seconds: int) -> None:
    person, customer = make.person(), make.customer()
    membership = make.membership(person=person, customer=customer, until=NOW + timedelta(days=7))
    now = NOW + timedelta(seconds=seconds)
    with acting(Purpose.ACCESS, actor=SYSTEM):
        assert bool(capacities(person.pk, now=now)) == membership.in_force(now)


def test_access_that_was_given_again_counts_and_the_one_before_is_history() -> None:
    person, customer = make.person(), make.customer()
    make.membership(person=person, customer=customer, role="technical", until=NOW)
    make.membership(person=person, customer=customer, role="read_only")
    with acting(Purpose.ACCESS, actor=SYSTEM):
        assert [c.role for c in capacities(person.pk, now=NOW)] == ["read_only"]


def test_nobody_has_two_roles_for_one_customer_at_once() -> None:
    person, customer = make.person(), make.customer()
    make.membership(person=person, customer=customer, role="billing")
    with pytest.raises(IntegrityError, match="one_membership_at_a_time"), transaction.atomic():
        make.membership(person=person, customer=customer, role="holder")


@pytest.mark.promise("P01")
def test_a_customer_is_addressed_by_its_holder_and_not_by_a_member() -> None:
    holder, other = make.person(), make.person()
    customer = make.customer(holder=holder)
    make.membership(person=other, customer=customer, role="administration")
    with acting(Purpose.MESSAGES, actor=SYSTEM):
        assert addressee(customer.pk, now=NOW) == holder
        assert addressee(customer.pk, now=NOW - SECOND) is None


@pytest.mark.promise("P01")
def test_a_person_is_called_by_name_else_by_address_never_by_a_number() -> None:
    assert make.person(given_name="Fenne", family_name="Drostel").name == "Fenne Drostel"
    assert make.person(given_name="", family_name="Drostel").name == "Drostel"
    nameless = make.person(given_name="", family_name="")
    assert nameless.name == nameless.email


# --- changing ---


def change(customer: Customer, now: Any = NOW, **changes: str) -> list[str]:
    who = Actor.person(make.holder_of(customer).pk, ip="192.0.2.1")
    with acting(Purpose.CONTRACT, actor=who, customer=customer.pk):
        return services.change_details(customer_id=customer.pk, changes=changes, now=now)


def test_a_change_is_kept_and_the_journal_names_its_columns_and_not_its_values() -> None:
    customer = make.customer(kind="business", name="Oude Naam bv", town="Ede")
    later = NOW + timedelta(days=1)
    assert change(customer, later, name="Nieuwe Naam bv", town="Ede", street="Kerkpad 3") == [
        "name",
        "street",
    ]
    with as_owner():
        now = Customer.objects.get(pk=customer.pk)
    assert (now.name, now.town, now.street, now.postcode) == (
        "Nieuwe Naam bv",
        "Ede",
        "Kerkpad 3",
        customer.postcode,
    )
    [entry] = entries("customer.changed")
    assert (entry.changed, entry.at, entry.customer_id, entry.ip) == (
        ["name", "street"],
        later,
        customer.pk,
        "192.0.2.1",
    )
    said = " ".join(str(value) for value in vars(entry).values())
    assert not any(value in said for value in ("Oude", "Nieuwe", "Kerkpad", "Ede"))


def test_a_change_that_changes_nothing_leaves_no_trace() -> None:
    customer = make.customer(town="Ede")
    assert change(customer, town="Ede", name=customer.name) == []
    assert change(customer) == []
    assert entries("customer.changed") == []


@pytest.mark.promise("P03")
@pytest.mark.parametrize("kind", ["private", "business"])
def test_a_private_customer_never_becomes_a_company_nor_the_other_way_round(kind: str) -> None:
    customer = make.customer(kind="business")
    with pytest.raises(ValueError, match="another customer"):
        change(customer, kind=kind, name="Anders")
    with as_owner():
        assert Customer.objects.get(pk=customer.pk).name == customer.name
    assert entries("customer.changed") == []


def test_what_the_database_refuses_is_not_in_the_journal_either() -> None:
    customer = make.customer(kind="business")
    with pytest.raises(IntegrityError, match="dutch_business"):
        change(customer, kvk_number="", town="Ede")
    with as_owner():
        assert Customer.objects.get(pk=customer.pk).town == customer.town
    assert entries("customer.changed") == []


def test_nobody_changes_a_customer_they_do_not_act_for() -> None:
    mine, theirs = make.customer(), make.customer()
    with pytest.raises(Customer.DoesNotExist), acting(Purpose.CONTRACT, actor=SYSTEM, customer=mine.pk):
        services.change_details(customer_id=theirs.pk, changes={"town": "Ede"}, now=NOW)
    with as_owner():
        assert Customer.objects.get(pk=theirs.pk).town == theirs.town


def test_the_address_for_invoices_is_not_changed_without_its_mailbox() -> None:
    customer = make.customer()
    with pytest.raises(ValueError, match="confirmed by its mailbox"):
        change(customer, invoice_email="boeken@example.com")
    for scope in ({}, {"customer": customer.pk}):
        with acting(Purpose.CONTRACT, actor=SYSTEM, **scope), pytest.raises(Refused), transaction.atomic():
            Customer.objects.filter(pk=customer.pk).update(invoice_email="boeken@example.com")
    with as_owner():
        assert Customer.objects.get(pk=customer.pk).invoice_email == customer.invoice_email


@pytest.mark.promise("P03", "P10")
@pytest.mark.parametrize(
    ("column", "value"), [("number", 1), ("kind", "private"), ("created_at", NOW), ("id", 1)]
)
def test_no_purpose_at_all_can_change_who_a_customer_is(column: str, value: Any) -> None:
    customer = make.customer(kind="business")
    for purpose in Purpose:
        for scope in ({}, {"customer": customer.pk}):
            with acting(purpose, actor=SYSTEM, **scope), pytest.raises(Refused), transaction.atomic():
                Customer.objects.filter(pk=customer.pk).update(**{column: value})


# --- one more customer for somebody who is one ---


def another(person: Person, **words: Any) -> Customer:
    with acting(Purpose.ACCESS, actor=Actor.person(person.pk)):
        return services.open_another(person_id=person.pk, details=details(**words), now=NOW)


@pytest.mark.promise("P03")
def test_a_person_is_a_customer_once_as_themself_and_once_for_each_company() -> None:
    person = make.person()
    company = {"kind": "business", "name": "Zaagtand bv", "kvk_number": "12345678"}
    first = another(person, **company)
    assert another(person, **company) == first
    private = another(person)
    assert another(person, name="Anders Geheten") == private
    assert another(person, **company | {"kvk_number": "12345679"}) not in (first, private)
    assert another(person, **company | {"name": "Zaagtand Noord"}) not in (first, private)
    with as_owner():
        assert (
            Customer.objects.count() == Membership.objects.filter(person=person, role="holder").count() == 4
        )
    assert len(entries("customer.opened")) == 4


@pytest.mark.promise("P03")
def test_a_company_that_somebody_else_holds_is_not_given_away_to_who_names_it() -> None:
    theirs = make.customer(kind="business", name="Zaagtand bv")
    person = make.person()
    make.membership(person=person, customer=theirs, role="read_only")
    mine = another(person, kind="business", name="Zaagtand bv", kvk_number=theirs.kvk_number)
    assert mine != theirs
    assert make.holder_of(mine) == person


def test_who_is_holder_no_more_gets_a_new_customer() -> None:
    person = make.person()
    old = another(person)
    make.membership(person=make.person(), customer=old)
    with as_owner():
        Membership.objects.filter(customer=old, person=person).update(until=NOW)
    assert another(person) != old
