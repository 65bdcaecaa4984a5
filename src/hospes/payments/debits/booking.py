"""
What was collected goes into the books, and what the bank gives back out of them again by the opposite entry. Acts for billing.

Money under way stands on an account of its own (direct debits on their way) from the day of collection until the bank's statement
says that it is there; what the bank gives back is taken off it again. What stands on a statement is booked against that account,
with either sign (`bank.allocating`), so it is empty when everything was seen.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext, gettext_lazy

from hospes.billing import payments as billing
from hospes.billing.ledger import services as ledger
from hospes.billing.ledger.models import LedgerEntry
from hospes.billing.models import Invoice
from hospes.kernel import clock, journal
from hospes.payments import refunds
from hospes.payments.balances import payouts
from hospes.payments.balances import services as balances
from hospes.payments.debits import batches, mandates
from hospes.payments.debits.announcing import noted as _noted
from hospes.payments.debits.announcing import one_at_a_time, tell
from hospes.payments.debits.models import Debit, Mandate, ReasonCode
from hospes.payments.models import Refund

journal.register({
    "debit.collected": gettext_lazy("Direct debit collected and booked"),
    "debit.rejected": gettext_lazy("Direct debit refused by the bank"),
    "debit.returned": gettext_lazy("Direct debit given back by the bank"),
    "debit.put_right": gettext_lazy("What a customer got back twice came in again"),
    "debit.not_put_right": gettext_lazy("What a customer got back twice did not come in after all"),
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
    Book a collection whose day is over: as much as is open on the invoice by now; what is more is the customer's balance.

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
    balances.change(
        balances.Kind.SURPLUS, customer_id=debit.customer_id, cents=debit.surplus_cents, origin=f"debit:{debit.pk}", now=now
    )  # fmt: skip
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
    on = max(on, debit.collect_on)  # before that day nothing was there to be given back
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
    """First what the customer has with us of it, then what credit notes still give back; the rest opens the invoice again."""
    notes = list(Invoice.objects.select_for_update().filter(credits_id=debit.invoice_id).order_by("pk"))
    if balances.held(debit.customer_id) < debit.surplus_cents:
        payouts.call_off(customer_id=debit.customer_id, now=now)
    from_balance = min(debit.surplus_cents, balances.held(debit.customer_id))
    balances.change(
        balances.Kind.CHARGED_BACK, customer_id=debit.customer_id, cents=-from_balance, origin=f"debit:{debit.pk}:returned",
        now=now,
    )  # fmt: skip
    took = debit.cents - debit.surplus_cents
    settled = _settle_credit(notes, took, on, now)
    _taken, opened = billing.take_back(invoice_id=debit.invoice_id, cents=took - settled, now=now)
    # What neither opens anything nor was with us the customer has twice by now: it was paid back before.
    debit.claim_cents = debit.cents - from_balance - settled - opened
    debit.state, debit.code, debit.ended_on = _State.RETURNED, code, on
    debit.save(update_fields=["state", "code", "ended_on", "claim_cents"])
    _post(debit, "returned", on, [
        (_Use.DEBITS, -debit.cents), (_Use.DEBTORS, debit.cents - from_balance), (_Use.SURPLUS, from_balance),
    ], now)  # fmt: skip
    _noted("debit.returned", debit, now, ["state", "code"])
    _go_on(debit, now)


def _settle_credit(notes: Sequence[Invoice], cents: int, on: date, now: datetime) -> int:
    """
    What these credit notes of the invoice still give back went back by this; returns how much.

    What is being paid back through the provider, or is divided otherwise than this, stays as it is.
    """
    left = cents
    for note in notes:
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
            if refund is None:
                billing.pay_back(
                    credit_note_id=note.pk, cents=part, paid_at=now, paid_with=PAID_WITH, now=now
                )
            else:
                refunds.taken_back(refund, on=on, paid_with=PAID_WITH, now=now)
            left -= part
    return cents - left


def _go_on(debit: Debit, now: datetime) -> None:
    """What follows from the reason: the mandate ends, or not; the customer hears of it. Another try is announced by itself."""
    then = ReasonCode.objects.filter(code=debit.code).values_list("then", flat=True).first()
    if then == ReasonCode.Then.END_MANDATE:
        mandates.end(mandate_id=debit.mandate_id, why="bank", code=debit.code, now=now)
    tell("debits.sent_back", debit, now)


# --- what remains ---------------------------------------------------------------------------------------------------------


@transaction.atomic
def put_right(*, debit_id: int, on: date, now: datetime, is_seen: bool = False) -> None:
    """
    Say that what went back twice came in again on a day; it is under way until it stands on a bank statement.

    Raises NotPutRight when nothing waits for that (any more), and above the amount from which two decide unless `is_seen` on a
    statement: it is no way to write off.
    """
    debit = _locked(debit_id)
    if not is_seen and debit.claim_cents > settings.HOSPES_OPERATOR.four_eyes_above_cents:
        raise NotPutRight(
            gettext("An amount like this is booked from the bank statement: say there what it is.")
        )
    if not debit.collect_on <= on <= clock.day_of(now):
        raise NotPutRight(gettext("That day is before the collection, or has yet to come."))
    if not debit.claim_cents or debit.claimed_on is not None:
        raise NotPutRight(gettext("There is nothing to put right (any more)."))
    debit.claimed_on = on
    debit.save(update_fields=["claimed_on"])
    _post(
        debit,
        _claimed(debit),
        on,
        [(_Use.SUSPENSE, debit.claim_cents), (_Use.DEBTORS, -debit.claim_cents)],
        now,
    )
    _noted("debit.put_right", debit, now, ["claimed_on"])


@transaction.atomic
def not_put_right(*, debit_id: int, on: date, now: datetime) -> None:
    """What went back twice did not come in after all: it is to be claimed again. Raises NotPutRight when nobody said it had."""
    debit = _locked(debit_id)
    if debit.claimed_on is None:
        raise NotPutRight(gettext("There is nothing to put right (any more)."))
    debit.claimed_on = None
    debit.save(update_fields=["claimed_on"])
    _post(
        debit,
        _claimed(debit),
        on,
        [(_Use.SUSPENSE, -debit.claim_cents), (_Use.DEBTORS, debit.claim_cents)],
        now,
    )
    _noted("debit.not_put_right", debit, now, ["claimed_on"])


def _claimed(debit: Debit) -> str:
    """What names the next entry about a claim: it may come in, turn out not to have, and come in."""
    before = LedgerEntry.objects.filter(origin__startswith=f"debit:{debit.pk}:claimed:").count()
    return f"claimed:{before + 1}"


def _post(debit: Debit, what: str, on: date, lines: list[tuple[ledger.Use, int]], now: datetime) -> None:
    some = [(use, cents) for use, cents in lines if cents]
    origin = f"debit:{debit.pk}:{what}"
    ledger.post(
        [ledger.Posting(ledger.Journal.BANK, origin, on, some, debit.customer_id, debit.end_to_end_id)],
        now=now,
    )
