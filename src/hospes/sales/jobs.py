"""What happens after an order was paid, and upkeep."""

from hospes.kernel import clock
from hospes.kernel.jobs import at_work, job
from hospes.kernel.purposes import Purpose
from hospes.sales import sweeps, withdrawals
from hospes.sales.models import Order, QuoteLine
from hospes.services.services import Sold, start


@job(queue="services", purpose=Purpose.CONTRACT)
def deliver(*, order_id: int) -> None:
    """Make the services of a paid order; again does nothing more."""
    now = clock.now()
    with at_work():
        held = Order.objects.select_for_update().exclude(state=Order.State.WITHDRAWN, pk=order_id)
        if not held.filter(pk=order_id).exists():  # withdrawn from meanwhile
            return
        order = held.get(pk=order_id, state=Order.State.PAID)
        today = clock.day_of(
            order.paid_at or now
        )  # the day that the invoice's period begins, also when this runs later
        for line in QuoteLine.objects.filter(quote_id=order.quote_id).order_by("position"):
            sold = Sold(
                order.customer_id,
                line.product_id,
                line.label,
                line.months,
                line.steps_cents[-1],  # what it costs after the introduction
                f"quote_line:{line.pk}",
            )
            start(sold, today=today, now=now)
        Order.objects.filter(pk=order_id, delivered_at=None).update(delivered_at=now)


@job(queue="services", purpose=Purpose.CONTRACT)
def take_in(*, withdrawal_id: int) -> None:
    """Find out what a statement of withdrawal is about, acknowledge it and carry it out; again changes nothing."""
    with at_work():
        withdrawals.take_in(withdrawal_id=withdrawal_id, now=clock.now())


@job(queue="upkeep", purpose=Purpose.RETENTION)
def sweep_carts(*, timestamp: int) -> None:
    """Delete the carts that nobody used for long (periodic: procrastinate says when it was due)."""
    sweeps.clear_carts(now=clock.now())
