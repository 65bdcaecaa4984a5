"""
What was collected goes into the books, and what the bank gives back out of them again by the opposite entry. Acts for billing.

Money under way stands on an account of its own (direct debits on their way) from the day of collection until the bank's statement
says that it is there; what the bank gives back is taken off it again. So a statement is booked against that account, with either
sign (`on_statement`), and it is empty when everything was seen.
"""

from datetime import date, datetime
from typing import Final

from django.db import transaction
from django.utils.translation import gettext, gettext_lazy

from hospes.billing import payments as billing
from hospes.billing.ledger import services as ledger
from hospes.billing.models import Invoice
from hospes.kernel import clock, journal
from hospes.payments.debits import batches, mandates
from hospes.payments.debits.announcing import noted as _noted
from hospes.payments.debits.announcing import one_at_a_time, tell
from hospes.payments.debits.models import Debit, Mandate, ReasonCode
from hospes.payments.models import Refund

journal.register({
    "debit.collected": gettext_lazy("Direct debit collected and booked"),
    "debit.rejected": gettext_lazy("Direct debit refused by the bank"),
    "debit.returned": gettext_lazy("Direct debit given back by the bank"),
    "debit.put_right": gettext_lazy("Difference of a direct debit put right"),
})  # fmt: skip

_State, _Use = Debit.State, ledger.Use
PAID_WITH: Final = "directdebit"
#: A return whose reason the bank does not say (ISO 20022: NotSpecifiedReasonAgentGenerated).
NO_REASON: Final = "MS03"


class NotPutRight(Exception):
    """There is nothing (any more) to put right, or not on that day; the message is fit to show to a colleague."""


# --- collected ------------------------------------------------------------------------------------------------------------


@transaction.atomic
def collected(*, debit_id: int, now: datetime) -> bool:
    """
    Book a collection whose day is over: as much as is open on the invoice by now; what is more is to be paid back.

    False when it is not at the bank (any more): again changes nothing.
    """
    debit = _locked(debit_id)
    if debit.state != _State.SUBMITTED:
        return False
    _collect(debit, now)
    return True


def _locked(debit_id: int) -> Debit:
    """A collection that nobody else changes, after its invoice, so that two never wait for each other."""
    one_at_a_time()
    invoice_id = Debit.objects.values_list("invoice_id", flat=True).get(pk=debit_id)
    billing.lock(invoice_id)
    return Debit.objects.select_for_update().get(pk=debit_id)


def _collect(debit: Debit, now: datetime) -> None:
    taken = billing.take_payment(
        invoice_id=debit.invoice_id, cents=debit.cents, paid_at=now, paid_with=PAID_WITH, now=now
    )
    debit.state, debit.collected_at, debit.surplus_cents = _State.COLLECTED, now, debit.cents - taken
    debit.save(update_fields=["state", "collected_at", "surplus_cents"])
    used = Mandate.objects.filter(pk=debit.mandate_id)
    used.exclude(last_used_on__gte=debit.collect_on).update(last_used_on=debit.collect_on)
    _post(debit, "collected", debit.collect_on, [
        (_Use.DEBITS, debit.cents), (_Use.DEBTORS, -taken), (_Use.SURPLUS, taken - debit.cents),
    ], now)  # fmt: skip
    _noted("debit.collected", debit, now, ["state", "collected_at"])


# --- given back -----------------------------------------------------------------------------------------------------------


@transaction.atomic
def returned(*, end_to_end_id: str, code: str, on: date, now: datetime) -> str:
    """
    Book that the bank gave a collection back on a day, with its reason code; returns what came of it: returned, same or unknown.

    The invoice is open again by the opposite entry. For bank statements, and by hand; harmless to repeat. A collection that is
    not booked yet is booked first: its money came and went. "unknown" is what is none of ours, or not at the bank.
    """
    found = Debit.objects.filter(end_to_end_id=end_to_end_id).values_list("pk", flat=True).first()
    if found is None:
        return "unknown"
    debit = _locked(found)
    if debit.state in (_State.RETURNED, _State.REJECTED):
        return "same"
    _seen_at_the_bank(debit, on, now)
    if debit.state == _State.SUBMITTED:
        _collect(debit, now)
    if debit.state != _State.COLLECTED:
        return "unknown"
    _give_back(debit, code or NO_REASON, on, now)
    return "returned"


@transaction.atomic
def rejected(*, end_to_end_id: str, code: str, on: date, now: datetime) -> str:
    """
    Note that the bank refuses a collection before it took place: no money moves. Returns rejected, returned, same or unknown.

    One that was booked as collected meanwhile is given back.
    """
    found = Debit.objects.filter(end_to_end_id=end_to_end_id).values_list("pk", flat=True).first()
    if found is None:
        return "unknown"
    debit = _locked(found)
    if debit.state == _State.COLLECTED:
        return returned(end_to_end_id=end_to_end_id, code=code, on=on, now=now)
    if debit.state in (_State.RETURNED, _State.REJECTED):
        return "same"
    _seen_at_the_bank(debit, on, now)
    if debit.state != _State.SUBMITTED:
        return "unknown"
    debit.state, debit.code, debit.ended_on = _State.REJECTED, code or NO_REASON, on
    debit.save(update_fields=["state", "code", "ended_on"])
    _noted("debit.rejected", debit, now, ["state", "code"])
    _go_on(debit, now)
    return "rejected"


def _seen_at_the_bank(debit: Debit, on: date, now: datetime) -> None:
    """A bank that speaks of a collection has its file, also when nobody said so yet."""
    if debit.state == _State.BATCHED and debit.batch is not None:
        batches.at_the_bank(batches.lock(debit.batch.pk), on, now)
        debit.refresh_from_db()


def _give_back(debit: Debit, code: str, on: date, now: datetime) -> None:
    taken = debit.cents - debit.surplus_cents
    settled = _settle_credit(debit, taken, on, now)
    claim = _reopen(debit, taken - settled, now)
    # What came in too much went back already, and now once more.
    extra = debit.surplus_cents if debit.repaid_on is not None else 0
    lines = [
        (_Use.DEBITS, -debit.cents), (_Use.DEBTORS, taken - claim), (_Use.SURPLUS, debit.surplus_cents + claim),
    ]  # fmt: skip
    debit.state, debit.code, debit.ended_on, debit.claim_cents = _State.RETURNED, code, on, claim + extra
    debit.save(update_fields=["state", "code", "ended_on", "claim_cents"])
    _post(debit, "returned", on, lines, now)
    _noted("debit.returned", debit, now, ["state", "code"])
    _go_on(debit, now)


def _settle_credit(debit: Debit, cents: int, on: date, now: datetime) -> int:
    """
    What credit notes of the invoice still give back went back by this; returns how much.

    What is being paid back through the provider, or is divided otherwise than this, stays as it is.
    """
    left = cents
    for note in Invoice.objects.filter(credits_id=debit.invoice_id).order_by("pk"):
        planned = list(Refund.objects.select_for_update().filter(credit_note_id=note.pk).order_by("pk"))
        parts = (
            [note.open_cents] if not planned else [r.cents for r in planned if r.state == Refund.State.FAILED]
        )
        rows: list[Refund | None] = (
            [None] if not planned else [r for r in planned if r.state == Refund.State.FAILED]
        )
        for part, refund in zip(parts, rows, strict=True):
            part = min(part, left) if refund is None else part
            if not 0 < part <= left:
                continue
            billing.pay_back(credit_note_id=note.pk, cents=part, paid_at=now, paid_with=PAID_WITH, now=now)
            if refund is not None:
                Refund.objects.filter(pk=refund.pk).update(state=Refund.State.DONE, done_at=now, paid_on=on)
            left -= part
    return cents - left


def _reopen(debit: Debit, cents: int, now: datetime) -> int:
    """
    Open the invoice again for so much; returns how much of it cannot be, since it was credited and paid back already.

    That the customer has twice by now: it is to be claimed.
    """
    if not cents:
        return 0
    invoice = billing.lock(debit.invoice_id)
    too_much = max(invoice.paid_cents + invoice.credited_cents - invoice.total_cents, 0)
    billing.undo_payment(invoice_id=invoice.pk, cents=cents, now=now)
    return min(too_much, cents)


def _go_on(debit: Debit, now: datetime) -> None:
    """What follows from the reason: the mandate ends, or not; the customer hears of it. Another try is announced by itself."""
    then = ReasonCode.objects.filter(code=debit.code).values_list("then", flat=True).first()
    if then == ReasonCode.Then.END_MANDATE:
        mandates.end(mandate_id=debit.mandate_id, why="bank", code=debit.code, now=now)
    tell("debits.sent_back", debit, now)


# --- what remains ---------------------------------------------------------------------------------------------------------


@transaction.atomic
def put_right(*, debit_id: int, on: date, now: datetime) -> None:
    """
    Say that what came in too much was paid back by hand on a day, or that what went back twice came in again.

    Raises NotPutRight when nothing waits for that (any more).
    """
    debit = _locked(debit_id)
    if not clock.day_of(debit.collected_at or now) <= on <= clock.day_of(now):
        raise NotPutRight(gettext("That day is before the collection, or has yet to come."))
    if debit.claim_cents and debit.claimed_on is None:
        debit.claimed_on, cents, what = on, -debit.claim_cents, "claimed"
    elif debit.surplus_cents and debit.repaid_on is None and debit.state == _State.COLLECTED:
        debit.repaid_on, cents, what = on, debit.surplus_cents, "repaid"
    else:
        raise NotPutRight(gettext("There is nothing to put right (any more)."))
    debit.save(update_fields=["claimed_on", "repaid_on"])
    _post(debit, what, on, [(_Use.SURPLUS, cents), (_Use.BANK, -cents)], now)
    _noted("debit.put_right", debit, now, ["repaid_on", "claimed_on"])


def on_statement(*, origin: str, cents: int, on: date, document: str, now: datetime) -> int:
    """
    Book what a bank statement says of direct debits: what came in for a file (above zero), or went back of a collection (below).

    `origin` names the line of the statement uniquely; 0 when it was booked already. The collections themselves are booked by
    `collected` and `returned`.
    """
    lines = [(_Use.BANK, cents), (_Use.DEBITS, -cents)]
    return ledger.post([ledger.Posting(ledger.Journal.BANK, origin, on, lines, None, document)], now=now)


def _post(debit: Debit, what: str, on: date, lines: list[tuple[ledger.Use, int]], now: datetime) -> None:
    some = [(use, cents) for use, cents in lines if cents]
    origin = f"debit:{debit.pk}:{what}"
    ledger.post(
        [ledger.Posting(ledger.Journal.BANK, origin, on, some, debit.customer_id, debit.end_to_end_id)],
        now=now,
    )
