"""
Who may be meant by the lines of a statement: what the rules need to know, read for many lines at once. Acts for billing.

However many lines there are, it asks the same number of questions.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from django.conf import settings
from django.db.models import F, Q, Window
from django.db.models.functions import RowNumber

from hospes.billing.models import OPEN, Invoice, Series
from hospes.customers.models import Customer
from hospes.payments import unpaid
from hospes.payments.balances.models import Payout
from hospes.payments.bank import debited, rules
from hospes.payments.bank.models import BankAllocation, BankLine
from hospes.payments.bank.rules import Kind, Moved, Owed, Payer, Proposal, Seen, Why
from hospes.payments.models import PaidFrom, Refund
from hospes.sales.models import Order

#: What the numbers of orders and of their quotes begin with (sales.rules).
_ORDERS: Final = ("B", "O")
#: So many open invoices of one amount are looked at: more of them tell nothing.
_SAME: Final = 6
_OPEN_CENTS: Final = F("total_cents") - F("credited_cents") - F("paid_cents")


def seen(line: BankLine) -> Seen:
    """A line as the rules look at it."""
    return Seen(
        line.left_cents, f"{line.remittance} {line.end_to_end}".strip(), line.structured, line.end_to_end, line.name,
        line.other_account, line.return_reason, line.is_reversal,
    )  # fmt: skip


def proposals(lines: Sequence[BankLine]) -> dict[int, list[Proposal]]:
    """What each of these lines may be, the best first, by the id of the line; nothing for one that is divided."""
    waiting = [line for line in lines if line.left_cents]
    found = {line.pk: _by_account(line) for line in waiting}
    # What names a direct debit of ours is that, and no payment of the invoice whose number is in it.
    of_debits = debited.proposals([(line, seen(line)) for line in waiting])
    found |= of_debits
    unknown = [
        line for line in waiting
        if line.pk not in of_debits and not any(each.is_certain for each in found[line.pk])
    ]  # fmt: skip
    coming = [line for line in unknown if line.left_cents > 0]
    going = [line for line in unknown if line.left_cents < 0]
    known = _known_accounts(unknown)
    # What came back is no payment, whatever number is in its text.
    paid = [line for line in coming if not line.return_reason and not line.is_reversal]
    for line_id, some in _incoming(paid, known).items():
        found[line_id] += some
    others = [
        _orders(paid, known), _bounces(coming), _outgoing(going),
        debited.claims([(line, seen(line)) for line in coming], known),
    ]  # fmt: skip
    for line_id, some in [pair for each in others for pair in each.items()]:
        found[line_id] += some
    return {
        line_id: sorted(some, key=lambda each: -each.score)[: rules.MOST] for line_id, some in found.items()
    }


def _by_account(line: BankLine) -> list[Proposal]:
    """What the account at the other end alone tells: our own, or the payment provider's."""
    bank = settings.HOSPES_BANK
    if line.other_account in bank.accounts:
        return [Proposal(Kind.OWN, rules.score([Why.OUR_ACCOUNT]), (Why.OUR_ACCOUNT,))]
    if line.other_account in bank.payout_accounts:
        return [Proposal(Kind.PAYOUT, rules.score([Why.PROVIDER]), (Why.PROVIDER,))]
    if any(rules.alike(line.name, name) for name in bank.payout_names):  # anybody can call themself so
        return [Proposal(Kind.PAYOUT, rules.ALWAYS_ASK, (Why.PROVIDER, Why.NAME))]
    return []


def _known_accounts(lines: Iterable[BankLine]) -> dict[str, set[int]]:
    """Which customers paid from which of these accounts before."""
    accounts = {line.other_account for line in lines} - {""}
    found: dict[str, set[int]] = {}
    before = PaidFrom.objects.filter(account__in=accounts).values_list("account", "customer_id")
    at_the_bank = BankLine.objects.filter(other_account__in=accounts, customer__isnull=False, cents__gt=0)
    for account, customer_id in [
        *before,
        *at_the_bank.values_list("other_account", "customer_id").distinct(),
    ]:
        found.setdefault(account, set()).add(int(customer_id or 0))
    return found


# --- what came in ---------------------------------------------------------------------------------------------------------


@dataclass
class _Books:
    """What was looked up for a number of lines."""

    by_number: dict[str, Owed] = field(default_factory=dict)
    by_customer: dict[int, list[Owed]] = field(default_factory=dict)
    by_amount: dict[int, list[Owed]] = field(default_factory=dict)
    payers: dict[int, Payer] = field(default_factory=dict)
    numbered: dict[int, int] = field(default_factory=dict)
    order: dict[int, tuple[Any, int]] = field(default_factory=dict)


def _incoming(lines: Sequence[BankLine], known: Mapping[str, set[int]]) -> dict[int, list[Proposal]]:
    if not lines:
        return {}
    prefixes = list(Series.objects.filter(kind="invoice").values_list("prefix", flat=True))
    named = {line.pk: _named(seen(line), prefixes) for line in lines}
    digits = {line.pk: _digits(line) for line in lines}
    payers = {pk for line in lines for pk in known.get(line.other_account, ())}
    books = _look_up(lines, named, digits, payers)
    found = {}
    for line in lines:
        mine = known.get(line.other_account, set())
        owed = _owed(
            line,
            books,
            named[line.pk],
            mine | {books.numbered[d] for d in digits[line.pk] if d in books.numbered},
        )
        found[line.pk] = rules.incoming(
            seen(line), owed=owed, named=named[line.pk], payers=books.payers, known=mine
        )
    return found


def _named(line: Seen, prefixes: list[str]) -> dict[str, Why]:
    named = rules.numbers_in(line.text, prefixes)
    if number := rules.structured_number(line.structured, prefixes):
        named[number] = Why.STRUCTURED
    return named


def _digits(line: BankLine) -> set[int]:
    """What could be a customer number."""
    return {int(each) for each in re.findall(r"(?<!\d)\d{4,9}(?!\d)", line.remittance)}


def _look_up(
    lines: Sequence[BankLine], named: Mapping[int, Mapping[str, Why]], digits: Mapping[int, set[int]], payers: set[int]
) -> _Books:  # fmt: skip
    books = _Books()
    said = {each for some in digits.values() for each in some}
    books.numbered = dict(Customer.objects.filter(number__in=said).values_list("number", "pk"))
    concerned = payers | set(books.numbered.values())
    numbers = {number for each in named.values() for number in each}
    of_invoices = Invoice.objects.filter(kind="invoice").annotate(still=_OPEN_CENTS)
    for row in of_invoices.filter(number__in=numbers):
        books.by_number[row.number] = _taken(books, row)
    for row in of_invoices.filter(OPEN, customer_id__in=concerned).order_by("due_on", "pk"):
        books.by_customer.setdefault(row.customer_id, []).append(_taken(books, row))
    amounts = {line.left_cents for line in lines}
    place = Window(RowNumber(), partition_by=F("still"), order_by=("due_on", "pk"))
    same = of_invoices.filter(OPEN, still__in=amounts).annotate(place=place).filter(place__lte=_SAME)
    for row in same.order_by("due_on", "pk"):
        books.by_amount.setdefault(row.still, []).append(_taken(books, row))
    concerned |= {each.customer_id for each in books.by_number.values()}
    concerned |= {each.customer_id for some in books.by_amount.values() for each in some}
    books.payers = {
        pk: Payer(pk, number, name)
        for pk, number, name in Customer.objects.filter(pk__in=concerned).values_list("pk", "number", "name")
    }
    return books


def _taken(books: _Books, row: Any) -> Owed:
    books.order[row.pk] = (row.due_on, row.pk)
    return Owed(row.pk, row.number, row.customer_id, max(row.still, 0))


def _owed(line: BankLine, books: _Books, named: Mapping[str, Why], concerned: set[int]) -> list[Owed]:
    some = [books.by_number[number] for number in named if number in books.by_number]
    some += [each for pk in concerned for each in books.by_customer.get(pk, [])]
    some += books.by_amount.get(line.left_cents, [])
    once = {each.id: each for each in some}
    return [once[pk] for pk in sorted(once, key=lambda pk: books.order[pk])]


def _orders(lines: Sequence[BankLine], known: Mapping[str, set[int]]) -> dict[int, list[Proposal]]:
    """
    Orders that wait for their payment, by their number or that of their quote, or of a customer who is known.

    By number also those that are cancelled because nobody paid, as long as money brings them back.
    """
    if not lines:
        return {}
    numbers = {number for line in lines for number in rules.numbers_in(seen(line).text, _ORDERS)}
    payers = {pk for line in lines for pk in known.get(line.other_account, ())}
    named = Q(number__in=numbers) | Q(quote__number__in=numbers)
    awaited = Q(named | Q(customer_id__in=payers), state=Order.State.AWAITING_PAYMENT)
    gone = named & unpaid.may_come_back(paid_on=min(line.booked_on for line in lines))
    waiting = Order.objects.filter(awaited | gone, quote__on_account=False)
    rows = list(
        waiting.order_by("placed_at", "pk").values_list(
            "pk", "customer_id", "total_cents", "number", "quote__number"
        )
    )
    names = dict(Customer.objects.filter(pk__in={row[1] for row in rows}).values_list("pk", "name"))
    accounts = {pk: frozenset(account for account, some in known.items() if pk in some) for pk in names}
    others = [
        Moved(pk, of, cents, frozenset(map(rules.compact, of_numbers)), accounts[of], names[of])
        for pk, of, cents, *of_numbers in rows
    ]
    return {line.pk: rules.matching(seen(line), Kind.ORDER, others) for line in lines}


# --- what went out, and what came back ------------------------------------------------------------------------------------


def _bounces(lines: Sequence[BankLine]) -> dict[int, list[Proposal]]:
    """Money that we paid back by hand and that is here again."""
    back = [line for line in lines if line.return_reason or line.is_reversal]
    if not back:
        return {}
    others = _by_hand({line.left_cents for line in back}, Q(state="done", paid_on__isnull=False), sign=1)
    return {line.pk: rules.matching(seen(line), Kind.BOUNCE, others) for line in back}


def _outgoing(lines: Sequence[BankLine]) -> dict[int, list[Proposal]]:
    if not lines:
        return {}
    to_be_paid = Q(state="failed") | Q(state="done", paid_on__isnull=False)
    some = _by_hand({-line.left_cents for line in lines}, to_be_paid, sign=-1)
    there = {
        of: on_a_statement([each.id for each in some if each.of == of], of=of) for of in ("refund", "payout")
    }
    waiting = [each for each in some if each.id not in there[each.of]]
    found = {line.pk: rules.matching(seen(line), Kind.REFUND, waiting) for line in lines}
    undone = _earlier([line for line in lines if line.return_reason or line.is_reversal])
    for line in lines:
        if line.return_reason or line.is_reversal:
            found[line.pk] += rules.matching(seen(line), Kind.REVERSAL, undone, most=rules.ALWAYS_ASK)
    return found


def on_a_statement(ids: Iterable[int], *, of: str = "refund") -> set[int]:
    """Which of these refunds (or payouts of balances) stand on a statement as paid, and did not come back since."""
    held = BankAllocation.objects.filter(**{f"{of}_id__in": list(ids)}, undone_at=None)
    tally = Counter(held.filter(kind=Kind.REFUND).values_list(f"{of}_id", flat=True))
    tally.subtract(held.filter(kind=Kind.BOUNCE).values_list(f"{of}_id", flat=True))
    return {int(pk or 0) for pk, times in tally.items() if times > 0}


def _by_hand(amounts: set[int], how: Q, *, sign: int) -> list[Moved]:
    """What goes back by hand of credit notes and balances, of these amounts; what is due first comes first."""
    refunds = (
        Refund.objects.with_related("credit_note")
        .filter(how, cents__in=amounts)
        .exclude(reason=Refund.Reason.TAKEN_BACK)
        .order_by("due_on", "pk")[:200]
    )
    payouts = (
        Payout.objects.with_related("customer").filter(how, cents__in=amounts).order_by("due_on", "pk")[:200]
    )
    # What a clerk mentions: the number of the credit note, or the customer's.
    rows: list[tuple[Refund | Payout, str, str]] = [
        (row, row.credit_note.number, "refund") for row in refunds
    ]
    rows += [(row, str(row.customer.number), "payout") for row in payouts]
    customers = {row.customer_id for row, _number, _of in rows}
    names = dict(Customer.objects.filter(pk__in=customers).values_list("pk", "name"))
    accounts: dict[int, set[str]] = {}
    for customer_id, account in PaidFrom.objects.filter(customer_id__in=customers).values_list(
        "customer_id", "account"
    ):
        accounts.setdefault(customer_id, set()).add(account)
    return [
        Moved(
            row.pk, row.customer_id, sign * row.cents, frozenset({rules.compact(number)}),
            frozenset(accounts.get(row.customer_id, ())), names.get(row.customer_id, ""), of=of,
        )
        for row, number, of in rows
    ]  # fmt: skip


def _earlier(lines: Sequence[BankLine]) -> list[Moved]:
    """What came in before and may be what is undone now: the same amount, not undone already."""
    if not lines:
        return []
    used = BankAllocation.objects.filter(kind=Kind.REVERSAL, undone_at=None).values("other_line_id")
    same = BankLine.objects.filter(cents__in={-line.left_cents for line in lines}).exclude(pk__in=used)
    return [
        Moved(
            row.pk, row.customer_id, -row.cents, frozenset(), frozenset({row.other_account} - {""}), row.name,
            frozenset({row.end_to_end} - {""}),
        )
        for row in same.order_by("-booked_on", "-pk")[:200]
    ]  # fmt: skip
