"""`hospes bench enforcement`: what purposes, grants and row policies cost, on pages and on queries."""

from collections.abc import Callable
from random import Random
from statistics import median

from django.db import transaction
from django.db.models import Sum

from bench import dataset
from bench.faces import get, logged_in, timed, unenforced
from bench.report import Measure
from hospes.billing import queries as billing
from hospes.billing.models import Invoice
from hospes.customers.models import Customer
from hospes.kernel import clock
from hospes.kernel.acting import SYSTEM, acting
from hospes.kernel.purposes import Purpose
from hospes.services import queries as services

TARGET = 0.80
ROUNDS = 9  # odd: the median is one of them
BATCH = 20  # pages or blocks of queries in a round


def run() -> list[Measure]:
    """Measure both ways in turns, so that what else the machine does falls on both."""
    random = Random(7)  # the same customers each time
    pages = {"dashboard": "", "invoice list": "facturen/", "services": "diensten/", "your data": "gegevens/"}
    measures = []
    for name, path in pages.items():
        people = [random.randrange(2, dataset.CUSTOMERS) for _ in range(BATCH)]
        asked = [(logged_in(pk), f"/k/{10000 + pk}/{path}") for pk in people]
        measures.append(
            _compare(
                f"page: {name}", lambda asked=asked: [get(client, url) for client, url in asked], "pages/s"
            )
        )
    for name, block in _BLOCKS.items():
        ids = [random.randrange(2, dataset.CUSTOMERS) for _ in range(BATCH)]
        measures.append(
            _compare(f"queries: {name}", lambda ids=ids, block=block: [block(pk) for pk in ids], "blocks/s")
        )
    whole = sum(1 / m.value for m in measures), sum(1 / (m.floor or 1) for m in measures)
    measures.append(
        _measure("everything together", len(measures) / whole[0], len(measures) / whole[1], "units/s")
    )
    return measures


def _compare(name: str, batch: Callable[[], object], unit: str) -> Measure:
    batch()
    enforced, floor = [], []
    for _ in range(ROUNDS):
        enforced.append(timed(batch))
        with unenforced():
            floor.append(timed(batch))
    return _measure(name, BATCH / median(enforced), BATCH / median(floor), unit)


def _measure(name: str, value: float, floor: float, unit: str) -> Measure:
    return Measure(
        name,
        value,
        unit,
        floor,
        value / floor,
        f"at least {TARGET:.0%} of unenforced",
        value / floor >= TARGET,
    )


def _customer_block(pk: int) -> None:
    """What a page about one customer asks, as the customer's own twin."""
    with acting(Purpose.BILLING, actor=SYSTEM, customer=pk), transaction.atomic():
        billing.invoices(pk, limit=25)
        billing.open_total(pk)
        services.entitlements(pk, today=clock.today())
        list(Customer.objects.filter(pk=pk))


def _staff_block(pk: int) -> None:
    """What staff look up among everybody, for a purpose that people can restrict (so with its sub-plan)."""
    with acting(Purpose.SUPPORT, actor=SYSTEM):
        list(Customer.objects.filter(number=10000 + pk))
        list(Customer.objects.filter(number__in=range(10000 + pk, 10020 + pk)))
        list(Customer.objects.order_by("number")[:50])


def _sweep_block(pk: int) -> None:
    """A page of a sweep over all invoices."""
    with acting(Purpose.BILLING, actor=SYSTEM):
        list(Invoice.objects.filter(pk__gt=pk * 9).order_by("pk").values_list("pk", "total_cents")[:500])


def _report_block(pk: int) -> None:
    """A sum over all customers' invoices of some days."""
    with acting(Purpose.BILLING, actor=SYSTEM):
        Invoice.objects.filter(pk__range=(pk * 9, pk * 9 + 50_000)).aggregate(Sum("total_cents"))


_BLOCKS = {
    "one customer": _customer_block, "staff among everybody": _staff_block, "a sweep's page": _sweep_block,
    "a report": _report_block,
}  # fmt: skip
