"""As whom PostgreSQL runs, and where it can: it refuses to run as root."""

import hashlib
import os
import pwd
import shutil
import subprocess
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from hospes.cli.problems import Problem
from hospes.cli.words import _

RELOCATED = Path("/var/lib/hospes")
"""Where data and programs go when the checkout is in a place that the server's user cannot enter."""


@dataclass(frozen=True, slots=True)
class Account:
    """The operating system's user that owns the data directory; uid is None for the calling user."""

    name: str
    uid: int | None = None
    gid: int | None = None

    def run(self, command: Sequence[str | Path], *, output: IO[Any] | None = None, said: bytes = b"") -> int:
        """
        Run a program as this user and return its exit code.

        Its output goes to a file or nowhere, never to a pipe: a server that it starts would inherit the pipe,
        and reading that would never end. The environment is free of what steers PostgreSQL or translates it.
        """
        steering = ("PG", "LC_", "LANG")
        environment = {k: v for k, v in os.environ.items() if not k.startswith(steering)} | {"LC_ALL": "C"}
        as_user: dict[str, Any] = {}
        if self.uid is not None:
            as_user = {"user": self.uid, "group": self.gid, "extra_groups": []}
        target = subprocess.DEVNULL if output is None else output
        return subprocess.run(  # noqa: S603 programs of our own choice, no shell
            command,
            input=said,
            stdout=target,
            stderr=target,
            cwd="/",
            env=environment,
            check=False,
            **as_user,
        ).returncode

    def can(self, *command: str | Path) -> bool:
        """Say whether this user can run a command and gets exit code 0."""
        try:
            return self.run(command) == 0
        except OSError:
            return False

    def give(self, path: Path) -> None:
        """Make this user the owner of a file or directory."""
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)


def choose(data: Path) -> Account:
    """
    Return the user for the server on this data directory: its owner, else, for root, postgres or nobody.

    Raises Problem when the data belongs to somebody that the calling user cannot act as.
    """
    me = os.geteuid()
    owner = data.stat().st_uid if data.exists() else None
    if me != 0:
        if owner not in (None, me):
            raise Problem(_("{path} belongs to another user: run this as that user.", path=data))
        return Account(_named(me).name)
    if owner:
        return _named(owner)
    for name in ("postgres", "nobody"):
        try:
            return _named(pwd.getpwnam(name).pw_uid)
        except KeyError:
            continue
    raise Problem(
        _("PostgreSQL does not run as root, and here is no user postgres or nobody: be another user.")
    )


def _named(uid: int) -> Account:
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        return Account(str(uid), uid, uid)
    return Account(entry.pw_name, uid, entry.pw_gid)


def relocated(directory: Path) -> Path:
    """Return the other place of a cluster whose own directory the server's user cannot enter."""
    return RELOCATED / hashlib.sha256(os.fsencode(directory)).hexdigest()[:16]


def reachable_programs(programs: Path, account: Account) -> Path:
    """Return a directory with the server's programs that this user can run; a copy if need be."""
    if _works(programs, account):
        return programs
    copy = _copied(programs) if account.uid is not None else programs
    if not _works(copy, account):
        raise Problem(_("The programs of PostgreSQL in {path} do not run on this machine.", path=copy))
    return copy


def _works(programs: Path, account: Account) -> bool:
    return all(account.can(programs / name, "--version") for name in ("postgres", "initdb"))


def _copied(programs: Path) -> Path:
    """Copy the wheel's programs, in its own layout: they find their libraries beside the package."""
    installed, package = programs.parent, programs.parents[1]
    stamp = (programs / "postgres").stat()
    mark = f"{programs}:{stamp.st_size}:{stamp.st_mtime_ns}".encode()
    copy = RELOCATED / f"programs-{hashlib.sha256(mark).hexdigest()[:16]}"
    if not copy.exists():
        RELOCATED.mkdir(mode=0o755, parents=True, exist_ok=True)
        draft = RELOCATED / f"new-{uuid.uuid4().hex}"
        draft.mkdir(mode=0o755)
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.exists():
            shutil.copytree(libraries, draft / libraries.name)
        shutil.copytree(installed, draft / package.name / installed.name, symlinks=True)
        (draft / package.name).chmod(0o755)
        draft.rename(copy)
    return copy / package.name / installed.name / programs.name
