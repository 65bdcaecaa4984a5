"""The life cycle of a service. All of this acts within the purpose of the contract."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from hospes.catalogue.models import Product
from hospes.kernel import clock, journal
from hospes.messaging import services as messaging
from hospes.services import kinds, options
from hospes.services.models import ONE_HOLDER, By, Content, Service, ServiceChange, State
from hospes.services.rules import Part, Term

journal.register({
    "service.started": _("Service ordered"), "service.moved": _("Status of a service changed"),
    "service.changed": _("Package, number or options of a service changed"),
    "service.change_planned": _("Planned change of a service"), "service.asked": _("Change of a service asked"),
})  # fmt: skip

#: Which state may become which. Suspending and ending for non-payment have more conditions: see dunning. What was cancelled
#: goes on until its day, so it can be suspended as well, and taken back.
MOVES: dict[State, frozenset[State]] = {
    State.PENDING: frozenset({State.ACTIVE, State.CANCELLED, State.REFUSED, State.TERMINATED}),
    State.REFUSED: frozenset({State.PENDING, State.TERMINATED}),
    State.ACTIVE: frozenset({State.SUSPENDED, State.CANCELLED, State.TERMINATED}),
    State.SUSPENDED: frozenset({State.ACTIVE, State.CANCELLED, State.TERMINATED}),
    State.CANCELLED: frozenset({State.ACTIVE, State.SUSPENDED, State.TERMINATED}),
    State.TERMINATED: frozenset(),
}


class MoveRefused(Exception):
    """The service is in no state from which it could become that."""


class NameInUse(MoveRefused):
    """Another service has the name at the provider."""


@dataclass(frozen=True)
class Sold:
    """
    What was sold: `origin` names it uniquely, so that it becomes one service however often it is delivered.

    `price_cents` is for one with its options, for a term, without VAT; `intro_cents` for the first term, where that is another.
    `runs_from`: the first day of its first term, where that is not the day on which it is made.
    """

    customer_id: int
    product_id: int
    label: str
    months: int
    price_cents: int
    origin: str
    quantity: int = 1
    choices: tuple[tuple[int, int], ...] = ()  # ids of what was chosen with it, and how many of each
    details: str = ""  # the same in words
    belongs_to_id: int | None = None  # the service that an addition is of
    intro_cents: int | None = None
    runs_from: date | None = None
    priced_on: date | None = (
        None  # of which day's list its price is, where that is not the day on which it is made
    )


@dataclass(frozen=True)
class Asked:
    """Who wanted something, and what staff wrote down about it."""

    by: By = By.SYSTEM
    person_id: int | None = None
    note: str = ""


BY_SYSTEM = Asked()


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
    parts = options.shares(
        sold.product_id, sold.months, sold.price_cents, dict(sold.choices), on=sold.priced_on or today
    )
    fill(service, from_on=today, now=now, details=sold.details, parts=parts)
    note(service, was="", became=State.PENDING, reason="ordered", now=now)
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
        note(service, was=State.PENDING, became=State.REFUSED, reason="name_in_use", now=now)
        _tell_refused(service, now)
    return service


def _made(sold: Sold, provider: str, today: date) -> tuple[Service, bool, bool]:
    """The service, whether it is new, and whether it got its name."""
    term = Term.first(sold.runs_from or today, sold.months)
    values = {
        "customer_id": sold.customer_id, "product_id": sold.product_id, "label": sold.label, "months": sold.months,
        "price_cents": sold.price_cents, "intro_cents": sold.intro_cents,
        "quantity": sold.quantity, "provider": provider, "started_on": today,
        "choice_ids": [pk for pk, _ in sold.choices], "choice_counts": [n for _, n in sold.choices],
        "belongs_to_id": sold.belongs_to_id,
        **of_term(term), "bound_until": term.renews_on,
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


def of_term(term: Term) -> dict[str, Any]:
    """The columns of a service that say which term runs."""
    return {
        "anchor_on": term.anchor_on, "run_months": term.run_months, "months": term.months, "renews_on": term.renews_on,
    }  # fmt: skip


def fill(
    service: Service, *, from_on: date, now: datetime, settled: bool = True, details: str = "",
    options_cents: int = 0, parts: Collection[Part] = (),
) -> None:  # fmt: skip
    """Write down of what a service consists from a day on, as it says itself."""
    Content.objects.create(
        service_id=service.pk, customer_id=service.customer_id, product_id=service.product_id, quantity=service.quantity,
        months=service.months, price_cents=service.price_cents, from_on=from_on, choice_ids=service.choice_ids,
        choice_counts=service.choice_counts, details=details, options_cents=options_cents, settled_at=now if settled else None,
        **options.columns_of(parts),
    )  # fmt: skip


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


def move(
    service: Service,
    to: State,
    *,
    reason: str,
    now: datetime,
    on: date | None = None,
    asked: Asked = BY_SYSTEM,
) -> None:
    """
    Move a service to another state and record why, or raise MoveRefused; of two rivals exactly one wins.

    `on`: the first day without it, for one that is terminated (that day, if it is not said) or cancelled (the end of its term).
    The term that was paid for begins when there is a service, if that is later than it was paid from.
    """
    was, values = State(service.state), dict[str, Any]()
    if to == State.TERMINATED:
        values["ended_on"] = on or clock.day_of(now)
    elif to == State.CANCELLED:
        values["ends_on"] = on or service.ends_on or service.renews_on
    elif was == State.CANCELLED and to == State.ACTIVE:
        values["ends_on"] = None
    elif was == State.PENDING and to == State.ACTIVE:
        values |= _delivered(service, clock.day_of(now))
    with transaction.atomic():
        held = Service.objects.filter(pk=service.pk, state=was)
        if to not in MOVES[was] or not held.update(state=to, **values):
            raise MoveRefused(f"{was} cannot become {to}")
        service.state = to
        for name, value in values.items():
            setattr(service, name, value)
        note(service, was=was, became=to, reason=reason, now=now, asked=asked)
        if to == State.TERMINATED:
            _empty(service, now)
        elif was == State.PENDING and to == State.ACTIVE:
            _bring_along(service, clock.day_of(now), now)
        journal.record("service.moved", at=now, table="services_service", object_id=service.pk,
                       customer_id=service.customer_id, changed=["state", *values])  # fmt: skip


def _delivered(service: Service, on: date) -> dict[str, Any]:
    """
    The columns of the first term of a service that was there for nobody up to a day: it begins on that day.

    Nobody pays for days in which there was nothing. The invoice keeps the days that it was made for.
    """
    if on <= service.anchor_on or service.run_months != service.months:
        return {}
    term = Term.first(on, service.months)
    return {**of_term(term), "bound_until": term.renews_on}


def _bring_along(service: Service, on: date, now: datetime) -> None:
    """What was added to a service before that was there begins with it, unless it went on to another term by then."""
    additions = Service.objects.filter(
        belongs_to_id=service.pk, customer_id=service.customer_id, state__in=(State.ACTIVE, State.SUSPENDED), ends_on=None
    )  # fmt: skip
    for addition in additions.select_for_update().order_by("pk"):
        if values := _delivered(addition, on):
            Service.objects.filter(pk=addition.pk).update(**values)
            journal.record("service.moved", at=now, table="services_service", object_id=addition.pk,
                           customer_id=addition.customer_id, changed=[*values])  # fmt: skip


def _empty(service: Service, now: datetime) -> None:
    """A service that ended consists of nothing from that day on; what was planned for later does not come."""
    held = Content.objects.filter(service_id=service.pk)
    held.filter(settled_at=None).update(until_on=F("from_on"), settled_at=now)
    is_open = Q(until_on=None) | Q(until_on__gt=service.ended_on)
    held.filter(is_open, from_on__gt=service.ended_on).update(until_on=F("from_on"))
    held.filter(is_open, from_on__lte=service.ended_on).update(until_on=service.ended_on)


def activate(*, service_id: int, reason: str, now: datetime, asked: Asked = BY_SYSTEM) -> None:
    """
    Say that a service exists and works, and tell the customer; an active one stays as it is.

    One that was suspended after it had been cancelled works again until the day on which it ends.
    """
    service = Service.objects.select_for_update().get(pk=service_id)
    if service.state == State.ACTIVE:
        return
    if service.state == State.CANCELLED:
        raise MoveRefused("a cancelled service works until it ends, or is taken back")
    to = State.CANCELLED if service.state == State.SUSPENDED and service.ends_on else State.ACTIVE
    move(service, to, reason=reason, now=now, asked=asked)
    messaging.enqueue(
        "services.active",
        key=f"service:{service_id}:active",
        customer_id=service.customer_id,
        about_id=service_id,
        now=now,
    )


def note(
    service: Service, *, was: str, became: str, reason: str, now: datetime, asked: Asked = BY_SYSTEM
) -> None:
    """Add to the history of a service what happened to it."""
    ServiceChange.objects.create(
        service_id=service.pk, customer_id=service.customer_id, was=was, became=became, reason=reason, at=now,
        by=asked.by, person_id=asked.person_id, note=asked.note,
    )  # fmt: skip
