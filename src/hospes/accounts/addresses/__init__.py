"""A person's own e-mail address: with it they log in, and to it go the links that protect the account."""

from django.utils.translation import gettext_lazy as _

from hospes.kernel import journal

journal.register({
    "account.address_change_asked": _("Another e-mail address asked for"),
    "account.address_change_withdrawn": _("Change of e-mail address withdrawn"),
    "account.address_change_undone": _("Change of e-mail address undone from the old address"),
})  # fmt: skip
