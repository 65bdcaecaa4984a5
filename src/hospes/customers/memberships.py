"""
Who may act for a customer: giving, changing, ending and handing over access.

All of it acts for access within the customer (`acting(Purpose.ACCESS, ..., customer=...)`), locks its memberships first, and
looks under that lock at what the one who does it may do (`rules.GIVES`). That a customer keeps a holder whose access does not
end is seen to by the database as well, at the commit.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from hospes.customers import rules
from hospes.customers.models import Membership

HOLDER = Membership.Role.HOLDER


class AccessRefused(Exception):
    """Nothing was changed; the message is fit to show to who asked."""


@dataclass(frozen=True)
class Change:
    """What became of somebody's access: the row that ended, if there was one, the one that came, if any, and what differs."""

    was: Membership | None
    became: Membership | None
    changed: tuple[str, ...] = ()


def locked(customer_id: int) -> list[Membership]:
    """All rows of a customer, locked until the transaction ends: one change of its access at a time."""
    return list(
        Membership.objects.select_for_update(of=("self",)).filter(customer_id=customer_id).order_by("pk")
    )


def role_at(rows: Sequence[Membership], person_id: int, now: datetime) -> str:
    """The role of somebody at a moment; "" for who has no access."""
    return next((row.role for row in rows if row.person_id == person_id and row.in_force(now)), "")


def give(
    *, customer_id: int, person_id: int, role: str, until: datetime | None, by: int, now: datetime
) -> Membership:
    """Give somebody access in a role that `by` may give at this moment. Raises AccessRefused."""
    rows = locked(customer_id)
    if not rules.gives(role_at(rows, by, now), role):
        raise AccessRefused(_("Who gave this access may not do that any more."))
    if role_at(rows, person_id, now):
        raise AccessRefused(_("This person has access already."))
    if until is not None and until <= now:
        raise AccessRefused(_("This access would have ended before it began."))
    return Membership.objects.create(
        customer_id=customer_id, person_id=person_id, role=role, since=now, until=until, given_by_id=by
    )


def change(
    *, customer_id: int, membership_id: int, role: str, until: datetime | None, by: int, now: datetime
) -> Change:
    """
    Give somebody else another role, or their access another end (None: none). Raises AccessRefused.

    What is so already stays as it is: then `became` is the row that there was.
    """
    rows = locked(customer_id)
    held = _of_another(rows, membership_id, by, now)
    if held.role == role and held.until == until:
        return Change(None, held)
    if not rules.gives(role_at(rows, by, now), role):
        raise AccessRefused(_("Your role does not let you give that role."))
    if until is not None and until <= max(held.since, now):
        raise AccessRefused(_("Choose a day that is still to come; or take the access away at once."))
    if role != HOLDER or until is not None:
        _keep_a_holder(rows, held, now)
    changed = [name for name, value in (("role", role), ("until", until)) if getattr(held, name) != value]
    _end(held, by, now)
    became = Membership.objects.create(
        customer_id=customer_id, person_id=held.person_id, role=role, since=max(held.since, now), until=until,
        given_by_id=by,
    )  # fmt: skip
    return Change(held, became, tuple(changed))


def remove(*, customer_id: int, membership_id: int, by: int, now: datetime) -> Change:
    """Take somebody else's access away, from this moment. Raises AccessRefused."""
    rows = locked(customer_id)
    held = _of_another(rows, membership_id, by, now)
    _keep_a_holder(rows, held, now)
    _end(held, by, now)
    return Change(held, None)


def leave(*, customer_id: int, person_id: int, now: datetime) -> Change:
    """End one's own access, from this moment. Raises AccessRefused for the last holder."""
    rows = locked(customer_id)
    held = _own(rows, person_id, now)
    _keep_a_holder(rows, held, now)
    _end(held, person_id, now)
    return Change(held, None)


def hand_over(
    *, customer_id: int, to_membership_id: int, own_role: str, by: int, now: datetime
) -> tuple[Change, Change]:
    """
    Make somebody else with access the holder, for as long as it lasts, and take another role oneself ("" is none: to leave).

    Both in one step: what became of the other's access, and of one's own. Raises AccessRefused.
    """
    rows = locked(customer_id)
    mine = _own(rows, by, now)
    if not rules.may(mine.role, rules.Capability.HAND_OVER):
        raise AccessRefused(_("Only a holder can hand over."))
    theirs = _of_another(rows, to_membership_id, by, now)
    if not theirs.in_force(now):
        raise AccessRefused(_("This person’s access has yet to begin. Hand over to somebody who has it now."))
    given = Change(None, theirs)
    if theirs.role != HOLDER or theirs.until is not None:
        _end(theirs, by, now)
        new = Membership.objects.create(
            customer_id=customer_id, person_id=theirs.person_id, role=HOLDER, since=now, given_by_id=by
        )
        given = Change(theirs, new)
    if own_role == HOLDER:
        return given, Change(None, mine)
    _end(mine, by, now)
    kept = None
    if own_role:
        kept = Membership.objects.create(
            customer_id=customer_id, person_id=by, role=own_role, since=now, given_by_id=by
        )
    return given, Change(mine, kept)


# --- what all of them look at ---------------------------------------------------------------------------------------------


def _own(rows: Sequence[Membership], person_id: int, now: datetime) -> Membership:
    held = next((row for row in rows if row.person_id == person_id and row.in_force(now)), None)
    if held is None:
        raise AccessRefused(_("You have no access any more."))
    return held


def _of_another(rows: Sequence[Membership], membership_id: int, by: int, now: datetime) -> Membership:
    """The access that is meant, if it is not over, is somebody else's, and of a role that `by` decides about."""
    held = next((row for row in rows if row.pk == membership_id), None)
    if held is None or (held.until is not None and held.until <= now):
        raise AccessRefused(_("This access has ended or was changed meanwhile. Look again."))
    if held.person_id == by:
        raise AccessRefused(_("You cannot change your own access here. You can leave or hand over."))
    if not rules.gives(role_at(rows, by, now), held.role):
        raise AccessRefused(_("Your role does not let you change this person’s access."))
    return held


def _keep_a_holder(rows: Sequence[Membership], held: Membership, now: datetime) -> None:
    """Refuse to let the last holder go whose access does not end; the database would too, without these words."""
    stays = [row for row in rows if row.role == HOLDER and row.until is None and row.since <= now]
    if held in stays and len(stays) == 1:
        raise AccessRefused(
            _(
                "A customer account needs a holder whose access does not end, and this is the last one. "
                "Make somebody else holder first, or hand over."
            )
        )


def _end(held: Membership, by: int, now: datetime) -> None:
    """End a row; one that had yet to begin never does."""
    held.until, held.ended_by_id = max(held.since, now), by
    held.save(update_fields=["until", "ended_by"])
