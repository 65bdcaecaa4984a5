"""The Django app of services."""

from django.apps import AppConfig


class ServicesConfig(AppConfig):
    """Tells what a customer's services are for."""

    name = "hospes.services"
    label = "services"

    def ready(self) -> None:
        from hospes.accounts.passwords import own
        from hospes.services import known_by

        own.also(known_by.domains)
