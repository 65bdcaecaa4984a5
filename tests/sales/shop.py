"""What the tests of quotes and orders share: a customer who wants something, and what stands in the books."""

import json
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection

from hospes.billing.models import Invoice
from hospes.customers.models import Customer
from hospes.kernel.acting import JOB, Actor, acting
from hospes.kernel.models import JournalEntry
from hospes.kernel.purposes import Purpose
from hospes.sales import agreements, services
from hospes.sales.agreements import Agreement
from hospes.sales.models import Order, Quote
from hospes.sales.services import Wanted
from tests.support import make
from tests.support.make import NOW, TODAY
from tests.support.rights import as_owner

IP = "192.0.2.7"
DAY = timedelta(days=1)
LATER = NOW + timedelta(hours=1)


def wanted(net_cents: int = 7500, **words: Any) -> Wanted:
    """A line that somebody wants a quote of, at the price that its product has."""
    months = words.get("months", 12)
    product = words.pop("product", None) or make.product(prices={months: net_cents})
    usual = {
        "product_id": product.pk,
        "description": product.name_nl,
        "label": "voorbeeld.test",
        "months": 12,
    }
    return Wanted(**(usual | words), net_cents=net_cents)


def quoted(
    customer: Customer, *lines: Wanted, key: str = "cart:1", today: date = TODAY, now: datetime = NOW
) -> Quote:
    """Ask for a quote, as the customer's holder."""
    with acting(
        Purpose.CONTRACT, actor=Actor.person(make.holder_of(customer).pk, ip=IP), customer=customer.pk
    ):
        return services.make_quote(
            customer_id=customer.pk, lines=lines or [wanted()], key=key, today=today, now=now
        )


def accepted(
    quote: Quote,
    *,
    today: date = TODAY,
    now: datetime = LATER,
    ip: str | None = IP,
    agreed: Agreement | None = None,
) -> Order:
    """Accept it, as the customer's holder."""
    with as_owner():
        person = make.holder_of(Customer.objects.get(pk=quote.customer_id))
    with acting(
        Purpose.CONTRACT, actor=Actor.person(person.pk, ip=ip), customer=quote.customer_id, person=person.pk
    ):
        return services.accept_quote(
            quote_id=quote.pk,
            person_id=person.pk,
            ip=ip,
            agreed=agreed or agreements.of_now("nl"),
            today=today,
            now=now,
        )


def declined(quote: Quote, *, now: datetime = LATER) -> None:
    """Decline it, as the customer's holder."""
    with as_owner():
        person = make.holder_of(Customer.objects.get(pk=quote.customer_id))
    with acting(
        Purpose.CONTRACT, actor=Actor.person(person.pk, ip=IP), customer=quote.customer_id, person=person.pk
    ):
        services.decline_quote(quote_id=quote.pk, person_id=person.pk, ip=IP, now=now)


def paid(
    order: Order, *, today: date = TODAY, now: datetime = LATER, paid_at: datetime = NOW
) -> Invoice | None:
    """Say that it was paid, as the worker does."""
    with acting(Purpose.BILLING, actor=JOB):
        return services.mark_paid(order_id=order.pk, paid_with="ideal", paid_at=paid_at, today=today, now=now)


def again(quote: Quote) -> Quote:
    """A quote as it is now."""
    with as_owner():
        return Quote.objects.get(pk=quote.pk)


def all_of(model: Any) -> list[Any]:
    """All rows of a model, the oldest first."""
    with as_owner():
        return list(model.objects.order_by("pk"))


def entries(prefix: str) -> list[tuple[str, str, int | None]]:
    """What stands in the journal of these actions: action, table, customer."""
    with as_owner():
        found = JournalEntry.objects.filter(action__startswith=prefix).order_by("pk")
        return list(found.values_list("action", "object_table", "customer_id"))


def jobs() -> list[tuple[str, dict[str, Any]]]:
    """What waits to be done: task and arguments."""
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("SELECT task_name, args FROM procrastinate_jobs ORDER BY id")
        return [(task, json.loads(arguments)) for task, arguments in cursor.fetchall()]
