"""Locks between processes: files that the kernel lets go of however their holder ends."""

import contextlib
import fcntl
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from hospes.cli import guard
from hospes.cli.problems import Problem
from hospes.cli.words import _


def open_lock(path: Path) -> int:
    """Open the file of a lock; nobody holds it yet."""
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except PermissionError as error:
        message = _("{path} belongs to another user: run this as that user.", path=path.parent)
        raise Problem(message) from error


def take(lock: int, *, shared: bool = False, wait: bool = True) -> bool:
    """Take a lock and say whether that worked; without wait, at once."""
    how = (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | (0 if wait else fcntl.LOCK_NB)
    try:
        fcntl.flock(lock, how)
    except BlockingIOError:
        return False
    return True


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock alone, for the length of a block."""
    lock = open_lock(path)
    try:
        take(lock)
        yield
    finally:
        os.close(lock)


def is_free(path: Path) -> bool:
    """Say whether nobody holds a lock."""
    lock = open_lock(path)
    try:
        return take(lock, wait=False)
    finally:
        os.close(lock)


def set_watcher(lock: Path, own: Path, *, data: Path | None = None, mark: str | None = None) -> None:
    """See to it that a watcher ends the server on data, and what carries mark, once nobody holds the lock."""
    if not is_free(own):
        return
    command = [sys.executable, "-I", "-S", guard.__file__, "watch", str(lock), str(own)]
    command += ["--data", str(data)] if data else []
    command += ["--mark", mark] if mark else []
    unmarked = {name: value for name, value in os.environ.items() if name != guard.MARK}
    with Path(os.devnull).open("r+") as nowhere:
        subprocess.run(  # noqa: S603 our own script
            command,
            check=True,
            cwd="/",
            env=unmarked,
            start_new_session=True,
            stdin=nowhere,
            stdout=nowhere,
            stderr=nowhere,
        )
