"""Paying several invoices at once is an app of its own within payments."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TogetherConfig(AppConfig):
    """Which invoices a payment is of, where it is of several."""

    name = "hospes.payments.together"
    label = "together"
    verbose_name = _("several invoices at once")
