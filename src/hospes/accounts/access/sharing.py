"""Taking back what somebody gave away, since it was not them: invitations, and the access that came of them."""

from datetime import datetime

from hospes.accounts.access import invitations, services
from hospes.accounts.models import Invitation
from hospes.customers import memberships
from hospes.customers.memberships import AccessRefused


def take_back(person_id: int, since: datetime, *, now: datetime) -> None:
    """
    Withdraw what a person invited since a moment, and end the access of who accepted it; each is told, and so are the holders.

    Only as far as the person may do so now: somebody who holds the customer since, and whom they could not remove, stays. Who
    had access before keeps it. Acts for access among everybody.
    """
    invitations.withdraw_made_since(person_id, since, now=now)
    accepted = Invitation.objects.filter(
        invited_by_id=person_id, made_at__gte=since, outcome=Invitation.Outcome.ACCEPTED
    )
    pairs = set(accepted.values_list("customer_id", "person_id"))
    for customer_id, whom in sorted((customer, whom) for customer, whom in pairs if whom is not None):
        _end(customer_id, whom, by=person_id, now=now)


def _end(customer_id: int, person_id: int, *, by: int, now: datetime) -> None:
    for held in memberships.locked(customer_id):
        if held.person_id == person_id and (held.until is None or held.until > now):
            try:
                services.remove(customer_id=customer_id, membership_id=held.pk, by=by, now=now)
            except AccessRefused:
                return
