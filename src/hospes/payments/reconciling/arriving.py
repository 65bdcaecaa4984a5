"""
What the provider paid out: which line of a bank statement brought it, and the costs that it kept. Acts for billing.

The line is taken off the account of what is on its way from the provider (`bank.allocating`), and so are the costs: that account
is what the provider still has of ours.
"""

from collections.abc import Sequence
from contextlib import suppress
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.db.models import CharField, Exists, Func, OuterRef, Q, Value
from django.db.models.functions import Cast, Concat

from hospes.billing.ledger import services as ledger
from hospes.billing.ledger.models import LedgerEntry
from hospes.kernel import journal
from hospes.payments.bank import allocating
from hospes.payments.bank.models import BankAllocation, BankLine
from hospes.payments.bank.rules import alike
from hospes.payments.reconciling import rules
from hospes.payments.reconciling.models import Settlement, SettlementCost
from hospes.payments.reconciling.rules import Expected, Line

#: So many payouts, and lines that may have brought them, are looked at in one go.
MOST: Final = 500
Use = ledger.Use


def waiting() -> list[Settlement]:
    """Payouts that were transferred and that no line brought yet, the oldest first."""
    found = Settlement.objects.filter(state=Settlement.State.PAID_OUT, line=None).exclude(cents=0)
    return list(found.order_by("settled_on", "pk")[:MOST])


def pairs(*, until: date) -> dict[int, int]:
    """By the id of a payout that of the line of a bank statement that brought it, as far as can be told by the end of a day."""
    payouts = waiting()
    if not payouts:
        return {}
    expected = [
        Expected(each.pk, each.number, each.cents, each.settled_on) for each in payouts if each.settled_on
    ]
    late = until - timedelta(days=settings.HOSPES_RECONCILING.arrival_days)
    overdue = {each.id for each in expected if each.settled_on <= late}
    return rules.arrivals(expected, _lines(expected), overdue=overdue)


def _lines(expected: Sequence[Expected]) -> list[Line]:
    """What may have brought one of these: it comes from the provider, or has one of the numbers in it."""
    around = Q(booked_on__gte=min(each.settled_on for each in expected) - rules.EARLIER)
    said = BankAllocation.objects.filter(line_id=OuterRef("pk"), kind="payout", undone_at=None)
    held = BankLine.objects.filter(around, settlement=None).annotate(is_said=Exists(said))
    numbers = Q()
    for each in expected:
        if each.number:
            numbers |= Q(remittance__contains=each.number) | Q(structured__contains=each.number)
    bank = settings.HOSPES_BANK
    names = Q()
    for name in bank.payout_names:
        names |= Q(name__icontains=name)
    may_be = held.filter(numbers | names | Q(is_said=True) | Q(other_account__in=bank.payout_accounts))
    return [_line(row) for row in may_be.order_by("booked_on", "pk")[: 2 * MOST]]


def _line(row: Any) -> Line:
    bank = settings.HOSPES_BANK
    theirs = row.is_said or row.other_account in bank.payout_accounts
    theirs = theirs or any(alike(row.name, name) for name in bank.payout_names)
    text = f"{row.structured} {row.end_to_end} {row.remittance}"
    return Line(row.pk, row.cents, row.booked_on, text, theirs)


@transaction.atomic
def arrived(*, settlement_id: int, line_id: int, now: datetime) -> bool:
    """
    Note that a line brought a payout, and book the line as that where nobody said yet what it is. Once for each of the two.
    """
    line = BankLine.objects.get(pk=line_id)
    if not Settlement.objects.filter(pk=settlement_id, line=None).update(line_id=line_id):
        return False
    if line.left_cents == line.cents:
        with suppress(allocating.Refused):  # somebody is dividing it at this moment: theirs counts
            allocating.is_payout(line_id=line_id, now=now)
    journal.record("reconciling.arrived", at=now, table="reconciling_settlement", object_id=settlement_id)
    return True


# --- the costs ------------------------------------------------------------------------------------------------------------


def costs_to_book(*, limit: int = MOST) -> list[SettlementCost]:
    """Costs of payouts that are not in the ledger yet, the oldest first."""
    name = Concat(Value("settlement:"), Cast("settlement_id", CharField()), Value(":"), ToChar("month"))
    booked = LedgerEntry.objects.filter(origin=OuterRef("origin"))
    found = (
        SettlementCost.objects.annotate(origin=name).filter(~Exists(booked)).exclude(net_cents=0, vat_cents=0)
    )
    return list(found.select_related("settlement").order_by("pk")[:limit])


class ToChar(Func):
    """A month as it stands in the origin of a booking."""

    function, template, output_field = "to_char", "%(function)s(%(expressions)s, 'YYYY-MM')", CharField()


def origin_of(cost: SettlementCost) -> str:
    """By which its booking is known in the ledger."""
    return f"settlement:{cost.settlement_id}:{cost.month:%Y-%m}"


def book_costs(costs: Sequence[SettlementCost], *, now: datetime) -> int:
    """
    Book what the provider kept: the costs, the VAT on them (to be asked back), off what it has of ours. Again books nothing.

    VAT is booked as the provider charged it. Payment services are exempt (art. 11 lid 1 onder i Dutch VAT act): of those there is
    none, and none is asked back.
    """
    return ledger.post([made for each in costs if (made := posting(each)) is not None], now=now)


def posting(cost: SettlementCost) -> ledger.Posting | None:
    """How costs are booked; None where there are none."""
    lines = [
        (Use.PAYMENT_COSTS, cost.net_cents), (Use.VAT_INPUT, cost.vat_cents), (Use.CLEARING, -cost.net_cents - cost.vat_cents),
    ]  # fmt: skip
    lines = [(use, cents) for use, cents in lines if cents]
    on = rules.booked_on(cost.month, cost.settlement.settled_on or cost.month)
    if not lines:
        return None
    return ledger.Posting(
        ledger.Journal.MEMORIAL, origin_of(cost), on, lines, document=cost.settlement.number
    )
