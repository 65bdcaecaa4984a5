"""
Changing, taking away, leaving and handing over access: done by `customers.memberships`, written down and told here.

All of it acts for access within the customer, takes effect with the transaction (the next request looks anew, and so does the
database), and raises AccessRefused with what is the matter.
"""

from datetime import datetime

from hospes.accounts.access import invitations
from hospes.accounts.access.notices import tell
from hospes.customers import memberships, rules
from hospes.customers.memberships import AccessRefused as AccessRefused
from hospes.customers.models import Membership
from hospes.kernel import journal


def change(
    *, customer_id: int, membership_id: int, role: str, until: datetime | None, by: int, now: datetime
) -> Membership:
    """Give somebody else another role, or their access another end."""
    done = memberships.change(
        customer_id=customer_id, membership_id=membership_id, role=role, until=until, by=by, now=now
    )
    assert done.became is not None  # noqa: S101  # for the type checker
    if done.was is not None:
        _note("access.changed", done.became, now, changed=done.changed)
        _without_what_they_may_not(done.became, now)
        tell("access.changed", customer_id=customer_id, persons={by, done.became.person_id}, about_id=done.became.pk,
             now=now)  # fmt: skip
    return done.became


def remove(*, customer_id: int, membership_id: int, by: int, now: datetime) -> Membership:
    """Take somebody else's access away, with the invitations that they made."""
    done = memberships.remove(customer_id=customer_id, membership_id=membership_id, by=by, now=now)
    assert done.was is not None  # noqa: S101  # for the type checker
    _note("access.removed", done.was, now)
    invitations.withdraw_all_of(customer_id=customer_id, by=done.was.person_id, now=now)
    tell(
        "access.removed",
        customer_id=customer_id,
        persons={by, done.was.person_id},
        about_id=done.was.pk,
        now=now,
    )
    return done.was


def leave(*, customer_id: int, person_id: int, now: datetime) -> None:
    """End one's own access."""
    done = memberships.leave(customer_id=customer_id, person_id=person_id, now=now)
    assert done.was is not None  # noqa: S101  # for the type checker
    _note("access.left", done.was, now)
    invitations.withdraw_all_of(customer_id=customer_id, by=person_id, now=now)
    tell("access.left", customer_id=customer_id, persons={person_id}, about_id=done.was.pk, now=now)


def hand_over(
    *, customer_id: int, to_membership_id: int, own_role: str, by: int, now: datetime
) -> Membership:
    """Make somebody else the holder, and take another role oneself ("" is none)."""
    theirs, mine = memberships.hand_over(
        customer_id=customer_id, to_membership_id=to_membership_id, own_role=own_role, by=by, now=now
    )
    assert theirs.became is not None  # noqa: S101  # for the type checker
    _note("access.handed_over", theirs.became, now, changed=("role",))
    if mine.became is None:
        invitations.withdraw_all_of(customer_id=customer_id, by=by, now=now)
    else:
        _without_what_they_may_not(mine.became, now)
    tell("access.handed_over", customer_id=customer_id, persons={by, theirs.became.person_id},
         about_id=theirs.became.pk, now=now)  # fmt: skip
    return theirs.became


def _without_what_they_may_not(held: Membership, now: datetime) -> None:
    """Withdraw the invitations of somebody who may give no access in their new role."""
    if not rules.may(held.role, rules.Capability.MANAGE_ACCESS):
        invitations.withdraw_all_of(customer_id=held.customer_id, by=held.person_id, now=now)


def _note(action: str, held: Membership, now: datetime, *, changed: tuple[str, ...] = ()) -> None:
    journal.record(action, at=now, table="customers_membership", object_id=held.pk, customer_id=held.customer_id,
                   person_id=held.person_id, changed=changed)  # fmt: skip
