"""Having invoices collected is chosen by a tick that nobody made beforehand; it is seen and ended in the portal."""

from collections.abc import Iterator
from typing import Any

import pytest

from hospes.payments.collecting.models import CollectWish, ProviderMandate
from simulators import PaymentProvider
from tests.payments.debits import desk
from tests.portal.visit import all_of, browser, jobs, member, text
from tests.support import make
from tests.support.rights import as_login, as_owner

pytestmark = [pytest.mark.usefixtures("site"), pytest.mark.promise("P14")]


@pytest.fixture
def provider(settings: Any) -> Iterator[PaymentProvider]:
    with PaymentProvider() as sim:
        settings.HOSPES_MOLLIE = {"url": sim.url, "key": "test_collecting"}
        sim.control.plan(0)
        yield sim


def leave_of(customer: Any) -> ProviderMandate:
    payment = make.payment(order=make.order(customer=customer, paid=True), state="paid")
    with as_owner():
        CollectWish.objects.create(
            payment=payment, customer=customer, person=make.holder_of(customer), words="x", asked_at=make.NOW
        )
        return ProviderMandate.objects.create(
            payment=payment, customer=customer, reference=f"mdt_{customer.pk}", method="directdebit", given_at=make.NOW
        )  # fmt: skip


def test_the_tick_is_never_made_beforehand_and_counts_only_when_made(provider: PaymentProvider) -> None:
    order = make.order()
    with as_owner():
        client, page = (
            browser(make.holder_of(order.customer)),
            f"/k/{order.customer.number}/bestellingen/{order.number}/",
        )
    said = client.get(page).content.decode()
    tick = said[said.index('name="collect"') - 60 : said.index('name="collect"') + 30]
    assert "checked" not in tick
    client.post(f"{page}betalen/")
    assert all_of(CollectWish) == []
    client.post(f"{page}betalen/", {"collect": "on"})
    [wish] = all_of(CollectWish)
    assert wish.words.startswith("Laat mijn volgende facturen vanzelf innen")
    newest = provider.ledger.page(newest=None, limit=1)[0][0]
    assert newest.asked["sequenceType"] == "first"


def test_leave_is_seen_and_ended_by_who_may_pay(provider: PaymentProvider) -> None:
    customer = make.customer(holder=make.person())
    leave = leave_of(customer)
    page = f"/k/{customer.number}/facturen/innen/"
    client = browser(make.holder_of(customer))
    assert "automatische incasso" in text(client.get(page))
    assert browser(member(customer, "technical")).get(page).status_code == 403
    assert client.post(page, {"leave": str(leave.pk + 1)}).status_code == 302
    with as_owner():
        assert ProviderMandate.objects.get().state == "active"
    assert client.post(page, {"leave": str(leave.pk)}).status_code == 302
    with as_owner():
        held = ProviderMandate.objects.get()
    assert (held.state, held.ended_why) == ("ended", "customer")
    assert "payments.collecting.jobs.revoke" in jobs()
    assert "Uw facturen worden niet geïnd" in text(client.get(page))


def test_the_page_of_an_invoice_says_when_it_is_collected_as_its_mail_does(provider: PaymentProvider) -> None:
    customer = make.customer(holder=make.person())
    leave = leave_of(customer)
    invoice = make.invoice(customer=customer)
    page, client = f"/k/{customer.number}/facturen/{invoice.number}/", browser(make.holder_of(customer))
    said = text(client.get(page))
    assert "Wij innen" in said
    assert "U hoeft niets te doen" in said
    assert "maak het over" not in said
    listed = text(client.get(f"/k/{customer.number}/facturen/"))
    assert "Facturen die worden geïnd" in listed
    assert "betaald zijn" not in listed
    with as_owner():
        ProviderMandate.objects.filter(pk=leave.pk).update(
            state="ended", ended_at=make.NOW, ended_why="customer"
        )
    said = text(client.get(page))
    assert "Wij innen" not in said
    assert "maak het over naar" in said
    assert f"{invoice.number} moe" in text(client.get(f"/k/{customer.number}/facturen/"))


def test_the_page_of_direct_debit_knows_of_leave_at_the_provider(provider: PaymentProvider) -> None:
    customer = make.customer(holder=make.person())
    client, page = browser(make.holder_of(customer)), f"/k/{customer.number}/facturen/incasso/"
    assert "U betaalt uw facturen zelf" in text(client.get(page))
    leave_of(customer)
    said = text(client.get(page))
    assert "Uw facturen worden al geïnd" in said
    assert "U betaalt uw facturen zelf" not in said


def test_who_signed_a_mandate_of_ours_is_told_that_and_not_asked_for_leave(provider: PaymentProvider) -> None:
    customer = make.customer(holder=make.person())
    make.order(customer=customer, paid=True)
    invoice = make.invoice(customer=customer)
    client = browser(make.holder_of(customer))
    page = f"/k/{customer.number}/facturen/{invoice.number}/"
    assert 'name="collect"' in client.get(page).content.decode()
    leave_of(customer)
    with as_login("worker"):
        desk.sign(customer)
    said = text(client.get(f"/k/{customer.number}/facturen/innen/"))
    assert "•••• 6789" in said
    assert "wordt niet gebruikt" in said
    assert 'name="collect"' not in client.get(page).content.decode()
