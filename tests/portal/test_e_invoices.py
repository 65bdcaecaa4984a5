"""A company says on the page of how it wants invoices that they go over Peppol, and what it says is what happens."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.test import Client

from hospes.billing import jobs
from hospes.billing.einvoices.jobs import send, sweep, sweep_addresses
from hospes.billing.models import EInvoice, EInvoiceAddress, Invoice
from hospes.customers.models import Customer
from hospes.kernel import clock
from hospes.messaging.models import Message
from simulators import PeppolAccessPoint
from tests.billing.books import draft, issue
from tests.portal.visit import all_of, browser, member, text
from tests.support import make
from tests.support.rights import as_login

pytestmark = [pytest.mark.usefixtures("site")]

TOKEN = "peppol-test-token"
BUYER = "0106:87654321"
ASKED = {"about": "e-invoice", "way": "both", "scheme": "0106", "number": "87654321"}


@pytest.fixture
def point(settings: Any, tmp_path: Path) -> Iterator[PeppolAccessPoint]:
    settings.MEDIA_ROOT = tmp_path
    with PeppolAccessPoint(token=TOKEN) as sim:
        settings.HOSPES_PEPPOL = {"access_point": "rest", "url": sim.url, "token": TOKEN}
        yield sim


@pytest.fixture
def customer(point: PeppolAccessPoint) -> Customer:
    made: Customer = make.customer(holder=make.person(language="nl"), kind="business")
    return made


def page_of(customer: Customer) -> str:
    return f"/k/{customer.number}/facturen/wensen/"


def visit(customer: Customer, role: str = "billing") -> Client:
    return browser(member(customer, role))


def kept() -> list[tuple[str, str, bool]]:
    return [(x.participant, x.state, x.with_mail) for x in all_of(EInvoiceAddress) if x.ended_at is None]


def invoiced(customer: Customer, origin: str) -> Invoice:
    """An invoice with its file, and its e-invoice sent where there is one."""
    with as_login("worker"):
        made = issue(draft(customer, origin=origin, due_on=clock.today()), today=clock.today())
        jobs.make_document.run(invoice_id=made.pk)
        send.run(invoice_id=made.pk)
    return made


def arrived(point: PeppolAccessPoint) -> str:
    return httpx.get(point.url, trust_env=False).text


def mailed() -> list[int | None]:
    return [x.about_id for x in all_of(Message) if x.kind == "billing.invoice"]


def test_from_the_page_to_the_other_sides_bookkeeping(customer: Customer, point: PeppolAccessPoint) -> None:
    client, page = visit(customer), page_of(customer)
    shown = text(client.get(page))
    assert "E-facturen" in shown
    assert "KvK-nummer (Nederland) (0106)" in shown
    before = invoiced(customer, "x:1")
    assert client.post(page, ASKED | {"number": " 87 65 43 21 "})["Location"] == page
    assert kept() == [(BUYER, "reachable", True)]
    assert "Uw facturen gaan naar KvK-nummer (Nederland) 87654321 (0106:87654321), en per mail." in text(
        client.get(page)
    )
    assert "Your invoices go to KvK number (Netherlands) 87654321" in text(client.get(f"/en{page}"))
    after = invoiced(customer, "x:2")
    seen = arrived(point)
    assert (after.number in seen, BUYER in seen, before.number in seen) == (True, True, False)
    assert mailed() == [before.pk, after.pk]
    client.post(page, ASKED | {"way": "e-invoice"})
    assert kept() == [(BUYER, "reachable", False)]
    assert "en niet per mail" in text(client.get(page))
    third = invoiced(customer, "x:3")
    assert third.number in arrived(point)
    assert mailed() == [before.pk, after.pk]
    client.post(page, ASKED | {"way": "mail", "number": ""})
    assert kept() == []
    last = invoiced(customer, "x:4")
    assert last.number not in arrived(point)
    assert mailed() == [before.pk, after.pk, last.pk]


@pytest.mark.parametrize(("scheme", "number", "example"), [
    ("0106", "1234567", "12345678"), ("0208", "0403019262", "0403019261"), ("9944", "NL111222333B01", "NL004495445B01"),
    ("0190", "1", "00000001003214345000"), ("0106", "", "12345678"),
])  # fmt: skip
def test_a_number_that_is_none_is_refused_with_an_example(
    customer: Customer, scheme: str, number: str, example: str
) -> None:
    client, page = visit(customer), page_of(customer)
    said = text(client.post(page, ASKED | {"scheme": scheme, "number": number}))
    assert f"Dit is niet zo’n nummer. Een voorbeeld is {example}." in said
    said = text(client.post(f"/en{page}", ASKED | {"scheme": scheme, "number": number}))
    assert f"This is no such number. An example of one is {example}." in said
    assert all_of(EInvoiceAddress) == []


@pytest.mark.parametrize("scheme", ["9999", "", "x" * 200])
def test_a_scheme_that_is_not_offered_is_refused(customer: Customer, scheme: str) -> None:
    assert visit(customer).post(page_of(customer), ASKED | {"scheme": scheme}).status_code == 200
    assert all_of(EInvoiceAddress) == []


def test_where_nobody_receives_anything_nothing_is_kept(customer: Customer, point: PeppolAccessPoint) -> None:
    point.control.absent(BUYER)
    client, page = visit(customer), page_of(customer)
    client.post(page, ASKED | {"number": "11111111"})
    assert "Op dit nummer ontvangt niemand e-facturen." in text(client.post(page, ASKED))
    assert kept() == [("0106:11111111", "reachable", True)]


def test_while_the_access_point_says_nothing_invoices_go_by_mail(
    customer: Customer, point: PeppolAccessPoint
) -> None:
    client, page = visit(customer), page_of(customer)
    point.control.outage(1)
    client.post(page, ASKED | {"way": "e-invoice"})
    assert kept() == [(BUYER, "unchecked", False)]
    assert "Wij konden nog niet nagaan of" in text(client.get(page))
    first = invoiced(customer, "x:1")
    assert mailed() == [first.pk]
    with as_login("worker"):
        sweep_addresses.run(timestamp=0)
    assert kept() == [(BUYER, "reachable", False)]
    second = invoiced(customer, "x:2")
    assert second.number in arrived(point)
    assert mailed() == [first.pk]


def test_who_is_gone_from_the_network_gets_the_mail_and_reads_why(
    customer: Customer, point: PeppolAccessPoint
) -> None:
    client, page = visit(customer), page_of(customer)
    client.post(page, ASKED | {"way": "e-invoice"})
    point.control.absent(BUYER)
    made = invoiced(customer, "x:1")
    assert [(x.invoice_id, x.state, x.reason) for x in all_of(EInvoice)] == [
        (made.pk, "failed", "unknown_participant")
    ]
    assert mailed() == [made.pk]
    with as_login("worker"):
        sweep.run(timestamp=0)
    assert mailed() == [made.pk]
    assert "ontvangt niemand meer e-facturen" in text(client.get(page))
    assert kept() == [(BUYER, "unknown", False)]


@pytest.mark.promise("P09", "P30")
@pytest.mark.parametrize(
    ("role", "code"), [("administration", 302), ("billing", 302), ("technical", 403), ("read_only", 403)]
)
def test_only_who_may_pay_says_so(customer: Customer, role: str, code: int) -> None:
    assert visit(customer, role).post(page_of(customer), ASKED).status_code == code
    assert len(all_of(EInvoiceAddress)) == (1 if code == 302 else 0)


@pytest.mark.promise("P09", "P30")
def test_of_another_customer_nothing_is_seen_or_changed(customer: Customer) -> None:
    other = make.customer(kind="business")
    visit(customer).post(page_of(customer), ASKED)
    stranger = visit(other)
    for answer in (
        stranger.get(page_of(customer)),
        stranger.post(page_of(customer), ASKED | {"way": "mail"}),
    ):
        assert answer.status_code == 404
        assert "87654321" not in answer.content.decode()
    assert kept() == [(BUYER, "reachable", True)]
    assert BUYER not in text(stranger.get(page_of(other)))


def test_a_private_person_is_not_asked(point: PeppolAccessPoint) -> None:
    customer = make.customer(kind="private")
    client = visit(customer)
    assert "E-facturen" not in text(client.get(page_of(customer)))
    assert client.post(page_of(customer), ASKED).status_code == 404
    assert all_of(EInvoiceAddress) == []
