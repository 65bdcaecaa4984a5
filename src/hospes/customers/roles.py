"""What each role is, in words for who gives or has it; what it may is in `rules`."""

from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from hospes.customers.models import Membership

Role = Membership.Role

_MAY: dict[str, Promise] = {
    Role.HOLDER: _("sees and does everything, and decides who has access"),
    Role.ADMINISTRATION: _("sees and does nearly everything, and gives access to others, but is no holder"),
    Role.TECHNICAL: _("sees and changes the services, but no invoices and orders"),
    Role.BILLING: _("sees the invoices and orders, orders and pays"),
    Role.READ_ONLY: _("sees services, invoices and orders, and changes nothing"),
}


def may_in_words(role: str) -> Promise:
    """What somebody with a role may do."""
    return _MAY[Role(role)]


def described(role: str) -> str:
    """A role by its name, and what it may: "Billing: sees the invoices …"."""
    return f"{capfirst(str(Role(role).label))}: {_MAY[Role(role)]}"
