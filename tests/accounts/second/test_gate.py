"""A session that has not taken the step shows nothing; a customer that demands one is not shown to who has none."""

from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client

from hospes.accounts.models import StepDemand
from hospes.accounts.second import demands
from hospes.customers.models import Customer, Person
from hospes.kernel import clock
from hospes.kernel.acting import Actor, acting
from hospes.kernel.purposes import Purpose
from hospes.kernel.refusals import Refused
from tests.accounts import people
from tests.accounts.second import steps
from tests.support import make
from tests.support.rights import as_owner

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _real_addresses(settings: Any) -> None:
    settings.ROOT_URLCONF = "hospes.config.urls_portal"


def demand(customer: Customer, by: Person) -> None:
    steps.with_number(by, f"+316{by.pk:08d}")
    again(customer, by)


def again(customer: Customer, by: Person) -> bool:
    with acting(Purpose.SECURITY, actor=Actor.person(by.pk), customer=customer.pk):
        return demands.demand(customer_id=customer.pk, person_id=by.pk, now=clock.now())


# --- sessions -------------------------------------------------------------------------------------------------------------


def test_a_session_of_before_the_second_step_has_to_take_it_first(portal: Client, person: Person) -> None:
    make.customer(holder=person)
    thief, owner = Client(), Client()
    people.let_in(thief, person, second_step=False)
    people.let_in(owner, person, second_step=False)
    owner.post("/account/2fa/sms/", {"number": "0612345678"})
    owner.post("/account/2fa/sms/", {"code": steps.newest_code()})
    assert owner.get("/account/2fa/").status_code == 200  # where it was set up it counts as taken
    for path in (
        "/account/2fa/",
        "/account/2fa/passkeys/add/",
        "/account/2fa/totp/activate/",
        "/account/password/change/",
        "/k/1/",
    ):
        for answer in (thief.get(path), thief.post(path)):
            assert answer["Location"].startswith("/account/2fa/reauthenticate/"), path
    assert thief.get("/account/2fa/reauthenticate/").status_code == 200
    assert thief.get("/account/2fa/passkeys/options/add/").status_code == 404


def test_it_goes_on_where_it_was_stopped(portal: Client, person: Person) -> None:
    make.customer(holder=person)
    people.let_in(portal, person, second_step=False)
    steps.with_number(person)
    to = portal.get("/account/2fa/")["Location"]
    portal.post(to, {"send": "1"})
    assert (
        portal.post(to, {"code": steps.newest_code(), "next": "/account/2fa/"})["Location"] == "/account/2fa/"
    )
    assert portal.get("/account/2fa/").status_code == 200


# --- customers that demand it ---------------------------------------------------------------------------------------------


@pytest.fixture
def firm() -> Customer:
    """A company of which somebody else is the holder."""
    return make.customer(kind="business")


def test_from_the_next_click_on_nothing_of_it_is_shown_to_who_has_none(
    portal: Client, person: Person, firm: Customer
) -> None:
    own = make.customer(holder=person)
    make.membership(person=person, customer=firm, role="administration")
    people.let_in(portal, person, second_step=False)
    assert portal.get(f"/k/{firm.number}/").status_code == 200
    demand(firm, make.holder_of(firm))
    for path in ("", "facturen/", "diensten/", "toegang/", "gegevens/", "gegevens/downloaden/", "afrekenen/"):
        for answer in (portal.get(f"/k/{firm.number}/{path}"), portal.post(f"/k/{firm.number}/{path}")):
            assert answer["Location"].startswith("/account/2fa/"), path
            assert firm.name not in answer.content.decode()
    assert portal.get(f"/k/{own.number}/").status_code == 200  # the person's other customers still work
    portal.post("/account/2fa/sms/", {"number": "0612345678"})
    portal.post("/account/2fa/sms/", {"code": steps.newest_code()})
    assert portal.get(f"/k/{firm.number}/").status_code == 200


def test_setting_up_leads_back_to_where_one_wanted_to_go(
    portal: Client, person: Person, firm: Customer
) -> None:
    make.membership(person=person, customer=firm, role="billing")
    people.let_in(portal, person, second_step=False)
    demand(firm, make.holder_of(firm))
    to = portal.get(f"/k/{firm.number}/facturen/")["Location"]
    assert "tweede stap" in portal.get(to).content.decode()
    portal.post("/account/2fa/sms/", {"number": "0612345678"})
    portal.post("/account/2fa/sms/", {"code": steps.newest_code()})
    assert portal.get("/account/2fa/recovery-codes/").context["go_on"] == f"/k/{firm.number}/facturen/"


@pytest.mark.database
def test_the_database_shows_nothing_of_it_either(person: Person, firm: Customer) -> None:
    make.membership(person=person, customer=firm, role="administration")
    demand(firm, make.holder_of(firm))

    def seen() -> int:
        with acting(Purpose.CONTRACT, actor=Actor.person(person.pk), customer=firm.pk):
            return Customer.objects.count()

    assert seen() == 0
    steps.with_number(person)
    assert seen() == 1
    with as_owner():
        from hospes.accounts.models import Phone

        Phone.objects.update(step_since=None)
    assert seen() == 0


def test_everybody_with_access_is_told_and_it_is_written_down(firm: Customer) -> None:
    holder, member, former = make.holder_of(firm), make.person(), make.person()
    make.membership(person=member, customer=firm, role="read_only")
    make.membership(person=former, customer=firm, role="billing", until=make.NOW)
    demand(firm, holder)
    assert not again(firm, holder)
    assert told("account.step_demanded") == sorted([holder.pk, member.pk])
    assert [entry[0] for entry in people.journal()].count("account.step_demanded") == 1
    with acting(Purpose.SECURITY, actor=Actor.person(holder.pk), customer=firm.pk):
        assert demands.let_be(customer_id=firm.pk, now=clock.now())
        assert not demands.let_be(customer_id=firm.pk, now=clock.now())
    assert told("account.step_not_demanded") == sorted([holder.pk, member.pk])


def told(kind: str) -> list[int]:
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("SELECT person_id FROM messaging_message WHERE kind = %s ORDER BY person_id", [kind])
        return [pk for (pk,) in cursor.fetchall()]


def test_who_has_none_demands_none_of_others(firm: Customer) -> None:
    with pytest.raises(demands.DemandRefused):
        again(firm, make.holder_of(firm))
    with as_owner():
        assert not StepDemand.objects.exists()


@pytest.mark.database
def test_one_customer_demands_nothing_of_another(firm: Customer) -> None:
    other = make.customer()
    holder = make.holder_of(firm)
    with (
        acting(Purpose.SECURITY, actor=Actor.person(holder.pk), customer=firm.pk),
        pytest.raises(Refused),
        transaction.atomic(),
    ):
        StepDemand.objects.create(customer_id=other.pk, since=clock.now())
    with (
        acting(Purpose.CONTRACT, actor=Actor.person(holder.pk), customer=firm.pk),
        pytest.raises(Refused),
        transaction.atomic(),
    ):
        StepDemand.objects.create(customer_id=firm.pk, since=clock.now())


# --- the holder's page ----------------------------------------------------------------------------------------------------


def test_the_holder_asks_it_of_everybody_on_a_page_and_takes_it_back(portal: Client, firm: Customer) -> None:
    holder, member = make.holder_of(firm), make.person()
    make.membership(person=member, customer=firm, role="read_only")
    page = f"/k/{firm.number}/toegang/tweede-stap/"
    people.let_in(portal, holder, second_step=False)
    shown = portal.get(page)
    assert (shown.context["demanded"], shown.context["has_own"]) == (False, False)
    portal.post(page, {"demand": "on"})
    with as_owner():
        assert not StepDemand.objects.exists()  # not without one of one's own
    steps.with_number(holder)
    browser = Client()
    people.let_in(browser, holder)
    browser.post(page, {"demand": "on"})
    shown = browser.get(page)
    assert shown.context["demanded"]
    assert shown.context["without"] == [member.name]
    browser.post(page, {"demand": "off"})
    assert not browser.get(page).context["demanded"]


@pytest.mark.parametrize("role", ["administration", "technical", "billing", "read_only"])
def test_nobody_else_decides_that(portal: Client, firm: Customer, person: Person, role: str) -> None:
    make.membership(person=person, customer=firm, role=role)
    people.let_in(portal, person, second_step=False)
    page = f"/k/{firm.number}/toegang/tweede-stap/"
    assert portal.get(page).status_code == 403
    assert portal.post(page, {"demand": "on"}).status_code == 403


def test_it_asks_to_confirm_first(portal: Client, firm: Customer) -> None:
    holder = make.holder_of(firm)
    steps.with_number(holder)
    people.let_in(portal, holder)
    with clock.shifted(people.LATER):
        answer = portal.post(f"/k/{firm.number}/toegang/tweede-stap/", {"demand": "on"})
    assert answer.status_code == 200
    assert "account/confirm.html" in [template.name for template in answer.templates]
    with as_owner():
        assert not StepDemand.objects.exists()
