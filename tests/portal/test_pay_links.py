"""A link in a mail pays one invoice without a login, tells nothing of whose it is, and is dead once nothing is open."""

import base64
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings as django_settings
from django.core.cache import cache
from django.db.models import F
from django.test import Client
from django.urls import reverse

from hospes.billing import pay_links
from hospes.billing.models import Invoice
from hospes.customers.models import Customer
from hospes.kernel import clock
from hospes.payments.models import Payment
from hospes.portal.views import pay_links as page
from simulators import PaymentProvider
from tests.portal.visit import all_of, browser, jobs, text
from tests.support import make
from tests.support.rights import as_owner

pytestmark = [pytest.mark.usefixtures("site"), pytest.mark.promise("P14", "P41")]


@pytest.fixture
def provider(settings: Any) -> Iterator[PaymentProvider]:
    with PaymentProvider() as sim:
        settings.HOSPES_MOLLIE = {"url": sim.url, "key": "test_links"}
        sim.control.plan(0)
        cache.clear()
        yield sim


@pytest.fixture
def invoice(db: None, _rights: None) -> Invoice:
    return make.invoice(paid_cents=0, paid_at=None, paid_with="", due_on=clock.today() + timedelta(days=14))


def address(invoice: Invoice, prefix: str = "") -> str:
    return f"{prefix}/betalen/{pay_links.token(invoice, today=clock.today())}/"


def customer_of(invoice: Invoice) -> Customer:
    with as_owner():
        return Customer.objects.get(pk=invoice.customer_id)


@pytest.mark.parametrize("prefix", ["", "/en"])
def test_it_says_what_is_open_and_nothing_of_whose_it_is(invoice: Invoice, prefix: str) -> None:
    answer = Client().get(address(invoice, prefix))
    assert answer.status_code == 200
    said, customer = answer.content.decode(), customer_of(invoice)
    assert invoice.number in said
    assert django_settings.HOSPES_OPERATOR.name in said
    with as_owner():
        person = make.holder_of(customer)
    private = [customer.name, customer.street, customer.postcode, customer.town, str(customer.number), person.email,
               person.given_name, invoice.buyer_name, invoice.buyer_street]  # fmt: skip
    assert [each for each in private if each and each in text(answer)] == []
    assert answer["Cache-Control"].count("no-store")
    assert f'<html lang="{"en" if prefix else "nl"}"' in said


def test_it_pays_what_is_open_then_and_the_provider_hears_of_nobody(
    invoice: Invoice, provider: PaymentProvider
) -> None:
    where = address(invoice)
    with as_owner():  # a part came in after the mail left
        Invoice.objects.filter(pk=invoice.pk).update(paid_cents=1000, paid_at=make.NOW)
    answer = Client().post(where)
    [charge] = provider.ledger.page(newest=None, limit=10)[0]
    assert charge.asked["amount"]["value"] == f"{(invoice.total_cents - 1000) / 100:.2f}"
    assert f"{provider.url}/checkout/{charge.token}" in answer.content.decode()
    customer = customer_of(invoice)
    assert [each for each in (customer.name, str(customer.number)) if each in str(charge.asked)] == []
    back = urlsplit(charge.asked["redirectUrl"])
    assert f"{back.path}?{back.query}" == f"{where}?terug=1"
    waiting = Client().get(f"{where}?terug=1")
    assert (waiting.status_code, jobs()) == (200, ["payments.jobs.check"])
    assert 'id="pay"' not in waiting.content.decode()


def test_who_comes_back_reads_how_it_ended(invoice: Invoice, provider: PaymentProvider) -> None:
    where = address(invoice)
    Client().post(where)
    with as_owner():
        Payment.objects.update(state="canceled")
    assert "is niet afgemaakt" in text(Client().get(f"{where}?terug=1"))
    assert "is niet afgemaakt" not in text(Client().get(where))
    with as_owner():
        Invoice.objects.update(paid_cents=F("total_cents"), paid_at=clock.now(), paid_with="ideal")
    page = Client().get(f"{where}?terug=1").content.decode()
    for part in ("pay-link", "pay-link-aside"):  # the page that waits takes these over
        assert f'id="{part}"' in page
    assert "De factuur is betaald" in page


def test_pressed_by_two_it_is_one_payment(invoice: Invoice, provider: PaymentProvider) -> None:
    where = address(invoice)
    pages = {
        client.post(where).context["checkout_url"] for client in (Client(), Client(), browser(make.person()))
    }
    assert len(pages) == len(all_of(Payment)) == 1


def test_once_paid_it_is_dead(invoice: Invoice, provider: PaymentProvider) -> None:
    where = address(invoice)
    with as_owner():
        Invoice.objects.filter(pk=invoice.pk).update(paid_cents=invoice.total_cents, paid_at=clock.now())
    just_now = Client().get(where)
    assert (just_now.status_code, 'id="pay"' in just_now.content.decode()) == (200, False)
    assert Client().post(where).status_code == 200
    with clock.moved_to(clock.now() + timedelta(hours=2)):
        later = Client().get(where)
    assert (later.status_code, invoice.number in later.content.decode()) == (404, False)
    assert all_of(Payment) == list(provider.ledger.page(newest=None, limit=10)[0]) == []


def test_it_works_until_its_day_and_no_longer(invoice: Invoice) -> None:
    where = address(invoice)
    last = invoice.due_on + timedelta(days=django_settings.HOSPES_OPERATOR.pay_link_days)
    for after, status in ((timedelta(0), 200), (timedelta(days=1), 404)):
        with clock.moved_to(datetime.combine(last, time(12), tzinfo=UTC) + after):
            cache.clear()
            assert Client().get(where).status_code == status


def test_nobody_makes_one_up_nor_changes_it(invoice: Invoice) -> None:
    good = pay_links.token(invoice, today=clock.today())
    raw = bytearray(base64.urlsafe_b64decode(good + "=" * (-len(good) % 4)))
    forged = []
    for place in range(len(raw)):
        raw[place] ^= 1
        forged.append(base64.urlsafe_b64encode(bytes(raw)).decode().rstrip("="))
        raw[place] ^= 1
    for text_ in [*forged, "", "x", good[:-1], good + "A", "é" * 67, "0" * 67, "-" * 67]:
        assert pay_links.opened(text_, today=clock.today()) is None, text_
    assert Client().get(reverse("pay_link", args=[forged[0]])).status_code == 404


def test_of_an_invoice_that_is_gone_or_another_customers_there_is_nothing_to_pay(invoice: Invoice) -> None:
    other = make.customer()
    for odd in (
        Invoice(pk=10**9, customer_id=invoice.customer_id),
        Invoice(pk=invoice.pk, customer_id=other.pk),
    ):
        odd.due_on = invoice.due_on
        assert Client().get(address(odd)).status_code == 404


def test_one_network_does_not_ask_for_ever(
    invoice: Invoice, provider: PaymentProvider, monkeypatch: Any
) -> None:
    monkeypatch.setattr(page, "MOST_LOOKS", 5)
    monkeypatch.setattr(page, "MOST_PAYMENTS", 1)
    where = address(invoice)
    assert [Client().post(where).status_code for _ in range(2)] == [200, 429]
    assert [Client().get(where).status_code for _ in range(4)] == [200, 200, 200, 429]
    assert Client(REMOTE_ADDR="198.51.100.9").get(where).status_code == 200


def test_a_form_of_another_site_begins_nothing(invoice: Invoice, provider: PaymentProvider) -> None:
    assert Client(enforce_csrf_checks=True).post(address(invoice)).status_code == 403
    assert all_of(Payment) == []
