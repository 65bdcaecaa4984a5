"""What the kernel attaches to Django at start."""

from django.apps import AppConfig
from django.db.backends.signals import connection_created
from django.utils.translation import gettext_lazy as _

from hospes.kernel import journal, refusals


class KernelConfig(AppConfig):
    """The kernel."""

    name = "hospes.kernel"

    def ready(self) -> None:
        connection_created.connect(refusals.install)
        journal.register({"database.put_right": _("Database put right: it had been changed by hand")})
