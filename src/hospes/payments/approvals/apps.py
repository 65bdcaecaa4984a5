"""Four eyes are an app of their own within payments: what one colleague asks and another approves."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ApprovalsConfig(AppConfig):
    """Money that colleagues pay back by hand, and invoices that they write off."""

    name = "hospes.payments.approvals"
    label = "approvals"
    verbose_name = _("decisions about money")
