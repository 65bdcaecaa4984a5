"""Who may see as the customer sees, for how long, and in which browser (P30)."""

from datetime import timedelta

import pytest
from django.test import Client

from hospes.accounts.models import Power, StaffRole, Viewing
from hospes.kernel import clock
from hospes.kernel.purposes import Purpose
from tests.accounts import people as accounts
from tests.office import people
from tests.office.conftest import AsRole
from tests.office.viewing import looks
from tests.support import make
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.login("office"), pytest.mark.promise("P30")]

MAY = {"support_agent", "administrator"}


def give(role: str, *powers: Power) -> None:
    with as_owner():
        StaffRole.objects.filter(pk=role).update(powers=list(powers))


@pytest.mark.parametrize("role", people.ROLES)
def test_the_roles_that_may_have_the_button_and_the_form_and_no_others(as_role: AsRole, role: str) -> None:
    client, case = as_role(role), people.case()
    is_there = b"zien/" in client.get(case.page).content
    assert is_there is (role in MAY)
    assert client.get(f"{case.page}zien/").status_code == (200 if role in MAY else 404)
    asked = client.post(f"{case.page}zien/", {"reason": looks.REASON})
    assert asked.status_code == (302 if role in MAY else 404)
    assert client.get(looks.address(case)).status_code == (200 if role in MAY else 404)
    assert bool(looks.entries()) is (role in MAY)


def test_it_is_a_right_of_the_role_and_counts_from_the_next_click(as_role: AsRole) -> None:
    client, case = as_role("billing_clerk"), people.case()
    give("billing_clerk", Power.VIEW)
    looks.begin(client, case)
    assert client.get(looks.address(case, "facturen/")).status_code == 200
    give("billing_clerk")
    assert client.get(looks.address(case, "facturen/")).status_code == 404
    assert client.get(f"{case.page}zien/").status_code == 404


def test_a_role_with_the_power_that_helps_nobody_has_no_use_for_it(as_role: AsRole) -> None:
    client, case = as_role("technician"), people.case()
    give("technician", Power.VIEW)
    assert client.post(f"{case.page}zien/", {"reason": looks.REASON}).status_code == 404


@pytest.mark.parametrize("reason", ["", "   ", "x" * 201, "twee\u2028regels"])
def test_without_a_reason_nothing_is_shown(as_role: AsRole, reason: str) -> None:
    client, case = as_role("support_agent"), people.case()
    assert client.post(f"{case.page}zien/", {"reason": reason}).status_code == 422
    assert client.get(looks.address(case))["location"] == f"{case.page}zien/"
    assert looks.entries() == []


def test_each_customer_takes_a_reason_of_its_own(as_role: AsRole) -> None:
    client, one, other = as_role("support_agent"), people.case(), people.case(label="anders.test")
    looks.begin(client, one)
    refused = client.get(looks.address(other))
    assert (refused.status_code, refused["location"]) == (302, f"{other.page}zien/")
    looks.begin(client, other, "Vroeg het zelf")
    assert client.get(looks.address(other)).status_code == 200
    assert client.get(looks.address(one)).status_code == 200
    assert client.get("/zien/k/1/").status_code == 302


def test_a_thing_of_another_customer_is_not_found(as_role: AsRole) -> None:
    client, one, other = (
        as_role("support_agent", "billing_clerk"),
        people.case(),
        people.case(label="anders.test"),
    )
    looks.begin(client, one)
    for page in ("diensten/{service}/", "facturen/{invoice}/", "bestellingen/{order}/"):
        theirs = looks.address(other, page).replace(str(other.customer.number), str(one.customer.number))
        assert client.get(theirs).status_code == 404, page


def test_another_browser_and_another_colleague_have_nothing_of_it(as_role: AsRole) -> None:
    client, case = as_role("support_agent"), people.case()
    viewing = looks.begin(client, case)
    elsewhere = Client()
    accounts.let_in(elsewhere, viewing.staff)
    for other in (elsewhere, as_role("support_agent")):
        assert other.get(looks.address(case))["location"] == f"{case.page}zien/"
    assert Client().get(looks.address(case))["location"].startswith("/account/login/")
    assert client.get(looks.address(case)).status_code == 200


def test_without_the_second_step_there_is_nothing(as_role: AsRole) -> None:
    client, case = as_role("support_agent"), people.case()
    viewing = looks.begin(client, case)
    accounts.let_in(client, viewing.staff, second_step=False)
    assert client.get(looks.address(case)).status_code == 302


def test_it_ends_by_itself_after_half_an_hour(as_role: AsRole) -> None:
    client, case = as_role("support_agent"), people.case()
    now = clock.now()
    viewing = looks.begin(client, case)
    for minutes, shown in ((15, 200), (29, 200), (31, 302)):
        with clock.moved_to(now + timedelta(minutes=minutes)):
            assert client.get(looks.address(case)).status_code == shown, minutes
    assert looks.seen(viewing).ended_at is None  # it ran out


def test_logging_out_ends_it_at_once(as_role: AsRole) -> None:
    client, case = as_role("support_agent"), people.case()
    viewing = looks.begin(client, case)
    client.post("/account/logout/")
    ended = looks.seen(viewing).ended_at
    assert ended is not None
    assert ended < viewing.ends_at
    assert client.get(looks.address(case)).status_code == 302


def test_stopping_and_beginning_anew(as_role: AsRole) -> None:
    client, case = as_role("support_agent"), people.case()
    first = looks.begin(client, case)
    second = looks.begin(client, case, "Nog iets")
    assert looks.seen(first).ended_at is not None
    stop = f"{case.page}zien/{second.pk}/stoppen/"
    assert client.get(stop).status_code == 405
    assert as_role("support_agent").post(stop).status_code == 302  # somebody else's: nothing happens
    assert looks.seen(second).ended_at is None
    assert client.post(stop)["location"] == case.page
    assert looks.seen(second).ended_at is not None
    assert client.get(looks.address(case))["location"] == f"{case.page}zien/"


def test_the_portal_knows_no_such_address(as_role: AsRole, settings: object) -> None:
    client, case = as_role("support_agent"), people.case()
    looks.begin(client, case)
    settings.FACE, settings.ROOT_URLCONF = "portal", "hospes.config.urls_portal"  # type: ignore[attr-defined]
    assert client.get(looks.address(case)).status_code == 404


@pytest.mark.parametrize("purpose", [Purpose.SUPPORT, Purpose.CONTRACT])
def test_who_had_it_restricted_is_not_looked_at_for_that(as_role: AsRole, purpose: Purpose) -> None:
    client, case = as_role("support_agent"), people.case()
    looks.begin(client, case)
    make.restriction(customer=case.customer, person=case.holder, purpose=purpose)
    services = client.get(looks.address(case, "diensten/"))
    assert services.status_code == 403
    assert "gevraagd om de gegevens nu niet te gebruiken" in services.content.decode()
    assert client.get(looks.address(case, "toegang/")).status_code == (
        403 if purpose is Purpose.SUPPORT else 200
    )
    with as_owner():
        Viewing.objects.update(ended_at=clock.now())
    begun = client.post(f"{case.page}zien/", {"reason": looks.REASON})
    assert begun.status_code == 302  # for the other purpose, which goes on
    with as_owner():
        assert Viewing.objects.latest("pk").purpose != purpose.value or purpose is Purpose.CONTRACT
