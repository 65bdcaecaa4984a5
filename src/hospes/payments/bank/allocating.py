"""
Saying what a line of a bank statement is, or a part of it; and undoing that by an opposite booking. Acts for billing.

Of each line the bank's side is booked when it comes in, against the account of what is not known yet. What is said here takes it
from there. Everything of one line goes one after another: who comes second sees what the first one said.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, time
from typing import Any, Final

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hospes.billing import payments as billing
from hospes.billing.ledger import services as ledger
from hospes.billing.models import Invoice
from hospes.billing.tax.services import note_place
from hospes.customers.models import Customer
from hospes.kernel import clock, journal
from hospes.payments import unpaid
from hospes.payments.balances import services as balances
from hospes.payments.balances import setting_off
from hospes.payments.bank import by_debit, by_hand, finding, rules
from hospes.payments.bank.locking import one_at_a_time
from hospes.payments.bank.models import BankAllocation, BankLine
from hospes.payments.bank.rules import Kind, Proposal
from hospes.payments.bank.saying import Ground, Part
from hospes.payments.bank.saying import Refused as Refused
from hospes.payments.jobs import let_go
from hospes.payments.models import UNDECIDED, Payment
from hospes.sales import services as sales
from hospes.sales.models import Order

journal.register({
    "bank.divided": gettext_lazy("Said what money at the bank is for"),
    "bank.undone": gettext_lazy("Undone what was said of money at the bank"),
})  # fmt: skip

Use = ledger.Use
#: How an invoice says that it was paid so.
METHOD: Final = "banktransfer"
#: From the account of what is not known yet to which; what is not here is balanced by its other side.
_TO: Final = {
    Kind.INVOICE: Use.DEBTORS,
    Kind.ORDER: Use.DEBTORS,
    Kind.BALANCE: Use.SURPLUS,
    Kind.COLLECTED: Use.DEBITS,
    Kind.RETURNED: Use.DEBITS,
    Kind.PAYOUT: Use.CLEARING,
    Kind.OTHER: Use.QUESTIONS,
}


# --- what a person says ---------------------------------------------------------------------------------------------------


def key_of(proposal: Proposal) -> str:
    """What a button names a proposal by; it is the same as long as the proposal is."""
    shares = "+".join(f"{pk}.{cents}" for pk, cents in proposal.shares)
    about = f"{proposal.of}{proposal.about_id or 0}"
    parts = [proposal.kind.value, proposal.customer_id or 0, about, shares, proposal.left]
    return "_".join(str(part) for part in parts)


@transaction.atomic
def match(*, line_id: int, now: datetime) -> bool:
    """Book a line by itself, if it is certain what it is; once: afterwards it is a person's. Returns whether it was booked."""
    line = _locked(line_id)
    if not BankLine.objects.filter(pk=line_id, matched_at=None).update(matched_at=now) or not line.left_cents:
        return False
    certain = [each for each in finding.proposals([line])[line.pk] if each.is_certain]
    if len(certain) != 1:
        return False
    try:
        with transaction.atomic():
            take(line, certain[0], now=now, is_automatic=True)
    except Refused:
        return False
    return True


@transaction.atomic
def accept(*, line_id: int, key: str, now: datetime) -> None:
    """Book a proposal that was shown; raises Refused when it does not stand any more."""
    line = _locked(line_id)
    for proposal in finding.proposals([line])[line.pk] if line.left_cents else []:
        if key_of(proposal) == key:
            take(line, proposal, now=now, is_automatic=False)
            return
    raise Refused(_("Meanwhile this is not so any more. Look at what is proposed now."))


def take(line: BankLine, proposal: Proposal, *, now: datetime, is_automatic: bool) -> None:
    """Book what is proposed for a line."""
    ground = Ground(is_automatic, proposal.score, tuple(proposal.why))
    divide(line_id=line.pk, parts=_parts(line, proposal), now=now, ground=ground)


#: What a kind of line is about, where that is always the same.
_ABOUT: Final = {Kind.ORDER: "order", Kind.REVERSAL: "other_line"}


def _parts(line: BankLine, proposal: Proposal) -> list[Part]:
    who = proposal.customer_id
    if proposal.kind == Kind.INVOICE:
        parts = [Part(Kind.INVOICE, cents, who, invoice_id=pk) for pk, cents in proposal.shares]
        return parts + ([Part(Kind.BALANCE, proposal.left, who)] if proposal.left else [])
    of = proposal.of or _ABOUT.get(proposal.kind, "")
    about: dict[str, Any] = {f"{of}_id": proposal.about_id} if of else {}
    return [Part(proposal.kind, line.left_cents, who, **about)]


@transaction.atomic
def pay_invoices(*, line_id: int, shares: Sequence[tuple[str, int | None]], now: datetime) -> None:
    """
    Pay invoices by their numbers, each so many cents (None: what is open, as far as the money goes).

    What is more than is open on them, where no amounts were given, is the balance of the customer of the first. Raises Refused.
    """
    line = _locked(line_id)
    left, parts = line.left_cents, list[Part]()
    for number, cents in shares:
        invoice = Invoice.objects.filter(number=number, kind="invoice").first()
        if invoice is None:
            raise Refused(_("There is no invoice %(number)s.") % {"number": number})
        part = min(invoice.open_cents, left) if cents is None else cents
        if part <= 0 or part > invoice.open_cents:
            raise Refused(_("So much is not open on invoice %(number)s.") % {"number": number})
        parts.append(Part(Kind.INVOICE, part, invoice.customer_id, invoice_id=invoice.pk))
        left -= part
    if left > 0 and parts and all(cents is None for _number, cents in shares):
        parts.append(Part(Kind.BALANCE, left, parts[0].customer_id))
    divide(line_id=line_id, parts=parts, now=now)


def hold_as_balance(*, line_id: int, number: int, now: datetime) -> None:
    """What is left of a line is the balance of the customer with a number. Raises Refused, also for what went out."""
    customer_id = Customer.objects.filter(number=number).values_list("pk", flat=True).first()
    if customer_id is None:
        raise Refused(_("There is no customer with this number."))
    if _locked(line_id).cents < 0:
        raise Refused(
            _("A balance goes back once that was asked for. Ask for it on the page of the customer first.")
        )
    _rest(line_id, Part(Kind.BALANCE, 0, customer_id), now)


def set_aside(*, line_id: int, note: str, now: datetime) -> None:
    """What is left of a line is of no customer: the bookkeeper looks into it. Raises Refused."""
    _rest(line_id, Part(Kind.OTHER, 0, note=note), now)


def is_payout(*, line_id: int, now: datetime) -> None:
    """What is left of a line is between us and the payment provider. Raises Refused."""
    _rest(line_id, Part(Kind.PAYOUT, 0), now)


@transaction.atomic
def _rest(line_id: int, part: Part, now: datetime) -> None:
    left = _locked(line_id).left_cents
    whole = Part(part.kind, left, part.customer_id, note=part.note)
    divide(line_id=line_id, parts=[whole], now=now)


# --- booking --------------------------------------------------------------------------------------------------------------


def _locked(line_id: int) -> BankLine:
    """A line that nobody else divides until the end of the transaction."""
    one_at_a_time()
    line = BankLine.objects.select_for_update().filter(pk=line_id).first()
    if line is None:
        raise Refused(_("There is no such line."))
    return line


@transaction.atomic
def divide(*, line_id: int, parts: Sequence[Part], now: datetime, ground: Ground | None = None) -> None:
    """Book what parts of a line are, all of them or none. Raises Refused."""
    line = _locked(line_id)
    if not line.left_cents:
        raise Refused(_("All of this was divided already."))
    whole = sum(part.cents for part in parts)
    wrong_way = any((part.cents > 0) != (line.cents > 0) for part in parts)
    if not parts or wrong_way or abs(whole) > abs(line.left_cents):
        raise Refused(_("That is more than is left of this money."))
    held = {part.customer_id or 0 for part in parts if part.kind == Kind.BALANCE}
    setting_off.lock(customer_ids=held, invoice_ids={part.invoice_id or 0 for part in parts} - {0})
    for part in parts:
        _book(line, part, ground or Ground(), now)
    _name_customer(line)
    for customer_id in sorted(held):
        setting_off.set_off(customer_id=customer_id, now=now)


def _book(line: BankLine, part: Part, ground: Ground, now: datetime) -> None:
    """Carry out what a part is, write it down, and book it."""
    _carry_out(line, part, now)
    made = BankAllocation.objects.create(
        line_id=line.pk, customer_id=part.customer_id, kind=part.kind, cents=part.cents, invoice_id=part.invoice_id,
        order_id=part.order_id, refund_id=part.refund_id, payout_id=part.payout_id, batch_id=part.batch_id,
        debit_id=part.debit_id, chargeback_id=part.chargeback_id, other_line_id=part.other_line_id,
        is_automatic=ground.is_automatic, score=ground.score, why=",".join(ground.why)[:120], note=part.note, booked_at=now,
    )  # fmt: skip
    if part.kind == Kind.BALANCE:
        balances.change(
            balances.Kind.SURPLUS, customer_id=part.customer_id or 0, cents=part.cents, origin=f"bank_allocation:{made.pk}",
            now=now,
        )  # fmt: skip
    _post(line, made, f"bank_allocation:{made.pk}", part.cents, now)
    _noted("bank.divided", made, now)


def _carry_out(line: BankLine, part: Part, now: datetime) -> None:
    if part.kind == Kind.INVOICE:
        taken = billing.take_payment(
            invoice_id=part.invoice_id or 0,
            cents=part.cents,
            paid_at=_paid_at(line, now),
            paid_with=METHOD,
            now=now,
        )
        if taken != part.cents:
            raise Refused(_("So much is not open on this invoice any more."))
        _note_place(line, part, now)
    elif part.kind == Kind.ORDER:
        _pay_order(line, part, now)
    elif part.kind in (Kind.REFUND, Kind.BOUNCE):
        by_hand.paid_back(line, part, now)
    elif part.kind == Kind.COLLECTED:
        by_debit.collected(line, part, now)
    elif part.kind == Kind.RETURNED:
        by_debit.returned(line, part, now)
    elif part.kind == Kind.CLAIM:
        by_hand.claimed(line, part, now)
    elif part.kind == Kind.REVERSAL:
        _reverse(line, part, now)


def _note_place(line: BankLine, part: Part, now: datetime) -> None:
    """The country of the account is a piece of evidence of where the customer is, for the VAT."""
    if re.match("[A-Z]{2}[0-9]{2}", line.other_account):
        note_place(customer_id=part.customer_id or 0, kind="bank", country=line.other_account[:2], now=now)


def _pay_order(line: BankLine, part: Part, now: datetime) -> None:
    """
    An order is paid as a whole or not; what was begun for it at the payment provider is let go of.

    One that was cancelled because nobody paid comes back, as with money that comes through the provider.
    """
    order = (
        Order.objects.select_for_update()
        .filter(pk=part.order_id or 0, customer_id=part.customer_id or 0)
        .first()
    )
    if (
        order is None
        or order.total_cents != part.cents
        or not (
            order.state == Order.State.AWAITING_PAYMENT
            or unpaid.revive(order, paid_at=_paid_at(line, now), now=now)
        )
    ):
        raise Refused(_("This order does not wait for that amount any more."))
    begun = Payment.objects.filter(order_id=order.pk, state__in=UNDECIDED)
    for payment_id in begun.order_by("pk").values_list("pk", flat=True):
        let_go.enqueue(payment_id=payment_id)
    begun.filter(replaced_at=None).update(replaced_at=now)
    sales.mark_paid(
        order_id=order.pk, paid_with=METHOD, paid_at=_paid_at(line, now), today=clock.day_of(now), now=now
    )
    _note_place(line, part, now)


def _paid_at(line: BankLine, now: datetime) -> datetime:
    """A bank says a day: the middle of it stands for it."""
    return min(datetime.combine(line.booked_on, time(12), tzinfo=UTC), now)


def _reverse(line: BankLine, part: Part, now: datetime) -> None:
    """The other line is undone by this one: what was said of it is undone, and it is divided against this one."""
    other = _locked(part.other_line_id or 0)
    if other.cents != -part.cents:
        raise Refused(_("The two are not of the same amount."))
    for held in BankAllocation.objects.filter(line_id=other.pk, undone_at=None).order_by("-pk"):
        if held.kind == Kind.REVERSAL:
            raise Refused(_("That was undone already."))
        undo(allocation_id=held.pk, now=now)
    made = BankAllocation.objects.create(
        line_id=other.pk, customer_id=part.customer_id, kind=Kind.REVERSAL, cents=other.cents, other_line_id=line.pk,
        is_automatic=False, why=rules.Why.BY_HAND, booked_at=now,
    )  # fmt: skip
    _noted("bank.divided", made, now)


# --- undoing --------------------------------------------------------------------------------------------------------------


@transaction.atomic
def undo(*, allocation_id: int, now: datetime) -> None:
    """Undo what was said of a line, by an opposite booking; what was undone before stays so. Raises Refused."""
    line_id = BankAllocation.objects.filter(pk=allocation_id).values_list("line_id", flat=True).first()
    line = _locked(line_id or 0)
    held = BankAllocation.objects.filter(pk=allocation_id, undone_at=None).first()
    if held is None:
        raise Refused(_("That was undone already."))
    try:
        _carry_back(line, held, now)
    except billing.StillNeeded:
        raise Refused(
            _("A credit note gives this money back to the customer. That cannot be undone here.")
        ) from None
    BankAllocation.objects.filter(pk=held.pk, undone_at=None).update(undone_at=now)
    _post(line, held, f"bank_allocation:{held.pk}:undone", -held.cents, now, undone=True)
    _name_customer(line)
    _noted("bank.undone", held, now)


def _carry_back(line: BankLine, held: BankAllocation, now: datetime) -> None:
    if held.kind == Kind.INVOICE:
        billing.take_back(invoice_id=held.invoice_id or 0, cents=held.cents, now=now, is_mistake=True)
    elif held.kind == Kind.ORDER:
        raise Refused(
            _(
                "This order was paid with it, and is being carried out. Make a credit note of its invoice instead."
            )
        )
    elif held.kind == Kind.BALANCE:
        try:
            origin = f"bank_allocation:{held.pk}:undone"
            setting_off.take_off(customer_id=held.customer_id or 0, cents=held.cents, origin=origin, now=now)
        except setting_off.BalanceTooSmall:
            raise Refused(_("This balance was paid back already.")) from None
    elif held.kind in (Kind.REFUND, Kind.BOUNCE, Kind.CLAIM):
        by_hand.undo(line, held, now)
    elif held.kind == Kind.RETURNED:
        raise Refused(
            _("The bank gave this direct debit back: the invoice is open again. That is not undone.")
        )
    elif held.kind == Kind.REVERSAL:
        BankAllocation.objects.filter(
            line_id=held.other_line_id or 0, other_line_id=line.pk, kind=Kind.REVERSAL, undone_at=None
        ).update(undone_at=now)
        _name_customer(_locked(held.other_line_id or 0))


def _name_customer(line: BankLine) -> None:
    """Whose a line is, where all that was said of it is of one customer."""
    held = BankAllocation.objects.filter(line_id=line.pk, undone_at=None)
    customers = set(held.values_list("customer_id", flat=True))
    customer_id = customers.pop() if len(customers) == 1 else None
    BankLine.objects.filter(pk=line.pk).update(customer_id=customer_id)


def _post(
    line: BankLine, held: BankAllocation, origin: str, cents: int, now: datetime, *, undone: bool = False
) -> None:
    use = _TO.get(Kind(held.kind))
    if use is None:
        return
    lines = [(Use.SUSPENSE, cents), (use, -cents)]
    on = clock.day_of(now) if undone else line.booked_on
    document = f"{line.statement_id}/{line.position}"
    ledger.post(
        [ledger.Posting(ledger.Journal.MEMORIAL, origin, on, lines, held.customer_id, document)], now=now
    )


def _noted(action: str, held: BankAllocation, now: datetime) -> None:
    journal.record(action, at=now, table="bank_bankallocation", object_id=held.pk, customer_id=held.customer_id,
                   changed=["undone_at"] if action == "bank.undone" else [])  # fmt: skip
