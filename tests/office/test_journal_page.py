"""The journal as staff read it, the data map, and what is held."""

from datetime import timedelta

import pytest
from django.test import Client

from hospes.kernel import datamap, journal
from hospes.kernel.acting import Actor, acting
from hospes.kernel.purposes import Purpose
from hospes.office import words
from tests.office import people
from tests.office.conftest import AsRole
from tests.support import make
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.login("office")]


def write(
    action: str, *, ip: str, days: int = 0, customer_id: int | None = None, person_id: int | None = None
) -> None:
    with as_owner(), acting(Purpose.CONTRACT, actor=Actor.person(make.person().pk, ip=ip)):
        journal.record(
            action, at=make.NOW + timedelta(days=days), customer_id=customer_id, person_id=person_id
        )


def ips(client: Client, url: str) -> set[str]:
    """Which of the addresses that the tests made up stand on the page."""
    page = people.text(client.get(url))
    return {ip for ip in (f"198.51.100.{n}" for n in range(1, 9)) if f"{ip} " in f"{page} "}


def test_it_can_be_narrowed_down_to_a_customer_a_kind_and_a_day(as_role: AsRole) -> None:
    client, case, other = as_role("administrator"), people.case(), make.customer()
    write("customer.changed", ip="198.51.100.1", customer_id=case.customer.pk)
    write("order.placed", ip="198.51.100.2", customer_id=case.customer.pk, days=1)
    write("account.login", ip="198.51.100.3", person_id=case.holder.pk)
    write("order.placed", ip="198.51.100.4", customer_id=other.pk)
    all_of_them = {f"198.51.100.{n}" for n in range(1, 5)}
    assert ips(client, "/logboek/") == all_of_them
    assert ips(client, f"/logboek/?customer={case.customer.number}") == all_of_them - {"198.51.100.4"}
    assert ips(client, "/logboek/?action=order.placed") == {"198.51.100.2", "198.51.100.4"}
    assert ips(client, "/logboek/?day=2026-03-02") == {"198.51.100.1", "198.51.100.3", "198.51.100.4"}
    assert ips(client, f"/logboek/?customer={case.customer.number}&action=order.placed&day=2026-03-03") == {
        "198.51.100.2"
    }
    assert (
        ips(client, f"/logboek/?customer={case.customer.number}&action=order.placed&day=2026-03-02") == set()
    )


def test_a_day_is_a_day_in_amsterdam(as_role: AsRole) -> None:
    client = as_role("administrator")
    with as_owner(), acting(Purpose.CONTRACT, actor=Actor.visitor(ip="198.51.100.1")):
        journal.record("order.placed", at=make.NOW.replace(hour=23, minute=30))
    assert ips(client, "/logboek/?day=2026-03-02") == set()
    assert ips(client, "/logboek/?day=2026-03-03") == {"198.51.100.1"}


def test_who_of_the_staff_did_it_is_said_by_name_and_customers_by_number(as_role: AsRole) -> None:
    client, case = as_role("administrator"), people.case()
    as_role("support_agent").get(case.page)
    page = people.text(client.get("/logboek/?action=staff.looked"))
    assert "(medewerker)" in page
    assert str(case.customer.number) in page
    assert case.customer.name not in page
    assert case.holder.name not in page


@pytest.mark.parametrize(
    "query", ["customer=abc", "day=gisteren", "action=no.such", "customer=-1", "customer=" + "9" * 30]
)
def test_what_cannot_be_looked_up_is_said(as_role: AsRole, query: str) -> None:
    response = as_role("administrator").get(f"/logboek/?{query}")
    assert "Dit kan niet opgezocht worden" in people.text(response)


def test_a_number_that_nobody_has_is_said(as_role: AsRole) -> None:
    assert "Er is geen klant met dit nummer" in people.text(
        as_role("administrator").get("/logboek/?customer=424242")
    )
    assert people.entries() == []


def test_its_pages_follow_one_another_without_a_gap_also_within_one_moment(as_role: AsRole) -> None:
    client, customer = as_role("privacy_officer"), make.customer()
    with as_owner(), acting(Purpose.CONTRACT, actor=Actor.visitor(ip="198.51.100.1")):
        for n in range(120):
            journal.record(
                "order.placed",
                at=make.NOW + timedelta(minutes=n // 40),
                customer_id=customer.pk,
                changed=[f"c{n}x"],
            )
    seen, url, pages = "", "/logboek/?action=order.placed", 0
    while url:
        response, pages = client.get(url), pages + 1
        seen += people.text(response)
        after = (
            response.content.decode()
            .partition('rel="next" href="')[2]
            .partition('"')[0]
            .replace("&amp;", "&")
        )
        url = f"/logboek/{after}" if after else ""
    assert pages == 3
    assert [seen.count(f"c{n}x") for n in range(120)] == [1] * 120


@pytest.mark.parametrize(
    "place", ["x", "~", "2026-01-01~1", "2026-01-01T00:00:00~1", "2026-01-01T00:00:00+00:00~x"]
)
def test_a_wrong_place_to_begin_is_no_error(as_role: AsRole, place: str) -> None:
    assert as_role("administrator").get("/logboek/", {"na": place}).status_code == 200


def test_the_matrix_shows_every_table_with_personal_data_and_what_each_purpose_may(as_role: AsRole) -> None:
    page = people.text(as_role("privacy_officer").get("/controles/"))
    assert "De kaart is compleet" in page
    for mapped in datamap.mapped_tables():
        if mapped.entry.about_somebody and mapped.model:
            title = str(mapped.model._meta.verbose_name)
            assert title[:1].upper() + title[1:] in page, title
    for purpose in Purpose:
        assert str(words.PURPOSES[purpose]) in page


def test_the_privacy_officer_sees_what_the_holder_could_download(as_role: AsRole) -> None:
    client, case = as_role("privacy_officer"), people.case()
    other = people.case(name="Heel anders bv", label="anders.test")
    page = people.text(client.get(f"{case.page}gegevens/"))
    for held in (case.customer.name, case.invoice.number, people.PHONE, "Boeken@kraakhof.test"):
        assert held in page, held
    for strange in (other.customer.name, other.invoice.number):
        assert strange not in page
