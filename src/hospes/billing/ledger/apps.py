"""The ledger is an app of its own within billing: its tables and their history stand together."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LedgerConfig(AppConfig):
    """Double entry: accounts, entries and their lines, releases of deferred revenue, closed months."""

    name = "hospes.billing.ledger"
    label = "ledger"
    verbose_name = _("ledger")
