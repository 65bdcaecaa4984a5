"""What comes of a paid order: services, and work that somebody does. Acts for the contract."""

from datetime import date, datetime, timedelta

from hospes.catalogue.models import Product
from hospes.customers.models import Customer
from hospes.kernel import clock
from hospes.sales import rules
from hospes.sales.models import Order, QuoteLine
from hospes.services import tasks
from hospes.services.models import Service
from hospes.services.services import Sold, start


def deliver(order: Order, *, now: datetime) -> None:
    """
    Make what an order is of that was paid, or is on account; again does nothing more.

    What has no product staff described by themselves on the quote: there is nothing to be made.
    """
    today = clock.day_of(order.paid_at or order.placed_at)  # also when this runs later
    not_before = _not_before(order)
    lines = (
        QuoteLine.objects.filter(quote_id=order.quote_id, product__isnull=False)
        .select_related("quote")
        .order_by("position")
    )
    kinds = dict(Product.objects.filter(pk__in={x.product_id for x in lines}).values_list("pk", "kind"))
    for line in sorted(lines, key=lambda x: (x.parent_id is not None, x.position)):
        product_id = line.product_id or 0
        if kinds[product_id] == Product.Kind.WORK:
            tasks.make(tasks.Work(order.customer_id, product_id, line.label, line.quantity, line.details, origin_of(line)),
                       not_before=not_before, now=now)  # fmt: skip
            continue
        sold = _sold(order, line, term_begins(order, kinds[product_id], today))
        service = start(sold, today=today, now=now)
        if not_before is not None:
            tasks.hold_back(service_id=service.pk, until=not_before)


def origin_of(line: QuoteLine) -> str:
    """What a service or a piece of work of a line is known by."""
    return f"quote_line:{line.pk}"


def term_begins(order: Order, kind: str | None, day: date) -> date:
    """
    The first day of the term that is paid with an order that was paid, or invoiced, on a day; as its invoice says it.

    What a person delivers and may not begin yet has no term that runs meanwhile: it begins when they may.
    """
    not_before = _not_before(order) if kind in tasks.BY_HAND else None
    return max(day, not_before) if not_before else day


def _sold(order: Order, line: QuoteLine, runs_from: date) -> Sold:
    belongs_to = line.service_id
    if line.parent_id is not None:
        belongs_to = Service.objects.values_list("pk", flat=True).get(origin=f"quote_line:{line.parent_id}")
    return Sold(
        order.customer_id, line.product_id or 0, line.label, line.months,
        line.steps_cents[-1] // line.quantity,  # of one, after the introduction; whole cents by the rules of the catalogue
        origin_of(line), line.quantity, choices=tuple(zip(line.choice_ids, line.choice_counts, strict=True)),
        details=line.details, belongs_to_id=belongs_to,
        intro_cents=line.steps_cents[0] // line.quantity if len(line.steps_cents) > 1 else None, runs_from=runs_from,
        priced_on=clock.day_of(line.quote.made_at),
    )  # fmt: skip


def _not_before(order: Order) -> date | None:
    """
    The first day on which a consumer cannot withdraw any more, when they did not ask that it begins before that.

    Work that was begun and a name that was registered without it having been asked cost them nothing, should they withdraw.
    """
    kind = Customer.objects.values_list("kind", flat=True).get(pk=order.customer_id)
    if kind != Customer.Kind.PRIVATE or order.start_asked_at is not None:
        return None
    return rules.last_day_to_withdraw(clock.day_of(order.placed_at)) + timedelta(days=1)
