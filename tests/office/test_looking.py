"""Staff looking at a person leaves an entry in the journal: one for each part, each time, about the holder as well."""

import ast
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

import hospes.office
from hospes.kernel import clock
from hospes.kernel.acting import Actor
from hospes.kernel.purposes import Purpose
from hospes.office import finding
from hospes.privacy import package
from tests.office import people
from tests.office.conftest import AsRole
from tests.support import make
from tests.support.rights import as_login

pytestmark = [pytest.mark.django_db, pytest.mark.login("office")]


@pytest.mark.parametrize(
    ("role", "parts"),
    [
        ("billing_clerk", ["contract", "billing"]),
        ("support_agent", ["contract", "support"]),
        ("technician", ["operation"]),
        ("privacy_officer", ["rights", "security"]),
        ("administrator", ["contract", "security"]),
    ],
)
def test_one_entry_for_each_part_of_a_customers_page(as_role: AsRole, role: str, parts: list[str]) -> None:
    client, case = as_role(role), people.case()
    client.get(case.page)
    # The technician's purpose knows no persons, so its entry is about the customer alone.
    about = (case.customer.pk, None if role == "technician" else case.holder.pk)
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
def test_lists_name_nobody_and_so_nobody_was_looked_at(as_role: AsRole, role: str) -> None:
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


# --- shown among others ---


@pytest.mark.promise("P30")
@pytest.mark.parametrize("role", people.ROLES)
def test_each_customer_in_the_results_of_a_search_has_an_entry_about_that(as_role: AsRole, role: str) -> None:
    client = as_role(role)
    found = [people.case(label=f"kraakhof-{n}.test", name=f"Kraakhof {n}").customer.pk for n in range(3)]
    make.customer(name="Heel anders")
    client.get("/zoeken/?q=kraakhof")
    purpose = {"privacy_officer": "rights", "technician": "operation"}.get(role, "contract")
    assert sorted(people.entries("staff.found")) == [(pk, None, purpose) for pk in sorted(found)]
    client.get("/zoeken/?q=kraakhof")
    assert len(people.entries("staff.found")) == 6
    client.get("/zoeken/?q=zzzzzz")
    assert len(people.entries("staff.found")) == 6
    assert len(people.entries("staff.searched")) == 3


@pytest.mark.parametrize("role", ["support_agent"])
def test_a_customer_found_for_another_purpose_has_the_entry_for_that_one(as_role: AsRole, role: str) -> None:
    client, case, other = (
        as_role(role),
        people.case(),
        people.case(label="brug.test", name="Kraakhof bij de brug"),
    )
    make.restriction(customer=case.customer, purpose=Purpose.CONTRACT)
    client.get("/zoeken/?q=kraakhof")
    assert sorted(people.entries("staff.found")) == [
        (case.customer.pk, None, "support"), (other.customer.pk, None, "contract"),
    ]  # fmt: skip


def test_who_was_found_but_not_shown_has_no_entry(as_role: AsRole) -> None:
    client = as_role("support_agent")
    for n in range(finding.MOST + 3):
        make.customer(name=f"Kraanvogel {n}")
    with CaptureQueriesContext(connection) as captured:
        page = people.text(client.get("/zoeken/?q=kraanvogel"))
    assert len(people.entries("staff.found")) == page.count("Kraanvogel ") == finding.MOST
    written = [query["sql"] for query in captured if "INSERT INTO kernel_journalentry" in query["sql"]]
    assert len(written) == 2  # that there was a search, and all who were shown


def test_a_customer_on_a_work_list_has_one_entry_a_day_for_each_colleague_and_purpose(
    as_role: AsRole,
) -> None:
    case, quiet = people.case(), make.customer()
    about, evening = case.customer.pk, make.NOW + timedelta(days=20, hours=10)  # 22:30 in Amsterdam
    with clock.moved_to(evening):
        one, other = as_role("billing_clerk"), as_role("billing_clerk")
        for url in ("/", "/", "/werk/verlopen-facturen/", "/werk/onbetaalde-bestellingen/"):
            assert str(case.customer.number) in people.text(one.get(url))
        assert sorted(people.entries("staff.listed")) == [(about, None, "billing"), (about, None, "contract")]
        other.get("/")
        assert len(people.entries("staff.listed")) == 4
    for minutes in (25, 50, 75, 89):  # who does nothing for half an hour is logged out
        with clock.moved_to(evening + timedelta(minutes=minutes)):
            one.get("/")
    assert len(people.entries("staff.listed")) == 4
    with clock.moved_to(evening + timedelta(hours=1, minutes=31)):
        one.get("/")
    assert len(people.entries("staff.listed")) == 6
    assert all(entry[0] != quiet.pk for entry in people.entries("staff.listed"))


def test_a_message_to_somebody_without_a_customer_leaves_the_entry_about_that_person(as_role: AsRole) -> None:
    person, case = make.person(), people.case()
    make.message(person=person, state="failed", created_at=make.NOW)
    make.message(person=case.holder, state="failed", created_at=make.NOW)
    with clock.moved_to(make.NOW + timedelta(days=1)):
        as_role("support_agent").get("/werk/mislukte-berichten/")
    assert sorted(people.entries("staff.listed"), key=str) == [
        (case.customer.pk, None, "support"), (None, person.pk, "support"),
    ]  # fmt: skip


def test_a_full_list_takes_as_many_statements_as_one_with_a_single_customer(as_role: AsRole) -> None:
    url, counts = "/werk/onbetaalde-bestellingen/", []
    with clock.moved_to(make.NOW + timedelta(days=20)):
        for more in (1, 60):
            for _ in range(more):
                make.order()
            client = as_role("administrator")
            with CaptureQueriesContext(connection) as captured:
                client.get(url)
            counts.append(len(captured))
        assert len(people.entries("staff.listed")) == 1 + 50
    assert counts[0] == counts[1]


def test_lists_do_not_hide_what_was_done(as_role: AsRole) -> None:
    """Where the customer and the privacy officer see what happened, lists stand apart."""
    case, officer = people.case(), as_role("privacy_officer")
    with clock.moved_to(make.NOW + timedelta(days=20)):
        clerk = as_role("billing_clerk")
        clerk.get("/")
        clerk.get("/zoeken/?q=kraakhof")
        clerk.get("/zoeken/?q=kraakhof")
    listed, found = "gezien op een werklijst", "gezien in zoekresultaten"
    everything = people.text(officer.get("/logboek/"))
    assert (listed in everything.partition("Wanneer")[2], found in everything.partition("Wanneer")[2]) == (
        False,
        False,
    )
    assert "staat hier niet bij" in everything
    assert listed in people.text(officer.get("/logboek/?action=staff.listed")).partition("Wanneer")[2]
    of_one = people.text(officer.get(f"/logboek/?customer={case.customer.number}")).partition("Wanneer")[2]
    assert listed in of_one
    assert found in of_one
    assert listed not in people.text(officer.get(case.page))
    with as_login("portal"):
        held = package.collect(
            person_id=case.holder.pk, customer_ids=[case.customer.pk], actor=Actor.person(case.holder.pk), now=clock.now()
        )  # fmt: skip
    with translation.override("nl"):
        looks = sorted((look.how, look.times, look.purpose) for look in held.looks)
        assert looks == sorted([
            ("staff.found", 2, str(Purpose.CONTRACT.declared.label)),
            ("staff.listed", 1, str(Purpose.CONTRACT.declared.label)),
            ("staff.listed", 1, str(Purpose.BILLING.declared.label)),
            ("looked", 1, str(Purpose.RIGHTS.declared.label)),
            ("looked", 1, str(Purpose.SECURITY.declared.label)),
            ("looked", 1, str(Purpose.SECURITY.declared.label)),
        ])  # fmt: skip
        (found_look,) = [look for look in held.looks if look.how == "staff.found"]
        assert found_look.what == "Door een medewerker gezien in zoekresultaten"


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
