"""The invitations of a customer, as those see them who decide about access."""

from dataclasses import dataclass
from datetime import datetime

from hospes.accounts.models import Invitation
from hospes.customers.models import Membership, Person


@dataclass(frozen=True)
class Asked:
    """An invitation that was not answered: open, or run out."""

    id: int
    email: str
    role: str
    until: datetime | None
    inviter: str
    sent_at: datetime
    expires_at: datetime
    is_over: bool

    @property
    def role_label(self) -> str:
        """What the role is called, in the active language."""
        return str(Membership.Role(self.role).label)


def unanswered(customer_id: int, *, now: datetime) -> list[Asked]:
    """The invitations of a customer that nobody answered, the latest first. Acts for access, unscoped."""
    rows = list(
        Invitation.objects.filter(customer_id=customer_id, closed_at=None).order_by("-sent_at", "-pk")
    )
    named = Person.objects.in_bulk({row.invited_by_id for row in rows})
    return [
        Asked(row.pk, row.email, row.role, row.until, named[row.invited_by_id].name, row.sent_at, row.expires_at,
              row.expires_at <= now)
        for row in rows
    ]  # fmt: skip
