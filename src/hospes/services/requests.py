"""Asking for a change or an end, and carrying it out. Asking may be done by a customer's own session; the rest may not."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from hospes.kernel import clock, journal
from hospes.messaging import services as messaging
from hospes.services import changes, endings, raises
from hospes.services.changes import ChangeRefused, Proposal, Wanted
from hospes.services.models import By, Request, Service
from hospes.services.services import Asked

_KINDS, _WHEN = Request.Kind, Request.When


def change_words(proposal: Proposal) -> dict[str, Any]:
    """What a request for a change says of it."""
    return {
        "kind": _KINDS.CHANGE, "when": _WHEN.NOW if proposal.at_once else _WHEN.TERM_END, **_columns(proposal.wanted),
        "cents": proposal.cents, "on": proposal.on,
    }  # fmt: skip


def _columns(want: Wanted) -> dict[str, Any]:
    """What is kept of it."""
    return {
        "product_id": want.product_id, "quantity": want.quantity, "months": want.months, "price_cents": want.price_cents,
        **want.options,
    }  # fmt: skip


def ask(service: Service, words: Mapping[str, Any], *, asked: Asked, key: str, now: datetime) -> Request:
    """
    Write down what was asked, and have it carried out at once; the same key gives the same request again.

    `words`: its columns, as the person who asks was shown them.
    """
    if there := Request.objects.filter(key=key).first():
        return there
    try:
        with transaction.atomic():
            made = Request.objects.create(
                service_id=service.pk, customer_id=service.customer_id, by=asked.by, person_id=asked.person_id,
                note=asked.note, asked_at=now, key=key, **words,
            )  # fmt: skip
    except IntegrityError:  # the same button at the same time
        return Request.objects.get(key=key)
    journal.record(
        "service.asked",
        at=now,
        table="services_service",
        object_id=service.pk,
        customer_id=service.customer_id,
    )
    from hospes.services.jobs import carry_out as job

    job.enqueue(one_at_a_time=f"service:{service.pk}", request_id=made.pk)
    return made


def carry_out(*, request_id: int, now: datetime) -> Request.State:
    """
    Do what was asked, as it was shown, or refuse it; what was done or refused before stays so. Tells the customer either way.

    It counts for the day on which it was asked.
    """
    request = Request.objects.get(pk=request_id)
    if request.state != Request.State.WAITING:
        return Request.State(request.state)
    held = Service.objects.select_related("product").select_for_update(of=("self",))
    service = held.get(pk=request.service_id)
    request.refresh_from_db(fields=["state"])
    if (
        request.state != Request.State.WAITING
    ):  # refused while we waited for the service: it was moved to another customer
        return Request.State(request.state)
    state, refusal = Request.State.DONE, ""
    try:
        with transaction.atomic():
            if service.customer_id != request.customer_id:
                raise ChangeRefused("moved")
            _do(request, service, now)
    except ChangeRefused as refused:
        state, refusal = Request.State.REFUSED, refused.code
    raises.settle(service_id=service.pk, now=now)
    Request.objects.filter(pk=request.pk).update(state=state, done_at=now, refusal=refusal)
    kind = f"services.{request.kind}" if state == Request.State.DONE else "services.not_done"
    messaging.enqueue(
        kind, key=f"request:{request.pk}", customer_id=request.customer_id, about_id=request.pk, now=now
    )
    return state


def _do(request: Request, service: Service, now: datetime) -> None:
    today = clock.day_of(request.asked_at)
    asked = Asked(By(request.by), request.person_id, request.note)
    if request.kind == _KINDS.CHANGE:
        _change(request, service, asked, now)
    elif request.kind == _KINDS.CANCEL:
        ways = endings.ways_to_end(service, today=today)
        on = {_WHEN.SOONEST: ways.soonest, _WHEN.TERM_END: ways.at_term_end, _WHEN.NOW: today}[
            _WHEN(request.when)
        ]
        if request.when == _WHEN.NOW and request.by != By.STAFF:
            raise ChangeRefused("only_at_term_end")
        _as_shown(request, on, -endings.given_back(service, on))
        endings.cancel(service, on=on, asked=asked, now=now)
    elif request.kind == _KINDS.UNDO:
        endings.undo(service, asked=asked, now=now)
    else:
        changes.take_back(service, asked=asked, now=now)


def _change(request: Request, service: Service, asked: Asked, now: datetime) -> None:
    today = clock.day_of(request.asked_at)
    if request.product_id is None or request.quantity is None or request.months is None:
        raise ChangeRefused("not_offered")
    want = changes.wanted(
        service, product_id=request.product_id, quantity=request.quantity, months=request.months, today=today,
        choices=_choices_of(request),
    )  # fmt: skip
    proposal = changes.propose(service, want, at_once=request.when == _WHEN.NOW, today=today)
    if proposal.cents < 0 and request.by != By.STAFF:
        raise ChangeRefused("only_at_term_end")
    if want.price_cents != request.price_cents:
        raise ChangeRefused("changed_meanwhile")
    _as_shown(request, proposal.on, proposal.cents)
    changes.carry_out(service, proposal, origin=f"request:{request.pk}", asked=asked, now=now)


def _choices_of(request: Request) -> dict[int, int] | None:
    """The options that were asked for; None where they come along."""
    if request.choice_ids is None or request.choice_counts is None:
        return None
    return dict(zip(request.choice_ids, request.choice_counts, strict=True))


def _as_shown(request: Request, on: Any, cents: int) -> None:
    if (request.on, request.cents) != (on, cents):
        raise ChangeRefused("changed_meanwhile")
