"""Ways of paying are an app of their own within billing: a table, and what it has held since when."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MethodsConfig(AppConfig):
    """What ways of paying are called, from when until when."""

    name = "hospes.billing.methods"
    label = "methods"
    verbose_name = _("ways of paying")
