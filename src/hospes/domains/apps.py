"""The Django app of domain names."""

from django.apps import AppConfig


class DomainsConfig(AppConfig):
    """Has the chosen way of asking say at start-up what a registry is told, so that the data map knows."""

    name = "hospes.domains"
    label = "domains"

    def ready(self) -> None:
        from hospes.domains.providers import lookup

        lookup()
