"""What a clerk does by hand: money that goes back from the bank, amounts on no document, numbers to call about."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from hospes.billing import charging, queries
from hospes.billing.einvoices.jobs import sweep_addresses
from hospes.billing.models import EInvoice, EInvoiceAddress, Invoice, StuckCharge
from hospes.billing.tax.services import note_check
from hospes.kernel import clock
from hospes.kernel.acting import JOB, acting
from hospes.kernel.purposes import Purpose
from hospes.payments import sweeps
from hospes.payments.models import Refund
from hospes.services.models import Charge
from simulators import PeppolAccessPoint
from tests.billing.books import draft, issue
from tests.billing.test_crediting import credit
from tests.office.conftest import AsRole
from tests.support import make
from tests.support.make import NOW, TODAY
from tests.support.rights import as_login, as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.login("office")]

DAY = timedelta(days=1)


def a_refund() -> tuple[Refund, Invoice]:
    with as_login("worker"):
        note = credit(issue(draft(paid_at=NOW, paid_with="banktransfer")))
        sweeps.see_to_refunds(now=NOW)
    with as_owner():
        return Refund.objects.get(), note


def test_money_is_paid_back_by_hand_with_its_day(as_role: AsRole) -> None:
    row, note = a_refund()
    with clock.moved_to(NOW + 2 * DAY):
        client, page = as_role("billing_clerk"), f"/terugbetalingen/{row.pk}/"
        assert note.number in client.get("/werk/met-de-hand-terugbetalen/").content.decode()
        assert client.get(page).status_code == 200
        assert client.post(page, {"on": TODAY - DAY}).status_code == 422
        assert client.post(page, {"on": TODAY + DAY}).status_code == 302
        assert note.number not in client.get("/werk/met-de-hand-terugbetalen/").content.decode()
        assert client.post(page, {"on": TODAY + DAY}).status_code == 422
    with as_owner():
        row.refresh_from_db()
        assert (row.state, row.paid_on, Invoice.objects.get(pk=note.pk).paid_cents) == (
            "done",
            TODAY + DAY,
            9075,
        )


def test_an_amount_on_no_document_is_tried_again_or_settled_by_hand(as_role: AsRole) -> None:
    service = make.service()
    with as_owner():
        Charge.objects.create(
            service=service, customer=service.customer, kind="ended", product=service.product, quantity=1, cents=-500,
            period_from=TODAY, period_until=date(2027, 3, 1), description="Hosting Plus: rest", origin="x:ended", created_at=NOW,
        )  # fmt: skip
    with as_login("worker"), acting(Purpose.BILLING, actor=JOB):
        charging.settle(customer_id=service.customer_id, today=TODAY, now=NOW)
    with as_owner():
        [stuck] = StuckCharge.objects.all()
    client, board = as_role("billing_clerk"), "/werk/bedragen-niet-verwerkt/"
    assert "Hosting Plus: rest" in client.get(board).content.decode()
    assert client.post(f"{board}{stuck.pk}/opnieuw/", {"once": "a"}).status_code == 302
    page = f"/bedragen/{stuck.pk}/"
    said = client.get(page).content.decode().replace("\u00a0", " ")
    assert service.label in said
    assert re.search(r">\s*€ 5,00 zonder btw moet terug", said)
    assert client.post(page, {"note": ""}).status_code == 422
    for _ in range(2):
        assert client.post(page, {"note": "Verrekend bij de verhuizing"}).status_code == 302
    assert "Hosting Plus: rest" not in client.get(board).content.decode()
    with as_owner():
        stuck.refresh_from_db()
    assert stuck.note == "Verrekend bij de verhuizing"


def test_a_wrong_vat_number_is_called_about_until_there_is_another(as_role: AsRole) -> None:
    customer = make.customer(kind="business", country="BE", vat_number="BE0123456749")
    with as_owner():
        number = type(customer).objects.get(pk=customer.pk).vat_number
    with as_login("worker"), acting(Purpose.BILLING, actor=JOB):
        note_check(
            customer_id=customer.pk,
            number=number,
            result="invalid",
            consultation="",
            reason="",
            now=clock.now(),
        )
    client = as_role("billing_clerk")
    assert number in client.get("/werk/btw-nummer-ongeldig/").content.decode()
    with as_owner():
        type(customer).objects.filter(pk=customer.pk).update(vat_number="BE0999999922")
    assert number not in client.get("/werk/btw-nummer-ongeldig/").content.decode()


def test_an_e_invoice_that_did_not_arrive_is_listed(as_role: AsRole) -> None:
    invoice = make.invoice()
    with as_owner():
        EInvoice.objects.create(invoice=invoice, customer=invoice.customer, participant="0106:12345678", state="failed",
                                reason="unknown", planned_at=clock.now(), settled_at=clock.now())  # fmt: skip
    assert invoice.number in as_role("billing_clerk").get("/werk/e-facturen-mislukt/").content.decode()


E_INVOICE = {"about": "e-invoice", "way": "e-invoice", "scheme": "0208", "number": "0403.019.261"}
BUYER = "0208:0403019261"


@pytest.fixture
def point(settings: Any) -> Iterator[PeppolAccessPoint]:
    with PeppolAccessPoint(token="peppol-test-token") as sim:
        settings.HOSPES_PEPPOL = {"access_point": "rest", "url": sim.url, "token": "peppol-test-token"}
        yield sim


def addresses() -> list[tuple[int, str, str, bool]]:
    with as_owner():
        found = EInvoiceAddress.objects.filter(ended_at=None).order_by("pk")
        return [(x.customer_id, x.participant, x.state, x.with_mail) for x in found]


def test_a_clerk_says_where_e_invoices_go(point: PeppolAccessPoint, as_role: AsRole) -> None:
    customer, client = make.customer(kind="business"), as_role("billing_clerk")
    page = f"/en/klanten/{customer.number}/facturen/wensen/"
    assert "E-invoices" in client.get(page).content.decode()
    wrong = client.post(page, E_INVOICE | {"number": "0403019262"})
    assert (wrong.status_code, "An example of one is 0403019261" in wrong.content.decode()) == (422, True)
    assert client.post(page, E_INVOICE).status_code == 302
    assert addresses() == [(customer.pk, BUYER, "reachable", False)]
    assert BUYER in client.get(page).content.decode()
    shown = client.get(f"/en/klanten/{customer.number}/").content.decode()
    assert BUYER in shown
    assert "no mail besides" in shown
    assert "0403019261" in client.get(f"/klanten/{customer.number}/facturen/wensen/").content.decode()
    # The other form of the page leaves it as it is, and this one leaves that.
    terms = {"collect": "service", "reference": "A", "purchase_order": "", "term_days": "30"}
    client.post(page, terms)
    client.post(page, E_INVOICE | {"way": "both"})
    assert addresses() == [(customer.pk, BUYER, "reachable", True)]
    with acting(Purpose.BILLING, actor=JOB):
        assert queries.payment_days(customer.pk) == 30
    client.post(page, E_INVOICE | {"way": "mail"})
    assert addresses() == []


def test_nobody_receives_there_or_the_access_point_is_silent(
    point: PeppolAccessPoint, as_role: AsRole
) -> None:
    customer, client = make.customer(kind="business"), as_role("billing_clerk")
    page, board = f"/en/klanten/{customer.number}/facturen/wensen/", "/en/werk/e-factuuradressen/"
    point.control.absent(BUYER)
    refused = client.post(page, E_INVOICE)
    assert (refused.status_code, "Nobody receives e-invoices at this number" in refused.content.decode()) == (
        422,
        True,
    )
    assert addresses() == []
    point.control.outage(1)
    client.post(page, E_INVOICE)
    assert addresses() == [(customer.pk, BUYER, "unchecked", False)]
    assert BUYER not in client.get(board).content.decode()  # it is asked again first
    with as_owner():
        EInvoiceAddress.objects.update(since=clock.now() - timedelta(hours=2))
    assert BUYER in client.get(board).content.decode()
    with as_login("worker"):
        sweep_addresses.run(timestamp=0)
    assert addresses() == [(customer.pk, BUYER, "unknown", False)]
    shown = client.get(board).content.decode()
    assert BUYER in shown
    assert "nobody receives e-invoices there" in shown


@pytest.mark.parametrize("role", ["support_agent", "technician", "privacy_officer"])
def test_who_does_not_bill_says_nothing_of_e_invoices(
    point: PeppolAccessPoint, as_role: AsRole, role: str
) -> None:
    customer = make.customer(kind="business")
    client = as_role(role)
    assert client.get("/werk/e-factuuradressen/").status_code == 404
    assert client.post(f"/klanten/{customer.number}/facturen/wensen/", E_INVOICE).status_code == 404
    assert addresses() == []


def test_a_private_person_gets_no_e_invoices(point: PeppolAccessPoint, as_role: AsRole) -> None:
    customer, client = make.customer(kind="private"), as_role("billing_clerk")
    page = f"/klanten/{customer.number}/facturen/wensen/"
    assert "E-facturen" not in client.get(page).content.decode()
    assert client.post(page, E_INVOICE).status_code == 404


def test_e_invoices_of_which_nothing_is_heard_are_listed(as_role: AsRole) -> None:
    now, client = clock.now(), as_role("billing_clerk")
    for hours, words, is_listed in (
        (2, {"state": "waiting"}, True), (0, {"state": "waiting"}, False),
        (2, {"state": "taken"}, False), (25, {"state": "taken"}, True), (25, {"state": "delivered"}, False),
    ):  # fmt: skip
        invoice, at = make.invoice(), now - timedelta(hours=hours)
        taken = {} if words["state"] == "waiting" else {"taken_at": at, "reference": "pep_1"}
        with as_owner():
            EInvoice.objects.create(
                invoice=invoice, customer=invoice.customer, participant=BUYER, planned_at=at, **words, **taken
            )
        assert (invoice.number in client.get("/werk/e-facturen-onderweg/").content.decode()) == is_listed


def test_a_clerk_agrees_upon_a_payment_term_and_gets_pro_formas(as_role: AsRole) -> None:
    holder = make.person(language="nl")
    customer = make.customer(holder=holder)
    order = make.order(customer=customer)
    client, page = as_role("billing_clerk"), f"/klanten/{customer.number}/facturen/wensen/"
    asked = {"collect": "service", "reference": "", "purchase_order": "PO-7", "term_days": "30"}
    assert client.post(page, asked | {"term_days": "121"}).status_code == 422
    assert client.post(page, asked).status_code == 302
    with acting(Purpose.BILLING, actor=JOB):
        assert queries.payment_days(customer.pk) == 30
    shown = client.get(f"/klanten/{customer.number}/").content.decode()
    assert "PO-7" in shown
    assert client.get(
        f"/klanten/{customer.number}/bestellingen/{order.number}/pro-forma/"
    ).content.startswith(b"%PDF")
    assert client.get(f"/klanten/{customer.number}/facturen/pro-forma/").status_code == 302  # nothing renews
    make.service(customer=customer, started_on=clock.today() - 10 * DAY)
    assert client.get(f"/klanten/{customer.number}/facturen/pro-forma/").content.startswith(b"%PDF")
