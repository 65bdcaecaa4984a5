"""
The database logins: one for each face and kind of worker, a member of just the purposes that it may ever act for.

Whoever can run SQL in a session can switch to any role that its login is a member of; so the portal's login is a member of
scoped twins only. Logins are NOINHERIT and own nothing: before `acting()` they can read no personal data at all.
"""

from dataclasses import dataclass
from typing import Literal

from django.conf import settings

from hospes.kernel.purposes import Grantee, Purpose

#: Who can act: somebody who is logged in, a member of staff, somebody unknown, a job, a command of the operator.
Kind = Literal["person", "staff", "visitor", "job", "system"]


@dataclass(frozen=True)
class Login:
    """
    A database login, what it may switch to, and as whom it may act.

    The journal refuses an entry that says otherwise: only the owner of the tables may act as anybody.
    """

    name: str
    may_act_as: frozenset[Grantee]
    speaks_for: frozenset[Kind]

    @property
    def role(self) -> str:
        return f"{settings.HOSPES_ROLE_PREFIX}_login_{self.name}"


_CUSTOMER_FACING = {
    Purpose.CART, Purpose.CONTRACT, Purpose.BILLING, Purpose.SECURITY, Purpose.RIGHTS
}  # fmt: skip
_STAFF = {
    Purpose.CONTRACT, Purpose.OPERATION, Purpose.BILLING, Purpose.SUPPORT, Purpose.SECURITY, Purpose.RIGHTS
}  # fmt: skip
_WORKER = {
    Purpose.CONTRACT,
    Purpose.BILLING,
    Purpose.MESSAGES,
    Purpose.CART,
    Purpose.SECURITY,
    Purpose.RETENTION,
}

LOGINS: dict[str, Login] = {
    login.name: login
    for login in (
        Login(
            "portal", frozenset(purpose.own for purpose in _CUSTOMER_FACING), frozenset({"person", "visitor"})
        ),
        # Finding who logs in has to look among everybody; that is done with a login of its own, in the office with another.
        # Who shares the access to a customer does so as its twin, within that customer.
        Login("door", frozenset({Purpose.ACCESS, Purpose.ACCESS.own}), frozenset({"person", "visitor"})),
        Login("desk", frozenset({Purpose.ACCESS}), frozenset({"staff", "visitor"})),
        Login("office", frozenset(_STAFF) | {p.own for p in _STAFF}, frozenset({"staff"})),
        Login("worker", frozenset(_WORKER), frozenset({"job"})),
    )
}


def alias_for(grantee: Grantee) -> str:
    """The database alias of this process whose login may act as the grantee; raises LookupError when there is none."""
    for alias, name in settings.HOSPES_ALIASES.items():
        if name == "anybody" or grantee in LOGINS[name].may_act_as:
            return str(alias)
    raise LookupError(f"no database login of this process may act as {grantee.role}")
