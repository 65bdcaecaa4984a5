"""From cart to payment."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from hospes.catalogue.models import Product
from hospes.customers.models import Customer, Person
from hospes.payments.models import Notice, PaidFrom, Payment
from hospes.sales.models import Cart, CartLine, Order, Quote, QuoteLine
from tests.support import names
from tests.support.make import catalogue, people
from tests.support.make.base import NOW, TODAY, VAT_STANDARD, row, vat
from tests.support.make.people import holder_of
from tests.support.rights import as_owner


def cart(*, person: Person | None = None, products: Sequence[Product] = (), **words: Any) -> Cart:
    """Make a cart; nobody's, unless there is a person."""
    with as_owner():
        made = row(Cart, words, person=person, changed_at=NOW, used_on=TODAY)
        for each in products:
            row(CartLine, {}, cart=made, person=person, product=each, months=12, label=names.domain())
    return made


def quote(
    *, customer: Customer | None = None, product: Product | None = None, net_cents: int = 7500, **words: Any
) -> Quote:
    """Make a quote of one line."""
    with as_owner():
        customer, product = customer or people.customer(), product or catalogue.product()
        number, on_top = names.count(), vat(net_cents)
        made = row(
            Quote,
            words,
            number=f"Q2026-{number:05d}",
            customer=customer,
            made_at=NOW,
            valid_until=TODAY + timedelta(days=30),
            net_cents=net_cents,
            vat_cents=on_top,
            total_cents=net_cents + on_top,
            key=f"test-{number}",
        )
        row(
            QuoteLine,
            {},
            quote=made,
            customer=customer,
            product=product,
            position=1,
            description=product.name_nl,
            label=names.domain(),
            months=12,
            net_cents=net_cents,
            steps_from=[1],
            steps_cents=[net_cents],
            vat_basis_points=VAT_STANDARD,
        )
    return made


def order(
    *, quote: Quote | None = None, customer: Customer | None = None, paid: bool = False, **words: Any
) -> Order:
    """Make an order of a quote that the customer's holder accepted; still to be paid, unless `paid`."""
    with as_owner():
        quote = quote or _quote(customer=customer)
        who = holder_of(quote.customer)
        Quote.objects.filter(pk=quote.pk).update(state="accepted", decided_by=who, decided_at=NOW)
        return row(
            Order,
            words,
            quote=quote,
            number=f"O2026-{names.count():05d}",
            customer=quote.customer,
            person=who,
            state="paid" if paid else "awaiting_payment",
            paid_at=NOW if paid else None,
            delivered_at=NOW if paid else None,
            total_cents=quote.total_cents,
            placed_at=NOW,
            terms_version="2026-01",
        )


def payment(*, order: Order | None = None, state: str = "open", **words: Any) -> Payment:
    """Make a payment of an order at the provider."""
    with as_owner():
        order, number = order or _order(), names.count()
        return row(
            Payment,
            words,
            customer=order.customer,
            order=order,
            reference=f"tr_test{number}",
            cents=order.total_cents,
            idempotency_key=f"test-{number}",
            state=state,
            paid_at=NOW if state == "paid" else None,
            created_at=NOW,
        )


def paid_from(*, payment: Payment | None = None, **words: Any) -> PaidFrom:
    """Make the account that a payment came from; of a paid order, since the database takes no other."""
    with as_owner():
        payment = payment or _payment(order=order(paid=True), state="paid")
        return row(
            PaidFrom,
            words,
            payment=payment,
            customer=payment.customer,
            holder=payment.customer.name,
            account=f"NL00TEST{names.count():010d}",
            stored_at=NOW,
        )


def notice(*, reference: str, **words: Any) -> Notice:
    """Make a notice of the provider that was not applied yet."""
    return row(Notice, words, reference=reference, received_at=NOW)


#: Parameters have the same names.
_order, _payment, _quote = order, payment, quote
