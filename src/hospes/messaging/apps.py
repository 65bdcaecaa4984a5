"""The Django app of messaging."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class MessagingConfig(AppConfig):
    """Finds the kinds of messages: every app's `mails.py` registers its own. Has the chosen gateway say what it is sent."""

    name = "hospes.messaging"
    label = "messaging"

    def ready(self) -> None:
        from hospes.messaging.providers import gateway

        gateway()  # it says what it is sent, so that the data map knows
        autodiscover_modules("mails")
