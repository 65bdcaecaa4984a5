"""Collecting by leave that was given at the provider is an app of its own within payments."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CollectingConfig(AppConfig):
    """Leave to collect later invoices, and what is collected by it."""

    name = "hospes.payments.collecting"
    label = "collecting"
    verbose_name = _("collecting by itself")

    def ready(self) -> None:
        from hospes.billing import collection
        from hospes.payments.collecting.services import collection_of

        collection.register(collection_of)
