"""What a run renews and invoices: everything within its lead time, with the content, price and VAT of the day it renews on."""

from datetime import timedelta

import pytest

from hospes.billing.models import Invoice, InvoiceLine, InvoiceTax
from hospes.billing.run import services as runs
from hospes.kernel.acting import JOB
from hospes.services.models import Service, ServiceChange
from tests.support import make
from tests.support.make import NOW, TODAY
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.login("worker")]

DAY = timedelta(days=1)


def test_first() -> None:
    customer = make.customer(kind="business")
    service = make.service(customer=customer, started_on=TODAY - 360 * DAY, months=12)
    done = runs.run(TODAY, today=TODAY, now=NOW, actor=JOB)
    print(done.__dict__)
    with as_owner():
        print(
            Invoice.objects.values(),
            InvoiceLine.objects.values(),
            InvoiceTax.objects.values(),
            ServiceChange.objects.values(),
            Service.objects.values(),
        )
    assert done.invoices == 1
