"""Direct debit by the operator's own bank is an app of its own within payments: its tables and their history stand together."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DebitsConfig(AppConfig):
    """Mandates, what is collected with them, and the files for the bank."""

    name = "hospes.payments.debits"
    label = "debits"
    verbose_name = _("direct debit")

    def ready(self) -> None:
        from hospes.billing import collection
        from hospes.payments.collecting.services import register_other_way
        from hospes.payments.debits.queries import collection_of, is_collected

        collection.register(collection_of)
        register_other_way(is_collected)
