"""What happens after an order was paid, and upkeep."""

from hospes.kernel import clock
from hospes.kernel.jobs import at_work, job
from hospes.kernel.purposes import Purpose
from hospes.sales import delivery, services, sweeps, withdrawals
from hospes.sales.models import Order


@job(queue="services", purpose=Purpose.CONTRACT)
def deliver(*, order_id: int) -> None:
    """Make the services of a paid order; again does nothing more."""
    now = clock.now()
    with at_work():
        held = Order.objects.select_for_update().exclude(state=Order.State.WITHDRAWN, pk=order_id)
        if not held.filter(pk=order_id).exists():  # withdrawn from meanwhile
            return
        order = held.get(pk=order_id, state__in=(Order.State.PAID, Order.State.ON_ACCOUNT))
        delivery.deliver(order, now=now)
        Order.objects.filter(pk=order_id, delivered_at=None).update(delivered_at=now)


@job(queue="services", purpose=Purpose.BILLING)
def put_on_account(*, order_id: int) -> None:
    """Invoice an order that is paid afterwards, and have it delivered; again does nothing more."""
    with at_work():
        services.put_on_account(order_id=order_id, now=clock.now())


@job(queue="upkeep", purpose=Purpose.CONTRACT)
def sweep_quotes(*, timestamp: int) -> None:
    """Say of quotes that they are over, and remind of those that soon are (periodic: procrastinate says when it was due)."""
    now = clock.now()
    sweeps.close_quotes(today=clock.day_of(now), now=now)
    sweeps.remind_of_quotes(today=clock.day_of(now), now=now)


@job(queue="services", purpose=Purpose.CONTRACT)
def take_in(*, withdrawal_id: int) -> None:
    """Find out what a statement of withdrawal is about, acknowledge it and carry it out; again changes nothing."""
    with at_work():
        withdrawals.take_in(withdrawal_id=withdrawal_id, now=clock.now())


@job(queue="upkeep", purpose=Purpose.RETENTION)
def sweep_carts(*, timestamp: int) -> None:
    """Delete the carts that nobody used for long (periodic: procrastinate says when it was due)."""
    sweeps.clear_carts(now=clock.now())
