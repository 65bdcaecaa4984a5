"""Cancelling a service, taking that back, and ending it when its day has come. Acts for the contract."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.db.models import F, Min

from hospes.customers.models import Customer
from hospes.kernel import journal
from hospes.messaging import services as messaging
from hospes.services import changes, kinds, paid, raises, rules
from hospes.services.changes import ChangeRefused
from hospes.services.models import Charge, Content, Service, State
from hospes.services.services import BY_SYSTEM, Asked, move, note

#: States from which somebody can cancel.
CANCELLABLE = (State.ACTIVE, State.SUSPENDED)
#: States of what nobody could use yet: it waits, or could not be set up.
NOT_DELIVERED = (State.PENDING, State.REFUSED)


def ways_to_end(service: Service, *, today: date) -> rules.Ways:
    """On which days a service can end that is cancelled today, by the kind of its customer."""
    kind = Customer.objects.values_list("kind", flat=True).get(pk=service.customer_id)
    mine = Content.objects.filter(service_id=service.pk, customer_id=service.customer_id)
    return rules.ways_to_end(
        is_consumer=kind == Customer.Kind.PRIVATE, terms=paid.running(service, today), bound_until=service.bound_until,
        asked_on=today, business_notice_days=settings.HOSPES_OPERATOR.business_notice_days,
        held_since=mine.aggregate(first=Min("from_on"))["first"], raised_on=raises.raised_on(service.pk),
    )  # fmt: skip


def given_back(service: Service, on: date) -> int:
    """What is given back (cents without VAT) of what was paid, when a service ends on a day; of a term to come, nothing."""
    return paid.left(service, on)


def cancel(service: Service, *, on: date, asked: Asked, now: datetime, reason: str = "cancelled") -> None:
    """
    Cancel a service as of a day, the first one without it; raises ChangeRefused when it is cancelled or over.

    The caller has locked it, and knows that it may end on that day. What was planned for a next term does not come, and its
    additions end with it.
    """
    if service.state not in CANCELLABLE or service.ends_on is not None:
        raise ChangeRefused("not_now")
    if changes.is_planned(service):
        changes.take_back(service, asked=asked, now=now)
    move(service, State.CANCELLED, reason=reason, on=on, asked=asked, now=now)
    for addition in _additions(service).filter(state__in=CANCELLABLE, ends_on=None):
        cancel(addition, on=on, asked=asked, now=now, reason="cancelled_with")


def _additions(service: Service) -> Any:
    """What belongs to a service and did not end yet, locked."""
    held = Service.objects.filter(
        belongs_to_id=service.pk, customer_id=service.customer_id, ended_on=None
    ).order_by("pk")
    return held.select_related("product").select_for_update(of=("self",))


def _go_on(service: Service, *, asked: Asked, now: datetime) -> None:
    """Take the cancellation of additions back that were cancelled with what they belong to, and not by themselves."""
    for addition in _additions(service).exclude(ends_on=None):
        last = addition.changes.order_by("-pk").first()
        if last is not None and last.reason == "cancelled_with":
            undo(addition, asked=asked, now=now)


def undo(service: Service, *, asked: Asked, now: datetime) -> None:
    """Take back a cancellation before its day; raises ChangeRefused when there is none."""
    if service.ends_on is None or service.state not in (State.CANCELLED, State.SUSPENDED):
        raise ChangeRefused("not_cancelled")
    if service.state == State.SUSPENDED:  # it stays so, and does not end any more
        Service.objects.filter(pk=service.pk).update(ends_on=None)
        service.ends_on = None
        note(
            service,
            was=service.state,
            became=service.state,
            reason="cancellation_undone",
            now=now,
            asked=asked,
        )
        journal.record("service.moved", at=now, table="services_service", object_id=service.pk,
                       customer_id=service.customer_id, changed=["ends_on"])  # fmt: skip
    else:
        move(service, State.ACTIVE, reason="cancellation_undone", asked=asked, now=now)
    _go_on(service, asked=asked, now=now)


def end_due(*, service_id: int, today: date, now: datetime) -> bool:
    """End a service whose day has come; False when it has not, or does not end any more."""
    held = Service.objects.select_for_update(of=("self",)).select_related("product")
    service = held.filter(pk=service_id, ends_on__lte=today, ended_on=None).first()
    if service is None or service.ends_on is None:
        return False
    end(service, on=service.ends_on, reason="end_reached", kind=Charge.Kind.ENDED, now=now)
    messaging.enqueue("services.ended", key=f"service:{service.pk}:ended", customer_id=service.customer_id,
                      about_id=service.pk, now=now)  # fmt: skip
    return True


def end(
    service: Service, *, on: date, reason: str, kind: Charge.Kind, now: datetime, asked: Asked = BY_SYSTEM,
    cents: int | None = None,
) -> None:  # fmt: skip
    """
    End a locked service as of a day, and give back what was paid for the time after it (or `cents`, where that is decided).

    What it consisted of at its provider ends with it, and so do its additions.
    """
    for addition in _additions(service):
        end(
            addition,
            on=max(on, addition.started_on),
            reason="ended_with",
            kind=Charge.Kind.ENDED,
            now=now,
            asked=asked,
        )
    back = given_back(service, on) if cents is None else cents
    changes.charge(service, kind, product_id=service.product_id, quantity=service.quantity, cents=-back, period_from=on,
                   origin=f"service:{service.pk}:{kind}", now=now)  # fmt: skip
    move(service, State.TERMINATED, reason=reason, on=on, asked=asked, now=now)
    kinds.ended(service.product.kind, service.pk)


def drop(
    service: Service, *, on: date, back: Callable[[Service], int], asked: Asked, now: datetime, reason: str = "dropped"
) -> None:  # fmt: skip
    """
    End a locked service that was never delivered, and give all back that was invoiced for it, which `back` tells of a service.

    So with its additions; of one that was delivered all the same, the unused part. The customer is told.
    """
    for addition in _additions(service):
        if addition.state in NOT_DELIVERED:
            drop(addition, on=on, back=back, asked=asked, now=now, reason="dropped_with")
        else:
            ends = max(on, addition.started_on)
            end(addition, on=ends, reason="ended_with", kind=Charge.Kind.ENDED, now=now, asked=asked)
    changes.charge(
        service, Charge.Kind.DROPPED, product_id=service.product_id, quantity=service.quantity, cents=-back(service),
        period_from=service.started_on, origin=f"service:{service.pk}:{Charge.Kind.DROPPED}", now=now,
    )  # fmt: skip
    move(service, State.TERMINATED, reason=reason, on=max(on, service.started_on), asked=asked, now=now)
    kinds.ended(service.product.kind, service.pk)
    messaging.enqueue("services.dropped", key=f"service:{service.pk}:dropped", customer_id=service.customer_id,
                      about_id=service.pk, now=now)  # fmt: skip


def renew(service: Service, *, now: datetime, intro_cents: int | None = None) -> tuple[date, date, int]:
    """
    Go on to the next term, which is to be paid: its first day, its last day, and what it costs (cents without VAT).

    With what the service consists of from then on: what was planned for it counts. A billing run does the same for many at
    once: `services_content` in force on `renews_on` says months and price, `run_months` grows by those months. Raises
    ChangeRefused for one that ends by then. The caller has locked it. `intro_cents`: what one costs in that term, where an
    introductory price lasts.
    """
    if service.state in (State.TERMINATED, State.REFUSED) or (
        service.ends_on is not None and service.ends_on <= service.renews_on
    ):
        raise ChangeRefused("not_now")
    held = Content.objects.filter(service_id=service.pk, from_on__lte=service.renews_on)
    content = held.exclude(until_on__lte=service.renews_on).exclude(until_on=F("from_on")).get()
    term = service.term.next(content.months)
    values: dict[str, Any] = {
        "run_months": term.run_months, "months": term.months, "renews_on": term.renews_on, "intro_cents": intro_cents,
        "intro_before_cents": service.intro_cents,
    }  # fmt: skip
    if content.months != service.months:  # chosen, and so agreed upon
        values["bound_until"] = term.renews_on
    Service.objects.filter(pk=service.pk).update(**values)
    for name, value in values.items():
        setattr(service, name, value)
    note(service, was=service.state, became=service.state, reason="renewed", now=now)
    each = content.price_cents if intro_cents is None else intro_cents
    return term.begins_on, term.renews_on, each * content.quantity
