"""A colleague brings a statement with a transfer for an order that was cancelled because nobody paid: that brings it back."""

from datetime import timedelta

import pytest

from hospes.billing.models import Invoice
from hospes.catalogue.models import PromotionUse
from hospes.sales.models import Order
from tests.office.conftest import AsRole
from tests.office.test_bank import upload
from tests.payments.bank.paper import camt, line, statement
from tests.support import make
from tests.support.make import NOW, TODAY
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.login("office")]


def test_an_order_with_a_code_comes_back_by_a_statement(as_role: AsRole) -> None:
    make.vat_rates()
    customer, code = make.customer(), make.promotion(most_uses=1)
    order = make.order(
        quote=make.quote(customer=customer, promotion=code),
        state="cancelled", cancelled_why="unpaid", cancelled_at=NOW - timedelta(days=2), pay_until=TODAY - timedelta(days=3),
    )  # fmt: skip
    answer = upload(as_role("billing_clerk"), camt(statement(line(order.total_cents, order.number))))
    assert answer.status_code == 302
    with as_owner():
        assert Order.objects.get(pk=order.pk).state == "paid"
        assert Invoice.objects.filter(origin=f"order:{order.pk}").count() == 1
        assert PromotionUse.objects.get().origin == f"order:{order.pk}"
