"""What is on bank statements, what of it waits, and what was said of it. Acts for billing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.db.models import Count, Q, Sum

from hospes.billing.models import Invoice
from hospes.customers.models import Customer
from hospes.payments.bank import allocating, finding, words
from hospes.payments.bank.models import BankAllocation, BankLine, BankStatement
from hospes.payments.bank.rules import Proposal, Why
from hospes.payments.chargebacks.models import Chargeback
from hospes.payments.debits.models import Batch, Debit
from hospes.payments.models import Refund
from hospes.sales.models import Order


@dataclass(frozen=True)
class Shown:
    """A proposal, or what was said, with the names of what it is about; `key` names it on a button."""

    kind: str
    kind_words: str
    key: str
    score: int
    why: Sequence[str]
    customer_id: int | None
    customer_number: int | None
    customer_name: str
    invoices: Sequence[tuple[str, int]]
    left: int
    document: str


@dataclass(frozen=True)
class Account:
    """How an account of the operator stands: until when statements of it are here, and the balance then."""

    account: str
    until: date
    closing_cents: int


def statements(*, limit: int, before: int | None = None) -> list[BankStatement]:
    """A page of statements with how many lines each has (`count`) and how many of them wait (`waiting`), the last one first."""
    found = BankStatement.objects.filter(**({"pk__lt": before} if before else {}))
    counted = found.annotate(count=Count("lines"), waiting=Count("lines", filter=~Q(lines__left_cents=0)))
    return list(counted.order_by("-pk")[:limit])


def accounts() -> list[Account]:
    """Every account of which there are statements."""
    last = BankStatement.objects.order_by("account", "-closed_on", "-pk").distinct("account")
    return [Account(each.account, each.closed_on, each.closing_cents) for each in last]


def waiting() -> tuple[int, int, int]:
    """How many lines wait for a person, and what of them came in and went out, in cents."""
    found = BankLine.objects.exclude(left_cents=0).aggregate(
        number=Count("pk"),
        came=Sum("left_cents", filter=Q(left_cents__gt=0)),
        went=Sum("left_cents", filter=Q(left_cents__lt=0)),
    )
    return int(found["number"]), int(found["came"] or 0), int(found["went"] or 0)


def waiting_lines(*, limit: int, after: tuple[date, int] | None = None) -> list[BankLine]:
    """Lines that wait, the longest first; `after` is the (booked_on, id) that the page comes after."""
    found = BankLine.objects.exclude(left_cents=0)
    if after is not None:
        found = found.filter(booked_on__gte=after[0]).exclude(booked_on=after[0], pk__lte=after[1])
    return list(found.order_by("booked_on", "pk")[:limit])


def lines(statement_id: int, *, limit: int, after: int = 0) -> list[BankLine]:
    """A page of the lines of a statement, by their position."""
    found = BankLine.objects.filter(statement_id=statement_id, position__gt=after)
    return list(found.order_by("position")[:limit])


def proposed(rows: Sequence[BankLine]) -> dict[int, list[Shown]]:
    """What each line may be, the best first, with the names that go with it."""
    found = finding.proposals(rows)
    names = _Names([each for some in found.values() for each in some])
    return {pk: [names.shown(each) for each in some] for pk, some in found.items()}


def _documents(about: Iterable[tuple[str, int]]) -> dict[tuple[str, int], str]:
    """The numbers of orders, credit notes, direct debits and their files, and so on, by what kind of row it is and its id."""
    wanted: dict[str, set[int]] = {}
    for of, pk in about:
        wanted.setdefault(of, set()).add(pk)
    found: dict[tuple[str, int], str] = {}
    for of, (rows, column) in _NUMBERED.items():
        if of in wanted:
            some = rows.objects.filter(pk__in=wanted[of]).values_list("pk", column)
            found |= {(of, pk): number or "" for pk, number in some}
    return found


#: Where the number of something stands that a line can be about.
_NUMBERED: Final[dict[str, tuple[Any, str]]] = {
    "order": (Order, "number"), "refund": (Refund, "credit_note__number"), "batch": (Batch, "reference"),
    "debit": (Debit, "end_to_end_id"), "chargeback": (Chargeback, "reference"),
}  # fmt: skip


class _Names:
    """The names of what proposals are about, read at once."""

    def __init__(self, proposals: Sequence[Proposal]) -> None:
        customers = {each.customer_id for each in proposals} - {None}
        invoices = {pk for each in proposals for pk, _cents in each.shares}
        self._documents = _documents({(each.of or each.kind.value, each.about_id or 0) for each in proposals})
        self._customers = {
            pk: (number, name)
            for pk, number, name in Customer.objects.filter(pk__in=customers).values_list(
                "pk", "number", "name"
            )
        }
        self._invoices = dict(Invoice.objects.filter(pk__in=invoices).values_list("pk", "number"))

    def shown(self, each: Proposal) -> Shown:
        number, name = self._customers.get(each.customer_id or 0, (None, ""))
        return Shown(
            each.kind.value, str(BankAllocation.Kind(each.kind.value).label), allocating.key_of(each), each.score,
            [str(words.WHY[why]) for why in each.why], each.customer_id, number, name,
            [(self._invoices.get(pk, ""), cents) for pk, cents in each.shares], each.left,
            self._documents.get((each.of or each.kind.value, each.about_id or 0), ""),
        )  # fmt: skip


@dataclass(frozen=True)
class Said:
    """What was said of a line, or a part of it."""

    id: int
    kind: str
    kind_words: str
    cents: int
    is_automatic: bool
    score: int
    why: Sequence[str]
    customer_id: int | None
    customer_number: int | None
    invoice: str
    document: str
    note: str
    is_undone: bool


def said_of(line_ids: Sequence[int]) -> dict[int, list[Said]]:
    """What was said of lines, in that order; what was undone with it."""
    rows = list(BankAllocation.objects.filter(line_id__in=line_ids).order_by("pk"))
    customers = dict(
        Customer.objects.filter(pk__in={each.customer_id for each in rows} - {None}).values_list(
            "pk", "number"
        )
    )
    invoices = dict(
        Invoice.objects.filter(pk__in={each.invoice_id for each in rows} - {None}).values_list("pk", "number")
    )
    about = {each.pk: _about(each) for each in rows}
    documents = _documents(pair for pair in about.values() if pair is not None)
    found: dict[int, list[Said]] = {}
    for each in rows:
        why = [str(words.WHY[Why(code)]) for code in each.why.split(",") if code in list(Why)]
        found.setdefault(each.line_id, []).append(
            Said(
                each.pk, each.kind, str(BankAllocation.Kind(each.kind).label), each.cents, each.is_automatic, each.score, why,
                each.customer_id, customers.get(each.customer_id or 0), invoices.get(each.invoice_id or 0, ""),
                documents.get(about[each.pk] or ("", 0), ""), each.note, each.undone_at is not None,
            )
        )  # fmt: skip
    return found


def _about(held: BankAllocation) -> tuple[str, int] | None:
    for of in _NUMBERED:
        if pk := getattr(held, f"{of}_id"):
            return of, int(pk)
    return None
