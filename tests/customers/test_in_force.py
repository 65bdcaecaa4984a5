"""From when until when an access counts, wherever it is asked, in the database too (P09)."""

import re
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from hospes.billing.models import Invoice, TaxStatus
from hospes.customers import services
from hospes.customers.models import Customer, Membership, Person
from hospes.customers.queries import addressee, capacities, holders, in_force
from hospes.kernel import clock
from hospes.kernel.acting import JOB, SYSTEM, Actor, acting
from hospes.kernel.purposes import Purpose
from hospes.messaging.recipients import NobodyToReach, reader_of
from tests.support import make
from tests.support.make import NOW
from tests.support.rights import as_owner

pytestmark = [pytest.mark.database, pytest.mark.django_db, pytest.mark.promise("P09")]

SECOND, WEEK = timedelta(seconds=1), timedelta(days=7)

#: Moments on both sides of an access from NOW until a week later, and whether it counts then.
MOMENTS = [(NOW - SECOND, False), (NOW, True), (NOW + WEEK - SECOND, True), (NOW + WEEK, False)]
every_moment = pytest.mark.parametrize(("moment", "counts"), MOMENTS)


@pytest.fixture
def customer() -> Customer:
    """Somebody's, for longer than anything here."""
    return make.customer(holder=make.person())


@pytest.fixture
def holder(customer: Customer) -> Person:
    """Somebody who holds it as well, from NOW for a week."""
    made = make.person()
    make.membership(person=made, customer=customer, until=NOW + WEEK)
    return made


def at(moment: Any) -> Any:
    """Play at another time."""
    return clock.shifted(moment - clock.now())


# --- every place that asks ---


@every_moment
def test_the_query_and_the_row_say_the_same(
    customer: Customer, holder: Person, moment: Any, counts: bool
) -> None:
    with as_owner():
        found = Membership.objects.filter(in_force(moment), person=holder).exists()
        through = Person.objects.filter(
            in_force(moment, of="memberships"), memberships__person=holder
        ).exists()
        row = Membership.objects.get(person=holder).in_force(moment)
    assert (found, through, row) == (counts, counts, counts)


@every_moment
def test_who_may_act(customer: Customer, holder: Person, moment: Any, counts: bool) -> None:
    with acting(Purpose.ACCESS, actor=SYSTEM):
        assert bool(capacities(holder.pk, now=moment)) is counts


@every_moment
def test_who_holds_it_and_gets_its_mails(
    customer: Customer, holder: Person, moment: Any, counts: bool
) -> None:
    with as_owner():  # the first holder's begins late here, so that one is never in the way
        Membership.objects.exclude(person=holder).update(since=NOW + 9 * WEEK)
    message = make.message(customer=customer)
    with acting(Purpose.MESSAGES, actor=JOB):
        assert holders(customer.pk, now=moment) == ([holder.pk] if counts else [])
        assert addressee(customer.pk, now=moment) == (holder if counts else None)
        if counts:
            assert reader_of(message, now=moment).address == holder.email
        else:
            with pytest.raises(NobodyToReach):
                reader_of(message, now=moment)
    with as_owner():
        Membership.objects.exclude(person=holder).update(since=NOW)


def test_who_held_it_longest_is_addressed(customer: Customer, holder: Person) -> None:
    with as_owner():
        first = Membership.objects.exclude(person=holder).get()
        Membership.objects.filter(person=holder).update(since=NOW - SECOND)
    with acting(Purpose.MESSAGES, actor=JOB):
        assert holders(customer.pk, now=NOW) == [holder.pk, first.person_id]


@every_moment
def test_a_company_that_somebody_holds_at_the_moment_is_theirs(moment: Any, counts: bool) -> None:
    company = make.customer(kind="business", name="Zaagtand bv")
    person = make.person()
    make.membership(person=person, customer=company, until=NOW + WEEK)
    details = services.Details(
        "business", company.name, "Kerkpad 1", "1234 AB", "Ede", "NL", person.email, company.kvk_number
    )
    with acting(Purpose.ACCESS, actor=Actor.person(person.pk)):
        opened = services.open_another(person_id=person.pk, details=details, now=moment)
    assert (opened == company) is counts


def test_no_other_code_says_when_an_access_counts() -> None:
    source = Path(services.__file__).parents[1]
    asked = re.compile(r"Membership\.objects[^)]*until|memberships__until")
    others = [path for path in source.rglob("*.py") if not path.match("*/customers/*")]
    assert [str(path) for path in others if asked.search(path.read_text("utf-8"))] == []


# --- the database itself ---


@every_moment
def test_the_database_shows_a_person_the_rows_of_a_customer_while_they_have_access(
    customer: Customer, holder: Person, moment: Any, counts: bool
) -> None:
    make.invoice(customer=customer)
    with at(moment), acting(Purpose.BILLING, actor=Actor.person(holder.pk), customer=customer.pk):
        assert Invoice.objects.exists() is counts
        assert Customer.objects.exists() is counts


def test_naming_another_customer_shows_a_person_nothing(customer: Customer) -> None:
    other = make.person()
    make.customer(holder=other)
    make.invoice(customer=customer)
    with acting(Purpose.BILLING, actor=Actor.person(other.pk), customer=customer.pk):
        assert not Invoice.objects.exists()
    with acting(Purpose.BILLING, actor=Actor("person"), customer=customer.pk):
        assert not Invoice.objects.exists()


def test_staff_and_jobs_need_no_access_of_their_own(customer: Customer) -> None:
    make.invoice(customer=customer)
    for actor in (Actor.staff(make.person().pk), JOB, SYSTEM):
        with acting(Purpose.BILLING, actor=actor, customer=customer.pk):
            assert Invoice.objects.exists()


def test_after_an_inner_block_the_outer_scope_is_as_it_was(customer: Customer) -> None:
    other = make.customer()
    mine = Actor.person(make.holder_of(customer).pk)
    with acting(Purpose.BILLING, actor=mine, customer=customer.pk):
        with acting(Purpose.BILLING, actor=mine, customer=other.pk):
            assert not Customer.objects.exists()
        assert Customer.objects.get() == customer


@pytest.mark.parametrize(
    ("since", "until", "goes"),
    [
        (NOW + WEEK, None, True), (NOW + WEEK - SECOND, None, False), (NOW - WEEK, NOW, True),
        (NOW - WEEK, NOW + SECOND, False), (NOW + SECOND, NOW + 2 * SECOND, False),
    ],
)  # fmt: skip
def test_one_access_at_a_time(customer: Customer, holder: Person, since: Any, until: Any, goes: bool) -> None:
    words = {"person": holder, "customer": customer, "role": "billing", "since": since, "until": until}
    if goes:
        make.membership(**words)
        return
    with pytest.raises(IntegrityError, match="one_membership_at_a_time"), transaction.atomic():
        make.membership(**words)


def test_an_access_does_not_end_before_it_began(customer: Customer, holder: Person) -> None:
    with pytest.raises(IntegrityError, match="membership_ends_after"), transaction.atomic(), as_owner():
        Membership.objects.filter(person=holder).update(until=NOW - SECOND)


# --- the last holder ---


def by_hand(change: str, membership: Membership, *values: Any) -> None:
    """Change an access by hand, and let the database look at it at once instead of at the commit."""
    with transaction.atomic(), as_owner(), connection.cursor() as cursor:
        cursor.execute(f"{change} WHERE id = %s", [*values, membership.pk])
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def end(membership: Membership, until: Any = NOW) -> None:
    by_hand("UPDATE customers_membership SET until = %s", membership, until)


@pytest.fixture
def first(customer: Customer) -> Membership:
    with as_owner():
        return Membership.objects.get(customer=customer)


@pytest.mark.parametrize("until", [NOW, NOW + WEEK])
def test_the_last_holder_stays_also_when_the_end_is_planned(first: Membership, until: Any) -> None:
    with pytest.raises(IntegrityError, match="keeps a holder"):
        end(first, until)


def test_a_holder_whose_own_access_ends_does_not_count(first: Membership, holder: Person) -> None:
    with pytest.raises(IntegrityError, match="keeps a holder"):
        end(first)


@pytest.mark.parametrize(("ends", "goes"), [(WEEK - SECOND, False), (WEEK, True), (2 * WEEK, True)])
def test_nor_does_one_who_begins_only_later(
    first: Membership, customer: Customer, ends: timedelta, goes: bool
) -> None:
    make.membership(person=make.person(), customer=customer, since=NOW + WEEK)
    if goes:
        end(first, NOW + ends)
        return
    with pytest.raises(IntegrityError, match="keeps a holder"):
        end(first, NOW + ends)


@pytest.mark.parametrize("role", ["administration", "technical", "billing", "read_only"])
def test_no_other_role_replaces_a_holder(first: Membership, customer: Customer, role: str) -> None:
    make.membership(person=make.person(), customer=customer, role=role)
    with pytest.raises(IntegrityError, match="keeps a holder"):
        end(first)


@pytest.mark.parametrize(
    "change",
    [
        "SET role = 'billing'", "SET since = since + interval '50 years'",
        "SET customer_id = (SELECT max(id) FROM customers_customer)",
    ],
)  # fmt: skip
def test_no_other_change_takes_the_last_holder_away(
    first: Membership, change: str, customer: Customer
) -> None:
    make.customer()
    with pytest.raises(IntegrityError, match="keeps a holder"):
        by_hand(f"UPDATE customers_membership {change}", first)


def test_nor_does_deleting(first: Membership) -> None:
    with pytest.raises(IntegrityError, match="keeps a holder"):
        by_hand("DELETE FROM customers_membership", first)


def test_a_holder_can_be_replaced_in_any_order(first: Membership, customer: Customer) -> None:
    with transaction.atomic(), as_owner():
        Membership.objects.filter(pk=first.pk).update(until=NOW)
        make.membership(person=make.person(), customer=customer, since=NOW)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


@pytest.mark.parametrize("how", ["it has ended", "it is deleted"])
def test_of_a_customer_that_is_gone_nobody_need_be_holder(
    how: str, first: Membership, customer: Customer
) -> None:
    with transaction.atomic(), as_owner():
        if how == "it has ended":
            Customer.objects.filter(pk=customer.pk).update(ended_on=NOW.date())
            Membership.objects.filter(pk=first.pk).update(until=NOW)
        else:
            first.delete()
            TaxStatus.objects.filter(customer=customer).delete()
            customer.delete()
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


@pytest.mark.django_db(transaction=True)
def test_of_two_last_holders_who_go_at_the_same_moment_one_stays() -> None:
    """Over two real connections; each transaction has seen the other holder before either commits."""
    customer = make.customer()
    make.membership(person=make.person(), customer=customer)
    with as_owner():
        both = list(Membership.objects.filter(customer=customer).values_list("pk", flat=True))
    together, outcome = threading.Barrier(2, timeout=20), dict[int, str]()

    def go(pk: int) -> Callable[[], None]:
        def run() -> None:
            try:
                with transaction.atomic(), as_owner():
                    Membership.objects.filter(pk=pk).update(until=NOW)
                    together.wait()
                outcome[pk] = "gone"
            except IntegrityError as error:
                outcome[pk] = "stays" if "keeps a holder" in str(error) else str(error)
            finally:
                connection.close()

        return run

    threads = [threading.Thread(target=go(pk)) for pk in both]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(outcome.values()) == ["gone", "stays"]
    with as_owner():
        assert Membership.objects.filter(customer=customer, until=None).count() == 1
