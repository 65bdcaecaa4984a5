"""PostgreSQL's own programs: make a data directory, start a server on it, repair its password."""

import os
import re
import shutil
import tempfile
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from hospes.cli import guard
from hospes.cli.account import Account
from hospes.cli.problems import Problem
from hospes.cli.words import _

PORT = 5432  # only names the socket; no TCP port is opened
OUR_SETTINGS = "hospes.conf"
RECOVERY = 120  # seconds that a server may take to start, crash recovery included
LARGEST_LOG = 10_000_000  # bytes

SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    "password_encryption": "scram-sha-256",
    "max_connections": "100",
    "max_locks_per_transaction": "256",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "random_page_cost": "1.1",
    "max_wal_size": "2GB",
    "wal_compression": "on",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # Statements, details and the words of errors carry values of rows, personal data among them. An error is told to whoever
    # made it; the log keeps what happens to the server.
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}
HASTY: Mapping[str, str] = {
    "fsync": "off",
    "full_page_writes": "off",
    "shared_buffers": "128MB",
}
"""
For tests: a killed process loses nothing, a power cut may lose everything. Not synchronous_commit=off: then a
killed server would lose the commits of its last moment.
"""


@dataclass(frozen=True, slots=True)
class Postgres:
    """The programs in one directory, run as one user."""

    programs: Path
    user: Account

    def version(self) -> int:
        """Return the major version of the programs."""
        with tempfile.TemporaryFile("w+") as output:
            self.user.run([self.programs / "postgres", "--version"], output=output)
            output.seek(0)
            found = re.search(r"\) (\d+)", output.read())
        if found is None:
            message = _(
                "The programs of PostgreSQL in {path} do not run on this machine.", path=self.programs
            )
            raise Problem(message)
        return int(found[1])

    def make(self, data: Path, *, password: str, durable: bool) -> None:
        """
        Make a data directory whose superuser has this password, or raise Problem.

        It is made under another name and renamed when it is complete, so a killed run leaves no half one.
        """
        for leftover in data.parent.glob("new-*"):  # a killed run's initdb may still be writing there
            guard.wait_until(partial(_removed, leftover), 5.0)
        work = data.with_name(f"new-{uuid.uuid4().hex[:8]}")
        work.mkdir(mode=0o700)
        handle = os.open(work / "password", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(password + "\n")
        self.user.give(work / "password")
        self.user.give(work)
        self._initdb(work, durable)
        with (work / "data" / "postgresql.conf").open("a") as file:
            file.write(f"\ninclude '{OUR_SETTINGS}'\n")
        (work / "data").rename(data)
        shutil.rmtree(work)

    def _initdb(self, work: Path, durable: bool) -> None:
        command: list[str | Path] = [self.programs / "initdb", "-D", work / "data", "-U", "postgres"]
        command += ["--auth=scram-sha-256", f"--pwfile={work / 'password'}", "--data-checksums"]
        command += ["--locale-provider=builtin"] if self.version() >= 17 else []
        command += ["--locale=C.UTF-8", "--encoding=UTF8", *([] if durable else ["--no-sync"])]
        with tempfile.TemporaryFile("w+") as output:
            code = self.user.run(command, output=output)
            output.seek(0)
            said = output.read()
        if code != 0:
            shutil.rmtree(work, ignore_errors=True)
            raise Problem(_("PostgreSQL cannot make its data directory: {reason}", reason=reason(said)))

    def configure(self, data: Path, sockets: Path, settings: Mapping[str, str]) -> None:
        """Write the settings for the next start."""
        chosen = {**settings, "unix_socket_directories": str(sockets)}
        quoted = {name: value.replace("'", "''") for name, value in chosen.items()}
        path = data / OUR_SETTINGS
        path.write_text("".join(f"{name} = '{value}'\n" for name, value in quoted.items()))
        self.user.give(path)

    def launch(self, data: Path, log: Path) -> None:
        """Start the server and wait until it takes connections, crash recovery included, or raise Problem."""
        clear_stale_locks(data)
        if log.exists() and log.stat().st_size > LARGEST_LOG:
            log.replace(log.with_suffix(".old"))
        options: list[str | Path] = ["-D", data, "-l", log, "-w", "-t", str(RECOVERY)]
        end = time.monotonic() + 15
        while True:
            before = log.stat().st_size if log.exists() else 0
            if self.user.run([self.programs / "pg_ctl", *options, "start"]) == 0:
                return
            said = log.read_bytes()[before:].decode(errors="replace") if log.exists() else ""
            if "lock file" not in said or time.monotonic() > end:
                raise Problem(_("PostgreSQL does not start: {reason} ({log})", reason=reason(said), log=log))
            time.sleep(0.3)  # the former server is dead, but nobody has collected it yet

    def set_password(self, data: Path, password: str) -> None:
        """Give the superuser of a stopped cluster this password."""
        clear_stale_locks(data)
        statement = f"ALTER ROLE postgres PASSWORD '{password}'\n".encode()
        self.user.run([self.programs / "postgres", "--single", "-D", data, "postgres"], said=statement)


def _removed(path: Path) -> bool:
    shutil.rmtree(path, ignore_errors=True)
    return not path.exists()


def clear_stale_locks(data: Path) -> None:
    """
    Delete the lock files, of data directory and socket, of a server that is no more.

    PostgreSQL does so itself unless their number lives on, in a dead process that nobody collected or in
    another program: then it refuses to start. What it fears, server processes left over, is waited for here.
    """
    if guard.postmaster(data) is None and guard.wait_until(lambda: not guard.servers_in(data), 10.0):
        (data / "postmaster.pid").unlink(missing_ok=True)
        if found := re.search(r"^unix_socket_directories = '(.*)'$", (data / OUR_SETTINGS).read_text(), re.M):
            (Path(found[1].replace("''", "'")) / f".s.PGSQL.{PORT}.lock").unlink(missing_ok=True)


def reason(log: str) -> str:
    """Return the line of a log that says why, the last one with an error."""
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    for line in reversed(lines):
        for word in ("FATAL:", "PANIC:", "error:", "could not"):
            if word in line:
                return line.partition(word)[2].strip() if word.endswith(":") else line
    return lines[-1] if lines else _("it says nothing")
