"""A person's own e-mail address: with it they log in, and to it go the links that protect the account."""

from django.utils.translation import gettext_lazy as _

from hospes.kernel import journal

journal.register({
    "account.address_change_asked": _("Another e-mail address asked for"),
    "account.address_change_withdrawn": _("Change of e-mail address withdrawn"),
    "account.address_change_undone": _("Change of e-mail address undone from the old address"),
})  # fmt: skip
journal.register({
    "contact.asked": _("Address for a kind of mail given"),
    "contact.confirmed": _("Address for a kind of mail confirmed: used from then on"),
    "contact.declined": _("Address for a kind of mail declined by its mailbox"),
    "contact.put_back": _("Address for a kind of mail used again, as before"),
    "contact.ended": _("Address for a kind of mail no longer used"),
})  # fmt: skip


class AddressRefused(Exception):
    """Nothing was changed; the message is fit to show to who asked."""
