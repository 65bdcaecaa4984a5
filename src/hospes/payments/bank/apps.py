"""Bank statements are an app of their own within payments: its tables and their history stand together."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BankConfig(AppConfig):
    """Statements of the operator's bank accounts, whose money each line is, and the credit of customers."""

    name = "hospes.payments.bank"
    label = "bank"
    verbose_name = _("bank")
