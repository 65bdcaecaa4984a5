"""One batch of the billing run: one transaction that renews and invoices what is due of some customers."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.db import connections

from hospes.billing import rules
from hospes.billing.issuing import book_year, seller_of_now
from hospes.billing.ledger import services as ledger
from hospes.billing.models import Invoice, Series
from hospes.billing.run import sql
from hospes.billing.tax.queries import oss_room
from hospes.billing.tax.services import begin_oss
from hospes.kernel import acting, journal
from hospes.kernel.jobs import Job
from hospes.kernel.journal import About
from hospes.kernel.purposes import Purpose
from hospes.services.renewing import renew_all, restricted

_ALONE = "SELECT pg_advisory_xact_lock(hashtext('hospes billing run'), hashtext(current_database()))"
_THRESHOLD = "SELECT pg_advisory_xact_lock(hashtext('hospes one-stop shop'), hashtext(current_database()))"

#: Documents of a run give way to those of customers who have just ordered.
PRIORITY = -10


@dataclass(frozen=True)
class Horizon:
    """What a run looks at: everything that renews up to these days. `today` is the day on which invoices are issued."""

    consumers: date
    companies: date
    today: date
    now: datetime

    @property
    def values(self) -> dict[str, Any]:
        return {
            "consumers": self.consumers,
            "companies": self.companies,
            "today": self.today,
            "now": self.now,
        }


@dataclass(frozen=True)
class Problem:
    """Who could not be invoiced, and why; `detail` is a name of the database, never a value."""

    customer_id: int
    service_id: int | None
    reason: str
    detail: str = ""


@dataclass
class Tally:
    """What came of some services: how many went on, on how many invoices, in cents; and what could not be done."""

    services: int = 0
    invoices: int = 0
    net_cents: int = 0
    total_cents: int = 0
    problems: list[Problem] = field(default_factory=list)

    def add(self, other: "Tally") -> None:
        self.services += other.services
        self.invoices += other.invoices
        self.net_cents += other.net_cents
        self.total_cents += other.total_cents
        self.problems += [each for each in other.problems if each not in self.problems]


@dataclass(frozen=True)
class Done:
    """A batch that was done: up to which customer (it may stop sooner than was asked), and what came of it."""

    upto: int
    tally: Tally


def alone() -> None:
    """
    Wait until no other run is at work, and have others wait until the current transaction ends.

    Of two at the same time each would invoice some of a customer's services, which belong on one invoice.
    """
    _execute(_ALONE)


def carry_out(after: int, upto: int, *, horizon: Horizon, run_id: int) -> Done:
    """
    Renew and invoice what is due of the customers after one, up to another. In the current transaction, which acts for billing.

    The run is `alone`; batches of other customers may be under way beside it. Stops at the customer with whom the threshold of
    the one-stop shop is passed: the VAT of all who come after may be another.
    """
    held = _hold(after, upto, horizon)
    problems = _write_down(after, upto, horizon, held=held)
    if _one_value(sql.ANY_AT_HOME_RATE):
        _execute(
            _THRESHOLD
        )  # it may just have been passed beside this one: what was written down was written too soon
        problems = _write_down(after, upto, horizon, held=held)
    left = {customer for (customer,) in _rows(sql.NOT_HELD)}
    crossing = _cross(horizon)
    due = _rows(sql.CLAIMS)
    renewed, halted = _renew(due, left, horizon)
    if len(renewed) < len(due):
        _execute(sql.NOT_CLAIMED, ids=renewed)
    tally = _invoice(horizon)
    tally.services = len(renewed)
    tally.problems = problems + [Problem(customer_id, None, "restricted") for customer_id in halted]
    if crossing is not None:
        begin_oss(first_day=horizon.today, now=horizon.now)
    note(tally, run_id=run_id, now=horizon.now)
    return Done(upto if crossing is None else crossing, tally)


def look(after: int, upto: int, *, horizon: Horizon) -> Tally:
    """What a batch would come to, without doing anything."""
    problems = _write_down(after, upto, horizon, held=None)
    [(services, invoices, net, total)] = _rows(sql.WOULD_BE)
    return Tally(services, invoices, net, total, problems)


def note(tally: Tally, *, run_id: int, now: datetime) -> None:
    """Add to the run what came of a batch, and to the work list what could not be done."""
    if wrong := tally.problems:
        _execute(
            sql.REPORT, run=run_id, now=now, customers=[each.customer_id for each in wrong],
            services=[each.service_id for each in wrong], reasons=[each.reason for each in wrong],
            details=[each.detail for each in wrong],
        )  # fmt: skip
    _execute(sql.COUNT, run=run_id, services=tally.services, invoices=tally.invoices, net=tally.net_cents,
             total=tally.total_cents, any=bool(wrong))  # fmt: skip


def edges(*, horizon: Horizon, size: int) -> list[tuple[int, int]]:
    """The last customer of each batch of about so many services, with how many services that makes so far."""
    return _rows(sql.EDGES, **horizon.values, size=size)


def customers(after: int, upto: int, *, horizon: Horizon) -> list[int]:
    """The customers of a batch of whom something is due."""
    return [pk for (pk,) in _rows(sql.CUSTOMERS, **horizon.values, after=after, upto=upto)]


# --- the steps --------------------------------------------------------------------------------------------------------------


def _hold(after: int, upto: int, horizon: Horizon) -> list[int]:
    """Hold what is due until the batch is done: whose it is, what it costs and how it ends stay as they will be written down."""
    with acting.acting(Purpose.CONTRACT, actor=_scene().actor):
        held: list[int] = _one_value(sql.HOLD, **horizon.values, after=after, upto=upto)
    return held


def _write_down(after: int, upto: int, horizon: Horizon, *, held: list[int] | None) -> list[Problem]:
    """Write down what is due for the statements that follow, without those with whom something is wrong: these are returned."""
    _execute(sql.CLEAR)
    _execute(sql.DUE, **horizon.values, after=after, upto=upto, held=held)
    _execute(sql.NO_RATE)
    _execute(sql.ZERO_RATE)
    problems = [Problem(*row) for row in _rows(sql.WRONG)]
    if problems:
        _execute(sql.LEAVE_OUT)
    return problems


def _cross(horizon: Horizon) -> int | None:
    """
    The customer with whom the threshold of the one-stop shop is passed: it gets the VAT of its country already, and is the last
    of the batch. None when it is not passed.
    """
    if not _one_value(sql.ANY_AT_HOME_RATE):
        return None
    crossing: int | None = _one_value(sql.CROSSING, room=oss_room(horizon.today))
    if crossing is not None:
        _execute(sql.UP_TO, customer=crossing)
        _execute(sql.CROSS, **horizon.values, customer=crossing)
        _execute(sql.ZERO_RATE)
    return crossing


def _renew(
    due: Sequence[tuple[int, date, int | None, int]], left: set[int], horizon: Horizon
) -> tuple[list[int], list[int]]:
    """Let services go on; those that did, and of the customers who are `left` those whose data the contract may not use."""
    with acting.acting(Purpose.CONTRACT, actor=_scene().actor):
        renewed = renew_all([(pk, day, intro) for pk, day, intro, _ in due], now=horizon.now)
        return renewed, restricted(left) if left else []


def _invoice(horizon: Horizon) -> Tally:
    """
    Issue the invoices of what is written down: numbered, in the journal and in the ledger, their files on the way.

    Numbers come as late as possible: from then until its end a batch has all others wait who issue something.
    """
    _execute(sql.CLEAR_BILLS)
    _execute(sql.BILLS)
    bills = _rows(sql.WHOSE)
    if not bills:
        return Tally()
    ids = [pk for pk, _customer in bills]
    journal.record_each(
        "invoice.issued", (About(*each) for each in bills), at=horizon.now, table="billing_invoice"
    )
    _make_document().enqueue_each("invoice_id", ids, priority=PRIORITY)
    series, year = Series.objects.get(kind=Invoice.Kind.INVOICE), book_year(horizon.today)
    [(made, net, total)] = _rows(
        sql.INVOICES, **horizon.values, series=series.pk, prefix=series.prefix, year=year,
        series_of_year=rules.series_of_year(series.key, year), seller=seller_of_now().pk,
        term=settings.HOSPES_OPERATOR.payment_days,
    )  # fmt: skip
    if made != len(ids):  # somebody went between what was written down and this: all of it once more
        raise RuntimeError(f"{len(ids)} invoices were to be made, and {made} were")
    ledger.book_these(ids, now=horizon.now)
    return Tally(invoices=made, net_cents=net, total_cents=total)


def _make_document() -> Job:
    """The job that makes the file of an invoice and has it mailed."""
    from hospes.billing.jobs import make_document

    return make_document


def _rows(statement: str, **values: Any) -> list[Any]:
    with _cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())


def _one_value(statement: str, **values: Any) -> Any:
    return _rows(statement, **values)[0][0]


def _execute(statement: str, **values: Any) -> None:
    with _cursor() as cursor:
        cursor.execute(statement, values)


def _cursor() -> Any:
    return connections[_scene().alias].cursor()


def _scene() -> acting.Scene:
    scene = acting.current()
    if scene is None:
        raise RuntimeError("the billing run acts inside acting()")
    return scene
