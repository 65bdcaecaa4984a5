"""The bank's pages: a file is brought, what is certain is booked, and a clerk says what the rest is."""

import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from hospes.billing.models import Invoice
from hospes.customers.models import Customer
from hospes.kernel.models import JournalEntry
from hospes.payments.balances import payouts
from hospes.payments.balances.models import Balance, Payout, PayoutWish
from hospes.payments.bank import allocating
from hospes.payments.bank.models import BankLine, BankStatement
from tests.billing.books import draft, issue
from tests.office.conftest import AsRole
from tests.office.people import ROLES
from tests.payments.bank.paper import THEIRS, act, bring, camt, line, numbers, paid, statement
from tests.support import make
from tests.support.rights import as_login, as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.login("office")]


def an_invoice(customer: Customer, origin: str = "order:1") -> Invoice:
    with as_login("worker"):
        return issue(draft(customer, origin=origin))


def upload(client: Client, data: bytes, name: str = "afschrift.xml") -> Any:
    return client.post("/bank/", {"file": SimpleUploadedFile(name, data, "text/xml")})


def text(answer: Any) -> str:
    bare = re.sub(r"<[^>]+>", " ", answer.content.decode())
    return " ".join(bare.replace("\u00a0", " ").split())


def one_line() -> BankLine:
    with as_owner():
        return BankLine.objects.order_by("-pk")[0]


def test_a_file_is_brought_and_brought_again(as_role: AsRole) -> None:
    customer = make.customer()
    invoice = an_invoice(customer)
    client, data = as_role("billing_clerk"), camt(statement(line(9075, invoice.number), line(1, "?")))
    assert "Er zijn nog geen afschriften" in text(client.get("/bank/"))
    assert upload(client, data).status_code == 302
    assert "2 regels ingelezen: 1 geboekt, 1 wachtend op u." in text(client.get("/bank/"))
    assert paid(invoice) == 9075
    assert upload(client, data).status_code == 302
    assert "Alles uit dit bestand is er al" in text(client.get("/bank/"))
    with as_owner():
        assert (BankStatement.objects.count(), BankLine.objects.count()) == (1, 2)
        assert JournalEntry.objects.filter(action="bank.taken_in").count() == 1


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "Dit bestand is leeg"),
        (b"PK\x03\x04", "geen bankafschrift"),
        (b"<a>", "geen bankafschrift van het soort CAMT.053"),
        (camt(statement(line(1)))[:-40], "niet volledig"),
        (camt(statement(line(1), closing_cents=5)), "klopt niet"),
        (camt(statement(line(1), account="NL20INGB0001234567")), "niet van ons"),
        (b"<" + b"x" * 20_000_001, "groter dan 20 MB"),
    ],
)  # fmt: skip
def test_a_file_that_is_not_right_is_refused_as_a_whole(as_role: AsRole, data: bytes, words: str) -> None:
    client = as_role("billing_clerk")
    answer = upload(client, data)
    assert (answer.status_code, words in text(answer)) == (422, True), text(answer)
    with as_owner():
        assert not BankStatement.objects.exists()


def test_a_file_of_50_mb_is_not_even_read(as_role: AsRole) -> None:
    assert upload(as_role("billing_clerk"), b"<" * 50_000_000).status_code == 413


def test_only_who_may_bring_a_file_has_it_read() -> None:
    assert upload(Client(), b"<" * 3_000_000).status_code == 413
    assert upload(Client(), camt(statement(line(1)))).status_code == 302
    with as_owner():
        assert not BankStatement.objects.exists()


@pytest.mark.parametrize("role", sorted(set(ROLES) - {"billing_clerk"}))
def test_for_other_roles_there_is_no_bank(as_role: AsRole, role: str) -> None:
    with as_login("worker"):
        bring(camt(statement(line(1, "?"))))
    row, client = one_line(), as_role(role)
    for page in ("/bank/", "/bank/te-verdelen/", f"/bank/regels/{row.pk}/", f"/bank/{row.statement_id}/"):
        assert client.get(page).status_code == 404
        assert client.post(page, {"do": "aside", "note": "x"}).status_code in (404, 405)
    assert "/bank/" not in client.get("/").content.decode()


def test_a_proposal_is_accepted_with_one_click(as_role: AsRole) -> None:
    customer = make.customer(name="Bakkerij Zonnedauw")
    invoice = an_invoice(customer)
    with as_login("worker"):
        bring(camt(statement(line(9075, "bedankt!", name="Bakkerij Zonnedauw"))))
    client, row = as_role("billing_clerk"), one_line()
    assert f"/bank/regels/{row.pk}/" in client.get("/werk/bankregels/").content.decode()
    page = client.get("/bank/te-verdelen/")
    said = text(page)
    assert "40 van 100: de naam past; het bedrag klopt op de cent" in said
    assert THEIRS not in said
    assert "NL•• •••• •••• 4567" in said
    key = re.search(r'name="key" value="([^"]+)"', page.content.decode())
    assert key
    for _ in range(2):  # pressed twice
        assert client.post("/bank/te-verdelen/", {"line": row.pk, "key": key[1]}).status_code == 302
    assert paid(invoice) == 9075
    assert "Alles op de afschriften is verdeeld." in text(client.get("/bank/te-verdelen/"))
    with as_owner():  # the customer sees that they were shown
        assert JournalEntry.objects.filter(action="staff.listed", customer_id=customer.pk).exists()


def test_a_payment_is_split_over_invoices_and_undone(as_role: AsRole) -> None:
    customer, other = make.customer(), make.customer()
    several = [an_invoice(customer), an_invoice(other, "order:2")]
    with as_login("worker"):
        bring(camt(statement(line(12_000, numbers(several)))))
    client, row = as_role("billing_clerk"), one_line()
    page = f"/bank/regels/{row.pk}/"
    assert THEIRS[:4] + " " + THEIRS[4:8] in text(client.get(page))  # here it is needed
    wrong = {"do": "invoices", "invoices": f"{several[0].number} 90,76"}
    assert "Zoveel staat er niet open" in text(client.post(page, wrong))
    for nonsense in (
        "",
        "F1",
        f"{several[0].number} x",
        f"{several[0].number} -1",
        f"{several[0].number}\n{several[0].number}",
    ):
        assert client.post(page, {"do": "invoices", "invoices": nonsense}).status_code == 422
    split = f"{several[0].number.lower()} 90,75\n\n{several[1].number} € 29,25"
    assert client.post(page, {"do": "invoices", "invoices": split}).status_code == 302
    assert [paid(each) for each in several] == [9075, 2925]
    found = re.findall(r'name="allocation" value="(\d+)"', client.get(page).content.decode())
    assert len(found) == 2
    assert client.post(page, {"do": "undo", "allocation": found[1]}).status_code == 302
    assert [paid(each) for each in several] == [9075, 0]
    with as_login("worker"):
        bring(camt(statement(line(1, "x"), opening=112_000)))
    other_page = f"/bank/regels/{one_line().pk}/"
    assert client.post(other_page, {"do": "undo", "allocation": found[0]}).status_code == 404


def test_money_is_held_as_a_balance_or_set_aside(as_role: AsRole) -> None:
    customer = make.customer()
    with as_login("worker"):
        bring(camt(statement(line(500, "vooruit"), line(-250, "Bankkosten", name="De Bank"))))
    client = as_role("billing_clerk")
    with as_owner():
        first, second = BankLine.objects.order_by("pk")
    page = f"/bank/regels/{first.pk}/"
    assert "geen klant met dit nummer" in text(client.post(page, {"do": "balance", "number": 99}))
    assert client.post(page, {"do": "balance", "number": customer.number}).status_code == 302
    page = f"/bank/regels/{second.pk}/"
    assert client.post(page, {"do": "aside", "note": ""}).status_code == 422
    assert client.post(page, {"do": "aside", "note": "Kosten van de bank"}).status_code == 302
    assert "Kosten van de bank" in text(client.get(f"/bank/{second.statement_id}/"))
    with as_owner():
        assert Balance.objects.get(customer=customer).cents == 500
    assert "€ 5,00 bij ons tegoed" in text(client.get(f"/klanten/{customer.number}/"))


def test_a_colleague_asks_a_balance_back_for_who_calls_and_once(as_role: AsRole) -> None:
    customer = make.customer()
    with as_login("worker"):
        bring(camt(statement(line(500, "vooruit"))))
        act(allocating.hold_as_balance, line_id=one_line().pk, number=customer.number)
    client, page = as_role("billing_clerk"), f"/klanten/{customer.number}/"
    assert 'id="balance-back"' in client.get(page).content.decode()
    for _ in range(2):
        assert client.post(f"{page}tegoed/").status_code == 302
    assert 'id="balance-back"' not in client.get(page).content.decode()
    with as_owner():
        wish = PayoutWish.objects.get()
    with as_login("worker"):
        act(payouts.plan, wish_id=wish.pk)
    with as_owner():
        assert list(Payout.objects.values_list("cents", "state")) == [(500, "failed")]
    assert "terug" in text(client.post(f"{page}tegoed/", follow=True))
    with as_owner():
        assert PayoutWish.objects.count() == 1  # there is nothing any more


def test_what_is_no_address_is_no_page(as_role: AsRole) -> None:
    client = as_role("billing_clerk")
    for page in ("/bank/1/", "/bank/regels/1/"):
        assert client.get(page).status_code == 404
    assert client.post("/bank/regels/1/", {"do": "payout"}).status_code == 302
    for query in ("?na=x", "?na=2026-01-01~x", "?na=-1"):
        assert client.get(f"/bank/{query}").status_code == 200
        assert client.get(f"/bank/te-verdelen/{query}").status_code == 200
