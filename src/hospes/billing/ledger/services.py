"""Booking. All of this acts within the purpose of billing; all of it is harmless to repeat."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from django.conf import settings
from django.db import connections
from django.utils.translation import gettext_lazy as _

from hospes.billing.ledger import booking_sql, rules
from hospes.billing.ledger.models import LedgerAccount, LedgerClosing, LedgerEntry
from hospes.kernel import acting, clock, journal

journal.register({"ledger.closed": _("Month closed in the ledger")})

Use = LedgerAccount.Use
Journal = LedgerEntry.Journal

#: How many invoices are booked in one transaction when many are waiting.
BATCH: Final = 5000


class BookingRefused(Exception):
    """It cannot be booked; the message is fit to show to a colleague."""


@dataclass(frozen=True)
class Posting:
    """
    Something to be booked; `origin` names it uniquely. Lines are accounts by their use, with cents: debit above zero, credit
    below; together zero.
    """

    journal: Journal
    origin: str
    on: date
    lines: Sequence[tuple[Use, int]]
    customer_id: int | None = None
    document: str = ""


def book_invoice(invoice_id: int, *, now: datetime) -> int:
    """Book an issued invoice or credit note; returns 0 when it was booked already."""
    return _run(
        booking_sql.INVOICES.format(which="i.id = %(invoice_id)s"),
        invoice_id=invoice_id, home=_home(), size=1, now=now,
    )  # fmt: skip


def book_these(invoice_ids: Sequence[int], *, now: datetime) -> int:
    """Book these of the issued documents that are not booked yet, in one statement; returns how many."""
    return _run(
        booking_sql.INVOICES.format(which="i.id = ANY(%(invoice_ids)s)"),
        invoice_ids=list(invoice_ids), home=_home(), size=len(invoice_ids), now=now,
    )  # fmt: skip


def book_invoices(*, now: datetime, size: int = BATCH) -> int:
    """Book at most so many of the issued documents that are not booked yet, the oldest first; returns how many."""
    _one_at_a_time()
    return _run(booking_sql.INVOICES.format(which="true"), home=_home(), size=size, now=now)


def post(postings: Sequence[Posting], *, now: datetime) -> int:
    """Book what is not booked yet of these, all of one journal; in a closed month: on the first day that is open."""
    if not postings:
        return 0
    journals = {each.journal for each in postings}
    if len(journals) != 1:
        raise ValueError("one journal at a time")
    lines = [(each.origin, use, cents) for each in postings for use, cents in each.lines]
    return _run(
        booking_sql.postings(journals.pop()), journal=postings[0].journal, now=now,
        origins=[each.origin for each in postings], customers=[each.customer_id for each in postings],
        days=[each.on for each in postings], documents=[each.document for each in postings],
        of=[origin for origin, _use, _cents in lines], uses=[str(use) for _origin, use, _cents in lines],
        cents=[cents for _origin, _use, cents in lines],
    )  # fmt: skip


def receipt(
    *,
    origin: str,
    customer_id: int,
    cents: int,
    on: date,
    document: str,
    is_surplus: bool,
    surplus_cents: int = 0,
) -> Posting:
    """
    Money that came in through the payment provider: for what the customer owes, or more than that, to be paid back.

    `surplus_cents`: how much of it is more than was owed, where a part was owed.
    """
    more = cents if is_surplus else surplus_cents
    lines = [(Use.CLEARING, cents), (Use.DEBTORS, more - cents), (Use.SURPLUS, -more)]
    lines = [(use, amount) for use, amount in lines if amount]
    return Posting(Journal.BANK, origin, on, lines, customer_id, document)


def repayment(
    *, origin: str, customer_id: int, cents: int, on: date, document: str, by_hand: bool, back: bool = False
) -> Posting:
    """
    Money of a credit note that went back through the payment provider, or from the bank by hand; `back`: it came back.

    By hand it is under way until it stands on a bank statement: that books the bank.
    """
    sign = -1 if back else 1
    lines = [(Use.DEBTORS, sign * cents), (Use.SUSPENSE if by_hand else Use.CLEARING, -sign * cents)]
    return Posting(Journal.BANK, origin, on, lines, customer_id, document)


def release(*, today: date, now: datetime) -> int:
    """Book what was invoiced in advance as revenue of its months, up to this one; returns of how many lines and months."""
    _one_at_a_time()
    return _run(booking_sql.RELEASES, month=rules.month_of(today), home=_home(), now=now)


def close(month: date, *, now: datetime) -> LedgerClosing:
    """
    Close a month and all before it, once everything of it is booked; raises BookingRefused when it is not over, or closed.

    What turns out to be missing later is booked on the first day that is open.
    """
    first = rules.month_of(month)
    if rules.next_month(first) > clock.day_of(now):
        raise BookingRefused(str(_("This month is not over yet.")))
    _lock("closing")  # before anything is booked here: who closes waits for those who book
    if LedgerClosing.objects.filter(month__gte=first).exists():
        raise BookingRefused(str(_("This month is closed already.")))
    while book_invoices(now=now):
        pass
    release(today=first, now=now)
    journal.record("ledger.closed", at=now, table="billing_ledgerclosing")
    return LedgerClosing.objects.create(month=first, closed_at=now)


def _home() -> str:
    return str(settings.HOSPES_OPERATOR.country)


def _one_at_a_time() -> None:
    """Two who look for what is not booked would both find it; the second would be refused, and start again."""
    _lock("booking")


def _lock(what: str) -> None:
    with _cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('hospes ledger'), hashtext(%s))", [what])


def _run(sql: str, **values: Any) -> int:
    with _cursor() as cursor:
        cursor.execute(sql, values)
        return int(cursor.fetchone()[0])


def _cursor() -> Any:
    scene = acting.current()
    if scene is None:
        raise RuntimeError("the ledger is written inside acting()")
    return connections[scene.alias].cursor()
