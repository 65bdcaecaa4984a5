"""The office is for staff with a second step, and shows a role what its purposes may read and nothing else (P09, P20)."""

from typing import Any

import pytest
from django.test import Client
from django.urls import get_resolver

from hospes.accounts.models import StaffMember
from hospes.accounts.models.staff import OPEN_TO_STAFF
from hospes.accounts.staff import queries as staff
from hospes.kernel import clock
from hospes.kernel.logins import LOGINS
from hospes.kernel.purposes import Purpose
from hospes.office import words
from hospes.office.pages import ORDER
from tests.accounts import people as accounts
from tests.office import people
from tests.office.conftest import AsRole
from tests.support import make
from tests.support.entering import enter
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.login("office")]


def every_page(case: people.Case) -> list[str]:
    """The address of every page of the office, for this customer."""
    given = {
        "number": case.customer.number, "person_id": case.holder.pk, "service_id": case.service.pk, "payment_id": case.payment.pk,
        "viewing_id": 1, "key": "onbetaalde-bestellingen", "item_id": 1, "group_id": 1, "product_id": case.service.product_id,
        "price_id": 1, "vat_id": 1, "option_id": 1, "choice_id": 1, "promotion_id": 1, "slug": "omzet",
        "form": "csv", "task_id": 1,
        "refund_id": 1, "stuck_id": 1, "statement_id": 1, "line_id": 1, "batch_id": 1, "debit_id": 1, "chargeback_id": 1, "payout_id": 1,
        "decision_id": 1, "difference_id": 1, "on": "2026-11-01",
        "rate_id": 1, "threshold_id": 1, "raise_id": 1, "draft_id": 1, "quote_id": 1,
    }  # fmt: skip
    patterns = get_resolver("hospes.office.urls").url_patterns
    found = []
    for pattern in patterns:
        if pattern.name == "join":  # for who was invited, and is nobody here yet
            continue
        route = str(pattern.pattern).replace("<str:number>", case.invoice.number)  # type: ignore[union-attr]
        if pattern.name == "report_file":  # the one that is no plain route
            route = f"rapporten/{given['slug']}/bestand.csv"
        for name, value in given.items():
            for kind in ("int", "slug"):
                route = route.replace(f"<{kind}:{name}>", str(value))
        route = route.replace("<str:order_number>", "B2026-00001")
        if pattern.name == "report_file":
            route = "rapporten/omzet/bestand.csv"
        assert "<" not in route, route
        found.append(f"/{route}")
    return found


def log_in(person: Any, settings: Any) -> Client:
    return enter(Client(), person)


def assert_outside(client: Client, case: people.Case, *, to: str) -> None:
    for url in every_page(case):
        for response in (client.get(url), client.post(url)):
            assert response.status_code == 302, url
            assert response["Location"].startswith(to), url
            assert case.customer.name.encode() not in response.content


def test_a_visitor_gets_nothing_but_the_login_page() -> None:
    assert_outside(Client(), people.case(), to="/account/login/?next=/")
    assert people.entries() == []


def test_a_customer_gets_nothing_not_even_their_own(settings: Any) -> None:
    case = people.case()
    assert_outside(log_in(case.holder, settings), case, to="/account/login/?next=/")


def test_staff_without_a_second_step_set_that_up_first(settings: Any) -> None:
    colleague = accounts.colleague(StaffMember.Role.BILLING_CLERK, second_step=False)
    assert_outside(log_in(colleague, settings), people.case(), to="/account/2fa/")


def test_who_left_gets_nothing_from_the_next_click_on(as_role: AsRole) -> None:
    client, case = as_role("billing_clerk"), people.case()
    assert client.get(case.page).status_code == 200
    with as_owner():
        StaffMember.objects.update(until=clock.now())
    assert_outside(client, case, to="/account/login/?next=/")


def test_the_cookie_of_the_portal_does_not_open_the_office(as_role: AsRole, settings: Any) -> None:
    settings.FACE, settings.SESSION_COOKIE_NAME = "portal", "hospes_portal"
    at_the_portal, case = as_role("administrator"), people.case()
    key = at_the_portal.cookies["hospes_portal"].value
    settings.FACE, settings.SESSION_COOKIE_NAME = "office", "hospes_office"
    client = Client()
    client.cookies["hospes_office"] = key
    client.cookies["hospes_portal"] = key
    assert_outside(client, case, to="/account/login/?next=/")


#: Pages that one role has and another has not, and who has them.
PAGES = {
    "/klanten/{customer}/": people.ROLES,
    "/klanten/{customer}/wijzigen/": ("billing_clerk", "support_agent", "administrator"),
    "/klanten/{customer}/facturen/": ("billing_clerk",),
    "/klanten/{customer}/gegevens/": ("privacy_officer",),
    "/facturen/{invoice}/": ("billing_clerk",),
    "/logboek/": ("privacy_officer", "administrator"),
    "/controles/": ("privacy_officer", "administrator"),
    "/werk/verlopen-facturen/": ("billing_clerk",),
    "/werk/terug-te-betalen/": ("billing_clerk",),
    "/werk/onbetaalde-bestellingen/": ("billing_clerk", "support_agent", "administrator"),
    "/werk/diensten-in-aanmaak/": ("billing_clerk", "support_agent", "technician", "administrator"),
    "/werk/wachtende-berichten/": ("support_agent",),
    "/werk/mislukte-berichten/": ("support_agent",),
    "/klanten/{customer}/diensten/{service}/": (
        "billing_clerk",
        "support_agent",
        "technician",
        "administrator",
    ),
    "/werk/te-doen/": ("billing_clerk", "support_agent", "administrator"),
    "/medewerkers/": ("administrator",),
    "/medewerkers/uitnodigen/": ("administrator",),
    "/medewerkers/rollen/technician/": ("administrator",),
    "/": people.ROLES,
    "/zoeken/": people.ROLES,
}


@pytest.mark.parametrize("role", people.ROLES)
def test_a_page_that_a_role_has_no_purpose_for_is_not_there(as_role: AsRole, role: str) -> None:
    client, case = as_role(role), people.case()
    got = {
        page: client.get(
            page.format(customer=case.customer.number, invoice=case.invoice.number, service=case.service.pk)
        ).status_code
        for page in PAGES
    }
    assert got == {page: 200 if role in roles else 404 for page, roles in PAGES.items()}


def test_a_page_that_a_role_may_not_see_is_the_same_as_one_that_never_was(as_role: AsRole) -> None:
    client, case = as_role("support_agent"), people.case()
    hidden, never = client.get(f"/facturen/{case.invoice.number}/"), client.get("/facturen/F1999-99999/")
    assert hidden.status_code == never.status_code == 404
    assert hidden.content.replace(case.invoice.number.encode(), b"") == never.content.replace(
        b"F1999-99999", b""
    )


@pytest.mark.parametrize("role", people.ROLES)
def test_a_customers_page_has_what_the_role_may_see_and_no_hint_of_the_rest(
    as_role: AsRole, role: str
) -> None:
    client, case = as_role(role), people.case()
    page = people.text(client.get(case.page))
    contract = ("billing_clerk", "support_agent", "administrator")
    shown = {
        case.customer.name: people.ROLES,
        str(case.customer.number): people.ROLES,
        case.customer.street: (*contract, "privacy_officer"),  # the latter for the purpose of rights
        case.customer.kvk_number: contract,
        case.service.label: (*contract, "technician"),
        case.order.number: contract,
        "Boeken@kraakhof.test": ("billing_clerk",),
        case.invoice.number: ("billing_clerk",),
        case.payment.reference or "": ("billing_clerk",),
        f"•• {case.account[-4:]}": ("billing_clerk",),
        "Betalingen": ("billing_clerk",),
        "bezorgd@kraakhof.test": ("support_agent",),
        "Berichten": ("support_agent",),
        people.PHONE: ("support_agent", "privacy_officer"),
        people.IP: ("privacy_officer", "administrator"),
        case.account: (),
    }  # fmt: skip
    assert {what: what in page for what in shown} == {what: role in roles for what, roles in shown.items()}


@pytest.mark.parametrize("role", people.ROLES)
def test_each_part_says_for_what_purpose_it_is_opened(as_role: AsRole, role: str) -> None:
    client, case = as_role(role), people.case()
    page = people.text(client.get(case.page))
    for purpose in Purpose:
        assert (f"“{purpose.declared.label}”" in page) == (purpose in people.ACTS_FOR[role]), purpose


def test_the_roles_that_hospes_comes_with_act_for_what_they_should() -> None:
    assert {role.key: staff.Standing((role,)).purposes for role in staff.roles()} == people.ACTS_FOR


def test_the_office_has_a_part_and_a_login_for_everything_that_a_role_can_be_given() -> None:
    assert set(OPEN_TO_STAFF) == set(ORDER) == set(words.PARTS)
    assert {g for purpose in OPEN_TO_STAFF for g in (purpose, purpose.own)} <= LOGINS["office"].may_act_as


def test_another_customers_things_are_not_found_under_this_one(as_role: AsRole) -> None:
    client, case, other = (
        as_role("billing_clerk"),
        people.case(),
        people.case(name="Anders bv", label="anders.test"),
    )
    for url in (
        f"/klanten/{case.customer.number}/diensten/{other.service.pk}/opnieuw/",
        f"/klanten/{case.customer.number}/betalingen/{other.payment.pk}/nakijken/",
    ):
        assert client.post(url, {"once": "1"}).status_code == 404, url
    assert people.jobs() == []
    page = people.text(client.get(case.page))
    for strange in (other.invoice.number, other.order.number, other.payment.reference or "-", "Anders"):
        assert strange not in page


def test_a_message_about_another_customer_of_the_same_holder_is_on_that_ones_page_only(
    as_role: AsRole,
) -> None:
    client, case = as_role("support_agent"), people.case()
    second = make.customer(holder=case.holder)
    make.message(person=case.holder, customer=second, address="tweede@kraakhof.test")
    make.message(person=case.holder, address="persoon@kraakhof.test")
    first_page, second_page = (
        people.text(client.get(case.page)),
        people.text(client.get(f"/klanten/{second.number}/")),
    )
    assert "tweede@kraakhof.test" not in first_page
    assert "tweede@kraakhof.test" in second_page
    assert "persoon@kraakhof.test" in first_page
    assert "persoon@kraakhof.test" in second_page


@pytest.mark.parametrize("is_confirmed", [True, False])
def test_a_phone_number_is_used_once_it_was_confirmed(as_role: AsRole, is_confirmed: bool) -> None:
    client, case = as_role("support_agent"), people.case()
    if not is_confirmed:
        with as_owner():
            type(case.holder).objects.filter(pk=case.holder.pk).update(phone_confirmed_at=None)
    page = client.get(case.page).content.decode()
    assert (f"tel:{people.PHONE}" in page) == (people.PHONE in page) == is_confirmed
    assert ("nog niet bevestigd" in page) != is_confirmed
    found = people.text(client.get("/zoeken/", {"q": people.PHONE}))
    assert (case.customer.name in found) == is_confirmed


@pytest.mark.parametrize(("purpose", "is_there"), [(Purpose.CONTRACT, False), (Purpose.SUPPORT, True)])
def test_a_restriction_closes_the_part_concerned_also_for_staff(
    as_role: AsRole, purpose: Purpose, is_there: bool
) -> None:
    client, case = as_role("support_agent"), people.case()
    make.restriction(customer=case.customer, purpose=purpose)
    page = people.text(client.get(case.page))
    assert (case.order.number in page) == is_there
    assert (people.PHONE in page) != is_there
    assert "mag nu niet gebruikt worden" in page


def test_a_customer_that_is_closed_for_all_purposes_of_a_role_is_not_there(as_role: AsRole) -> None:
    client, case = as_role("support_agent"), people.case()
    for purpose in (Purpose.CONTRACT, Purpose.SUPPORT):
        make.restriction(customer=case.customer, purpose=purpose)
    assert client.get(case.page).status_code == 404
    assert as_role("billing_clerk").get(case.page).status_code == 200  # what the law makes us do goes on


def test_a_holder_whose_data_may_not_be_used_is_left_out_of_the_part(as_role: AsRole) -> None:
    client, case = as_role("support_agent"), people.case()
    make.restriction(person=case.holder, purpose=Purpose.SUPPORT)
    page = people.text(client.get(case.page))
    assert people.PHONE not in page
    assert case.order.number in page


def test_there_is_no_customer_zero_and_none_of_another_kind_of_number(as_role: AsRole) -> None:
    client = as_role("billing_clerk")
    for number in ("0", "99999999999999999999999", "abc", "-1"):
        assert client.get(f"/klanten/{number}/").status_code == 404, number
