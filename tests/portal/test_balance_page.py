"""A balance is seen and asked back by who may pay; several invoices are chosen and paid at once."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest

from hospes.billing.models import Invoice
from hospes.customers.models import Customer
from hospes.kernel import clock
from hospes.payments.balances.models import BalanceEntry, PayoutWish
from hospes.payments.together.models import PaymentShare
from simulators import PaymentProvider
from tests.portal.visit import all_of, browser, jobs, member, text
from tests.support import make
from tests.support.rights import as_owner

pytestmark = [pytest.mark.usefixtures("site"), pytest.mark.promise("P14")]


@pytest.fixture
def provider(settings: Any) -> Iterator[PaymentProvider]:
    with PaymentProvider() as sim:
        settings.HOSPES_MOLLIE = {"url": sim.url, "key": "test_balance"}
        sim.control.plan(0)
        yield sim


@pytest.fixture
def customer(db: None, _rights: None) -> Customer:
    return make.customer(holder=make.person())


def invoices(customer: Customer, number: int) -> list[Invoice]:
    due = clock.today() + timedelta(days=14)
    return [
        make.invoice(customer=customer, paid_cents=0, paid_at=None, paid_with="", due_on=due)
        for _ in range(number)
    ]


def test_a_balance_is_seen_and_asked_back_once(customer: Customer) -> None:
    page, client = f"/k/{customer.number}/facturen/tegoed/", browser(make.holder_of(customer))
    assert "U hebt geen tegoed bij ons." in text(client.get(page))
    assert client.post(page).status_code == 302
    assert all_of(PayoutWish) == []
    with as_owner():
        BalanceEntry.objects.create(customer=customer, kind="surplus", cents=1250, origin="x:1", at=make.NOW)
    said = text(client.get(page))
    assert "12,50" in said
    assert "Betaal het aan mij terug" in said
    for _ in range(2):
        client.post(page)
    assert len(all_of(PayoutWish)) == 1
    assert jobs() == ["payments.balances.jobs.pay_out"]
    assert "we zijn ermee bezig" in text(client.get(page))
    assert "12,50" in text(client.get(f"/k/{customer.number}/facturen/"))
    assert browser(member(customer, "read_only")).get(page).status_code == 403


def test_several_invoices_are_paid_at_once(customer: Customer, provider: PaymentProvider) -> None:
    found, client = invoices(customer, 3), browser(make.holder_of(customer))
    listed = f"/k/{customer.number}/facturen/"
    assert "Meer facturen tegelijk betalen" in text(client.get(listed))
    answer = client.post(f"{listed}samen-betalen/", {"invoice": [each.number for each in found[:2]]})
    assert answer.status_code == 200
    [charge] = provider.ledger.page(newest=None, limit=10)[0]
    total = sum(each.total_cents for each in found[:2])
    assert charge.asked["amount"]["value"] == f"{total / 100:.2f}"
    assert {share.invoice_id for share in all_of(PaymentShare)} == {each.pk for each in found[:2]}
    back = client.get(urlsplit(charge.asked["redirectUrl"]).path, follow=True)
    assert back.status_code == 200


@pytest.mark.parametrize("chosen", [[], ["x"], ["F2020-00001", "F2020-00002"], ["\\0"], ["9" * 300]])
def test_nonsense_begins_nothing(customer: Customer, provider: PaymentProvider, chosen: list[str]) -> None:
    [mine] = invoices(customer, 1)
    client, page = browser(make.holder_of(customer)), f"/k/{customer.number}/facturen/"
    answer = client.post(f"{page}samen-betalen/", {"invoice": chosen}, follow=True)
    assert "Kies ten minste twee facturen die openstaan." in text(answer)
    answer = client.post(f"{page}samen-betalen/", {"invoice": [*chosen, mine.number]})
    assert answer.headers["Location"] == f"{page}{mine.number}/", "one alone is paid on its own page"
    assert all_of(PaymentShare) == list(provider.ledger.page(newest=None, limit=10)[0]) == []
