"""
Moving a service to another customer: asked by its holder, accepted by the other, carried out by a job. Acts for the contract.

What was paid or invoiced stays with who had it; the other pays from the next renewal on. The service and what it consists of are
the other's from a day on; its history, requests, charges and invoices until then stay with who had it.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Final

import structlog
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from hospes.customers.models import Customer, Person
from hospes.customers.queries import addressee, holders
from hospes.kernel import clock, journal
from hospes.kernel.acting import JOB, acting
from hospes.kernel.purposes import Purpose
from hospes.messaging import services as messaging
from hospes.services import changes, kinds, options, rules
from hospes.services.models import (
    By,
    Content,
    Move,
    MoveOffer,
    RaisedService,
    Request,
    Service,
    State,
    Task,
    When,
)
from hospes.services.services import Asked, fill, note
from hospes.services.words import refusal_words

logger = structlog.get_logger(__name__)
journal.register({
    "service.move_asked": _("Handing over a service asked"), "service.move_offered": _("Service offered to take over"),
    "service.move_decided": _("Taking over a service decided"), "service.moved_away": _("Service moved to another customer"),
    "service.moved_here": _("Service taken over"),
})  # fmt: skip

#: So long the other has to decide.
DAYS_TO_DECIDE: Final = 14


class MoveRefused(Exception):
    """It cannot be moved; the message is fit to show to the customer. It never says anything about the other."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code

    def __str__(self) -> str:
        return refusal_words(self.code)


def can_move(service: Service) -> bool:
    """Whether a service is in a state in which it can go to another customer."""
    stands = service.state == State.ACTIVE and service.ends_on is None
    return stands and service.belongs_to_id is None and not changes.is_invoiced(service)


def ask(
    service: Service, *, to_number: int, to_email: str, when: When, asked: Asked, ip: str | None, key: str, now: datetime
) -> Move:  # fmt: skip
    """
    Write down that a service is to go to another customer; the same key gives the same row again.

    Nothing here depends on whether the other exists. Raises MoveRefused for a service that cannot go, or is going already.
    """
    if there := Move.objects.filter(key=key).first():
        return there
    if not can_move(service):
        raise MoveRefused("not_now")
    try:
        with transaction.atomic():
            made = Move.objects.create(
                service_id=service.pk, customer_id=service.customer_id, label=service.label, to_number=to_number,
                to_email=to_email.strip(), when=when, by=asked.by, person_id=asked.person_id, note=asked.note, asked_at=now,
                asked_from=ip, key=key,
            )  # fmt: skip
    except IntegrityError:
        if there := Move.objects.filter(key=key).first():  # the same button at the same time
            return there
        raise MoveRefused("already_asked") from None
    _record("service.move_asked", "services_move", made.pk, service.customer_id, now)
    from hospes.services.jobs import offer_move

    offer_move.enqueue(move_id=made.pk)
    return made


def take_back(*, move_id: int, now: datetime) -> bool:
    """Take back what was asked, before it was carried out; False when that is too late."""
    held = Move.objects.filter(
        pk=move_id, state__in=(Move.State.ASKED, Move.State.ACCEPTED), withdrawn_at=None
    )
    return bool(held.update(withdrawn_at=now))


def offer(*, move_id: int, now: datetime) -> None:
    """Offer a service to the customer who was meant, if there is one; again does nothing. Acts for everybody's contracts."""
    move = Move.objects.select_for_update().get(pk=move_id)
    if (
        move.state != Move.State.ASKED
        or move.withdrawn_at
        or MoveOffer.objects.filter(move_id=move_id).exists()
    ):
        return
    service = Service.objects.get(pk=move.service_id)
    to = _meant(move, now)
    if to is None or service.customer_id != move.customer_id or not can_move(service):
        return
    giver, additions = (
        Customer.objects.values_list("name", flat=True).get(pk=move.customer_id),
        _additions(service),
    )
    made = MoveOffer.objects.create(
        move=move, customer_id=to, from_name=giver, label=service.label, product_id=service.product_id,
        quantity=service.quantity, months=service.months, price_cents=service.price_cents, renews_on=service.renews_on,
        additions=_words(additions, to, now), additions_cents=sum(each.term_cents for each in additions),
        when=move.when, made_at=now,
    )  # fmt: skip
    Move.objects.filter(pk=move.pk).update(addition_ids=[each.pk for each in additions])
    _record("service.move_offered", "services_moveoffer", made.pk, to, now)
    messaging.enqueue(
        "services.move_offer", key=f"move:{move_id}:offer", customer_id=to, about_id=made.pk, now=now
    )


def _additions(service: Service) -> list[Service]:
    """What belongs to a service and goes along with it, locked."""
    held = Service.objects.filter(
        belongs_to_id=service.pk, customer_id=service.customer_id, ended_on=None
    ).order_by("pk")
    return list(held.select_related("product").select_for_update(of=("self",)))


def _words(additions: Sequence[Service], to: int, now: datetime) -> str:
    """What belongs to it, in the language of who is offered it."""
    reader = addressee(to, now=now)
    with override(reader.language if reader else "nl"):
        told = [
            f"{each.quantity} × {each.product.name}" if each.quantity > 1 else each.product.name
            for each in additions
        ]
    return ", ".join(told)[:300]


def _meant(move: Move, now: datetime) -> int | None:
    """The customer with that number, if one of its holders has that address; both have to be right."""
    found = Customer.objects.filter(number=move.to_number, ended_on=None).exclude(pk=move.customer_id).first()
    if found is None:
        return None
    held = Person.objects.filter(pk__in=holders(found.pk, now=now), email__iexact=move.to_email)
    return found.pk if held.exists() else None


def decide(
    *, offer_id: int, accepts: bool, person_id: int, ip: str | None, agreed: Mapping[str, str], now: datetime
) -> bool:
    """Accept or decline what was offered, once, by a session of the other; False when it was decided or is over."""
    to = MoveOffer.State.ACCEPTED if accepts else MoveOffer.State.DECLINED
    words = dict(agreed) if accepts else {}
    held = MoveOffer.objects.filter(pk=offer_id, state=MoveOffer.State.OPEN, closed_at=None)
    if not held.update(state=to, decided_by=person_id, decided_at=now, decided_from=ip, **words):
        return False
    found = MoveOffer.objects.get(pk=offer_id)
    _record("service.move_decided", "services_moveoffer", offer_id, found.customer_id, now)
    from hospes.services.jobs import carry_out_move

    carry_out_move.enqueue(offer_id=offer_id)
    return True


# --- carrying it out ------------------------------------------------------------------------------------------------------


def carry_out(*, offer_id: int, today: date, now: datetime) -> Move.State:
    """Do what the other decided, when its day has come; again changes nothing."""
    # Held in the order in which a request is carried out: the service first.
    found = MoveOffer.objects.get(pk=offer_id)
    service_id = Move.objects.values_list("service_id", flat=True).get(pk=found.move_id)
    service = Service.objects.select_related("product").select_for_update(of=("self",)).get(pk=service_id)
    move = Move.objects.select_for_update().get(pk=found.move_id)
    offer = MoveOffer.objects.select_for_update().get(pk=offer_id)
    if move.state not in (Move.State.ASKED, Move.State.ACCEPTED):
        return Move.State(move.state)
    if move.withdrawn_at is not None:
        return _close(move, offer, Move.State.WITHDRAWN, now)
    if offer.state == MoveOffer.State.DECLINED:
        return _close(move, offer, Move.State.DECLINED, now)
    if offer.state != MoveOffer.State.ACCEPTED:
        return Move.State(move.state)
    if service.customer_id != move.customer_id or not can_move(service):
        return _close(move, offer, Move.State.REFUSED, now, refusal="not_now")
    if not _is_as_offered(service, move, offer):
        return _close(move, offer, Move.State.REFUSED, now, refusal="changed_meanwhile")
    if move.when == When.TERM_END and today < offer.renews_on:
        Move.objects.filter(pk=move.pk).update(state=Move.State.ACCEPTED)
        return Move.State.ACCEPTED
    _hand_over(service, move, offer, on=today, now=now)
    return Move.State.DONE


def _is_as_offered(service: Service, move: Move, offer: MoveOffer) -> bool:
    """Whether a service and what belongs to it are what the other accepted."""
    held = _additions(service)
    beside = ([each.pk for each in held], sum(each.term_cents for each in held))
    as_it_is = (service.product_id, service.quantity, service.months, service.price_cents, *beside)
    return as_it_is == (
        offer.product_id, offer.quantity, offer.months, offer.price_cents, move.addition_ids, offer.additions_cents,
    )  # fmt: skip


def _close(
    move: Move,
    offer: MoveOffer | None,
    to: Move.State,
    now: datetime,
    *,
    refusal: str = "",
    on: date | None = None,
) -> Move.State:
    Move.objects.filter(pk=move.pk).update(state=to, closed_at=now, refusal=refusal, moved_on=on)
    if offer is not None:
        MoveOffer.objects.filter(pk=offer.pk).update(closed_at=now, moved_on=on)
    if to in (Move.State.DONE, Move.State.DECLINED, Move.State.REFUSED):
        messaging.enqueue(
            "services.move",
            key=f"move:{move.pk}:{to}",
            customer_id=move.customer_id,
            about_id=move.pk,
            now=now,
        )
        if offer is not None and to != Move.State.DECLINED:
            messaging.enqueue("services.move_taken", key=f"move:{move.pk}:{to}:other", customer_id=offer.customer_id,
                              about_id=offer.pk, now=now)  # fmt: skip
    return to


def _hand_over(service: Service, move: Move, offer: MoveOffer, *, on: date, now: datetime) -> None:
    """From this day on it is the other's, with what belongs to it."""
    gave = Asked(By(move.by), move.person_id, move.note)
    took = Asked(By.CUSTOMER, offer.decided_by_id)
    additions = _additions(service)
    _close(move, offer, Move.State.DONE, now, on=on)
    for each in (service, *additions):
        _give(each, to=offer.customer_id, gave=gave, took=took, on=on, now=now)


def _give(service: Service, *, to: int, gave: Asked, took: Asked, on: date, now: datetime) -> None:
    """Make a service another customer's. What was planned or told to who had it does not come."""
    giver = service.customer_id
    waiting = Request.objects.filter(service_id=service.pk, state=Request.State.WAITING)
    waiting.update(state=Request.State.REFUSED, done_at=now, refusal="moved")
    changes.unplan(service, now=now)
    told = (RaisedService.State.PLANNED, RaisedService.State.ANNOUNCED)
    RaisedService.objects.filter(service_id=service.pk, state__in=told).update(
        state=RaisedService.State.DROPPED, takes_effect_on=None
    )
    note(service, was=service.state, became=service.state, reason="moved_away", now=now, asked=gave)
    _record("service.moved_away", "services_service", service.pk, giver, now)
    held, parts = Content.objects.get(service_id=service.pk, until_on=None), options.parts_of(service)
    Content.objects.filter(pk=held.pk).update(until_on=on)
    # To the end of what was paid for nobody gets back what somebody else paid; a consumer is held to it for a year at most.
    bound_until = min(service.renews_on, rules.renewal(on, rules.CONSUMER_BOUND_MONTHS))
    Service.objects.filter(pk=service.pk).update(customer=to, bound_until=bound_until)
    service.customer_id, service.bound_until = to, bound_until
    fill(service, from_on=on, now=now, details=held.details, parts=parts)
    Task.objects.filter(service_id=service.pk, state=Task.State.OPEN).update(customer_id=to)
    kinds.moved(service.product.kind, service.pk)
    note(service, was="", became=service.state, reason="moved_here", now=now, asked=took)
    _record("service.moved_here", "services_service", service.pk, to, now)


def sweep(*, today: date, now: datetime, page_size: int = 500) -> Counter[str]:
    """Carry out what was agreed for today, and close what nobody decided upon in time; a transaction each."""
    tally, last = Counter[str](), 0
    while True:
        with acting(Purpose.CONTRACT, actor=JOB):
            under_way = Move.objects.filter(state__in=(Move.State.ASKED, Move.State.ACCEPTED), pk__gt=last)
            page = list(under_way.order_by("pk").values_list("pk", "service_id")[:page_size])
        if not page:
            return tally
        for last, service_id in page:
            try:
                with acting(Purpose.CONTRACT, actor=JOB):
                    tally[_mind(last, today, now)] += 1
            except Exception:
                tally["failed"] += 1
                logger.exception("a service was not moved", service_id=service_id)


def _mind(move_id: int, today: date, now: datetime) -> str:
    offered = MoveOffer.objects.filter(move_id=move_id).first()
    if offered is not None and carry_out(offer_id=offered.pk, today=today, now=now) not in (
        Move.State.ASKED,
    ):
        return "minded"
    move = Move.objects.select_for_update().get(pk=move_id)
    last_day = clock.day_of(move.asked_at) + timedelta(days=DAYS_TO_DECIDE)
    undecided = Q(pk=offered.pk if offered else 0, state=MoveOffer.State.OPEN)
    if move.withdrawn_at is not None:
        _close(move, offered, Move.State.WITHDRAWN, now)
    elif last_day < today and (offered is None or MoveOffer.objects.filter(undecided).exists()):
        _close(move, offered, Move.State.EXPIRED, now)
    return "minded"


def of_service(service_id: int) -> Move | None:
    """What is under way for a service, as its holder sees it."""
    return Move.objects.filter(
        service_id=service_id, state__in=(Move.State.ASKED, Move.State.ACCEPTED), withdrawn_at=None
    ).first()


def offers_to(customer_id: int) -> list[MoveOffer]:
    """What a customer was offered to take over, the newest first."""
    found = MoveOffer.objects.filter(customer_id=customer_id).select_related("product")
    return list(found.order_by("-made_at", "-pk")[:50])


def asked_by(customer_id: int) -> list[Move]:
    """What a customer asked to hand over, the newest first; what came of it is all that it learns of the other."""
    return list(Move.objects.filter(customer_id=customer_id).order_by("-asked_at", "-pk")[:50])


def _record(action: str, table: str, pk: int, customer_id: int, now: datetime) -> None:
    journal.record(action, at=now, table=table, object_id=pk, customer_id=customer_id)
