"""An order that was cancelled comes back with the VAT of its quote, or not at all."""

from datetime import date

import pytest

from hospes.billing.models import TaxSettings, VatRate
from hospes.payments.models import Payment
from hospes.sales.models import Order
from tests.payments.till import invoices, state_of
from tests.payments.unpaid_orders import GONE, at, book
from tests.sales.shop import accepted, quoted, wanted
from tests.support import make
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.login("worker")]


def cancelled(country: str = "NL") -> tuple[Order, Payment]:
    make.vat_rates()
    order = accepted(quoted(make.customer(country=country), wanted(7500)))
    payment = make.payment(order=order)
    with as_owner():
        Order.objects.filter(pk=order.pk).update(
            state="cancelled", cancelled_at=at(GONE), cancelled_why="unpaid", pay_until=GONE
        )
    return order, payment


def test_with_the_vat_of_its_quote_it_comes_back() -> None:
    order, payment = cancelled("DE")
    assert book(payment, paid_at=at(GONE)) == "booked"
    assert state_of(order) == "paid"


def test_not_once_another_rate_is_in_force() -> None:
    order, payment = cancelled()
    with as_owner():
        VatRate.objects.create(country="NL", code="standard", basis_points=2200, valid_from=GONE)
    assert book(payment, paid_at=at(GONE)) == "surplus"
    assert (state_of(order), invoices(order)) == ("cancelled", [])


def test_not_once_consumers_there_have_the_vat_of_their_country() -> None:
    order, payment = cancelled("DE")
    with as_owner():
        TaxSettings.objects.update(oss_since=date(2026, 3, 10))
    assert book(payment, paid_at=at(GONE)) == "surplus"
    assert (state_of(order), invoices(order)) == ("cancelled", [])


def test_not_when_others_took_the_room_below_the_threshold_meanwhile() -> None:
    order, payment = cancelled("DE")
    accepted(quoted(make.customer(country="FR"), wanted(995_000, label="groot.test"), key="cart:2"))
    assert book(payment, paid_at=at(GONE)) == "surplus"
    assert (state_of(order), invoices(order)) == ("cancelled", [])
