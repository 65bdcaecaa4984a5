"""An installation on this machine: its state directory, its database, and the environment of its programs."""

import contextlib
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from hospes.cli import guard
from hospes.cli.cluster import DATABASE, Cluster, silence
from hospes.cli.dsn import Dsn, check_server
from hospes.cli.places import ROOT, secret, var_directory
from hospes.cli.ports import Ports
from hospes.cli.problems import Problem
from hospes.cli.words import _

LEAST_SPACE = 500_000_000  # bytes
OURS = ("DATABASE_URL", "HOSPES_DATABASE_", "HOSPES_FACE", "HOSPES_UNDER_MAKE", "PG", "MAKE", "MFLAGS")
"""Beginnings of variables that no program inherits: each gets just the access that its face has."""
TLS = ("sslmode", "sslrootcert", "sslcert", "sslkey", "sslcrl", "channel_binding", "gssencmode")


def prepare_var(var: Path) -> None:
    """Make the state directory with the installation's key, or raise Problem when there is no room for it."""
    try:
        var.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(var).free
        if free < LEAST_SPACE:
            words = {"free": free // 1_000_000, "var": var, "least": LEAST_SPACE // 1_000_000}
            raise Problem(
                _("Only {free} MB are free on the disk of {var}: make room for {least} MB.", **words)
            )
        if var.stat().st_uid == os.geteuid():
            var.chmod(var.stat().st_mode | 0o111)  # the database server's user must get through
        secret(var / "secrets" / "key")
        (var / "log").mkdir(exist_ok=True)
    except OSError as error:
        words = {"path": error.filename or var, "reason": error.strerror or str(error)}
        raise Problem(_("{path} cannot be used: {reason}.", **words)) from error


def external_database(url: str) -> Dsn:
    """Return the address of an existing database, or raise Problem when it is of no use."""
    dsn = Dsn.from_url(url)
    check_server(dsn)
    return dsn


def program_environment(
    face: str | None, *, var: Path, ports: Ports, dsn: Dsn | None, inherited: Mapping[str, str] | None = None
) -> dict[str, str]:
    """
    Return the whole environment of a program with this face, based on what it inherits (else: on this process's own).

    Only the owner gets the address with the superuser's password; the other faces know where the database is
    and derive the password of their own login from var/secrets/key.
    """
    base = os.environ if inherited is None else inherited
    kept = {name: value for name, value in base.items() if not name.startswith(OURS)}
    given = {
        "HOSPES_VAR": str(var),
        "HOSPES_PORT_BASE": str(ports.base),
        "DJANGO_SETTINGS_MODULE": "hospes.config.settings",
        "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}",
        "PYTHONUNBUFFERED": "1",
        guard.MARK: str(var),
    }
    if face is not None and dsn is not None:
        given |= {"HOSPES_FACE": face, "HOSPES_DATABASE_HOST": dsn.host, "HOSPES_DATABASE_NAME": dsn.name}
        given |= {"HOSPES_DATABASE_PORT": str(dsn.port)}
        given |= {f"PG{name.upper()}": value for name, value in dsn.options.items() if name in TLS}
        given |= {"HOSPES_DATABASE_URL": dsn.url()} if face == "owner" else {}
    return kept | given


def use_database() -> None:
    """
    Give a hospes command, called by hand, the database of this checkout, before it reads the settings.

    Sets HOSPES_DATABASE_URL to DATABASE_URL if that is set, else to the embedded database of var/, which is
    started if need be and stopped when the last process that uses it has ended. Does nothing for a program
    that was told already where the database is. Raises Problem.
    """
    if os.environ.get("HOSPES_DATABASE_URL") or os.environ.get("HOSPES_DATABASE_HOST"):
        return
    var = var_directory()
    prepare_var(var)
    if url := os.environ.get("DATABASE_URL"):
        os.environ["HOSPES_DATABASE_URL"] = external_database(url).url()
        return
    cluster = Cluster(var / "postgres", say=silence)
    cluster.start()
    os.environ["HOSPES_DATABASE_URL"] = cluster.create_database(DATABASE).url()


def start_over(var: Path, cluster: Cluster) -> None:
    """Delete the data of an installation that does not run: database, files, simulators, the demo's logins."""
    cluster.remove()
    for name in ("media", "simulators"):
        shutil.rmtree(var / name, ignore_errors=True)
    with contextlib.suppress(FileNotFoundError):
        (var / "demo.json").unlink()
