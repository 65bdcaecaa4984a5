"""What the tests of the billing run share: services that are due, a run, and what is in the books after it."""

import json
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection

from hospes.billing.ledger.checks import findings
from hospes.billing.models import Invoice, InvoiceLine, LocationEvidence, Run, RunProblem
from hospes.billing.run import services as runs
from hospes.billing.services import Draft, DraftLine
from hospes.customers.models import Customer
from hospes.kernel.acting import JOB
from hospes.kernel.models import NumberSeries
from hospes.services.models import Content, Service, ServiceChange
from tests.support import make
from tests.support.make import NOW, TODAY
from tests.support.rights import as_owner

DAY = timedelta(days=1)
__all__ = ["DAY", "NOW", "TODAY", "Draft", "DraftLine"]


def customer(**words: Any) -> Customer:
    """A customer, for whom the rates are known."""
    make.vat_rates()
    return make.customer(**words)


def service(of: Customer, *, renews: date = TODAY, months: int = 12, **words: Any) -> Service:
    """A service of a customer that renews on a day."""
    return make.service(customer=of, months=months, **({"started_on": back(renews, months)} | words))


def german(cents: int) -> Service:
    """A service at this price of a consumer in Germany, of whom that is clear."""
    made = service(customer(country="DE"), price_cents=cents)
    with as_owner():
        LocationEvidence.objects.create(customer=made.customer, kind="ip", country="DE", seen_at=NOW)
    return made


def back(day: date, months: int) -> date:
    """So many months before a day, for days that every month has."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return day.replace(year=year, month=month + 1)


def run(day: date = TODAY, *, today: date | None = None, now: datetime = NOW, **words: Any) -> Run:
    """Run, as the worker does every night."""
    return runs.run(day, today=today or day, now=now, actor=JOB, **words)


def rivals(number: int, **words: Any) -> None:
    """So many runs at the same moment, each in a connection of its own; raises what one of them raised."""
    gate = threading.Barrier(number)

    def rival(_number: int) -> None:
        gate.wait(10)
        try:
            run(**words)
        finally:
            connection.close()

    with ThreadPoolExecutor(number) as pool:
        list(pool.map(rival, range(number)))


def invoices() -> list[Invoice]:
    """All invoices in the order of their numbers."""
    with as_owner():
        return list(Invoice.objects.order_by("sequence"))


def lines() -> list[InvoiceLine]:
    with as_owner():
        return list(InvoiceLine.objects.order_by("invoice__sequence", "position"))


def again(one: Service) -> Service:
    with as_owner():
        return Service.objects.get(pk=one.pk)


def problems(*, solved: bool = False) -> list[tuple[int, str]]:
    with as_owner():
        found = RunProblem.objects.filter(solved_at__isnull=not solved).order_by("customer_id", "pk")
        return list(found.values_list("customer_id", "reason"))


def changes(one: Service) -> list[str]:
    with as_owner():
        return list(ServiceChange.objects.filter(service=one).order_by("pk").values_list("reason", flat=True))


def becomes(one: Service, *, on: date, **words: Any) -> None:
    """Plan, or make, another content from a day on."""
    with as_owner():
        Content.objects.filter(service=one, until_on=None).update(until_on=on)
        usual = {
            "product": one.product,
            "quantity": one.quantity,
            "months": one.months,
            "price_cents": one.price_cents,
        }
        Content.objects.create(
            service=one, customer=one.customer, from_on=on, settled_at=NOW, **(usual | words)
        )


def queued() -> list[int]:
    """The invoices of which the file is to be made, in the order of the queue."""
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT args FROM procrastinate_jobs WHERE task_name = 'billing.jobs.make_document' ORDER BY id"
        )
        return [
            int((json.loads(args) if isinstance(args, str) else args)["invoice_id"])
            for (args,) in cursor.fetchall()
        ]


def assert_books_are_right() -> None:
    """Numbers without a gap, a job for each invoice, and a ledger that agrees."""
    there = invoices()
    assert [each.sequence for each in there] == list(range(1, len(there) + 1))
    assert sorted(queued()) == sorted(each.pk for each in there)
    with as_owner():
        assert findings(connection) == []
        assert list(NumberSeries.objects.filter(name__startswith="invoice:").values_list("next", flat=True)) in (
            [], [len(there) + 1],
        )  # fmt: skip


def numbers(found: Sequence[Invoice]) -> list[str]:
    return [each.number for each in found]
