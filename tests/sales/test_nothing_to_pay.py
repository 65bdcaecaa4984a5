"""What costs nothing now cannot be paid, and so is not ordered in the shop: nobody is reminded to pay nothing, and cancelled for it."""

import pytest

from hospes.catalogue.rules import Step
from hospes.sales.models import Order, Quote
from hospes.sales.services import QuoteRefused, Wanted
from tests.sales.shop import accepted, all_of, quoted, wanted
from tests.support import make

pytestmark = [pytest.mark.django_db, pytest.mark.login("worker")]


def free_at_first(label: str = "voorbeeld.test") -> Wanted:
    """The first term for nothing, and 75.00 a year after that."""
    product = make.product(prices={1: 900})
    make.price(product=product, months=12, cents=7_500, intro_cents=0, intro_terms=1)
    return wanted(0, product=product, steps=(Step(1, 0), Step(2, 7_500)), label=label)


def test_a_first_term_for_nothing_is_no_order_that_waits_for_its_payment() -> None:
    make.vat_rates()
    with pytest.raises(QuoteRefused, match="niets te betalen"):
        quoted(make.customer(), free_at_first())
    assert all_of(Quote) == all_of(Order) == []


def test_with_something_that_costs_money_it_can_be_ordered() -> None:
    make.vat_rates()
    order = accepted(quoted(make.customer(), free_at_first(), wanted(1_000, label="ander.test")))
    assert order.total_cents == 1_210
