"""What a quote says that something costs now and later, and the promotion code in it: taken when it is accepted, given back."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from hospes.billing.models import Invoice, InvoiceLine
from hospes.catalogue import queries
from hospes.catalogue.models import Product, Promotion
from hospes.customers.models import Customer
from hospes.kernel.acting import Actor, acting
from hospes.kernel.purposes import Purpose
from hospes.sales import jobs, services
from hospes.sales.models import Order, Quote, QuoteLine
from hospes.sales.services import QuoteRefused, Wanted
from hospes.services.models import Service
from tests.sales.shop import accepted, again, all_of, paid
from tests.support import make
from tests.support.make import NOW, TODAY
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.database]


@pytest.fixture(autouse=True)
def _rates(db: None) -> None:
    make.vat_rates()


def quoted(
    customer: Customer, product: Product, *, code: Promotion | None = None, key: str = "cart:1", **words: Any
) -> Quote:
    """Ask for a quote of a year of it, as the customer's holder, at the prices of today."""
    found = queries.offer(slug=product.slug, months=12, today=TODAY)
    assert found is not None
    held = queries.code(code.code, today=TODAY) if code else None
    costs = found.quotation(discount=held.for_line(product.pk, 12) if held else None)
    line = {"net_cents": costs.now_cents, "setup_cents": costs.setup_cents, "steps": costs.steps} | words
    wanted = Wanted(product.pk, product.name_nl, f"{key.replace(':', '-')}.test", 12, **line)
    with acting(Purpose.CONTRACT, actor=Actor.person(make.holder_of(customer).pk), customer=customer.pk):
        return services.make_quote(
            customer_id=customer.pk, lines=[wanted], key=key, today=TODAY, now=NOW, promotion_id=code.pk if code else None
        )  # fmt: skip


def uses(promotion: Promotion) -> int:
    with as_owner():
        return int(Promotion.objects.get(pk=promotion.pk).uses)


def product(**words: Any) -> Product:
    made = make.product(prices={})
    make.price(product=made, months=12, **({"cents": 7_950} | words))
    return made


def test_set_up_introduction_and_code_are_on_the_quote_the_invoice_and_the_service() -> None:
    thing, customer = product(setup_cents=1_500, intro_cents=5_950, intro_terms=2), make.customer()
    code = make.promotion(cents=950, products=[thing])
    quote = quoted(customer, thing, code=code)
    [line] = all_of(QuoteLine)
    assert (line.net_cents, line.setup_cents) == (6_500, 1_500)
    assert (line.steps_from, line.steps_cents) == ([1, 2, 3], [5_000, 5_950, 7_950])
    assert quote.net_cents == 6_500
    order = accepted(quote)
    assert uses(code) == 1
    paid(order)
    [invoice] = all_of(Invoice)
    assert [(x.description, x.net_cents) for x in all_of(InvoiceLine)] == [
        (thing.name_nl, 5_000), (f"{thing.name_nl}, eenmalige kosten", 1_500),
    ]  # fmt: skip
    assert invoice.total_cents == order.total_cents
    jobs.deliver.run(order_id=order.pk)
    [service] = all_of(Service)
    assert service.price_cents == 7_950


def test_a_later_price_changes_nothing_of_what_was_quoted() -> None:
    thing, customer = product(), make.customer()
    quote = quoted(customer, thing)
    make.price(product=thing, months=12, cents=9_900, valid_from=TODAY)
    order = accepted(quote)
    assert order.total_cents == quote.total_cents == 7_950 + 1_670  # 21 %, halves upwards


@pytest.mark.parametrize(
    "made_up",
    [{"net_cents": 1}, {"steps": ()}, {"setup_cents": 0}, {"setup_cents": 1_600}, {"net_cents": 1_500}],
)
def test_a_customers_own_session_cannot_make_up_a_price(made_up: dict[str, Any]) -> None:
    thing, customer = product(setup_cents=1_500, intro_cents=5_950, intro_terms=1), make.customer()
    with (
        pytest.raises(IntegrityError, match=r"price of this line|setup_and_the_first_term"),
        transaction.atomic(),
    ):
        quoted(customer, thing, **made_up)
    assert all_of(QuoteLine) == []


def test_a_customers_own_session_cannot_give_itself_a_discount_of_a_code_that_does_not_count() -> None:
    thing, customer = product(), make.customer(kind="private")
    for code in (
        make.promotion(customer_kind="business"), make.promotion(months=[1]), make.promotion(products=[make.product()]),
    ):  # fmt: skip
        costs = queries.offer(slug=thing.slug, months=12, today=TODAY).quotation(  # type: ignore[union-attr]
            discount=queries.code(code.code, today=TODAY).discount  # type: ignore[union-attr]
        )
        with pytest.raises(IntegrityError, match="price of this line"), transaction.atomic():
            quoted(customer, thing, code=code, net_cents=costs.now_cents, steps=costs.steps)


def test_the_last_use_goes_to_who_accepts_first() -> None:
    thing, code = product(), make.promotion(most_uses=1)
    one, other = make.customer(), make.customer()
    first, second = quoted(one, thing, code=code, key="cart:1"), quoted(other, thing, code=code, key="cart:2")
    accepted(second)
    with pytest.raises(QuoteRefused, match=r"^Deze actiecode is zo vaak"):
        accepted(first)
    assert again(first).state == Quote.State.OPEN
    assert uses(code) == 1


def test_an_order_that_comes_to_nothing_gives_the_use_back() -> None:
    thing, customer, code = product(), make.customer(), make.promotion(most_uses=1)
    order = accepted(quoted(customer, thing, code=code))
    assert uses(code) == 1
    for _ in range(2):
        with as_owner():
            Order.objects.filter(pk=order.pk).update(
                state=Order.State.CANCELLED, cancelled_at=make.NOW, cancelled_why=Order.Why.UNPAID
            )
    assert uses(code) == 0


def test_what_costs_nothing_is_not_ordered_here() -> None:
    thing, code = product(), make.promotion(basis_points=10_000)
    with pytest.raises(QuoteRefused, match="niets te betalen"):
        quoted(make.customer(), thing, code=code)


@settings(max_examples=25, deadline=None)
@given(
    st.integers(1, 10**6), st.integers(0, 10**5), st.none() | st.tuples(st.integers(0, 10**6), st.integers(1, 4)),
    st.none() | st.builds(dict, basis_points=st.integers(1, 9_900), forever=st.booleans())
    | st.builds(dict, cents=st.integers(1, 500), forever=st.booleans()),
)  # fmt: skip
def test_the_database_takes_what_the_rules_say_whatever_the_price(
    cents: int, setup: int, intro: tuple[int, int] | None, off: dict[str, Any] | None
) -> None:
    words: dict[str, Any] = {"cents": cents, "setup_cents": setup + 1}
    if intro is not None and intro[0] < cents:
        words |= {"intro_cents": intro[0], "intro_terms": intro[1]}
    with transaction.atomic():
        code = make.promotion(**off) if off else None
        quote = quoted(make.customer(), product(**words), code=code)
        with as_owner():
            [line] = QuoteLine.objects.filter(quote=quote)
        assert line.net_cents == line.setup_cents + line.steps[0].cents
        transaction.set_rollback(True)


def test_a_quote_that_is_not_valid_any_more_takes_no_use() -> None:
    thing, code = product(), make.promotion()
    quote = quoted(make.customer(), thing, code=code)
    with pytest.raises(QuoteRefused):
        accepted(quote, today=quote.valid_until + timedelta(days=1))
    assert uses(code) == 0
