"""
What one colleague may decide alone, in parts too, and what is no longer to be decided. Acts for billing.

The database holds the same (`guards`).
"""

from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import connections
from django.db.models import QuerySet, Sum
from django.utils.translation import gettext_lazy as _

from hospes.kernel import acting, journal
from hospes.payments.approvals.models import Decision

journal.register({
    "decision.asked": _("A second colleague asked about money"), "decision.done": _("Decision about money carried out"),
    "decision.refused": _("Decision about money refused"), "decision.over": _("Decision about money no longer needed"),
})  # fmt: skip

Kind, State = Decision.Kind, Decision.State
#: What one colleague set going for a customer within so many days counts together.
TOGETHER: Final = timedelta(days=30)


def colleague() -> int | None:
    """Who of the staff acts at the moment; None where it is somebody else, or nobody."""
    scene = acting.current()
    return scene.actor.id if scene is not None and scene.actor.kind == "staff" else None


def is_for_two(asked: Decision, *, whole_cents: int | None = None) -> bool:
    """
    Whether another colleague has to agree; `whole_cents`: what it is a part of. Who asks for the same customer at once waits.
    """
    with connections[Decision.objects.db].cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtext('hospes decisions'), hashtext(%s))",
            [str(asked.customer_id)],
        )
    return (whole_cents or asked.cents) + _alone(asked) > asked.limit_cents


def _alone(asked: Decision) -> int:
    """What was decided by one alone before, and counts with it."""
    done = Decision.objects.filter(state=State.DONE, decided_by=None).exclude(pk=asked.pk)
    mine = done.filter(
        customer_id=asked.customer_id, asked_by_id=asked.asked_by_id, asked_at__gt=asked.asked_at - TOGETHER
    )
    if asked.kind == Kind.WRITE_OFF:
        of_it = done.filter(kind=Kind.WRITE_OFF, invoice_id=asked.invoice_id or 0)
        return max(_sum(of_it), _sum(mine.filter(kind=Kind.WRITE_OFF)))
    mine = mine.exclude(kind=Kind.WRITE_OFF)
    if asked.refund_id is not None:  # what it was asked for before did not arrive
        mine = mine.exclude(refund_id=asked.refund_id)
    if asked.payout_id is not None:
        mine = mine.exclude(payout_id=asked.payout_id)
    return _sum(mine)


def _sum(some: QuerySet[Decision]) -> int:
    return int(some.aggregate(sum=Sum("cents"))["sum"] or 0)


def new(kind: str, *, customer_id: int, cents: int, by: int, now: datetime, **about: object) -> Decision:
    """A question that is not asked yet, at the operator's limit of now."""
    limit = settings.HOSPES_OPERATOR.four_eyes_above_cents
    return Decision(
        kind=kind,
        customer_id=customer_id,
        cents=cents,
        limit_cents=limit,
        asked_by_id=by,
        asked_at=now,
        **about,
    )


def decided(asked: Decision, state: str, by: int | None, now: datetime) -> None:
    """Write down what was decided, and by which other colleague (None: one was enough)."""
    Decision.objects.filter(pk=asked.pk).update(state=state, decided_by_id=by, decided_at=now)
    asked.state = state
    noted(f"decision.{state}", asked, now)


def waiting(*, refund_id: int | None = None, payout_id: int | None = None) -> QuerySet[Decision]:
    """What waits for a second colleague about this money."""
    asked = Decision.objects.filter(state=State.ASKED)
    return asked.filter(refund_id=refund_id) if refund_id else asked.filter(payout_id=payout_id or 0)


def no_longer_needed(*, refund_id: int | None = None, payout_id: int | None = None, now: datetime) -> None:
    """What waits about this money has not to be decided any more: a bank took it back, or it stands on a statement."""
    for asked in waiting(refund_id=refund_id, payout_id=payout_id).select_for_update():
        decided(asked, State.OVER, None, now)


def noted(action: str, asked: Decision, now: datetime) -> None:
    """Write in the journal what became of it."""
    journal.record(
        action, at=now, table="payments_decision", object_id=asked.pk, customer_id=asked.customer_id, changed=["state"]
    )  # fmt: skip
