"""
The database logins: one for each face and kind of worker, a member of just the purposes that it may ever act for.

Whoever can run SQL in a session can switch to any role that its login is a member of; so the portal's login is a member of
scoped twins only. Logins are NOINHERIT and own nothing: before `acting()` they can read no personal data at all.
"""

from dataclasses import dataclass

from django.conf import settings

from hospes.kernel.purposes import Grantee, Purpose


@dataclass(frozen=True)
class Login:
    """A database login and what it may switch to."""

    name: str
    may_act_as: frozenset[Grantee]

    @property
    def role(self) -> str:
        return f"{settings.HOSPES_ROLE_PREFIX}_login_{self.name}"


_CUSTOMER_FACING = {
    Purpose.CART, Purpose.CONTRACT, Purpose.BILLING, Purpose.SECURITY, Purpose.RIGHTS
}  # fmt: skip
_STAFF = {Purpose.CONTRACT, Purpose.BILLING, Purpose.SUPPORT, Purpose.SECURITY, Purpose.RIGHTS}
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
        Login("portal", frozenset(purpose.own for purpose in _CUSTOMER_FACING)),
        # Finding who logs in has to look among everybody; it does that with a login of its own.
        Login("door", frozenset({Purpose.ACCESS})),
        Login("office", frozenset(_STAFF) | {p.own for p in _STAFF}),
        Login("worker", frozenset(_WORKER)),
    )
}


def alias_for(grantee: Grantee) -> str:
    """The database alias of this process whose login may act as the grantee; raises LookupError when there is none."""
    for alias, name in settings.HOSPES_ALIASES.items():
        if name == "anybody" or grantee in LOGINS[name].may_act_as:
            return str(alias)
    raise LookupError(f"no database login of this process may act as {grantee.role}")
