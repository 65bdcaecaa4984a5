"""
Where a test process runs: a server of its own kind, a directory of its own, ports that are free.

Done before Django reads its settings, in the environment, so that processes which a test starts get the same.
"""

import importlib
import os
import secrets
import shutil
import sys
import tempfile
from pathlib import Path

from django.conf import settings
from django.db import connections

from hospes.cli import cluster, ports
from hospes.cli.dsn import Dsn

#: The superuser's address of the server; xdist's workers take that of the process which started them.
SERVER = "HOSPES_TEST_SERVER"

#: The settings have this very key under pytest; processes that tests start read it from the environment.
KEY = "only-for-tests-" + "0" * 40

SETTINGS = "hospes.config.settings"


def is_worker() -> bool:
    """Say whether this process is a worker of pytest-xdist."""
    return "PYTEST_XDIST_WORKER" in os.environ


def prepare() -> Path:
    """Point the environment at this process's places, and return its directory, to be deleted in the end."""
    if not is_worker():
        os.environ[SERVER] = cluster.test_dsn()
    var = Path(tempfile.mkdtemp(prefix="hospes-test-"))
    (var / "secrets").mkdir(mode=0o700)
    (var / "secrets" / "key").write_text(KEY)
    name = f"hospes_test_run_{os.getpid()}_{secrets.token_hex(3)}"
    os.environ |= {
        "HOSPES_VAR": str(var),
        "HOSPES_SECRET_KEY": KEY,
        "HOSPES_DATABASE_URL": server().named(name).url(),
        "HOSPES_PORT_BASE": str(ports.free_base()),
        "HOSPES_ROLE_PREFIX": "hospes_test",
        "HOSPES_FACE": "owner",
    }
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", SETTINGS)
    for steering in (
        "HOSPES_DATABASE_HOST",
        "HOSPES_DATABASE_PORT",
        "HOSPES_DATABASE_NAME",
        "HOSPES_CLOCK_OFFSET",
    ):
        os.environ.pop(steering, None)
    _read_settings()
    return var


def leave(var: Path) -> None:
    """Delete the directory of this process."""
    shutil.rmtree(var, ignore_errors=True)


def server() -> Dsn:
    """Return the superuser's address of the server that the tests use."""
    return Dsn.from_url(os.environ[SERVER])


def database() -> Dsn:
    """Return the superuser's address of this process's own database."""
    return Dsn.from_url(os.environ["HOSPES_DATABASE_URL"])


def _read_settings() -> None:
    """
    Let Django read its settings now, so that pytest-django finds it configured.

    Where DJANGO_SETTINGS_MODULE was exported, it has read them before this: they are read again.
    """
    if SETTINGS not in sys.modules:
        settings.DATABASES  # noqa: B018  # reads them
        return
    importlib.reload(sys.modules[SETTINGS])
    module = sys.modules[os.environ["DJANGO_SETTINGS_MODULE"]]
    module = module if module.__name__ == SETTINGS else importlib.reload(module)
    for name in filter(str.isupper, dir(module)):
        setattr(settings, name, getattr(module, name))
    for wrapper in connections.all(initialized_only=True):
        del connections[wrapper.alias]
    connections._settings = None
    connections.__dict__.pop("settings", None)
