"""Balances are an app of their own within payments: what customers have with us."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BalancesConfig(AppConfig):
    """What customers paid more than they owed, what it was set off with, and what was paid back of it."""

    name = "hospes.payments.balances"
    label = "balances"
    verbose_name = _("balances")
