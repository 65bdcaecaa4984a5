"""The life cycle of a service. All of this acts within the purpose of the contract."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from hospes.catalogue.models import Product
from hospes.kernel import clock, journal
from hospes.messaging import services as messaging
from hospes.services import kinds
from hospes.services.models import ONE_HOLDER, Service, ServiceChange, State
from hospes.services.rules import renewal

journal.register({"service.started": _("Service ordered"), "service.moved": _("Status of a service changed")})

#: Which state may become which. Suspending and ending for non-payment have more conditions: see dunning.
MOVES: dict[State, frozenset[State]] = {
    State.PENDING: frozenset({State.ACTIVE, State.CANCELLED, State.REFUSED}),
    State.REFUSED: frozenset({State.PENDING, State.TERMINATED}),
    State.ACTIVE: frozenset({State.SUSPENDED, State.CANCELLED, State.TERMINATED}),
    State.SUSPENDED: frozenset({State.ACTIVE, State.CANCELLED, State.TERMINATED}),
    State.CANCELLED: frozenset({State.TERMINATED}),
    State.TERMINATED: frozenset(),
}


class MoveRefused(Exception):
    """The service is in no state from which it could become that."""


class NameInUse(MoveRefused):
    """Another service has the name at the provider."""


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
    """
    Make a service of what was sold and have it provisioned; the second time gives the same service again.

    Of two customers who paid for the same name one has it; the other's is refused, which they and staff hear.
    """
    if there := Service.objects.filter(origin=sold.origin).first():
        return there
    kind = Product.objects.get(pk=sold.product_id).kind
    service, is_new, is_free = _made(sold, kinds.provider_of(kind), today)
    if not is_new:
        return service
    _note(service, was="", became=State.PENDING, reason="ordered", now=now)
    journal.record(
        "service.started",
        at=now,
        table="services_service",
        object_id=service.pk,
        customer_id=service.customer_id,
    )
    if is_free:
        kinds.provision(kind, service.pk)
    else:
        _note(service, was=State.PENDING, became=State.REFUSED, reason="name_in_use", now=now)
        _tell_refused(service, now)
    return service


def _made(sold: Sold, provider: str, today: date) -> tuple[Service, bool, bool]:
    """The service, whether it is new, and whether it got its name."""
    values = {
        "customer_id": sold.customer_id, "product_id": sold.product_id, "label": sold.label, "months": sold.months,
        "price_cents": sold.price_cents, "started_on": today, "renews_on": renewal(today, sold.months), "provider": provider,
    }  # fmt: skip
    try:
        with transaction.atomic():
            return *Service.objects.get_or_create(origin=sold.origin, defaults=values), True
    except IntegrityError as error:
        if not _is_about_the_name(error):
            raise
    # Looking first would miss who is as quick, and whom the policies hide.
    return *Service.objects.get_or_create(
        origin=sold.origin, defaults=values | {"state": State.REFUSED}
    ), False


def _is_about_the_name(error: IntegrityError) -> bool:
    return getattr(getattr(error.__cause__, "diag", None), "constraint_name", None) == ONE_HOLDER


def refuse(*, service_id: int, reason: str, now: datetime) -> None:
    """
    Say that a service cannot be set up, and tell the customer that staff looks at it; one that is not being set up any more
    stays as it is. It lets go of its name.
    """
    service = Service.objects.select_for_update().get(pk=service_id)
    if service.state != State.PENDING:
        return
    move(service, State.REFUSED, reason=reason, now=now)
    _tell_refused(service, now)


def try_again(*, service_id: int, reason: str, now: datetime) -> None:
    """Have a service set up that was refused before; MoveRefused when it was not, or when its name is in use by now."""
    service = Service.objects.select_related("product").select_for_update(of=("self",)).get(pk=service_id)
    if service.state != State.REFUSED:
        raise MoveRefused(f"{service.state} was not refused")
    try:
        with transaction.atomic():
            move(service, State.PENDING, reason=reason, now=now)
    except IntegrityError as error:
        if not _is_about_the_name(error):
            raise
        raise NameInUse(f"the name of service {service_id} is in use") from None
    kinds.provision(service.product.kind, service_id)


def _tell_refused(service: Service, now: datetime) -> None:
    """Once, however often it is tried: after that a colleague is in touch."""
    messaging.enqueue(
        "services.refused",
        key=f"service:{service.pk}:refused",
        customer_id=service.customer_id,
        about_id=service.pk,
        now=now,
    )


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
        _note(service, was=was, became=to, reason=reason, now=now)
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


def _note(service: Service, *, was: str, became: str, reason: str, now: datetime) -> None:
    ServiceChange.objects.create(
        service_id=service.pk,
        customer_id=service.customer_id,
        was=was,
        became=became,
        reason=reason,
        at=now,
    )
