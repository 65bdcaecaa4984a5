"""Looking at one's data and taking it along; being a customer in another capacity too (P03, P70, P72, P77)."""

from typing import Any

import pytest

from hospes.customers.models import Customer
from hospes.kernel import clock
from hospes.kernel.models import JournalEntry
from tests.accounts import people
from tests.portal.visit import IP, House, all_of, browser, house, member, text
from tests.privacy.canaries import Opened, open_zip
from tests.support import make
from tests.support.rights import as_owner

pytestmark = [pytest.mark.usefixtures("site"), pytest.mark.promise("P70", "P72")]


@pytest.fixture
def mine() -> House:
    return house()


def downloaded(client: Any, number: int, prefix: str = "") -> Opened:
    answer = client.post(f"{prefix}/k/{number}/gegevens/downloaden/")
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/zip"
    assert answer["Content-Disposition"] == f'attachment; filename="gegevens-{clock.today().isoformat()}.zip"'
    return open_zip(answer.getvalue())


def test_what_is_held_is_shown_with_why_and_for_how_long(mine: House) -> None:
    page = text(browser(mine.holder).get(f"/k/{mine.number}/gegevens/"))
    for said in (mine.holder.email, mine.customer.name, mine.invoice.number, mine.service.label, "7 jaar na"):
        assert said in page


def test_everything_can_be_taken_along_also_the_files(mine: House) -> None:
    found = downloaded(browser(mine.holder), mine.number)
    assert [row["number"] for row in found.rows("customers_customer")] == [mine.number]
    assert [row["email"] for row in found.rows("customers_person")] == [mine.holder.email]
    assert found.files == {f"files/invoices/{mine.invoice.number}.pdf": mine.pdf}
    with as_owner():
        entry = JournalEntry.objects.get(action="rights.package")
    assert (entry.person_id, entry.actor_id, entry.ip) == (mine.holder.pk, mine.holder.pk, IP)


@pytest.mark.parametrize(
    ("prefix", "language", "word"), [("", "nl", "Uw gegevens"), ("/en", "en", "Your data")]
)
def test_it_is_in_the_language_in_which_it_was_asked_for(
    mine: House, prefix: str, language: str, word: str
) -> None:
    found = downloaded(browser(mine.holder), mine.number, prefix)
    assert f'<html lang="{language}">' in found.page
    assert word in found.page
    labels = [column["label"] for section in found.data["sections"] for column in section["columns"].values()]
    assert ("customer number" in labels) == (language == "en")
    assert ("klantnummer" in labels) == (language == "nl")


@pytest.mark.promise("P77")
@pytest.mark.parametrize("role", ["administration", "technical", "billing", "read_only"])
def test_who_is_no_holder_takes_along_what_is_about_themself_only(mine: House, role: str) -> None:
    somebody = member(mine.customer, role)
    found = downloaded(browser(somebody), mine.number)
    assert [row["id"] for row in found.rows("customers_person")] == [somebody.pk]
    assert found.rows("customers_customer") == found.rows("billing_invoice") == []
    assert found.files == {}
    content = found.everything.decode()
    assert [trace for trace in [*mine.traces, mine.holder.email] if trace in content] == []
    page = browser(somebody).get(f"/k/{mine.number}/gegevens/").content.decode()
    assert mine.invoice.number not in page


@pytest.mark.promise("P77")
def test_the_holder_of_two_customers_takes_both_along_and_no_third(mine: House) -> None:
    other, third = house(), house()
    make.membership(person=mine.holder, customer=other.customer)
    make.membership(person=mine.holder, customer=third.customer, role="administration")
    found = downloaded(browser(mine.holder), mine.number)
    assert {row["number"] for row in found.rows("customers_customer")} == {mine.number, other.number}
    assert len(found.files) == 2
    assert third.invoice.number not in found.everything.decode()


# --- another capacity ---


@pytest.mark.promise("P03")
def test_one_more_customer_is_made_once_however_often_the_form_is_sent(mine: House) -> None:
    client = browser(mine.holder)
    form = {
        k: v
        for k, v in people.business().items()
        if k not in ("email", "password1", "given_name", "family_name", "phone")
    }
    before = len(all_of(Customer))
    answers = [client.post("/klantaccounts/nieuw/", form) for _ in range(3)]
    assert {answer.status_code for answer in answers} == {302}
    assert len({answer["Location"] for answer in answers}) == 1
    assert len(all_of(Customer)) == before + 1
    assert client.get(answers[0]["Location"]).status_code == 200
    assert client.get(f"/k/{mine.number}/").status_code == 200


@pytest.mark.promise("P03")
def test_a_company_that_cannot_be_is_not_made(mine: House) -> None:
    client, before = browser(mine.holder), len(all_of(Customer))
    form = people.business(kvk_number="1234567")
    answer = client.post("/klantaccounts/nieuw/", form)
    assert list(answer.context["form"].errors) == ["kvk_number"]
    assert len(all_of(Customer)) == before


@pytest.mark.promise("P09")
def test_who_is_not_logged_in_makes_none() -> None:
    answer = browser().post("/klantaccounts/nieuw/", people.business())
    assert answer["Location"].startswith("/account/login/")
    assert all_of(Customer) == []
