"""What the kernel attaches to Django at start."""

from django.apps import AppConfig
from django.db.backends.signals import connection_created

from hospes.kernel import refusals


class KernelConfig(AppConfig):
    """The kernel."""

    name = "hospes.kernel"

    def ready(self) -> None:
        connection_created.connect(refusals.install)
