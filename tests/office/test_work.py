"""The work list: what is late and what is odd, each for the roles that may read it."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from hospes.kernel import clock, datamap
from hospes.payments.chargebacks.models import Chargeback
from hospes.services.models import ServiceChange
from tests.office import people
from tests.office.conftest import AsRole
from tests.support import make
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.login("office")]

LATER = make.NOW + timedelta(days=20)


def home(client: Client, url: str = "/") -> str:
    return people.text(client.get(url))


@pytest.fixture(autouse=True)
def _later() -> object:
    with clock.moved_to(LATER):
        yield


@pytest.mark.parametrize("role", people.ROLES)
def test_each_role_has_the_work_of_its_purposes(as_role: AsRole, role: str) -> None:
    order = make.order()
    payment = make.payment(order=make.order(paid=True), state="paid")
    with as_owner():
        taken = Chargeback.objects.create(
            customer=payment.customer, payment=payment, reference="chb_work", cents=100, rest_cents=100,
            charged_at=make.NOW, booked_at=make.NOW,
        )  # fmt: skip
    invoice = make.invoice()
    service = make.service(state="pending")
    failed = make.message(customer=make.customer(), state="failed", kind="services.active")
    make.message(customer=make.customer(), kind="sales.order_received")
    page = home(as_role(role))
    contract = ("billing_clerk", "support_agent", "administrator")
    expected = {
        order.number: contract, service.label: (*contract, "technician"), invoice.number: ("billing_clerk",),
        taken.reference: ("billing_clerk",), str(failed.customer.number) + " ": ("support_agent",),
        "De dienst is klaar": ("support_agent",), "Bestelling ontvangen": ("support_agent",),
    }  # fmt: skip
    assert {what: what in page for what in expected} == {
        what: role in roles for what, roles in expected.items()
    }


@pytest.mark.parametrize("role", people.ROLES)
def test_who_has_nothing_to_do_reads_that_and_what_is_watched(as_role: AsRole, role: str) -> None:
    page = home(as_role(role))
    assert "Er ligt niets voor u te wachten." in page
    assert ("bestellingen die op betaling wachten" in page) == (role not in ("privacy_officer", "technician"))


def test_an_order_is_late_after_a_day_and_no_sooner(as_role: AsRole) -> None:
    client = as_role("billing_clerk")
    on_time = make.order(placed_at=LATER - timedelta(hours=23, minutes=59))
    late = make.order(placed_at=LATER - timedelta(days=1, minutes=1))
    paid = make.order(paid=True)
    page = home(client)
    assert late.number in page
    assert on_time.number not in page
    assert paid.number not in page


def test_an_invoice_is_late_on_the_day_after_its_last_and_only_while_it_is_open(as_role: AsRole) -> None:
    client = as_role("billing_clerk")
    today = clock.today()
    late = make.invoice(issued_on=today - timedelta(days=15), due_on=today - timedelta(days=1))
    last_day = make.invoice(issued_on=today - timedelta(days=14), due_on=today)
    paid = make.invoice(issued_on=date(2026, 1, 1), due_on=date(2026, 1, 2), paid_cents=late.total_cents)
    page = home(client)
    assert late.number in page
    assert last_day.number not in page
    assert paid.number not in page


def test_a_service_takes_too_long_after_an_hour(as_role: AsRole) -> None:
    client = as_role("support_agent")
    slow, quick = make.service(state="pending"), make.service(state="pending")
    with as_owner():
        ServiceChange.objects.filter(service=slow).update(at=LATER - timedelta(minutes=61))
        ServiceChange.objects.filter(service=quick).update(at=LATER - timedelta(minutes=59))
    page = home(client)
    assert slow.label in page
    assert quick.label not in page


def test_what_could_not_be_set_up_waits_with_what_the_hosting_server_said(as_role: AsRole) -> None:
    client = as_role("support_agent")
    refused, taken = make.service(state="refused"), make.service(state="refused")
    make.hosting_account(service=refused, made_at=None, refusal="That domain already exists")
    others = [make.service(state=state) for state in ("active", "suspended", "cancelled", "terminated")]
    page = home(client, "/werk/geweigerde-diensten/")
    assert f"{refused.label} That domain already exists" in page
    assert taken.label in page
    assert [other.label for other in others if other.label in page] == []
    for service in (refused, taken):
        with as_owner():
            assert (
                f'href="/klanten/{service.customer.number}/"'
                in client.get("/werk/geweigerde-diensten/").content.decode()
            )
    assert as_role("privacy_officer").get("/werk/geweigerde-diensten/").status_code == 404


def test_a_message_to_a_person_leads_to_a_customer_of_theirs(as_role: AsRole) -> None:
    client, case = as_role("support_agent"), people.case()
    make.message(person=case.holder, state="failed", created_at=LATER)
    assert (
        f'href="/klanten/{case.customer.number}/"' in client.get("/werk/mislukte-berichten/").content.decode()
    )


def test_the_first_few_stand_at_home_and_all_of_them_on_their_board_a_page_at_a_time(as_role: AsRole) -> None:
    client, customer = as_role("billing_clerk"), make.customer()
    orders = [
        make.order(customer=customer, placed_at=make.NOW + timedelta(minutes=n // 2)) for n in range(53)
    ]
    first = home(client)
    assert [order.number in first for order in orders[:6]] == [True] * 5 + [False]
    seen, url, pages = "", "/werk/onbetaalde-bestellingen/", 0
    with CaptureQueriesContext(connection) as queries:
        response = client.get(url)
    while url:
        response, pages = client.get(url), pages + 1
        seen += people.text(response)
        after = response.content.decode().partition('rel="next" href="')[2].partition('"')[0]
        url = f"/werk/onbetaalde-bestellingen/{after}" if after else ""
    assert pages == 2
    assert [seen.count(order.number) for order in orders] == [2] * 53  # the row, and what its button is for
    assert len(queries) < 25


@pytest.mark.parametrize("after", ["x", "~", "2026-01-01~x", "2026-13-01T00:00~1", "1~1", "2026-01-01~1"])
def test_a_wrong_place_to_begin_is_no_error(as_role: AsRole, after: str) -> None:
    assert as_role("billing_clerk").get("/werk/onbetaalde-bestellingen/", {"na": after}).status_code == 200


def test_gaps_in_the_data_map_are_told_to_who_looks_after_it(
    as_role: AsRole, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        datamap, "gaps", lambda: ["sales.Order.colour: the data map says nothing of this column"]
    )
    for role in people.ROLES:
        assert ("De gegevenskaart heeft gaten" in home(as_role(role))) == (
            role in ("privacy_officer", "administrator")
        ), role
    assert "sales.Order.colour" in home(as_role("administrator"), "/controles/")
