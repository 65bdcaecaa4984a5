"""Who chose to transfer it sees where to, how much, what to mention and until when; of an order, an invoice, and by a link."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from hospes.billing import pay_links
from hospes.kernel import clock
from hospes.payments.models import Payment
from simulators import PaymentProvider
from tests.portal.visit import browser, jobs, text
from tests.support import make
from tests.support.rights import as_login, as_owner

pytestmark = [pytest.mark.usefixtures("site", "db", "_rights"), pytest.mark.promise("P14")]


@pytest.fixture
def provider(settings: Any) -> Iterator[PaymentProvider]:
    with PaymentProvider() as sim:
        settings.HOSPES_MOLLIE = {"url": sim.url, "key": "test_portal"}
        sim.control.plan(0)
        yield sim


def chosen(provider: PaymentProvider) -> None:
    """At the provider's page a transfer is chosen; the worker looks."""
    from hospes.payments import jobs as payment_jobs

    [charge, *_] = provider.ledger.page(newest=None, limit=1)[0]
    provider.control.settle(charge.id, "pending", "banktransfer")
    with as_owner():
        pk = Payment.objects.get(reference=charge.id).pk
    with as_login("worker"):
        payment_jobs.check.run(payment_id=pk)


WORDS = {
    "": (
        "We wachten op uw overschrijving van € 90,75.",
        "Uiterlijk op",
        "Vermeld",
        "Op een andere manier betalen",
    ),
    "/en": (
        "We are waiting for your transfer of €90.75.",
        "At the latest on",
        "Mention",
        "Pay in another way",
    ),
}


@pytest.mark.parametrize("prefix", ["", "/en"])
def test_the_page_of_an_order(provider: PaymentProvider, prefix: str) -> None:
    order = make.order()
    client = browser(make.holder_of(order.customer))
    with as_owner():
        page = f"{prefix}/k/{order.customer.number}/bestellingen/{order.number}/"
    client.post(f"{page}betalen/")
    chosen(provider)
    for address in (page, f"{page}?terug=1"):
        said = text(client.get(address)).replace("\u00a0", " ")
        for words in (
            *WORDS[prefix],
            "NL53ABNA0627535577",
            "RF11-0000-0000-0001",
            "Stichting Mollie Payments",
        ):
            assert words in said, words
        assert ("Betaal € 90,75" in said or "Pay €90.75" in said) is False
    assert "payments.jobs.check" not in jobs()
    with as_owner():
        pk = Payment.objects.get(order=order).pk
    assert client.post(f"{page}betalen/", {"instead_of": str(pk)}).status_code == 200
    said = text(client.get(page)).replace("\u00a0", " ")
    assert "NL53ABNA0627535577" not in said


@pytest.mark.parametrize("prefix", ["", "/en"])
def test_the_page_of_an_invoice_and_the_link_in_a_mail(provider: PaymentProvider, prefix: str) -> None:
    from tests.billing.books import draft, issue

    with as_login("worker"):
        made = draft(make.customer(holder=make.person()), due_on=clock.today() + timedelta(days=14))
        invoice = issue(made, today=clock.today(), now=clock.now())
    with as_owner():
        customer = invoice.customer
        page = f"{prefix}/k/{customer.number}/facturen/{invoice.number}/"
        token = pay_links.token(invoice, today=clock.today())
    client = browser(make.holder_of(customer))
    assert client.post(f"{page}betalen/").status_code == 200
    chosen(provider)
    for visitor, address in ((client, page), (Client(), f"{prefix}/betalen/{token}/")):
        said = text(visitor.get(address)).replace("\u00a0", " ")
        for words in (*WORDS[prefix], "NL53ABNA0627535577", "RF11-0000-0000-0001"):
            assert words in said, (address, words)


def test_of_several_invoices_another_way_cancels_it_and_a_link_tells_nothing_of_the_others(
    provider: PaymentProvider,
) -> None:
    from tests.billing.books import draft, issue

    customer = make.customer(holder=make.person())
    with as_login("worker"):
        first, second = (
            issue(
                draft(customer, origin=f"x:{n}", due_on=clock.today() + timedelta(days=n)), today=clock.today(),
                now=clock.now(),
            )
            for n in (14, 15)
        )  # fmt: skip
    with as_owner():
        page = f"/en/k/{customer.number}/facturen/"
        link = f"/en/betalen/{pay_links.token(second, today=clock.today())}/"
    client = browser(make.holder_of(customer))
    assert client.post(f"{page}samen-betalen/", {"invoice": [first.number, second.number]}).status_code == 200
    chosen(provider)
    with as_owner():
        payment = Payment.objects.get()
    said = text(client.get(f"{page}{first.number}/"))
    assert "We are waiting for your transfer of €181.50." in said.replace("\u00a0", " ")
    assert "Pay in another way" in said
    said = text(Client().get(link)).replace("\u00a0", " ")
    assert "181.50" not in said
    assert "NL53ABNA0627535577" not in said
    assert "Somebody chose to pay this invoice by bank transfer." in said
    assert Client().post(link, {"instead_of": str(payment.pk)}).status_code == 200
    assert provider.ledger.get(payment.reference or "").status == "canceled"
    with as_owner():
        assert Payment.objects.get(pk=payment.pk).replaced_at is not None
        assert Payment.objects.exclude(pk=payment.pk).get().invoice_id == second.pk
