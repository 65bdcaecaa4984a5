"""Reconciling is an app of its own within payments: its tables and their history stand together."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ReconcilingConfig(AppConfig):
    """Our books, the payment provider and the bank, compared each day, and what of that does not agree."""

    name = "hospes.payments.reconciling"
    label = "reconciling"
    verbose_name = _("reconciliation")
