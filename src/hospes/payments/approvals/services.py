"""Asking, approving and carrying out: money back by hand, and invoices written off. Acts for billing."""

from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from hospes.billing import payments as billing
from hospes.billing.ledger import services as ledger
from hospes.kernel import clock, journal
from hospes.payments import refunds
from hospes.payments.approvals import asking
from hospes.payments.approvals.models import Decision
from hospes.payments.balances import payouts
from hospes.payments.balances.models import Payout
from hospes.payments.models import Refund

journal.register({"invoice.written_off": _("Invoice written off")})

Kind, State, Use = Decision.Kind, Decision.State, ledger.Use


class NotDecided(Exception):
    """It cannot be decided like this; the message is fit to show to a colleague."""


def refund_by_hand(*, refund_id: int, on: date, by: int, now: datetime) -> Decision:
    """Say that money of a credit note was (or is to be) transferred on a day; see `_ask`."""
    held = Refund.objects.get(pk=refund_id)
    if held.state != Refund.State.FAILED:
        raise NotDecided(gettext("This was paid back already, or is on its way."))
    about: dict[str, Any] = {
        "customer_id": held.customer_id,
        "refund_id": held.pk,
        "cents": held.cents,
        "on": on,
    }
    return _ask(asking.new(Kind.REFUND, by=by, now=now, **about), now)


def payout_by_hand(*, payout_id: int, on: date, by: int, now: datetime) -> Decision:
    """Say that money of a balance was (or is to be) transferred on a day; see `_ask`."""
    held = Payout.objects.get(pk=payout_id)
    if held.state != Payout.State.FAILED:
        raise NotDecided(gettext("This was paid back already, or is on its way."))
    about: dict[str, Any] = {
        "customer_id": held.customer_id,
        "payout_id": held.pk,
        "cents": held.cents,
        "on": on,
    }
    return _ask(asking.new(Kind.PAYOUT, by=by, now=now, **about), now)


def write_off(*, invoice_id: int, cents: int, reason: str, by: int, now: datetime) -> Decision:
    """Write off so much of what is open on an invoice, for a reason; see `_ask`."""
    invoice = billing.lock(invoice_id)
    if invoice.is_credit_note or not 0 < cents <= invoice.open_cents:
        raise NotDecided(gettext("No more can be written off than is open on the invoice."))
    if not reason.strip():
        raise NotDecided(gettext("Say why: it stays with the books."))
    about: dict[str, Any] = {
        "customer_id": invoice.customer_id,
        "invoice_id": invoice.pk,
        "reason": reason.strip()[:200],
    }
    return _ask(asking.new(Kind.WRITE_OFF, cents=cents, by=by, now=now, **about), now)


@transaction.atomic
def _ask(asked: Decision, now: datetime) -> Decision:
    """Carried out at once up to the operator's amount; above it, it waits for another colleague. Raises NotDecided."""
    try:
        with transaction.atomic():
            asked.save(force_insert=True)
    except IntegrityError:
        raise NotDecided(gettext("This was asked already, and waits for another colleague.")) from None
    if asking.is_for_two(asked):
        asking.noted("decision.asked", asked, now)
    else:
        _carry_out(asked, now)
        asking.decided(asked, State.DONE, None, now)
    return asked


@transaction.atomic
def decide(*, decision_id: int, approve: bool, by: int, now: datetime) -> Decision:
    """Approve what a colleague asked, and carry it out, or refuse it. Raises NotDecided, also for who asked it."""
    asked = Decision.objects.select_for_update().get(pk=decision_id)
    if asked.state != State.ASKED:
        raise NotDecided(gettext("This was decided already."))
    if asked.asked_by_id == by:
        raise NotDecided(gettext("You asked this yourself: another colleague has to decide."))
    asking.decided(asked, State.DONE if approve else State.REFUSED, by, now)
    if approve:
        _carry_out(asked, now)
    elif asked.kind == Kind.GIVE_BACK:
        refunds.declined(refund_id=asked.refund_id or 0, now=now)
    return asked


def _carry_out(asked: Decision, now: datetime) -> None:
    if asked.kind in (Kind.REFUND, Kind.GIVE_BACK):
        _is_as_asked(asked)
    try:
        if asked.kind == Kind.GIVE_BACK:
            refunds.release(refund_id=asked.refund_id or 0, now=now)
        elif asked.kind == Kind.REFUND and asked.on:
            refunds.paid_by_hand(refund_id=asked.refund_id or 0, on=asked.on, now=now)
        elif asked.kind == Kind.PAYOUT and asked.on:
            payouts.paid_by_hand(payout_id=asked.payout_id or 0, on=asked.on, now=now)
        else:
            _write_off(asked, now)
    except (refunds.NotByHand, payouts.NothingToPayOut) as refusal:
        raise NotDecided(str(refusal)) from None


def _is_as_asked(asked: Decision) -> None:
    """What a bank took back meanwhile is not to be paid any more."""
    if Refund.objects.select_for_update().get(pk=asked.refund_id or 0).cents != asked.cents:
        raise NotDecided(gettext("Meanwhile it is another amount. Refuse this, and have it asked again."))


def _write_off(asked: Decision, now: datetime) -> None:
    """What is written off is no longer open; the loss is with VAT, as that is asked back by itself after a year (art. 29 OB)."""
    invoice = billing.lock(asked.invoice_id or 0)
    if asked.cents > invoice.open_cents:
        raise NotDecided(gettext("No more can be written off than is open on the invoice."))
    billing.take_payment(
        invoice_id=invoice.pk, cents=asked.cents, paid_at=now, paid_with="written_off", now=now
    )
    lines = [(Use.WRITTEN_OFF, asked.cents), (Use.DEBTORS, -asked.cents)]
    posting = ledger.Posting(
        ledger.Journal.MEMORIAL,
        f"write_off:{asked.pk}",
        clock.day_of(now),
        lines,
        asked.customer_id,
        invoice.number,
    )
    ledger.post([posting], now=now)
    journal.record(
        "invoice.written_off",
        at=now,
        table="billing_invoice",
        object_id=invoice.pk,
        customer_id=asked.customer_id,
    )
