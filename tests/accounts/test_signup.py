"""Signing up: as oneself and as a company (P01, P03, P10)."""

import re

import pytest
from allauth.account.models import EmailAddress
from django.test import Client

from hospes.customers.models import Customer, Membership, Person
from hospes.messaging.models import Message
from tests.accounts import people
from tests.support import names
from tests.support.rights import as_owner

pytestmark = pytest.mark.django_db


def made() -> tuple[int, int]:
    """How many persons and customers there are."""
    with as_owner():
        return Person.objects.count(), Customer.objects.count()


@pytest.mark.promise("P01", "P03", "P10")
def test_who_signs_up_privately_is_a_person_and_a_customer(portal: Client) -> None:
    form = people.form(phone="06 12345678", postcode="1234ab", email="Zomer@Example.com")
    answer = portal.post("/account/signup/", form)
    assert (answer.status_code, answer["Location"]) == (302, "/account/confirm-email/")
    with as_owner():
        person, customer, membership = Person.objects.get(), Customer.objects.get(), Membership.objects.get()
        address = EmailAddress.objects.get()
    assert (person.email, person.phone, person.language) == ("zomer@example.com", "+31612345678", "nl")
    assert person.name == f"{form['given_name']} {form['family_name']}" == customer.name
    assert (customer.kind, customer.postcode, customer.kvk_number) == ("private", "1234 AB", "")
    assert customer.number > 10_000
    assert (membership.person_id, membership.customer_id, membership.role) == (
        person.pk,
        customer.pk,
        "holder",
    )
    assert (address.email, address.verified, address.primary) == ("zomer@example.com", False, True)
    assert [entry[:3] for entry in people.journal()] == [
        ("account.made", "visitor", person.pk),
        ("account.terms_accepted", "visitor", person.pk),
        ("customer.opened", "visitor", person.pk),
    ]
    with as_owner():
        assert list(Message.objects.values_list("kind", "person_id", "about_id")) == [
            ("account.confirm_address", person.pk, address.pk)
        ]


@pytest.mark.promise("P03")
def test_a_company_signs_up_under_its_trade_name_with_its_numbers(portal: Client) -> None:
    form = people.business(
        trade_name="Zuivelhuis Noord", kvk_number="90 00 00 01", vat_number="nl 8000 00 014 b 06"
    )
    answer = portal.post("/account/signup/", form)
    assert answer.status_code == 200  # its check digits are wrong
    form["vat_number"] = names.vat_number().lower().replace("b", " b ")
    assert portal.post("/account/signup/", form).status_code == 302
    with as_owner():
        customer = Customer.objects.get()
    assert (customer.kind, customer.name, customer.kvk_number) == ("business", "Zuivelhuis Noord", "90000001")
    assert customer.vat_number == form["vat_number"].upper().replace(" ", "")


def test_a_company_abroad_needs_no_kvk_number(portal: Client) -> None:
    form = people.business(country="BE", kvk_number="", vat_number="BE 0428.759.497", postcode="1000")
    assert portal.post("/account/signup/", form).status_code == 302
    with as_owner():
        assert Customer.objects.values_list("country", "vat_number", "postcode").get() == (
            "BE",
            "BE0428759497",
            "1000",
        )


def test_the_language_of_the_page_becomes_that_of_the_person(portal: Client) -> None:
    answer = portal.post("/en/account/signup/", people.form())
    assert answer["Location"] == "/en/account/confirm-email/"
    with as_owner():
        assert Person.objects.get().language == "en"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"given_name": ""}, "given_name"),
        ({"family_name": "https://example.com/win"}, "family_name"),
        ({"given_name": "Win\nnu"}, "given_name"),
        ({"phone": "12"}, "phone"),
        ({"postcode": "0123 AB"}, "postcode"),
        ({"country": "US"}, "country"),
        ({"terms": ""}, "terms"),
        ({"email": "nobody"}, "email"),
        ({"password1": "kort"}, "password1"),
        ({"password1": "1234567890"}, "password1"),
        ({"trade_name": "Iets"}, "capacity"),
        ({"kvk_number": "12345678"}, "capacity"),
        ({"capacity": "club"}, "capacity"),
        ({"capacity": "business", "kvk_number": "12345678"}, "trade_name"),
        ({"capacity": "business", "trade_name": "Iets"}, "kvk_number"),
        ({"capacity": "business", "trade_name": "Iets", "kvk_number": "1234567"}, "kvk_number"),
        (
            {"capacity": "business", "trade_name": "Iets", "kvk_number": "12345678", "vat_number": "NL1"},
            "vat_number",
        ),
        # Of before 2020: the digits are a citizen service number (art. 46 UAVG).
        (
            {
                "capacity": "business",
                "trade_name": "Iets",
                "kvk_number": "12345678",
                "vat_number": "NL111222333B01",
            },
            "vat_number",
        ),
        (
            {
                "capacity": "business",
                "trade_name": "Iets",
                "kvk_number": "12345678",
                "vat_number": "BE0428759497",
            },
            "vat_number",
        ),
    ],
)
@pytest.mark.parametrize("language", ["nl", "en"])
def test_what_is_wrong_is_said_at_its_field_and_makes_nothing(
    portal: Client, wrong: dict[str, str], field: str, language: str
) -> None:
    prefix = "" if language == "nl" else "/en"
    answer = portal.post(f"{prefix}/account/signup/", people.form(**wrong))
    assert answer.status_code == 200
    assert list(answer.context["form"].errors) == [field]
    assert f'id="id_{field}_error"' in answer.content.decode()
    assert made() == (0, 0)


def test_what_was_typed_is_still_there_but_for_the_password(portal: Client) -> None:
    form = people.form(postcode="x")
    page = portal.post("/account/signup/", form).content.decode()
    assert all(form[name] in page for name in ("email", "given_name", "street", "town"))
    assert form["password1"] not in page


@pytest.mark.promise("P09")
def test_a_known_address_gets_the_answers_that_an_unknown_one_gets(portal: Client) -> None:
    known = people.somebody()
    form = people.form()
    assert tries(form | {"email": known.email.upper()}) == tries(form)
    assert made() == (2, 1)
    with as_owner():
        told = list(Message.objects.filter(person_id=known.pk).values_list("kind", flat=True))
    assert told == ["account.already_exists"]


def tries(form: dict[str, str]) -> list[tuple[int, str, str]]:
    """What somebody sees who signs up twice with an address."""
    seen = []
    for _ in range(2):
        browser = Client()
        answer = browser.post("/account/signup/", form)
        page = browser.get(answer["Location"]).content.decode()
        page = re.sub(re.escape(form["email"]), "ADDRESS", page, flags=re.IGNORECASE)
        page = re.sub(r'(csrfmiddlewaretoken" value=|X-CSRFToken": )"[^"]+"', "", page)
        seen.append((answer.status_code, answer["Location"], page))
    return seen


def test_nobody_signs_up_at_the_office(office: Client) -> None:
    assert "given_name" not in office.get("/account/signup/").content.decode()
    assert office.post("/account/signup/", people.form()).status_code in (200, 302)
    assert made() == (0, 0)
