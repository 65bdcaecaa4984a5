"""What staff can do: each once, however often the form is sent, and each in the journal."""

import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from hospes.accounts.addresses import contacts
from hospes.accounts.models import StaffMember
from hospes.customers.models import ContactAddress, Customer
from hospes.kernel import clock
from hospes.kernel.acting import Actor, acting
from hospes.kernel.models import JournalEntry
from hospes.kernel.purposes import Purpose
from hospes.messaging.models import Message
from hospes.services.models import Service
from tests.accounts import people as accounts
from tests.office import people
from tests.office.conftest import AsRole
from tests.support import make, names
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.login("office")]


def details(client: Client, case: people.Case, **other: str) -> dict[str, str]:
    """The form as it is shown, with what somebody typed over it."""
    page = client.get(f"{case.page}wijzigen/").content.decode()
    held = dict(re.findall(r'name="(\w+)" value="([^"]*)"', page))
    return {
        name: value.replace("&amp;", "&") for name, value in held.items() if name != "csrfmiddlewaretoken"
    } | other


def now(case: people.Case) -> Customer:
    with as_owner():
        return Customer.objects.get(pk=case.customer.pk)


def changes() -> list[tuple[int | None, str, list[str]]]:
    with as_owner():
        found = JournalEntry.objects.filter(action="customer.changed")
        return list(found.values_list("customer_id", "actor_kind", "changed"))


def test_details_are_changed_in_the_form_of_the_rules_and_written_down(as_role: AsRole) -> None:
    client, case = as_role("support_agent"), people.case()
    form = details(
        client, case, name="Kraakhof & Zonen bv", postcode="5041eb", town="Tilburg", kvk_number="1234 5678"
    )
    response = client.post(f"{case.page}wijzigen/", form)
    assert response["Location"] == case.page
    held = now(case)
    assert (held.name, held.postcode, held.kvk_number) == ("Kraakhof & Zonen bv", "5041 EB", "12345678")
    assert held.invoice_email == "Boeken@kraakhof.test"
    assert [(customer, kind, sorted(names)) for customer, kind, names in changes()] == [
        (case.customer.pk, "staff", ["kvk_number", "name", "postcode", "town"])
    ]
    assert "De gegevens zijn opgeslagen." in people.text(client.get(case.page))
    assert client.post(f"{case.page}wijzigen/", form)["Location"] == case.page  # the same form once more
    assert len(changes()) == 1


def test_another_address_for_invoices_is_used_once_its_mailbox_confirmed_it(as_role: AsRole) -> None:
    client, case = as_role("support_agent"), people.case()
    form = details(client, case, invoice_email="nieuw@kraakhof.test", town="Ede")
    assert client.post(f"{case.page}wijzigen/", form)["Location"] == case.page
    assert "nieuw@kraakhof.test" in people.text(
        client.get(case.page)
    )  # that it has to be confirmed is said once
    assert (now(case).town, now(case).invoice_email) == ("Ede", "Boeken@kraakhof.test")
    with as_owner():
        asked = ContactAddress.objects.get(customer=case.customer)
        assert (asked.use, asked.email, asked.confirmed_at) == ("invoices", "nieuw@kraakhof.test", None)
        assert Message.objects.filter(kind="contact.confirm", about_id=asked.pk).exists()
        noted = JournalEntry.objects.get(action="contact.asked")
        assert (noted.actor_kind, noted.customer_id) == ("staff", case.customer.pk)
    with acting(Purpose.ACCESS, actor=Actor.visitor()):
        contacts.confirm(contacts.token(asked.pk), now=clock.now())
    assert now(case).invoice_email == "nieuw@kraakhof.test"


def test_the_same_address_in_other_letters_is_no_other_one(as_role: AsRole) -> None:
    client, case = as_role("support_agent"), people.case()
    client.post(f"{case.page}wijzigen/", details(client, case, invoice_email="boeken@KRAAKHOF.test"))
    with as_owner():
        assert not ContactAddress.objects.exists()


def test_nobodys_mailbox_is_filled_through_the_office(as_role: AsRole) -> None:
    client, case = as_role("support_agent"), people.case()
    for n in range(contacts.MOST_A_DAY):
        client.post(f"{case.page}wijzigen/", details(client, case, invoice_email=f"n{n}@kraakhof.test"))
    answer = client.post(f"{case.page}wijzigen/", details(client, case, invoice_email="nog@kraakhof.test"))
    assert answer.status_code == 422
    assert "invoice_email_error" in answer.content.decode()
    with as_owner():
        assert ContactAddress.objects.count() == contacts.MOST_A_DAY


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"name": " "}, "Dit veld is verplicht"),
        ({"postcode": "123"}, "Een Nederlandse postcode heeft vier cijfers en twee letters"),
        ({"kvk_number": "123"}, "Een KvK-nummer heeft acht cijfers"),
        ({"kvk_number": ""}, "Een bedrijf in Nederland heeft een KvK-nummer"),
        ({"vat_number": "NL123456789B01"}, "Dit is geen geldig btw-nummer"),
        ({"invoice_email": "boeken"}, "geldig e-mailadres"),
        ({"country": "Nederland"}, "twee letters van het land"),
        ({"name": "x" * 161}, "160"),
    ],
)
def test_what_is_wrong_is_said_changes_nothing_and_keeps_what_was_typed(
    as_role: AsRole, wrong: dict[str, str], said: str
) -> None:
    client, case = as_role("support_agent"), people.case()
    response = client.post(f"{case.page}wijzigen/", details(client, case, street="Nieuweweg 1", **wrong))
    assert response.status_code == 422
    page = response.content.decode()
    assert said in page
    assert 'value="Nieuweweg 1"' in page
    assert now(case).street == case.customer.street
    assert changes() == []


def test_a_private_person_gets_no_company_numbers(as_role: AsRole) -> None:
    client, case = as_role("support_agent"), people.case(kind="private", name="Wilmar van der Zomp")
    form = details(client, case, kvk_number="12345678", vat_number=names.vat_number(), town="Ede")
    assert "kvk_number" not in client.get(f"{case.page}wijzigen/").content.decode()
    assert client.post(f"{case.page}wijzigen/", form).status_code == 302
    assert (now(case).town, now(case).kvk_number, now(case).vat_number) == ("Ede", "", "")


def test_what_somebody_else_changed_meanwhile_is_not_lost(as_role: AsRole) -> None:
    client, case = as_role("support_agent"), people.case()
    mine = details(client, case, town="Ede")
    client.post(f"{case.page}wijzigen/", details(client, case, street="Nieuweweg 1"))
    response = client.post(f"{case.page}wijzigen/", mine)
    assert response.status_code == 422
    assert "Iemand heeft deze gegevens intussen gewijzigd" in response.content.decode()
    assert (now(case).street, now(case).town) == ("Nieuweweg 1", case.customer.town)


def test_who_may_not_act_for_the_contract_changes_nothing(as_role: AsRole) -> None:
    client, case = as_role("privacy_officer"), people.case()
    assert client.post(f"{case.page}wijzigen/", {"name": "x"}).status_code == 404
    assert now(case).name == case.customer.name


def test_an_invoice_is_mailed_again_once_for_each_time_the_page_was_opened(as_role: AsRole) -> None:
    client, case = as_role("billing_clerk"), people.case()
    url = f"/facturen/{case.invoice.number}/"
    form = {"once": people.once(client.get(url))}
    for _double_click in range(2):
        assert client.post(f"{url}opnieuw-mailen/", form)["Location"] == url
    with as_owner():
        [message] = Message.objects.filter(about_id=case.invoice.pk)
    assert (message.kind, message.customer_id, message.state) == (
        "billing.invoice",
        case.customer.pk,
        "waiting",
    )
    assert people.jobs() == [("messaging.jobs.deliver", {"message_id": message.pk})]
    assert people.entries("staff.invoice_resent") == [(case.customer.pk, case.holder.pk, "billing")]
    client.post(f"{url}opnieuw-mailen/", {"once": people.once(client.get(url))})
    assert len(people.jobs()) == 2


def test_an_invoice_without_a_file_cannot_be_mailed(as_role: AsRole) -> None:
    client, invoice = as_role("billing_clerk"), make.invoice()
    assert client.post(f"/facturen/{invoice.number}/opnieuw-mailen/", {"once": "x"}).status_code == 404
    assert "Opnieuw mailen" not in people.text(client.get(f"/facturen/{invoice.number}/"))


@pytest.mark.django_db(transaction=True)
def test_the_same_form_many_times_at_once_mails_once(as_role: AsRole) -> None:
    client, case = as_role("billing_clerk"), people.case()
    url = f"/facturen/{case.invoice.number}/"
    form, cookies = {"once": people.once(client.get(url))}, client.cookies

    def send(_nth: int) -> int:
        try:
            browser = Client()
            browser.cookies = cookies
            return browser.post(f"{url}opnieuw-mailen/", form).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as many:
        assert list(many.map(send, range(6))) == [302] * 6
    assert len(people.jobs()) == 1
    assert len(people.entries("staff.invoice_resent")) == 1


def test_setting_up_a_service_is_tried_again_once(as_role: AsRole) -> None:
    client, case = as_role("support_agent"), people.case()
    url = f"{case.page}diensten/{case.service.pk}/opnieuw/"
    form = {"once": people.once(client.get(case.page))}
    for _double_click in range(2):
        assert client.post(url, form)["Location"] == case.page
    assert people.jobs() == [("hosting.jobs.provision", {"service_id": case.service.pk})]
    assert people.entries("staff.service_retried") == [(case.customer.pk, case.holder.pk, "contract")]


def test_a_service_that_runs_is_left_alone(as_role: AsRole) -> None:
    client, case = as_role("support_agent"), people.case()
    running = make.service(customer=case.customer)
    client.post(f"{case.page}diensten/{running.pk}/opnieuw/", {"once": "x"})
    assert people.jobs() == []
    assert people.entries("staff.service_retried") == []


def test_the_provider_is_asked_about_a_payment_once(as_role: AsRole) -> None:
    client, case = as_role("billing_clerk"), people.case()
    url = f"{case.page}betalingen/{case.payment.pk}/nakijken/"
    form = {"once": people.once(client.get(case.page))}
    for _double_click in range(2):
        assert client.post(url, form)["Location"] == case.page
    assert people.jobs() == [("payments.jobs.check", {"payment_id": case.payment.pk})]
    assert people.entries("staff.payment_checked") == [(case.customer.pk, case.holder.pk, "billing")]


def test_a_service_that_was_refused_is_tried_again_once_its_name_is_free(as_role: AsRole) -> None:
    client, case = as_role("support_agent"), people.case()
    refused = make.service(customer=case.customer, state="refused", label="bezet.test")
    other = make.service(label="bezet.test")
    url = f"{case.page}diensten/{refused.pk}/opnieuw/"
    assert url in client.get(case.page).content.decode()
    form = {"once": people.once(client.get(case.page))}
    assert client.post(url, form)["Location"] == case.page
    assert "Onder deze naam is iets anders ingericht." in people.text(client.get(case.page))
    assert (people.jobs(), state_of(refused)) == ([], "refused")
    with as_owner():
        Service.objects.filter(pk=other.pk).update(state="terminated", ended_on=other.started_on)
    for _double_click in range(2):
        client.post(url, form)
    assert (people.jobs(), state_of(refused)) == (
        [("hosting.jobs.provision", {"service_id": refused.pk})],
        "pending",
    )
    assert people.entries("staff.service_retried") == [(case.customer.pk, case.holder.pk, "contract")]
    with as_owner():
        moved = JournalEntry.objects.get(action="service.moved")
    assert (moved.actor_kind, moved.customer_id) == ("staff", case.customer.pk)


def state_of(service: Service) -> str:
    with as_owner():
        return str(Service.objects.values_list("state", flat=True).get(pk=service.pk))


@pytest.mark.parametrize(
    ("role", "url"),
    [
        ("support_agent", "/facturen/{invoice}/opnieuw-mailen/"),
        ("support_agent", "/klanten/{customer}/betalingen/{payment}/nakijken/"),
        ("privacy_officer", "/klanten/{customer}/diensten/{service}/opnieuw/"),
        ("administrator", "/facturen/{invoice}/opnieuw-mailen/"),
    ],
)
def test_what_a_role_may_not_do_is_not_there(as_role: AsRole, role: str, url: str) -> None:
    client, case = as_role(role), people.case()
    known = {
        "invoice": case.invoice.number, "customer": case.customer.number, "payment": case.payment.pk, "service": case.service.pk,
    }  # fmt: skip
    assert client.post(url.format(**known), {"once": "x"}).status_code == 404
    assert people.jobs() == []


def test_looking_does_nothing_and_doing_needs_a_form_of_ours(as_role: AsRole, settings: Any) -> None:
    case = people.case()
    urls = [
        f"{case.page}diensten/{case.service.pk}/opnieuw/", f"{case.page}betalingen/{case.payment.pk}/nakijken/",
        f"/facturen/{case.invoice.number}/opnieuw-mailen/",
    ]  # fmt: skip
    opened = [as_role("billing_clerk").get(url) for url in urls]
    assert [answer.status_code for answer in opened] == [405, 405, 405]
    assert all("een formulier" in answer.content.decode() for answer in opened), "a page, and no blank one"
    assert all(answer["Allow"] == "POST" for answer in opened)
    strict = Client(enforce_csrf_checks=True)
    accounts.let_in(strict, accounts.colleague(StaffMember.Role.BILLING_CLERK))
    assert [strict.post(url, {"once": "x"}).status_code for url in urls] == [403, 403, 403]
    assert people.jobs() == []
