"""What was compared: days, the three sides of a day, payouts, and what does not agree. Acts for billing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from django.db import connections
from django.db.models import Count, Min, Q

from hospes.kernel import acting
from hospes.payments.reconciling.models import Difference, ReconciledDay, Settlement


@dataclass(frozen=True)
class Overview:
    """
    How it stands: the last day that was finished, the one that waits, what is open (since when the oldest), and whether the
    provider's side was left out of the last day.
    """

    finished: date | None
    waiting: ReconciledDay | None
    open: int
    oldest: date | None
    is_bank_only: bool


def overview() -> Overview:
    """See Overview."""
    last = ReconciledDay.objects.filter(finished_at__isnull=False).order_by("-day").first()
    waiting = ReconciledDay.objects.filter(finished_at=None).order_by("day").first()
    still = Difference.objects.filter(closed_at=None).aggregate(number=Count("pk"), oldest=Min("day"))
    return Overview(
        last.day if last else None,
        waiting,
        still["number"],
        still["oldest"],
        last is not None and last.is_without_provider,
    )


@dataclass(frozen=True)
class Compared:
    """A day, and how many differences of it are open, and were closed."""

    day: ReconciledDay
    open: int
    closed: int

    @property
    def agrees(self) -> bool:
        return self.day.finished_at is not None and not self.open

    @property
    def is_bank_only(self) -> bool:
        """Whether the books of the provider were not read, so that its side was not compared."""
        return self.day.finished_at is not None and self.day.is_without_provider


def days(*, limit: int, before: date | None = None) -> list[Compared]:
    """Days that were compared, the last first; before a day, where one is given."""
    found = ReconciledDay.objects.order_by("-day")
    rows = list((found.filter(day__lt=before) if before else found)[:limit])
    of_them = Difference.objects.filter(day__in=[row.day for row in rows]).values("day")
    counted = {
        row["day"]: (row["still"], row["over"])
        for row in of_them.annotate(still=Count("pk", filter=Q(closed_at=None)), over=Count("closed_at"))
    }
    return [Compared(row, *counted.get(row.day, (0, 0))) for row in rows]


def compared(day: date) -> Compared | None:
    """A day that was compared, or begun."""
    return next((each for each in days(limit=1, before=day + timedelta(days=1)) if each.day.day == day), None)


def of_day(day: date) -> list[Difference]:
    """The differences of a day, those that are open first."""
    found = Difference.objects.filter(day=day)
    return sorted(found.order_by("pk")[:200], key=lambda each: each.closed_at is not None)


def settlements_of(day: date) -> list[Settlement]:
    """What the provider transferred on a day, with the line of the bank that brought it."""
    return list(Settlement.objects.filter(settled_on=day).select_related("line").order_by("pk")[:100])


def payouts(*, limit: int) -> list[Settlement]:
    """What the provider paid out, the last first."""
    return list(Settlement.objects.select_related("line").order_by("-made_at", "-pk")[:limit])


# --- the three sides of a day ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Side:
    """One line of a day, in cents; None where a side has no such thing, or has not told it yet."""

    what: str
    books: int | None
    provider: int | None
    bank: int | None

    @property
    def agrees(self) -> bool:
        said = {each for each in (self.books, self.provider, self.bank) if each is not None}
        return len(said) < 2


_BOOKS: Final = """
SELECT CASE WHEN e.origin ~ '^payment:' THEN 'payment' WHEN e.origin ~ '^(refund|payout):' THEN 'refund'
            WHEN e.origin ~ '^chargeback:' THEN 'chargeback' WHEN e.origin ~ '^bank_allocation:' THEN 'payout'
            WHEN e.origin ~ '^settlement:' THEN 'costs' ELSE 'other' END AS what,
       a.use, sum(l.debit_cents::bigint - l.credit_cents)::bigint
  FROM billing_ledgerentry e JOIN billing_ledgerline l ON l.entry_id = e.id
  JOIN billing_ledgeraccount a ON a.id = l.account_id AND a.use IN ('clearing', 'bank')
 WHERE e.booked_on = %(day)s GROUP BY 1, 2
"""
_PROVIDER: Final = """
SELECT kind, sum(cents)::bigint FROM reconciling_movement
 WHERE gone_at IS NULL AND at >= %(day)s::date - interval '1 day' AND at < %(day)s::date + interval '2 days'
   AND (at AT TIME ZONE 'Europe/Amsterdam')::date = %(day)s GROUP BY 1
"""
_LINES: Final = "SELECT coalesce(sum(cents), 0)::bigint FROM bank_bankline WHERE booked_on = %(day)s"
#: Of each account what its last statement until a day ended with, if all of them come that far; and what they began with.
_BALANCE: Final = """
SELECT sum(closing)::bigint, sum(opening)::bigint, min(until) FROM (
  SELECT s.account,
         (array_agg(s.closing_cents ORDER BY s.closed_on DESC, s.id DESC) FILTER (WHERE s.closed_on <= %(day)s))[1] AS closing,
         (array_agg(s.opening_cents ORDER BY s.closed_on, s.id))[1] AS opening, max(s.closed_on) AS until
    FROM bank_bankstatement s GROUP BY 1) each
"""
_ALL: Final = """
SELECT coalesce(sum(l.debit_cents::bigint - l.credit_cents), 0)::bigint FROM billing_ledgerline l
  JOIN billing_ledgeraccount a ON a.id = l.account_id AND a.use = %(use)s
  JOIN billing_ledgerentry e ON e.id = l.entry_id WHERE e.booked_on <= %(day)s
"""


def sides(day: date, *, bank_only: bool = False) -> list[Side]:
    """
    A day as each of the three has it: what customers paid and got back, what was paid out, and the bank account.

    The bank's column is empty until statements of all accounts come so far, the provider's where its books are not read.
    """
    booked = {(what, use): cents for what, use, cents in _ask(_BOOKS, day=day)}
    told = dict(_ask(_PROVIDER, day=day))
    closing, opening, until = _ask(_BALANCE, day=day)[0]
    is_here = until is not None and until >= day and closing is not None
    on_account = sum(cents for (_what, use), cents in booked.items() if use == "bank")
    rows = [
        Side(what, booked.get((what, "clearing"), 0), None if bank_only else told.get(what, 0), None)
        for what in ("payment", "refund", "chargeback")
    ]
    if other := booked.get(("other", "clearing"), 0) or told.get("other", 0):
        rows.append(
            Side("other", booked.get(("other", "clearing"), 0), told.get("other", 0) if other else 0, None)
        )
    rows.append(Side("bank", on_account, None, _ask(_LINES, day=day)[0][0] if is_here else None))
    balance = _ask(_ALL, day=day, use="bank")[0][0] + (opening or 0)
    rows.append(Side("balance", balance if until is not None else None, None, closing if is_here else None))
    return rows


def at_the_provider(day: date) -> int:
    """What the provider has of ours by the end of a day, as the books say, in cents."""
    return int(_ask(_ALL, day=day, use="clearing")[0][0])


def _ask(sql: str, **values: Any) -> Sequence[tuple[Any, ...]]:
    scene = acting.current()
    if scene is None:
        raise RuntimeError("what was compared is read inside acting()")
    with connections[scene.alias].cursor() as cursor:
        cursor.execute(sql, values)
        rows: Sequence[tuple[Any, ...]] = cursor.fetchall()
    return rows


# --- as a list ------------------------------------------------------------------------------------------------------------


def listed(first: date, last: date, *, limit: int = 100_000) -> list[Difference]:
    """All differences of a period, and all that are open whenever they are of, the oldest first."""
    found = Difference.objects.filter(Q(day__range=(first, last)) | Q(closed_at=None))
    return list(found.order_by("day", "pk")[:limit])
