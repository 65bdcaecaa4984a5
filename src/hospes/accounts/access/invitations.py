"""
Inviting somebody to share the access to a customer.

Making, sending again and withdrawing act for access within the customer; answering acts for access among everybody, since who
answers has no access yet. A link works once, for a few days, and for the address that it was sent to.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from allauth.account.models import EmailAddress
from django.utils.translation import gettext as _

from hospes.accounts.access.notices import tell
from hospes.accounts.models import Invitation
from hospes.customers import memberships, rules
from hospes.customers.memberships import AccessRefused
from hospes.customers.models import Customer, Membership, Person
from hospes.customers.queries import has_access
from hospes.kernel import journal
from hospes.kernel.acting import SYSTEM, acting, current
from hospes.kernel.purposes import Purpose
from hospes.kernel.secrets import blind_index
from hospes.messaging import services as messaging

#: How long a link works.
LASTS: Final = timedelta(days=3)
#: Who presses the button again within this time meant the same.
AT_ONCE: Final = timedelta(minutes=1)
#: So many can be open for a customer, be made for it within a day, and be sent of one: nobody floods others through us.
MOST_OPEN: Final = 20
MOST_A_DAY: Final = 40
MOST_SENDS: Final = 5

Outcome = Invitation.Outcome


class InvitationGone(Exception):
    """The link is of no invitation that can still be used: used, withdrawn, expired, or never one."""


class NotTheirs(Exception):
    """The invitation is for another address than that of who is logged in."""


class AlreadyIn(Exception):
    """Who would accept has access to this customer already."""


@dataclass(frozen=True)
class Seen:
    """An open invitation, as who was invited sees it: who invites, for which customer."""

    invitation: Invitation
    inviter: str
    customer_name: str
    customer_number: int

    @property
    def role_label(self) -> str:
        """What the role is called, in the active language."""
        return str(Membership.Role(self.invitation.role).label)


def token_of(seed: UUID) -> str:
    """What the link carries: made with the installation's key, so that who knows the seed alone cannot."""
    return blind_index(seed.bytes, context="accounts_invitation:token").hex()


def hash_of(token: str) -> str:
    """What is held of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


# --- of who invites -------------------------------------------------------------------------------------------------------


def invite(
    *, customer_id: int, by: int, email: str, role: str, until: datetime | None, language: str, now: datetime
) -> Invitation:
    """Invite an address. Raises AccessRefused, with what is the matter."""
    email = email.strip().lower()
    rows = memberships.locked(customer_id)
    if not rules.gives(memberships.role_at(rows, by, now), role):
        raise AccessRefused(_("Your role does not let you give that role."))
    if until is not None and until <= now:
        raise AccessRefused(_("Choose a day that is still to come, or leave it empty."))
    if same := _open_one(customer_id, email, now):
        if (same.role, same.until, same.invited_by_id) == (role, until, by) and now - same.sent_at < AT_ONCE:
            return same
        raise AccessRefused(
            _("There is an open invitation for this address. Withdraw it first, or send it again.")
        )
    if _is_member(customer_id, email, now):
        raise AccessRefused(_("Who has this address has access already. You can change it in the list."))
    _within_bounds(customer_id, now)
    seed = uuid4()
    made = Invitation.objects.create(
        customer_id=customer_id, email=email, role=role, until=until, language=language, invited_by_id=by, seed=seed,
        token_hash=hash_of(token_of(seed)), made_at=now, sent_at=now, expires_at=now + LASTS,
    )  # fmt: skip
    _send(made, now)
    _note("access.invited", made, now)
    tell("access.invited", customer_id=customer_id, persons={by}, about_id=made.pk, now=now)
    return made


def send_again(*, customer_id: int, invitation_id: int, by: int, now: datetime) -> Invitation:
    """
    Send an open or expired invitation once more, with a new link; the one before stops working. Raises AccessRefused.

    Pressed twice, it is sent once.
    """
    found = _to_change(customer_id, invitation_id, by, now)
    if now - found.sent_at < AT_ONCE:
        return found
    if found.sends >= MOST_SENDS:
        raise AccessRefused(_("It was sent five times. Withdraw it, and ask whether the address is right."))
    found.seed, found.sends = uuid4(), found.sends + 1
    found.token_hash, found.sent_at, found.expires_at = hash_of(token_of(found.seed)), now, now + LASTS
    found.save(update_fields=["seed", "token_hash", "sends", "sent_at", "expires_at"])
    _send(found, now)
    _note("access.invitation_resent", found, now)
    return found


def withdraw(*, customer_id: int, invitation_id: int, by: int, now: datetime) -> None:
    """Withdraw an invitation: its link stops working at once. Raises AccessRefused."""
    found = _to_change(customer_id, invitation_id, by, now)
    if _close(found, Outcome.WITHDRAWN, now):
        _note("access.invitation_withdrawn", found, now)


def withdraw_all_of(*, customer_id: int, by: int, now: datetime) -> None:
    """Withdraw what somebody invited who may do so no longer."""
    for found in Invitation.objects.filter(customer_id=customer_id, invited_by_id=by, closed_at=None):
        if _close(found, Outcome.WITHDRAWN, now):
            _note("access.invitation_withdrawn", found, now)


def withdraw_made_since(person_id: int, since: datetime, *, now: datetime) -> None:
    """Withdraw what somebody invited since a moment, for whichever customer. Acts for access among everybody."""
    for found in Invitation.objects.filter(invited_by_id=person_id, made_at__gte=since, closed_at=None):
        if _close(found, Outcome.WITHDRAWN, now):
            _note("access.invitation_withdrawn", found, now)


def _open_one(customer_id: int, email: str, now: datetime) -> Invitation | None:
    """The open invitation of an address; one that has expired is closed on the way."""
    found = Invitation.objects.filter(customer_id=customer_id, email__iexact=email, closed_at=None).first()
    if found is not None and found.expires_at <= now:
        _close(found, Outcome.EXPIRED, now)
        return None
    return found


def _is_member(customer_id: int, email: str, now: datetime) -> bool:
    """Looked for among everybody: within a customer nobody else's address is to be seen."""
    scene = current()
    with acting(Purpose.ACCESS, actor=scene.actor if scene else SYSTEM):
        return has_access(customer_id, email, now=now)


def _within_bounds(customer_id: int, now: datetime) -> None:
    of_customer = Invitation.objects.filter(customer_id=customer_id)
    many = of_customer.filter(closed_at=None, expires_at__gt=now).count() >= MOST_OPEN
    if many or of_customer.filter(made_at__gt=now - timedelta(days=1)).count() >= MOST_A_DAY:
        raise AccessRefused(_("There are many invitations now. Wait until some were answered, or call us."))


def _to_change(customer_id: int, invitation_id: int, by: int, now: datetime) -> Invitation:
    role = memberships.role_at(memberships.locked(customer_id), by, now)
    found = Invitation.objects.filter(customer_id=customer_id, pk=invitation_id, closed_at=None).first()
    if found is None:
        raise AccessRefused(_("This invitation was answered or withdrawn meanwhile."))
    if not rules.gives(role, found.role):
        raise AccessRefused(_("Your role does not let you decide about this invitation."))
    return found


def _send(invitation: Invitation, now: datetime) -> None:
    messaging.enqueue(
        "access.invitation", key=f"invitation:{invitation.pk}:{invitation.sends}", customer_id=invitation.customer_id,
        about_id=invitation.pk, now=now,
    )  # fmt: skip


def _note(action: str, invitation: Invitation, now: datetime, *, person_id: int | None = None) -> None:
    journal.record(action, at=now, table="accounts_invitation", object_id=invitation.pk,
                   customer_id=invitation.customer_id, person_id=person_id)  # fmt: skip


def _close(invitation: Invitation, outcome: str, now: datetime, *, person_id: int | None = None) -> bool:
    """Close an invitation that is open; False when somebody else just did."""
    still_open = Invitation.objects.filter(pk=invitation.pk, closed_at=None)
    return bool(still_open.update(closed_at=now, outcome=outcome, person_id=person_id))


# --- of who was invited ---------------------------------------------------------------------------------------------------


def look(token: str, *, now: datetime) -> Seen:
    """The invitation of a link, if it can be used now. Raises InvitationGone."""
    found = Invitation.objects.filter(token_hash=hash_of(token), closed_at=None, expires_at__gt=now).first()
    if found is None or not _stands(found, now):
        raise InvitationGone
    inviter = Person.objects.get(pk=found.invited_by_id)
    customer = Customer.objects.get(pk=found.customer_id)
    return Seen(found, inviter.name, customer.name, customer.number)


def _stands(invitation: Invitation, now: datetime) -> bool:
    """Whether who invited may still give that access, and it would last."""
    held = Membership.objects.filter(customer_id=invitation.customer_id, person_id=invitation.invited_by_id)
    role = memberships.role_at(list(held), invitation.invited_by_id, now)
    return rules.gives(role, invitation.role) and (invitation.until is None or now < invitation.until)


def accepted_by(token: str, *, person_id: int, now: datetime) -> int | None:
    """The number of the customer, where a link is of an invitation that this person accepted and still has access by."""
    found = Invitation.objects.filter(
        token_hash=hash_of(token), outcome=Outcome.ACCEPTED, person_id=person_id
    ).first()
    if found is None:
        return None
    rows = list(Membership.objects.filter(customer_id=found.customer_id, person_id=person_id))
    if not memberships.role_at(rows, person_id, now):
        return None
    return Customer.objects.values_list("number", flat=True).get(pk=found.customer_id)


def is_for(invitation: Invitation, person: Person) -> bool:
    """Whether somebody has the address that was invited, and has shown that it is theirs."""
    own = EmailAddress.objects.filter(user_id=person.pk, email__iexact=invitation.email, verified=True)
    return bool(own.exists())


def accept(token: str, *, person: Person, now: datetime) -> int:
    """
    Accept an invitation, and return the customer's number; of two at once one does.

    Raises InvitationGone, NotTheirs for somebody with another address, and AlreadyIn.
    """
    seen = look(token, now=now)
    invitation = seen.invitation
    if not is_for(invitation, person):
        raise NotTheirs
    rows = memberships.locked(invitation.customer_id)
    if memberships.role_at(rows, person.pk, now):
        raise AlreadyIn
    if not _close(invitation, Outcome.ACCEPTED, now, person_id=person.pk):
        raise InvitationGone
    try:
        given = memberships.give(
            customer_id=invitation.customer_id, person_id=person.pk, role=invitation.role, until=invitation.until,
            by=invitation.invited_by_id, now=now,
        )  # fmt: skip
    except AccessRefused as refusal:
        raise InvitationGone from refusal
    _note("access.given", invitation, now, person_id=person.pk)
    tell(
        "access.given", customer_id=invitation.customer_id, persons={person.pk, invitation.invited_by_id},
        about_id=given.pk, now=now,
    )  # fmt: skip
    return seen.customer_number


def decline(token: str, *, person: Person | None, now: datetime) -> Seen:
    """
    Decline an invitation: the link stops working. Who is not logged in may do so too: they have the mail.

    Raises InvitationGone, and NotTheirs for somebody with another address.
    """
    seen = look(token, now=now)
    if person is not None and not is_for(seen.invitation, person):
        raise NotTheirs
    if not _close(seen.invitation, Outcome.DECLINED, now):
        raise InvitationGone
    _note("access.invitation_declined", seen.invitation, now, person_id=person.pk if person else None)
    tell(
        "access.declined", customer_id=seen.invitation.customer_id, persons={seen.invitation.invited_by_id},
        about_id=seen.invitation.pk, now=now, holders_too=False,
    )  # fmt: skip
    return seen
