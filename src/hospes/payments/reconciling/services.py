"""Days that are compared, and differences that are opened, closed and explained. Acts for billing."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.db import connections, transaction
from django.db.models import Max, Min
from django.utils.translation import gettext, gettext_lazy

from hospes.kernel import acting, clock, journal
from hospes.kernel.journal import About
from hospes.payments.reconciling.comparing_sql import COMPARE
from hospes.payments.reconciling.models import Difference, ReconciledDay

journal.register({
    "reconciling.found": gettext_lazy("Difference found between books, payment provider and bank"),
    "reconciling.gone": gettext_lazy("Difference is not there any more"),
    "reconciling.explained": gettext_lazy("Said why a difference is right as it is"),
    "reconciling.arrived": gettext_lazy("Payout of the payment provider found on a bank statement"),
    "reconciling.finished": gettext_lazy("Day compared with the payment provider and the bank"),
})  # fmt: skip

#: What changed so shortly before it is compared may be under way between the provider and us.
QUIET: Final = timedelta(hours=1)
#: So many days that were missed are caught up with one after another; who was away for longer begins again from there.
MOST_DAYS: Final = 62
ALL: Final = tuple(Difference.Side.values)
_TABLE: Final = "reconciling_difference"


class NotExplained(Exception):
    """It is closed already, or nothing was said; the message is fit to show to a colleague."""


@dataclass(frozen=True)
class Span:
    """What is compared: `begins` is the first day ever, `since` the first that is looked at again, `until` the last one."""

    begins: date
    since: date
    until: date


# --- days -----------------------------------------------------------------------------------------------------------------


def due(today: date) -> list[date]:
    """Days that are over and were not finished, the oldest first, from the first that was ever begun on; else yesterday."""
    newest = ReconciledDay.objects.filter(finished_at__isnull=False).aggregate(day=Max("day"))["day"]
    oldest = ReconciledDay.objects.aggregate(day=Min("day"))["day"]
    yesterday = today - timedelta(days=1)
    first = newest + timedelta(days=1) if newest else oldest or yesterday
    first = max(first, today - timedelta(days=MOST_DAYS))
    return [first + timedelta(days=n) for n in range((yesterday - first).days + 1)]


def begin(day: date, *, now: datetime) -> Span:
    """Note that a day is being compared; returns what has to be looked at for it: with a day of long ago all after it too."""
    ReconciledDay.objects.get_or_create(day=day, defaults={"begun_at": now, "waits_for": "stopped"})
    every = ReconciledDay.objects.aggregate(first=Min("day"))
    newest = ReconciledDay.objects.filter(finished_at__isnull=False).aggregate(day=Max("day"))["day"]
    until = max(day, newest or day)
    since = min(until - timedelta(days=settings.HOSPES_RECONCILING.window_days), day)
    return Span(every["first"], max(since, every["first"]), until)


def wait(day: date, why: str) -> None:
    """Note that a day could not be finished, and why; one that was finished stays so."""
    ReconciledDay.objects.filter(day=day, finished_at=None).update(waits_for=why)


def finish(day: date, *, asked_until: datetime, now: datetime, without_provider: bool = False) -> None:
    """Note that a day was compared with all that the provider had told until a moment, or with the bank only."""
    ReconciledDay.objects.filter(day=day).update(
        asked_until=asked_until, finished_at=now, waits_for="", is_without_provider=without_provider
    )
    journal.record("reconciling.finished", at=now, table="reconciling_reconciledday")


# --- differences ----------------------------------------------------------------------------------------------------------


@transaction.atomic
def compare(
    span: Span, *, states: Sequence[Difference] = (), sides: Iterable[str] = ALL, now: datetime
) -> Counter[str]:
    """
    Open a difference for everything that does not agree, and close what agrees again; counts found, gone and (still) open.

    `sides`: what can be judged; without the provider that is the bank. Two who compare come one after another.
    """
    patience = settings.HOSPES_RECONCILING
    values: dict[str, Any] = {
        "begins": span.begins, "since": span.since, "until": span.until, "now": now, "quiet": now - QUIET, "sides": list(sides),
        "state_about": [each.about for each in states], "state_day": [each.day for each in states],
        "state_customer": [each.customer_id for each in states], "state_detail": [each.detail for each in states],
        **{
            name: getattr(patience, name)
            for name in ("provider_days", "refund_days", "payout_days", "arrival_days", "statement_days", "suspense_days")
        },
    }  # fmt: skip
    rows: dict[str, list[About]] = {"found": [], "gone": [], "open": []}
    with _cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('hospes reconciling'), 0)")
        cursor.execute(COMPARE, values)
        for what, pk, customer_id in cursor.fetchall():
            rows[what].append(About(pk, customer_id))
    for what in ("found", "gone"):
        if rows[what]:
            journal.record_each(
                f"reconciling.{what}", rows[what], at=now, table=_TABLE, changed=["closed_at"]
            )
    return Counter({what: len(some) for what, some in rows.items()})


def _cursor() -> Any:
    scene = acting.current()
    if scene is None:
        raise RuntimeError("differences are looked for inside acting()")
    return connections[scene.alias].cursor()


@transaction.atomic
def explain(*, difference_id: int, reason: str, by: int, now: datetime) -> None:
    """
    Close a difference, since it is right as it is, for a reason; it comes back when it is of another amount.

    `by` is the colleague who says so. Raises NotExplained.
    """
    said = reason.strip()
    if not said:
        raise NotExplained(gettext("Say why it is right as it is."))
    held = Difference.objects.select_for_update().filter(pk=difference_id, closed_at=None).first()
    if held is None:
        raise NotExplained(gettext("This is closed already."))
    Difference.objects.filter(pk=difference_id, closed_at=None).update(
        closed_at=now, closed=Difference.Closed.PERSON, closed_by_id=by, reason=said[:200]
    )
    journal.record(
        "reconciling.explained", at=now, table=_TABLE, object_id=difference_id, customer_id=held.customer_id,
        changed=["closed_at", "reason"],
    )  # fmt: skip


def yesterday(now: datetime) -> date:
    """The last day that is over."""
    return clock.day_of(now) - timedelta(days=1)
