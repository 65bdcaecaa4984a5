"""
Raises for running contracts: planned at once for all of them, told to each customer, in force from a renewal. For the contract.

A raise counts from a renewal on or after its day, and no sooner than so many days after the mail about it left; a mail that never
left raises nothing. At that renewal it is a row of `services_content`, which whoever renews reads. What the customer planned for
the next term goes first.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import structlog
from django.db import IntegrityError, connections, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from hospes.customers.models import Customer
from hospes.kernel import acting, clock, journal
from hospes.kernel.acting import JOB
from hospes.kernel.purposes import Purpose
from hospes.messaging import services as messaging
from hospes.messaging.models import Message
from hospes.services import options, rules
from hospes.services.models import Content, Raise, RaisedService, RaiseNotice, RaiseRule, Service, State
from hospes.services.services import note

logger = structlog.get_logger(__name__)
journal.register({
    "raise.planned": _("Raise of prices planned"), "raise.withdrawn": _("Raise of prices taken back"),
    "raise.announced": _("Raise of prices announced"), "service.raised": _("Price of a service raised"),
})  # fmt: skip
_S = RaisedService.State


class RaiseRefused(Exception):
    """It cannot be planned so, or not be taken back; the message is fit to show to a colleague."""


@dataclass(frozen=True)
class Wanted:
    """A raise as staff want it: a percentage (hundredths of a percent) or a price (cents without VAT)."""

    product_id: int
    months: int
    from_on: date
    announce_on: date
    basis_points: int | None = None
    price_cents: int | None = None
    started_before: date | None = None


@dataclass(frozen=True)
class Reach:
    """What a raise would touch: how many services of how many customers; cents a year without VAT, as they are and become."""

    services: int
    customers: int
    old_year_cents: int
    new_year_cents: int

    @property
    def more_cents(self) -> int:
        """What it brings in a year."""
        return self.new_year_cents - self.old_year_cents


_NEW = "coalesce(%(price)s::bigint, (s.price_cents * (10000 + %(points)s::bigint) + 5000) / 10000)"
# A price of its own is that of the product without options: who has some has a raise in percent.
_WHICH = f"""
  FROM services_service s
 WHERE s.product_id = %(product)s AND s.months = %(months)s AND s.state IN ('pending', 'active', 'suspended')
   AND s.ends_on IS NULL AND (%(before)s::date IS NULL OR s.started_on < %(before)s::date) AND {_NEW} > s.price_cents
   AND (%(price)s::bigint IS NULL OR s.choice_ids = '{{}}')
   AND NOT EXISTS (SELECT FROM services_raisedservice r WHERE r.service_id = s.id AND r.state IN ('planned', 'announced'))
"""  # made of this module's constants
_COUNT = f"""
SELECT count(*), count(DISTINCT s.customer_id), coalesce(sum(s.price_cents * s.quantity * 12 / s.months), 0)::bigint,
       coalesce(sum({_NEW} * s.quantity * 12 / s.months), 0)::bigint {_WHICH}
"""
_INSERT = f"""
INSERT INTO services_raisedservice (plan_id, service_id, customer_id, old_cents, new_cents, state, was_put_off)
SELECT %(plan)s, s.id, s.customer_id, s.price_cents, {_NEW}, 'planned', false {_WHICH} ON CONFLICT DO NOTHING
"""


def dry_run(want: Wanted) -> Reach:
    """What a raise would touch, were it planned now."""
    with _cursor() as cursor:
        cursor.execute(_COUNT, _parameters(want))
        return Reach(*cursor.fetchone())


def _cursor() -> Any:
    scene = acting.current()
    return connections[scene.alias if scene else "default"].cursor()


def _parameters(want: Wanted) -> dict[str, object]:
    return {"product": want.product_id, "months": want.months, "price": want.price_cents, "points": want.basis_points,
            "before": want.started_before}  # fmt: skip


@transaction.atomic
def plan(want: Wanted, *, key: str, today: date, now: datetime) -> Raise:
    """
    Plan a raise: a row for each service that runs now, all in one statement. The same key plans it once.

    A service that another raise is planned for keeps that one. Raises RaiseRefused when it touches nothing, or its days are over.
    """
    if there := Raise.objects.filter(key=key).first():
        return there
    if want.announce_on < today or want.from_on <= want.announce_on:
        raise RaiseRefused(_("Customers are told from today on, and it counts from a later day."))
    try:
        with transaction.atomic():
            made = Raise.objects.create(planned_at=now, key=key, **vars(want))
    except IntegrityError:  # the same button at the same time
        return Raise.objects.get(key=key)
    with _cursor() as cursor:
        cursor.execute(_INSERT, _parameters(want) | {"plan": made.pk})
        if not cursor.rowcount:
            raise RaiseRefused(_("There is no service that this would raise."))
    journal.record("raise.planned", at=now, table="services_raise", object_id=made.pk)
    return made


@transaction.atomic
def withdraw(*, raise_id: int, now: datetime) -> None:
    """Take a raise back that no customer was told of yet; raises RaiseRefused when they were."""
    held = Raise.objects.filter(pk=raise_id, announced_at=None, withdrawn_at=None)
    if not held.update(withdrawn_at=now):
        raise RaiseRefused(_("Customers were told of it already, or it was taken back."))
    RaisedService.objects.filter(plan_id=raise_id, state=_S.PLANNED).update(state=_S.DROPPED)
    journal.record("raise.withdrawn", at=now, table="services_raise", object_id=raise_id)


def reach_of(raise_id: int) -> dict[str, int]:
    """How many services of a raise are in which state."""
    found = RaisedService.objects.filter(plan_id=raise_id).values_list("state", flat=True)
    return dict(Counter(found))


# --- telling --------------------------------------------------------------------------------------------------------------


def announce(*, today: date, now: datetime, page_size: int = 200) -> int:
    """
    Tell customers of the raises whose day to do so has come, each of all of theirs in one mail; returns how many mails.

    A page of customers a transaction: it can be killed and begun again at any moment, and nobody is told twice.
    """
    told = 0
    while True:
        with acting.acting(Purpose.CONTRACT, actor=JOB):
            due = Raise.objects.filter(withdrawn_at=None, announce_on__lte=today)
            _mark_announced(due, now)
            plans = list(due.values_list("pk", flat=True))
            rows = RaisedService.objects.filter(state=_S.PLANNED, plan_id__in=plans)
            page = list(
                rows.order_by("customer_id").values_list("customer_id", flat=True).distinct()[:page_size]
            )
            for customer_id in page:
                _tell(customer_id, plans, now)
        told += len(page)
        if len(page) < page_size:
            return told


def _mark_announced(due: Any, now: datetime) -> None:
    for held in due.select_for_update().filter(announced_at=None):
        Raise.objects.filter(pk=held.pk, withdrawn_at=None).update(announced_at=now)
        journal.record("raise.announced", at=now, table="services_raise", object_id=held.pk)


def _tell(customer_id: int, plans: list[int], now: datetime) -> None:
    notice = RaiseNotice.objects.create(customer_id=customer_id, made_at=now)
    RaisedService.objects.filter(customer_id=customer_id, state=_S.PLANNED, plan_id__in=plans).update(
        state=_S.ANNOUNCED, notice=notice
    )
    messaging.enqueue(
        "services.raise", key=_key(notice.pk), customer_id=customer_id, about_id=notice.pk, now=now
    )


def _key(notice_id: int) -> str:
    return f"raise:{notice_id}"


def note_delivered(*, page_size: int = 500) -> int:
    """Note of announcements whose mail has left when it did, and return how many."""
    noted, last = 0, 0
    while True:
        with acting.acting(Purpose.CONTRACT, actor=JOB):
            waiting = RaiseNotice.objects.filter(delivered_at=None, pk__gt=last).order_by("pk")[:page_size]
            page = {_key(notice.pk): notice.pk for notice in waiting}
        with acting.acting(Purpose.MESSAGES, actor=JOB):
            sent = Message.objects.filter(key__in=list(page), state=Message.State.SENT)
            left = dict(sent.values_list("key", "sent_at"))
        with acting.acting(Purpose.CONTRACT, actor=JOB):
            for key, sent_at in left.items():
                noted += RaiseNotice.objects.filter(pk=page[key], delivered_at=None).update(
                    delivered_at=sent_at
                )
        if len(page) < page_size:
            return noted
        last = max(page.values())


# --- in force -------------------------------------------------------------------------------------------------------------


def settle(*, service_id: int, now: datetime) -> None:
    """
    Give the raise that a service was told of its day, where that is known; called for a service that changed, and by the sweep.

    It waits while the customer planned something for the next term, and while there is no service yet, of which the terms are not
    known before that; and does not come for what became another product or price.
    """
    row = RaisedService.objects.filter(
        service_id=service_id, state=_S.ANNOUNCED, takes_effect_on=None
    ).first()
    if row is None or row.notice_id is None:
        return
    service = Service.objects.select_for_update().get(pk=service_id)
    plan, notice = Raise.objects.get(pk=row.plan_id), RaiseNotice.objects.get(pk=row.notice_id)
    if notice.delivered_at is None:
        return
    planned = Content.objects.filter(service_id=service_id, settled_at=None).first()
    as_told = (row.customer_id, plan.product_id, plan.months, row.old_cents)
    is_other = as_told != (service.customer_id, service.product_id, service.months, service.price_cents)
    if planned is not None and (planned.product_id, planned.months) != (plan.product_id, plan.months):
        is_other = True
    if is_other or service.ended_on is not None:
        RaisedService.objects.filter(pk=row.pk).update(state=_S.DROPPED)
    elif planned is None and service.state not in (State.PENDING, State.REFUSED):
        _place(row, service, _day(service, plan, clock.day_of(notice.delivered_at)))


def _day(service: Service, plan: Raise, told_on: date) -> date:
    kind = Customer.objects.values_list("kind", flat=True).get(pk=service.customer_id)
    rule = RaiseRule.objects.filter(kind=kind, valid_from__lte=told_on).order_by("-valid_from").first()
    if rule is None:
        raise LookupError(f"no rule says how long before a raise is told to a customer of the kind {kind}")
    return rules.raised_from(
        term=service.term, from_on=plan.from_on, told_on=told_on, notice_days=rule.notice_days,
        is_consumer=kind == Customer.Kind.PRIVATE, started_on=service.started_on,
    )  # fmt: skip


def _place(row: RaisedService, service: Service, on: date) -> None:
    held = Content.objects.get(service_id=service.pk, until_on=None)
    Content.objects.filter(pk=held.pk).update(until_on=on)
    Content.objects.create(
        service_id=service.pk, customer_id=service.customer_id, product_id=service.product_id, quantity=service.quantity,
        months=service.months, price_cents=row.new_cents, from_on=on, raised=row, choice_ids=held.choice_ids,
        choice_counts=held.choice_counts, details=held.details, options_cents=held.options_cents,
        **options.columns_of(_raised(row, options.parts_of(service))),
    )  # fmt: skip
    RaisedService.objects.filter(pk=row.pk).update(takes_effect_on=on)


def place_again(service: Service, was: Content) -> None:
    """Let a raise count from its day on after all, for as many as there are now: the term was invoiced at it."""
    _place(RaisedService.objects.get(pk=was.raised_id or 0), service, was.from_on)


def _raised(row: RaisedService, parts: Sequence[rules.Part]) -> tuple[rules.Part, ...]:
    """What options have in the raised price."""
    plan = Raise.objects.get(pk=row.plan_id)
    return rules.raised(parts, plan.basis_points, planned_on=clock.day_of(plan.planned_at))


def changed(service: Service, by_cents: int, was: Sequence[rules.Part], became: Sequence[rules.Part]) -> None:
    """
    Let a raise that did not begin yet be of the price with the options that changed it by so much: what was added comes to it
    at its own price, and what goes is taken off as it was raised. It does not come where it raises nothing any more.
    """
    if tuple(was) == tuple(became):
        return
    for row in RaisedService.objects.filter(service_id=service.pk, state__in=(_S.PLANNED, _S.ANNOUNCED)):
        by_raise = _more(row, became) - _more(row, was)
        old, new = row.old_cents + by_cents, row.new_cents + by_cents + by_raise
        held = RaisedService.objects.filter(pk=row.pk)
        if new > old:
            held.update(old_cents=old, new_cents=new)
        else:
            held.update(state=_S.DROPPED, takes_effect_on=None)


def _more(row: RaisedService, parts: Sequence[rules.Part]) -> int:
    """How much of a raise is of options."""
    return sum(part.sum_cents for part in _raised(row, parts)) - sum(part.sum_cents for part in parts)


def goes_first(service: Service) -> bool:
    """
    Whether nothing can be planned for the next renewal that leaves package and term: a raise that was put off counts then.
    """
    waits = RaisedService.objects.filter(service_id=service.pk, state=_S.ANNOUNCED, was_put_off=True)
    return waits.filter(Q(takes_effect_on=None) | Q(takes_effect_on__lte=service.renews_on)).exists()


def put_off(service: Service, *, on: date) -> None:
    """Note that something which was planned began instead of a raise that could have counted from that day on."""
    waits = RaisedService.objects.filter(
        service_id=service.pk, state=_S.ANNOUNCED, takes_effect_on=None, plan__from_on__lte=on,
        notice__delivered_at__isnull=False,
    )  # fmt: skip
    waits.update(was_put_off=True)


def settle_all(*, now: datetime, page_size: int = 500) -> Counter[str]:
    """Give every raise its day whose announcement has left; a transaction each, one that fails stops no other."""
    tally, last = Counter[str](), 0
    waiting = Q(state=_S.ANNOUNCED, takes_effect_on=None, notice__delivered_at__isnull=False)
    while True:
        with acting.acting(Purpose.CONTRACT, actor=JOB):
            found = RaisedService.objects.filter(waiting, pk__gt=last).order_by("pk")
            page = list(found.values_list("pk", "service_id")[:page_size])
        if not page:
            return tally
        for pk, service_id in page:
            last = pk
            try:
                with acting.acting(Purpose.CONTRACT, actor=JOB):
                    settle(service_id=service_id, now=now)
                tally["done"] += 1
            except Exception:
                tally["failed"] += 1
                logger.exception("a raise was left as it was", service_id=service_id)


def begun(service: Service, raised_id: int, now: datetime) -> None:
    """Note that the day of a raise has come."""
    RaisedService.objects.filter(pk=raised_id).update(state=_S.IN_FORCE)
    note(service, was=service.state, became=service.state, reason="price_raised", now=now)
    journal.record("service.raised", at=now, table="services_service", object_id=service.pk,
                   customer_id=service.customer_id, changed=["price_cents"])  # fmt: skip


def coming(service_id: int) -> RaisedService | None:
    """The raise that a service was told of, and that is not in force yet."""
    return RaisedService.objects.filter(service_id=service_id, state=_S.ANNOUNCED).first()


def raised_on(service_id: int) -> date | None:
    """From which day the last raise of a service counts, or will count."""
    whose = Service.objects.values_list("customer_id", flat=True).get(
        pk=service_id
    )  # a former holder's counts for nobody else
    told = RaisedService.objects.filter(
        service_id=service_id, customer_id=whose, takes_effect_on__isnull=False
    )
    held = told.filter(state__in=(_S.ANNOUNCED, _S.IN_FORCE))
    return held.order_by("-takes_effect_on").values_list("takes_effect_on", flat=True).first()
