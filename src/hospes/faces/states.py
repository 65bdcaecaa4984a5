"""Which tone and which words a state gets in a badge, for every life cycle of the house."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

NEUTRAL, INFO, SUCCESS, WARNING, ERROR = "neutral", "info", "success", "warning", "error"


@dataclass(frozen=True)
class Look:
    """A tone (one of neutral, info, success, warning, error) and the words to show."""

    tone: str
    words: str | Promise


LOOKS: dict[str, Look] = {
    "accepted": Look(SUCCESS, _("accepted")),
    "active": Look(SUCCESS, _("active")),
    "authorized": Look(INFO, _("authorised")),
    "awaiting_payment": Look(WARNING, _("awaiting payment")),
    "cancelled": Look(NEUTRAL, _("cancelled")),
    "canceled": Look(NEUTRAL, _("cancelled")),
    "charged_back": Look(ERROR, _("charged back")),
    "closed": Look(NEUTRAL, _("closed")),
    "credited": Look(NEUTRAL, _("credited")),
    "declined": Look(NEUTRAL, _("declined")),
    "done": Look(SUCCESS, _("done")),
    "draft": Look(NEUTRAL, _("draft")),
    "ended": Look(NEUTRAL, _("ended")),
    "expired": Look(NEUTRAL, _("expired")),
    "failed": Look(ERROR, _("failed")),
    "late": Look(ERROR, _("late")),
    "new": Look(INFO, _("new")),
    "on_account": Look(INFO, _("invoiced")),
    "open": Look(INFO, _("open")),
    "overdue": Look(ERROR, _("overdue")),
    "paid": Look(SUCCESS, _("paid")),
    "partly_paid": Look(WARNING, _("partly paid")),
    "pending": Look(INFO, _("in progress")),
    "placed": Look(INFO, _("placed")),
    "preparing": Look(INFO, _("in progress")),
    "provisioning": Look(INFO, _("being set up")),
    "refunded": Look(NEUTRAL, _("refunded")),
    "refused": Look(WARNING, _("not set up yet")),
    "replaced": Look(NEUTRAL, _("replaced")),
    "requested": Look(INFO, _("requested")),
    "sent": Look(INFO, _("sent")),
    "suspended": Look(WARNING, _("suspended")),
    "terminated": Look(NEUTRAL, _("ended")),
    "withdrawn": Look(NEUTRAL, _("withdrawn")),
}


def look_of(state: str) -> Look:
    """Return how to show a state; one that is not listed is neutral and shows its own name in plain words."""
    key = state.strip().lower().replace("-", "_").replace(" ", "_")
    return LOOKS.get(key, Look(NEUTRAL, state.replace("_", " ")))
