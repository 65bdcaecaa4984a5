"""The Django app of the office."""

from django.apps import AppConfig


class OfficeConfig(AppConfig):
    """What staff see."""

    name = "hospes.office"
    label = "office"

    def ready(self) -> None:
        """Make the office's actions known to the journal in every process: customers read there who looked."""
        from hospes.office import words  # noqa: F401
