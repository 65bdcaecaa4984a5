"""Shared access: who else may act for a customer, and how they came to."""

from django.utils.translation import gettext_lazy as _

from hospes.kernel import journal

journal.register({
    "access.invited": _("Somebody invited to share the access"),
    "access.invitation_resent": _("Invitation sent again"),
    "access.invitation_withdrawn": _("Invitation withdrawn"),
    "access.invitation_declined": _("Invitation declined"),
    "access.given": _("Invitation accepted: access given"),
    "access.changed": _("Role or end of an access changed"),
    "access.removed": _("Access taken away"),
    "access.left": _("Left: own access ended"),
    "access.handed_over": _("Customer account handed over to another holder"),
})  # fmt: skip
