"""Staff looking at a person leaves an entry in the journal: one for each part, each time, about the holder as well."""

import ast
from pathlib import Path

import pytest

import hospes.office
from hospes.kernel import clock
from hospes.kernel.acting import Actor
from hospes.privacy import package
from tests.office import people
from tests.office.conftest import AsRole
from tests.support.rights import as_login

pytestmark = [pytest.mark.django_db, pytest.mark.login("office")]


@pytest.mark.parametrize(
    ("role", "parts"),
    [
        ("billing_clerk", ["contract", "billing"]),
        ("support_agent", ["contract", "support"]),
        ("privacy_officer", ["rights", "security"]),
        ("administrator", ["contract", "security"]),
    ],
)
def test_one_entry_for_each_part_of_a_customers_page(as_role: AsRole, role: str, parts: list[str]) -> None:
    client, case = as_role(role), people.case()
    client.get(case.page)
    about = (case.customer.pk, case.holder.pk)
    assert people.entries() == [(*about, part) for part in parts]
    client.get(case.page)
    assert people.entries() == [(*about, part) for part in parts] * 2


@pytest.mark.parametrize(
    ("role", "page", "purpose"),
    [
        ("billing_clerk", "/klanten/{customer}/facturen/", "billing"),
        ("billing_clerk", "/facturen/{invoice}/", "billing"),
        ("billing_clerk", "/facturen/{invoice}/pdf/", "billing"),
        ("support_agent", "/klanten/{customer}/wijzigen/", "contract"),
        ("privacy_officer", "/klanten/{customer}/gegevens/", "rights"),
        ("administrator", "/logboek/?customer={customer}", "security"),
    ],
)
def test_other_pages_about_a_customer_leave_one_entry(
    as_role: AsRole, role: str, page: str, purpose: str
) -> None:
    client, case = as_role(role), people.case()
    client.get(page.format(customer=case.customer.number, invoice=case.invoice.number))
    assert people.entries() == [(case.customer.pk, case.holder.pk, purpose)]


@pytest.mark.parametrize("role", people.ROLES)
def test_lists_name_nobody_and_so_leave_no_entry_about_anybody(as_role: AsRole, role: str) -> None:
    client, case = as_role(role), people.case()
    shown = [client.get(url) for url in ("/", "/zoeken/", "/werk/onbetaalde-bestellingen/", "/controles/")]
    assert people.entries() == []
    for page in shown:
        for known in (case.customer.name, case.holder.name, case.holder.email, case.customer.street):
            assert known not in page.content.decode()


def test_a_search_leaves_that_somebody_searched_and_not_what_for(as_role: AsRole) -> None:
    client = as_role("support_agent")
    people.case()
    client.get("/zoeken/?q=kraakhof")
    client.get("/zoeken/?q=")
    assert people.entries("staff.searched") == [(None, None, "contract")]
    assert people.entries() == []


def test_reading_the_journal_leaves_an_entry_too(as_role: AsRole) -> None:
    client = as_role("administrator")
    client.get("/logboek/")
    assert people.entries("staff.read_journal") == [(None, None, "security")]


def test_the_holder_sees_who_looked_and_what_for(as_role: AsRole) -> None:
    client, case = as_role("billing_clerk"), people.case()
    client.get(case.page)
    with as_login("portal"):
        held = package.collect(
            person_id=case.holder.pk,
            customer_ids=[case.customer.pk],
            actor=Actor.person(case.holder.pk),
            now=clock.now(),
        )
    assert len(held.looks) == 2


def test_a_page_that_breaks_has_not_been_seen(as_role: AsRole, monkeypatch: pytest.MonkeyPatch) -> None:
    client, case = as_role("billing_clerk"), people.case()
    client.raise_request_exception = False

    def broken(_scene: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("hospes.office.parts.part", broken)
    assert client.get(case.page).status_code == 500
    assert people.entries() == []


def test_nothing_in_the_office_acts_about_one_customer_but_through_the_two_helpers() -> None:
    """A page that called acting(…, customer=…) by itself could forget the entry."""
    found = []
    for path in Path(hospes.office.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "acting":
                scoped = {keyword.arg for keyword in node.keywords} & {"customer", "person", "cart", None}
                found += [f"{path.name}:{node.lineno}"] if scoped else []
    assert [place.partition(":")[0] for place in found] == ["pages.py"]
