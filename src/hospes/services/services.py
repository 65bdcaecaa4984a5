"""The life cycle of a service. All of this acts within the purpose of the contract."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from hospes.catalogue.models import Product
from hospes.kernel import clock, journal
from hospes.messaging import services as messaging
from hospes.services import kinds
from hospes.services.models import Service, ServiceChange, State
from hospes.services.rules import renewal

journal.register({"service.started": _("Service ordered"), "service.moved": _("Service changed state")})

#: Which state may become which. Suspending and ending for non-payment have more conditions: see dunning.
MOVES: dict[State, frozenset[State]] = {
    State.PENDING: frozenset({State.ACTIVE, State.CANCELLED}),
    State.ACTIVE: frozenset({State.SUSPENDED, State.CANCELLED, State.TERMINATED}),
    State.SUSPENDED: frozenset({State.ACTIVE, State.CANCELLED, State.TERMINATED}),
    State.CANCELLED: frozenset({State.TERMINATED}),
    State.TERMINATED: frozenset(),
}


class MoveRefused(Exception):
    """The service is in no state from which it could become that."""


@dataclass(frozen=True)
class Sold:
    """What was sold: `origin` names it uniquely, so that it becomes one service however often it is delivered."""

    customer_id: int
    product_id: int
    label: str
    months: int
    price_cents: int
    origin: str


def start(sold: Sold, *, today: date, now: datetime) -> Service:
    """Make a service of what was sold and have it provisioned; the second time gives the same service again."""
    service, is_new = Service.objects.get_or_create(
        origin=sold.origin,
        defaults={
            "customer_id": sold.customer_id, "product_id": sold.product_id, "label": sold.label, "months": sold.months,
            "price_cents": sold.price_cents, "started_on": today, "renews_on": renewal(today, sold.months),
        },
    )  # fmt: skip
    if is_new:
        _note(service, was="", reason="ordered", now=now)
        journal.record(
            "service.started",
            at=now,
            table="services_service",
            object_id=service.pk,
            customer_id=service.customer_id,
        )
        kinds.provision(Product.objects.get(pk=sold.product_id).kind, service.pk)
    return service


def move(service: Service, to: State, *, reason: str, now: datetime) -> None:
    """
    Move a service to another state and record why, or raise MoveRefused; of two rivals exactly one wins.

    One that is terminated ends on that day.
    """
    was = State(service.state)
    ended_on = clock.day_of(now) if to == State.TERMINATED else service.ended_on
    with transaction.atomic():
        held = Service.objects.filter(pk=service.pk, state=was)
        if to not in MOVES[was] or not held.update(state=to, ended_on=ended_on):
            raise MoveRefused(f"{was} cannot become {to}")
        service.state, service.ended_on = to, ended_on
        _note(service, was=was, reason=reason, now=now)
        journal.record("service.moved", at=now, table="services_service", object_id=service.pk,
                       customer_id=service.customer_id, changed=["state"])  # fmt: skip


def activate(*, service_id: int, reason: str, now: datetime) -> None:
    """Say that a service exists and works, and tell the customer; an active one stays as it is."""
    service = Service.objects.select_for_update().get(pk=service_id)
    if service.state == State.ACTIVE:
        return
    move(service, State.ACTIVE, reason=reason, now=now)
    messaging.enqueue(
        "services.active",
        key=f"service:{service_id}:active",
        customer_id=service.customer_id,
        about_id=service_id,
        now=now,
    )


def _note(service: Service, *, was: str, reason: str, now: datetime) -> None:
    ServiceChange.objects.create(
        service_id=service.pk,
        customer_id=service.customer_id,
        was=was,
        became=service.state,
        reason=reason,
        at=now,
    )
