"""Who makes a request, and what that costs."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import path

from hospes.accounts import services
from hospes.accounts.middleware import who_is_there
from hospes.accounts.models import StaffMember
from hospes.accounts.sessions import SessionStore
from hospes.accounts.staff import services as staff
from hospes.customers.models import Membership, Person
from hospes.customers.services import Details, open_customer
from hospes.kernel import clock
from hospes.kernel.acting import SYSTEM, Actor, acting
from hospes.kernel.purposes import Purpose
from tests.accounts import people
from tests.support import names
from tests.support.rights import as_owner

pytestmark = pytest.mark.django_db


def request_of(client: Client, cookie: str = "hospes_portal", **meta: Any) -> Any:
    """The request that a browser makes, after the middleware."""
    request: Any = RequestFactory().get("/", **meta)
    morsel = client.cookies.get(cookie)
    request.session = SessionStore(morsel.value if morsel else None)
    who_is_there(lambda request: HttpResponse())(request)
    return request


def customer_of(person: Person) -> Any:
    details = Details(
        "private", person.name, names.street(), names.postcode(), names.word(), "NL", person.email
    )
    with acting(Purpose.ACCESS, actor=SYSTEM):
        return open_customer(person_id=person.pk, details=details, now=clock.now())


def test_for_a_visitor_nothing_is_looked_up(portal: Client) -> None:
    with CaptureQueriesContext(connection) as queries:
        request = request_of(portal)
    assert len(queries) == 0
    assert isinstance(request.user, AnonymousUser)
    assert (request.actor, request.capacities) == (Actor.visitor(ip="127.0.0.1"), [])


def test_a_page_for_a_visitor_asks_the_database_nothing(portal: Client) -> None:
    portal.get("/")
    with CaptureQueriesContext(connection) as queries:
        assert portal.get("/").content == b"nobody"
    assert len(queries) == 0


def test_a_cookie_that_is_no_session_makes_nobody(portal: Client) -> None:
    portal.cookies["hospes_portal"] = "x" * 32
    assert isinstance(request_of(portal).user, AnonymousUser)


def test_a_person_is_there_as_themself_with_their_customers(portal: Client, person: Person) -> None:
    customer, _other = customer_of(person), customer_of(people.somebody())
    people.log_in(portal, person)
    request = request_of(portal, REMOTE_ADDR="192.0.2.7")
    with CaptureQueriesContext(connection) as queries:
        assert (request.user, request.user.email, request.user.name) == (person, person.email, person.name)
    assert len(queries) == 0
    assert request.actor == Actor.person(person.pk, ip="192.0.2.7")
    assert [(c.customer_id, c.number, c.role) for c in request.capacities] == [
        (customer.pk, customer.number, "holder")
    ]


@pytest.mark.promise("P09")
def test_only_what_a_person_may_do_now_counts(portal: Client, person: Person) -> None:
    now = clock.now()
    over, current, later = (customer_of(people.somebody()) for _ in range(3))
    with as_owner():
        for customer, since, until in (
            (over, now - timedelta(days=9), now - timedelta(seconds=1)),
            (current, now - timedelta(days=9), now + timedelta(hours=1)),
            (later, now + timedelta(hours=1), None),
        ):
            Membership.objects.create(
                person=person, customer=customer, role="billing", since=since, until=until
            )
    people.log_in(portal, person)
    assert [(c.customer_id, c.role) for c in request_of(portal).capacities] == [(current.pk, "billing")]
    with clock.shifted(timedelta(hours=2)):
        assert [c.customer_id for c in request_of(portal).capacities] == [later.pk]


def test_staff_at_the_portal_are_customers_like_all_others(portal: Client) -> None:
    clerk = people.colleague(StaffMember.Role.BILLING_CLERK)
    people.log_in(portal, clerk)
    portal.post("/account/2fa/authenticate/", {"code": people.code()})
    request = request_of(portal)
    assert (request.actor.kind, request.staff) == ("person", None)


def test_staff_at_the_office_are_there_in_their_role(office: Client) -> None:
    officer = people.colleague(StaffMember.Role.PRIVACY_OFFICER)
    people.log_in(office, officer)
    office.post("/account/2fa/authenticate/", {"code": people.code()})
    request = request_of(office, "hospes_office")
    assert request.actor == Actor.staff(officer.pk, ip="127.0.0.1")
    assert (request.staff.keys, request.second_step, request.capacities) == (("privacy_officer",), True, [])


def test_a_role_counts_from_its_first_until_its_last_moment(office: Client) -> None:
    person, now = people.colleague(StaffMember.Role.SUPPORT_AGENT), clock.now()
    people.log_in(office, person)
    office.post("/account/2fa/authenticate/", {"code": people.code()})
    with acting(Purpose.ACCESS, actor=SYSTEM):
        staff.take_on(person_id=person.pk, roles=["billing_clerk"], now=now + timedelta(minutes=10))
        staff.dismiss(person_id=person.pk, now=now + timedelta(minutes=20))
    for later, roles in ((5, None), (15, ("billing_clerk",)), (25, None)):
        with clock.shifted(timedelta(minutes=later)):
            standing = request_of(office, "hospes_office").staff
            assert (standing and standing.keys) == roles


# --- the doors ------------------------------------------------------------------------------------------------------------


def broken(request: HttpRequest) -> HttpResponse:
    """A door that changes something and then breaks."""
    services.note("account.login", person_id=None, now=clock.now())
    raise RuntimeError("broken")


urlpatterns = [path("broken/", broken, name="account_broken"), path("away/", broken, name="home")]


def test_what_a_door_did_that_broke_is_undone(settings: Any) -> None:
    settings.ROOT_URLCONF = __name__
    browser = Client(raise_request_exception=False)
    assert browser.get("/broken/").status_code == 500
    assert people.journal() == []


def test_only_doors_act_by_themselves(settings: Any) -> None:
    settings.ROOT_URLCONF = __name__
    with pytest.raises(RuntimeError, match="inside acting"):
        Client().get("/away/")
