"""The Django app of hosting."""

from django.apps import AppConfig


class HostingConfig(AppConfig):
    """Has the chosen panel say at start-up what it is sent, so that the data map knows."""

    name = "hospes.hosting"
    label = "hosting"

    def ready(self) -> None:
        from hospes.hosting.providers import provider

        provider()
