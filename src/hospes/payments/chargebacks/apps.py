"""Chargebacks are an app of their own within payments: what banks take back of what was paid."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ChargebacksConfig(AppConfig):
    """Chargebacks as the provider tells of them, and which invoices they open again."""

    name = "hospes.payments.chargebacks"
    label = "chargebacks"
    verbose_name = _("chargebacks")
