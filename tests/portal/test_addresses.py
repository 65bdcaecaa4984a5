"""A customer's addresses for invoices, technical matters and emergencies: each confirmed by its mailbox before it is used."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import translation

from hospes.accounts.addresses.contacts import LASTS, MOST_A_DAY, Use
from hospes.customers.models import ContactAddress, Customer, Person
from hospes.customers.queries import contact_address
from hospes.kernel import clock
from hospes.kernel.acting import JOB, acting
from hospes.kernel.purposes import Purpose
from hospes.messaging.models import Message
from hospes.messaging.recipients import NobodyToReach, Reader, reader_of
from hospes.messaging.rendering import render
from tests.portal.sharing import entries, somebody, told
from tests.portal.visit import browser, member, text
from tests.support import make, names
from tests.support.rights import as_owner

pytestmark = [pytest.mark.usefixtures("site"), pytest.mark.promise("P04")]

SECOND = timedelta(seconds=1)
CONFIRM, DECLINE = {"do": "confirm"}, {"do": "decline"}


@pytest.fixture
def customer() -> Customer:
    return make.customer(
        holder=somebody(), kind="business", name="Zaagtand bv", invoice_email="oud@example.com"
    )


@pytest.fixture
def anna(customer: Customer) -> Person:
    return make.holder_of(customer)


@pytest.fixture
def client(anna: Person) -> Client:
    return browser(anna)


def page(customer: Customer) -> str:
    return f"/k/{customer.number}/adressen/"


def ask(client: Client, customer: Customer, email: str, use: str = "invoices") -> Any:
    return client.post(page(customer), {"do": "ask", "use": use, "email": email})


def link() -> str:
    """The path of the link in the newest mail to a mailbox."""
    with translation.override(None), acting(Purpose.MESSAGES, actor=JOB):
        letter = render(Message.objects.filter(kind="contact.confirm").latest("pk"), now=clock.now())
    found = re.search(r"https?://[^/]+(/\S*adres/\S+)", letter.text)
    assert found
    return found.group(1)


def reader(kind: str, customer: Customer, person: Person | None = None) -> Reader:
    """Who would read a message about a customer."""
    message = Message(kind=kind, customer_id=customer.pk, person_id=person.pk if person else None)
    with acting(Purpose.MESSAGES, actor=JOB):
        return reader_of(message, now=clock.now())


def used(customer: Customer, use: str) -> str:
    with acting(Purpose.MESSAGES, actor=JOB):
        return contact_address(customer.pk, use)


def invoices_of(customer: Customer) -> str:
    with as_owner():
        return Customer.objects.get(pk=customer.pk).invoice_email


def test_the_forms_are_in_dutch(client: Client, customer: Customer) -> None:
    for where, label in ((page(customer), "Waarvoor?"), ("/account/email/", "Nieuw e-mailadres")):
        assert label in text(client.get(where))


def test_invoices_go_to_an_address_once_its_mailbox_confirmed_it(
    client: Client, customer: Customer, anna: Person
) -> None:
    new = names.email()
    assert ask(client, customer, new.upper())["Location"] == page(customer)
    path = link()
    assert reader("billing.invoice", customer).address == "oud@example.com"
    assert new in text(client.get(page(customer)))
    mailbox = browser()  # a bookkeeper has no access here
    assert "Zaagtand bv" in text(mailbox.get(path))
    assert invoices_of(customer) == "oud@example.com"  # looking confirms nothing
    assert mailbox.post(path, CONFIRM).status_code == 200
    assert reader("billing.invoice", customer).address == invoices_of(customer) == new
    assert told("contact.changed") == [anna.email]
    assert [entry[0] for entry in entries("contact.")] == ["contact.asked", "contact.confirmed"]
    assert mailbox.post(path, CONFIRM).status_code == 404


def test_what_is_about_a_service_goes_to_the_address_for_that(
    client: Client, customer: Customer, anna: Person
) -> None:
    new = names.email()
    assert reader("services.active", customer).address == anna.email
    ask(client, customer, new, "technical")
    assert reader("services.active", customer).address == anna.email
    browser().post(link(), CONFIRM)
    assert reader("services.active", customer).address == new
    assert reader("billing.invoice", customer).address == "oud@example.com"
    assert reader("account.password_changed", customer, anna).address == anna.email


@pytest.mark.parametrize("use", ["technical", "emergency"])
def test_an_address_that_is_used_no_longer_is_the_holders_again(
    client: Client, customer: Customer, anna: Person, use: str
) -> None:
    first, second = names.email(), names.email()
    for email in (first, second):
        ask(client, customer, email, use)
        browser().post(link(), CONFIRM)
    assert used(customer, use) == second
    assert told("contact.was_changed") == [first]
    client.post(page(customer), {"do": "end", "use": use})
    assert used(customer, use) == ""
    assert told("contact.was_changed") == sorted([first, second])
    assert told("contact.ended") == [anna.email]
    client.post(page(customer), {"do": "end", "use": use})  # pressed twice
    assert len(entries("contact.ended")) == 1


def test_invoices_always_have_an_address(client: Client, customer: Customer) -> None:
    ask(client, customer, names.email())
    browser().post(link(), CONFIRM)
    new = invoices_of(customer)
    client.post(page(customer), {"do": "end", "use": "invoices"})
    assert invoices_of(customer) == used(customer, "invoices") == new


def test_the_link_works_once_for_three_days_and_not_when_overtaken(
    client: Client, customer: Customer
) -> None:
    ask(client, customer, names.email())
    first = link()
    with clock.shifted(LASTS + SECOND):
        assert browser().get(first).status_code == browser().post(first, CONFIRM).status_code == 404
    ask(client, customer, names.email())
    assert browser().post(first, CONFIRM).status_code == 404
    second = link()
    client.post(page(customer), {"do": "end", "use": "invoices"})
    assert browser().post(second, CONFIRM).status_code == 404
    with pytest.raises(NobodyToReach):
        link()
    assert invoices_of(customer) == "oud@example.com"


def test_a_mailbox_can_decline(client: Client, customer: Customer, anna: Person) -> None:
    ask(client, customer, names.email())
    path = link()
    assert browser().post(path, DECLINE).status_code == 200
    assert browser().post(path, CONFIRM).status_code == 404
    assert (invoices_of(customer), told("contact.declined")) == ("oud@example.com", [anna.email])


@pytest.mark.parametrize("token", ["x", "1", "1:x"])
def test_what_is_no_link_leads_nowhere(token: str) -> None:
    assert browser().get(f"/adres/{token}/").status_code == 404
    assert browser().post(f"/adres/{token}/", CONFIRM).status_code == 404


@pytest.mark.parametrize(
    ("use", "email"), [("invoices", "x"), ("invoices", ""), ("secrets", "a@example.com"), ("", "")]
)
def test_what_cannot_be_is_refused(client: Client, customer: Customer, use: str, email: str) -> None:
    assert ask(client, customer, email, use).context["form"].errors
    assert entries("contact.") == []


def test_nobodys_mailbox_is_filled_through_us(client: Client, customer: Customer) -> None:
    for _ in range(MOST_A_DAY):
        assert ask(client, customer, names.email()).status_code == 302
    assert ask(client, customer, names.email()).status_code == 200


def test_changing_an_address_asks_once_more_who_it_is(customer: Customer, anna: Person) -> None:
    assert "Bevestig dat u het bent" in text(ask(browser(anna, fresh=False), customer, names.email()))
    assert entries("contact.") == []


@pytest.mark.parametrize("role", ["technical", "billing", "read_only"])
def test_who_may_not_change_the_customer_changes_no_address(customer: Customer, role: str) -> None:
    client = browser(member(customer, role))
    assert ask(client, customer, names.email()).status_code == 403
    with as_owner():
        assert ContactAddress.objects.count() == 0


def test_there_is_a_row_for_each_kind_of_mail(client: Client, customer: Customer) -> None:
    shown = text(client.get(page(customer))).lower()
    with translation.override("nl"):
        assert [use.label for use in Use if str(use.label) not in shown] == []
