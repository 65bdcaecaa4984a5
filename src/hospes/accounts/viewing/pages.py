"""The pages that a colleague can be shown as the customer sees them. What is not in this list is not shown."""

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

#: By the name under which a page of the portal says that it may be shown.
PAGES: Final[dict[str, Promise]] = {
    "overview": _("overview"),
    "services": _("services"),
    "service": _("one service"),
    "invoices": _("invoices"),
    "invoice": _("one invoice"),
    "invoice_pdf": _("file of an invoice"),
    "orders": _("orders and quotes"),
    "order": _("one order"),
    "quote": _("one quote"),
    "quote_pdf": _("file of a quote"),
    "access": _("who has access"),
    "addresses": _("addresses for mail"),
    "logins": _("logins and changes"),
    "sessions": _("open sessions"),
    "limits": _("from where one may get in"),
    "data": _("everything that is held"),
}


def words(name: str) -> str:
    """What a page is called, in the active language; of one that is no longer in the list its bare name."""
    return str(PAGES.get(name, name))
