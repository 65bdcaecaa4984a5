"""An invoice that is open again says why: the bank of who paid took the money back."""

import pytest
from django.db.models import F

from hospes.billing.models import Invoice
from hospes.payments.chargebacks.models import Chargeback
from tests.portal.visit import browser, text
from tests.support import make, money
from tests.support.rights import as_owner

pytestmark = pytest.mark.usefixtures("site", "db", "_rights")


def test_an_invoice_that_is_open_again_says_why() -> None:
    person = make.person()
    customer = make.customer(holder=person)
    with as_owner():
        money.at_the_provider(customer, person)
        invoice = Invoice.objects.filter(chargeback_parts__isnull=False).get()
    client, page = browser(person), f"/k/{customer.number}/facturen/{invoice.number}/"
    assert "boekte uw bank € 0,01 van uw betaling terug" in text(client.get(page))
    with as_owner():
        Chargeback.objects.update(reversed_at=make.NOW)
    assert "boekte uw bank" not in text(client.get(page))
    with as_owner():
        Chargeback.objects.update(reversed_at=None)
        Invoice.objects.update(paid_cents=F("total_cents"), paid_at=make.NOW, paid_with="ideal")
    assert "boekte uw bank" not in text(client.get(page))
