"""
Paying back what credit notes give back: through the provider where it was paid with it, by hand where that cannot be.

Acts for billing. The provider is asked between transactions. A credit note is divided once, over the payments of its invoice;
each part is sent once, by its key, however often that is tried.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Final, Protocol

from django.db import transaction
from django.db.models import F, Q, Sum
from django.utils import translation
from django.utils.translation import gettext, gettext_lazy

from hospes.billing import payments as billing
from hospes.billing.ledger import services as ledger
from hospes.billing.ledger.models import LedgerEntry
from hospes.billing.models import TO_BE_PAID_BACK, Invoice
from hospes.kernel import clock, journal
from hospes.messaging import services as messaging
from hospes.payments import giving_back
from hospes.payments.approvals import asking
from hospes.payments.approvals.models import Decision
from hospes.payments.chargebacks.models import Chargeback
from hospes.payments.models import Payment, Refund
from hospes.payments.providers import PaymentProvider, ProviderRefused, Repayment
from hospes.payments.together import services as together
from hospes.sales.models import Refund as Promised
from hospes.sales.withdrawals import keep_promises

journal.register({
    "refund.requested": gettext_lazy("Money to be paid back"), "refund.sent": gettext_lazy("Money is being paid back"),
    "refund.done": gettext_lazy("Money was paid back"),
    "refund.failed": gettext_lazy("Money could not be paid back through the payment provider"),
    "refund.by_hand": gettext_lazy("Money was paid back by hand"),
    "refund.taken_back": gettext_lazy("Money to be paid back was taken back by the bank already"),
    "refund.lessened": gettext_lazy("Of money to be paid back a part was taken back by the bank already"),
})  # fmt: skip

#: Within how many days money goes back; after a withdrawal the law says so (art. 6:230r Dutch Civil Code).
DAYS: Final = 14
_State, _Reason = Refund.State, Refund.Reason


class NotByHand(Exception):
    """There is nothing (any more) to be paid back by hand, or not on that day; the message is fit to show to a colleague."""


# --- what goes back, and how ----------------------------------------------------------------------------------------------


def not_planned(*, after: int = 0, limit: int = 500) -> list[int]:
    """Credit notes of which money is to be paid back and nobody saw to it yet, in order of their id."""
    found = Invoice.objects.filter(TO_BE_PAID_BACK, refunds=None, pk__gt=after)
    return list(found.order_by("pk").values_list("pk", flat=True)[:limit])


@transaction.atomic
def plan(*, credit_note_id: int, now: datetime) -> list[Refund]:
    """
    Divide what a credit note gives back over the payments of its invoice, the last one first; what is left goes by hand.

    What was written off is undone first, and what a balance paid is a balance again: see `giving_back`.

    Once: what was divided before stays so. Never more than is left of a payment.
    """
    note = billing.lock(credit_note_id)
    if (
        not note.is_credit_note
        or not note.open_cents
        or Refund.objects.filter(credit_note_id=note.pk).exists()
    ):
        return []
    left, made = note.open_cents - giving_back.undo_write_off(note, now), list[Refund]()
    for payment in _payments_of(note):
        part = min(left, _refundable(payment), _of_invoice(payment, note))
        if part > 0:
            made.append(_planned(note, payment, part, now))
            left -= part
    if rest := left - giving_back.to_the_balance(note, left, now):
        made.append(_planned(note, None, rest, now))
    whole = sum(refund.cents for refund in made if refund.payment_id)
    for refund in made:
        if refund.state == _State.FAILED:
            _against_chargebacks(refund, now)
        elif refund.state == _State.WAITS:
            _ask_colleague(refund, whole, now)
            whole -= refund.cents if refund.state == _State.REQUESTED else 0  # it counts as done by now
        else:
            _enqueue(refund.pk)
    return made


def _payments_of(note: Invoice) -> list[Payment]:
    """What the invoice was paid with through the provider, the last first; locked, so that two never take the same rest."""
    invoice = Invoice.objects.get(pk=note.credits_id or 0)
    order_id = invoice.origin.removeprefix("order:")
    of = together.of_invoices([invoice.pk])
    if order_id.isdigit():
        of |= Q(order_id=int(order_id))
    held = Payment.objects.select_for_update().filter(
        of, customer_id=note.customer_id, state=Payment.State.PAID
    )
    return sorted(held.order_by("pk"), key=lambda payment: (payment.paid_at, payment.pk), reverse=True)


def _of_invoice(payment: Payment, note: Invoice) -> int:
    """How much of a payment can go back for the invoice of this note: of one of several what it paid of this one."""
    paid = together.paid_of(payment.pk, note.credits_id or 0)
    if paid is None:
        return payment.cents
    live = Refund.objects.filter(payment_id=payment.pk, credit_note__credits_id=note.credits_id, paid_on=None)
    gone = live.exclude(state=_State.FAILED).aggregate(sum=Sum("cents"))["sum"] or 0
    return paid - int(gone)


def _refundable(payment: Payment) -> int:
    live = Refund.objects.filter(payment_id=payment.pk, paid_on=None).exclude(state=_State.FAILED)
    gone = live.aggregate(sum=Sum("cents"))["sum"] or 0
    taken = Chargeback.objects.filter(payment_id=payment.pk, reversed_at=None)
    taken_back = sum(each.cents - each.from_balance_cents for each in taken)
    return max(payment.cents - payment.surplus_cents - int(gone) - taken_back, 0)


def _planned(note: Invoice, payment: Payment | None, cents: int, now: datetime) -> Refund:
    going = _State.REQUESTED if asking.colleague() is None else _State.WAITS
    state, reason = (going, "") if payment else (_State.FAILED, str(_Reason.NO_PAYMENT))
    refund = Refund.objects.create(
        customer_id=note.customer_id, credit_note_id=note.pk, payment_id=payment.pk if payment else None, cents=cents,
        idempotency_key=f"{note.number}-{payment.pk if payment else 0}", due_on=_due_on(note), requested_at=now, state=state,
        reason=reason,
    )  # fmt: skip
    _noted("refund.requested", refund, now)
    return refund


def _ask_colleague(refund: Refund, whole_cents: int, now: datetime) -> None:
    """What a colleague caused goes up to the operator's limit, with what they had go before; above it another one agrees."""
    asked = asking.new(
        Decision.Kind.GIVE_BACK, customer_id=refund.customer_id, cents=refund.cents, by=asking.colleague() or 0, now=now,
        refund_id=refund.pk,
    )  # fmt: skip
    asked.save(force_insert=True)
    if asking.is_for_two(asked, whole_cents=whole_cents):
        asking.noted("decision.asked", asked, now)
    else:
        asking.decided(asked, Decision.State.DONE, None, now)
        release(refund_id=refund.pk, now=now)
        refund.state = _State.REQUESTED


def release(*, refund_id: int, now: datetime) -> None:
    """It was decided about, so it is asked of the provider. Raises NotByHand when it does not wait for that."""
    if not Refund.objects.filter(pk=refund_id, state=_State.WAITS).update(state=_State.REQUESTED):
        raise NotByHand(gettext("This was paid back already, or is on its way."))
    _enqueue(refund_id)


def declined(*, refund_id: int, now: datetime) -> None:
    """Another colleague does not agree that it goes back by itself: what becomes of it a colleague sees to by hand."""
    refund = Refund.objects.select_for_update().get(pk=refund_id)
    if refund.state == _State.WAITS:
        _failed(refund, _Reason.DECLINED, now)


def _due_on(note: Invoice) -> date:
    """The day that was promised after a withdrawal, else fourteen days after the credit note."""
    usual, order_id = note.issued_on + timedelta(days=DAYS), _order_of(note)
    promised = (
        Promised.objects.filter(order_id=order_id or 0, settled_at=None)
        .values_list("due_on", flat=True)
        .first()
    )
    return min(usual, promised) if promised else usual


def _order_of(note: Invoice) -> int | None:
    origin = Invoice.objects.values_list("origin", flat=True).get(pk=note.credits_id or 0)
    order_id = origin.removeprefix("order:")
    return int(order_id) if order_id.isdigit() else None


def _enqueue(refund_id: int) -> None:
    from hospes.payments.jobs import send_refund

    send_refund.enqueue_once(f"refund:{refund_id}", refund_id=refund_id)


# --- through the provider -------------------------------------------------------------------------------------------------


class Sent(Protocol):
    """Money that goes back, as far as the provider has to know of it."""

    @property
    def idempotency_key(self) -> str: ...
    @property
    def state(self) -> str: ...
    @property
    def cents(self) -> int: ...


def ask(provider: PaymentProvider, refund: Sent, reference: str, description: str) -> Repayment | None:
    """
    Have the provider pay back, or how it stands with what it was asked before; None when it refuses. Outside of transactions.

    Its keys hold for a while only, so it is asked first what it has.
    """
    for known in provider.refunds(reference):
        if known.key == refund.idempotency_key:
            return known
    if refund.state != _State.REQUESTED:
        return None
    try:
        return provider.refund(
            reference, cents=refund.cents, description=description, key=refund.idempotency_key
        )
    except ProviderRefused:
        return None


def described(refund: Refund) -> str:
    """What stands on the statement of who gets the money."""
    note = Invoice.objects.get(pk=refund.credit_note_id)
    with translation.override(note.language):
        return gettext("Credit note %(number)s") % {"number": note.number}


@transaction.atomic
def apply(*, refund_id: int, said: Repayment | None, now: datetime) -> str:
    """
    Bring our books to what the provider says of a refund (None: it refuses): sent, done, failed, or same. In any order.
    """
    refund = Refund.objects.select_for_update().get(pk=refund_id)
    if refund.paid_on is not None or refund.state == _State.WAITS or refund.reason == _Reason.TAKEN_BACK:
        return "same"
    if refund.state == _State.FAILED and refund.reference:
        return "same"
    if said is None:
        if refund.state != _State.REQUESTED:
            return "same"
        return _failed(refund, _Reason.REFUSED, now)
    if refund.state == said.state:
        return "same"
    Refund.objects.filter(pk=refund.pk).update(reference=said.reference)
    refund.reference = said.reference
    if said.state == _State.FAILED:
        if refund.state == _State.DONE:
            _came_back(refund, now)
        return _failed(refund, _Reason.BOUNCED, now)
    if refund.state == _State.DONE:  # it was asked before it was done, and is told after it
        return "same"
    if said.state == _State.DONE:
        method = Payment.objects.values_list("method", flat=True).get(pk=refund.payment_id or 0)
        _done(refund, paid_with=method, on=clock.day_of(now), now=now, paid_on=None)
        return "done"
    Refund.objects.filter(pk=refund.pk).update(state=_State.SENT, reason="", sent_at=now)
    _noted("refund.sent", refund, now)
    _tell("payments.refund_sent", refund, now)
    return "sent"


def _failed(refund: Refund, reason: str, now: datetime) -> str:
    # In one: what a chargeback is found to have taken back below keeps the day of that.
    Refund.objects.filter(pk=refund.pk).update(state=_State.FAILED, reason=reason, done_at=None, paid_on=None)
    _noted("refund.failed", refund, now)
    _against_chargebacks(refund, now)
    return "failed"


def _came_back(refund: Refund, now: datetime) -> None:
    """What was paid back did not arrive after all: the customer has it to come again."""
    billing.pay_back(
        credit_note_id=refund.credit_note_id, cents=-refund.cents, paid_at=now, paid_with="", now=now
    )
    ledger.post([_posting(refund, clock.day_of(now), by_hand=False, back=True)], now=now)


def _done(refund: Refund, *, paid_with: str, on: date, now: datetime, paid_on: date | None) -> None:
    Refund.objects.filter(pk=refund.pk).update(state=_State.DONE, done_at=now, paid_on=paid_on)
    billing.pay_back(
        credit_note_id=refund.credit_note_id, cents=refund.cents, paid_at=now, paid_with=paid_with, now=now
    )
    ledger.post([_posting(refund, on, by_hand=paid_on is not None)], now=now)
    _noted("refund.by_hand" if paid_on else "refund.done", refund, now)
    _tell("payments.refund_done", refund, now)
    keep_promises(customer_id=refund.customer_id, now=now)


def _posting(refund: Refund, on: date, *, by_hand: bool, back: bool = False) -> ledger.Posting:
    origin = f"refund:{refund.pk}:{'back' if back else 'hand' if by_hand else 'provider'}"
    if by_hand and (before := LedgerEntry.objects.filter(origin__startswith=origin).count()):
        origin = f"{origin}:{before + 1}"  # it came back, and was paid once more
    return ledger.repayment(
        origin=origin, customer_id=refund.customer_id, cents=refund.cents, on=on,
        document=refund.idempotency_key, by_hand=by_hand, back=back,
    )  # fmt: skip


# --- taken back -----------------------------------------------------------------------------------------------------------


def settle_waiting(invoice_ids: Sequence[int], now: datetime) -> None:
    """After a chargeback: what waits to be paid back by hand of credit notes of these invoices went back by that."""
    waiting = Refund.objects.filter(credit_note__credits_id__in=invoice_ids, state=_State.FAILED)
    for refund in waiting.select_for_update(of=("self",)).order_by("pk"):
        _against_chargebacks(refund, now)


def _against_chargebacks(refund: Refund, now: datetime) -> None:
    """
    What the bank of the customer took back of the invoice's payments, and could open nothing for, is what waits to be paid back.

    Else it would be paid back by hand, and then be claimed. Where a bank took back less than that, so much less is to be paid.
    """
    payments = [payment.pk for payment in _payments_of(Invoice.objects.get(pk=refund.credit_note_id))]
    rests = Chargeback.objects.select_for_update().filter(
        payment_id__in=payments, reversed_at=None, settled_on=None, rest_cents__gt=0
    )
    waiting: Refund | None = refund
    for held in rests.order_by("pk"):
        if waiting is None:
            return
        part = min(waiting.cents, held.rest_cents)
        Chargeback.objects.filter(pk=held.pk).update(rest_cents=F("rest_cents") - part)
        taken, waiting = (waiting, None) if part == waiting.cents else _split(waiting, part, held.pk, now)
        method = Payment.objects.values_list("method", flat=True).get(pk=held.payment_id)
        taken_back(taken, on=clock.day_of(held.charged_at), paid_with=method, now=now)


def _split(waiting: Refund, cents: int, chargeback_id: int, now: datetime) -> tuple[Refund, Refund]:
    """So many cents of what waits to be paid by hand as a row of its own, and what is left of it."""
    waiting.cents -= cents
    Refund.objects.filter(pk=waiting.pk).update(cents=waiting.cents)
    piece = Refund.objects.create(
        customer_id=waiting.customer_id, credit_note_id=waiting.credit_note_id, payment_id=waiting.payment_id, cents=cents,
        idempotency_key=f"{waiting.idempotency_key}-back{chargeback_id}", due_on=waiting.due_on, state=_State.FAILED,
        reason=_Reason.TAKEN_BACK, requested_at=waiting.requested_at,
    )  # fmt: skip
    asking.no_longer_needed(refund_id=waiting.pk, now=now)
    _noted("refund.lessened", waiting, now)
    return piece, waiting


def taken_back(refund: Refund, *, on: date, paid_with: str, now: datetime) -> None:
    """What waited to be paid back by hand was taken back: nothing is to be done any more. The ledger is the caller's."""
    Refund.objects.filter(pk=refund.pk).update(
        state=_State.DONE, reason=_Reason.TAKEN_BACK, done_at=now, paid_on=on
    )
    billing.pay_back(
        credit_note_id=refund.credit_note_id, cents=refund.cents, paid_at=now, paid_with=paid_with, now=now
    )
    asking.no_longer_needed(refund_id=refund.pk, now=now)
    _noted("refund.taken_back", refund, now)
    keep_promises(now=now, customer_id=refund.customer_id)


# --- by hand --------------------------------------------------------------------------------------------------------------


@transaction.atomic
def paid_by_hand(*, refund_id: int, on: date, now: datetime) -> None:
    """Say that a colleague paid it back from the bank on a day; raises NotByHand when it does not wait for that (any more)."""
    refund = Refund.objects.select_for_update().get(pk=refund_id)
    if refund.state != _State.FAILED:
        raise NotByHand(gettext("This was paid back already, or is on its way."))
    if not clock.day_of(refund.requested_at) <= on <= clock.day_of(now):
        raise NotByHand(gettext("That day is before the credit note, or has yet to come."))
    _done(refund, paid_with="banktransfer", on=on, now=now, paid_on=on)


@transaction.atomic
def came_back_by_hand(*, refund_id: int, on: date, now: datetime) -> None:
    """
    What was paid by hand came back on a day, or was not paid after all: it is to be paid again. Raises NotByHand when it was not.
    """
    refund = Refund.objects.select_for_update().get(pk=refund_id)
    if refund.state != _State.DONE or refund.paid_on is None or refund.reason == _Reason.TAKEN_BACK:
        raise NotByHand(gettext("This was not paid back by hand."))
    billing.pay_back(
        credit_note_id=refund.credit_note_id, cents=-refund.cents, paid_at=now, paid_with="", now=now
    )
    ledger.post([_posting(refund, on, by_hand=True, back=True)], now=now)
    _failed(refund, _Reason.BOUNCED, now)


def _tell(kind: str, refund: Refund, now: datetime) -> None:
    messaging.enqueue(
        kind,
        key=f"{kind}:{refund.pk}:{refund.paid_on or ''}",
        customer_id=refund.customer_id,
        about_id=refund.pk,
        now=now,
    )


def _noted(action: str, refund: Refund, now: datetime) -> None:
    journal.record(action, at=now, table="payments_refund", object_id=refund.pk, customer_id=refund.customer_id,
                   changed=["state"])  # fmt: skip
