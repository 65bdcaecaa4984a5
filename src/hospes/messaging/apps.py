"""The Django app of messaging."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class MessagingConfig(AppConfig):
    """Finds the kinds of messages: every app's `mails.py` is imported and registers its own."""

    name = "hospes.messaging"
    label = "messaging"

    def ready(self) -> None:
        autodiscover_modules("mails")
