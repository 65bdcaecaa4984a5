"""How a customer wants invoices, who gets a copy, what is invoiced next, and paying what is open."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client

from hospes.billing.models import Invoice, InvoiceSettings
from hospes.customers.models import ContactAddress
from hospes.kernel import clock
from hospes.kernel.acting import JOB, acting
from hospes.kernel.purposes import Purpose
from hospes.messaging import services as messaging
from hospes.messaging.models import Message
from hospes.payments.models import Payment
from simulators import PaymentProvider
from tests.billing.books import draft, issue
from tests.portal.visit import all_of, browser, member, text
from tests.support import make
from tests.support.make import NOW
from tests.support.rights import as_login, as_owner

pytestmark = [pytest.mark.usefixtures("site")]


@pytest.fixture
def provider(settings: Any) -> Iterator[PaymentProvider]:
    with PaymentProvider() as sim:
        settings.HOSPES_MOLLIE = {"url": sim.url, "key": "test_portal"}
        sim.control.plan(0)
        yield sim


def visit() -> tuple[Any, Client]:
    holder = make.person(language="nl")
    customer = make.customer(holder=holder, kind="business")
    return customer, browser(holder)


def invoiced(customer: Any, origin: str = "x:1") -> Invoice:
    with as_login("worker"):
        return issue(
            draft(customer, origin=origin, due_on=clock.today() + timedelta(days=14)), today=clock.today()
        )


def words_of(pdf: bytes, tmp_path: Any) -> str:
    from pypdf import PdfReader

    path = tmp_path / "made.pdf"
    path.write_bytes(pdf)
    return " ".join(page.extract_text() for page in PdfReader(path).pages)


# --- wishes ---


def test_what_a_customer_wants_stands_on_the_invoices_from_then_on() -> None:
    customer, client = visit()
    before = invoiced(customer)
    page = f"/k/{customer.number}/facturen/wensen/"
    assert "U hebt 14 dagen om een factuur te betalen." in text(client.get(page))
    answer = client.post(page, {"collect": "service", "reference": " Afdeling 3 ", "purchase_order": "PO-1"})
    assert answer["Location"] == page
    with as_owner():
        held = InvoiceSettings.objects.get()
    assert (held.collect, held.reference, held.purchase_order, held.term_days) == (
        "service",
        "Afdeling 3",
        "PO-1",
        None,
    )
    after = invoiced(customer, "x:2")
    with as_owner():
        before.refresh_from_db()
    assert (before.reference, after.reference, after.purchase_order) == ("", "Afdeling 3", "PO-1")
    assert client.post(page, {"collect": "never"}).status_code == 200
    with as_owner():
        assert InvoiceSettings.objects.get().collect == "service"
    assert browser(member(customer, "read_only")).get(page).status_code == 403


def test_the_payment_term_is_not_the_customers_to_choose() -> None:
    customer, client = visit()
    client.post(f"/k/{customer.number}/facturen/wensen/", {"collect": "customer", "term_days": "90"})
    assert [x.term_days for x in all_of(InvoiceSettings)] in ([], [None])


# --- copies ---


def test_everybody_who_confirmed_gets_a_copy_of_the_invoice(mailoutbox: Any) -> None:
    customer, _client = visit()
    with as_owner():
        holder = make.holder_of(customer)
        for n, confirmed in enumerate((NOW, NOW, None)):
            ContactAddress.objects.create(
                customer=customer, use="copies", email=f"kopie{n}@mail.example", language="nl", asked_by=holder, asked_at=NOW,
                expires_at=NOW + timedelta(days=3), confirmed_at=confirmed,
            )  # fmt: skip
    invoice = make.invoice(customer=customer)
    with as_login("worker"):
        from hospes.billing import services as billing

        with acting(Purpose.BILLING, actor=JOB):
            billing.store_document(invoice=Invoice.objects.get(pk=invoice.pk), pdf=b"%PDF-1.7", now=NOW)
        with as_owner():
            [message] = Message.objects.filter(kind="billing.invoice")
        messaging.deliver(message_id=message.pk, now=NOW)
    [letter] = mail.outbox
    assert letter.to[0].endswith(f"<{customer.invoice_email}>") or letter.to == [customer.invoice_email]
    assert letter.cc == ["kopie0@mail.example", "kopie1@mail.example"]


def test_several_addresses_are_listed_and_one_can_be_let_go_of() -> None:
    customer, client = visit()
    with as_owner():
        holder = make.holder_of(customer)
        made = [
            ContactAddress.objects.create(
                customer=customer, use="copies", email=f"kopie{n}@mail.example", language="nl", asked_by=holder, asked_at=NOW,
                expires_at=NOW + timedelta(days=3), confirmed_at=NOW,
            )
            for n in range(2)
        ]  # fmt: skip
    page = f"/k/{customer.number}/adressen/"
    shown = text(client.get(page))
    assert "kopie0@mail.example" in shown
    assert "kopie1@mail.example" in shown
    client.post(page, {"do": "end", "use": "copies", "contact": made[0].pk})
    shown = text(client.get(page))
    assert "kopie0@mail.example" not in shown
    assert "kopie1@mail.example" in shown


# --- pro forma ---


def test_an_unpaid_order_has_a_pro_forma_in_the_readers_language_and_a_paid_one_has_none(
    tmp_path: Any,
) -> None:
    customer, client = visit()
    order = make.order(customer=customer)
    page = f"/k/{customer.number}/bestellingen/{order.number}/pro-forma/"
    said = words_of(client.get(page).content, tmp_path)
    assert "Pro-formafactuur" in said
    assert "Dit is nog geen factuur" in said
    assert "90,75" in said
    assert "Pro forma invoice" in words_of(client.get(f"/en{page}").content, tmp_path)
    assert all_of(Invoice) == []
    with as_owner():
        type(order).objects.filter(pk=order.pk).update(state="paid", paid_at=NOW)
    assert client.get(page).status_code == 404


def test_the_next_invoice_is_shown_before_it_is_made(tmp_path: Any) -> None:
    customer, client = visit()
    soon = clock.today() + timedelta(days=20)
    started = soon.replace(year=soon.year - 1)
    make.service(customer=customer, label="eerst.test", price_cents=7300, started_on=started)
    make.service(
        customer=customer, label="later.test", price_cents=5000, started_on=started + timedelta(days=9)
    )
    said = words_of(client.get(f"/k/{customer.number}/facturen/pro-forma/").content, tmp_path)
    assert "eerst.test" in said
    assert "later.test" not in said
    assert "88,33" in said
    nobody, other = visit()
    assert other.get(f"/k/{nobody.number}/facturen/pro-forma/").status_code == 302


# --- paying ---


@pytest.mark.promise("P14")
def test_an_open_invoice_is_paid_at_the_provider(provider: PaymentProvider) -> None:
    customer, client = visit()
    invoice = invoiced(customer)
    page = f"/k/{customer.number}/facturen/{invoice.number}/"
    assert f'action="{page}betalen/"' in client.get(page).content.decode()
    answer = client.post(f"{page}betalen/")
    [charge] = provider.ledger.page(newest=None, limit=10)[0]
    assert f"{provider.url}/checkout/{charge.token}" in answer.content.decode()
    assert (charge.asked["amount"]["value"], charge.asked["description"]) == ("90.75", invoice.number)
    assert client.get(f"/betaling/terug/{invoice.number}/")["Location"] == f"{page}?terug=1"
    assert (
        "Wij wachten op bericht van de betaaldienst" in text(client.get(f"{page}?terug=1"))
        or len(all_of(Payment)) == 1
    )
    with as_owner():
        assert Payment.objects.get().invoice_id == invoice.pk
    assert browser(member(customer, "read_only")).post(f"{page}betalen/").status_code == 403
