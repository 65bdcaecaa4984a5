"""
What a staff role may act for: no more than its work needs (art. 5(1)(c) and 25 GDPR).

A purpose is what the office opens data for; the database then decides which columns that shows. The privacy officer reads
everything that is held about a person through the purpose of rights, and so needs no other to answer a request.
"""

from dataclasses import dataclass

from hospes.accounts.models import StaffMember
from hospes.kernel.purposes import Purpose


@dataclass(frozen=True)
class Post:
    """What comes with a role."""

    purposes: frozenset[Purpose]
    manages_staff: bool = False


POSTS: dict[StaffMember.Role, Post] = {
    StaffMember.Role.BILLING_CLERK: Post(frozenset({Purpose.CONTRACT, Purpose.BILLING})),
    StaffMember.Role.SUPPORT_AGENT: Post(frozenset({Purpose.CONTRACT, Purpose.SUPPORT})),
    StaffMember.Role.PRIVACY_OFFICER: Post(frozenset({Purpose.RIGHTS, Purpose.SECURITY})),
    StaffMember.Role.ADMINISTRATOR: Post(frozenset({Purpose.CONTRACT, Purpose.SECURITY}), manages_staff=True),
}


def purposes_of(role: str | None) -> frozenset[Purpose]:
    """The purposes that a role may act for; none for nobody."""
    return frozenset() if role is None else POSTS[StaffMember.Role(role)].purposes


def may_act_for(role: str | None, purpose: Purpose) -> bool:
    """Whether a role may act for a purpose."""
    return purpose in purposes_of(role)


def manages_staff(role: str | None) -> bool:
    """Whether a role may hire and dismiss, and reset a colleague's second step."""
    return role is not None and POSTS[StaffMember.Role(role)].manages_staff
