"""The Django app of payments."""

from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    """Has the chosen provider say at start-up what it is sent, so that the data map knows."""

    name = "hospes.payments"
    label = "payments"

    def ready(self) -> None:
        from hospes.payments import checks as checks
        from hospes.payments.providers import provider

        provider()
