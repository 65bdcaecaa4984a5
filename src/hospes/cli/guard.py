"""
Looks after processes when the one that started them is gone.

Run as a script, by path, with the standard library only: it must start fast and need nothing of hospes.

    guard.py tied PARENT COMMAND…              become COMMAND, and get SIGTERM when PARENT dies
    guard.py watch LOCK OWN [--data D] [--mark M]   wait until nobody holds LOCK, then end what was left

A watcher goes to the background. OWN is its own lock file, so that there is one of it at most.
"""

import argparse
import contextlib
import ctypes
import fcntl
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

MARK = "HOSPES_STACK"
PR_SET_PDEATHSIG = 1


def alive(pid: int) -> bool:
    """Say whether a process runs; one that is dead but not yet collected by its parent does not."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] not in ("Z", "X")


def wait_until(happened: Callable[[], bool], seconds: float) -> bool:
    """Ask until the answer is yes or the time is over; return the last answer."""
    end = time.monotonic() + seconds
    while not happened():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def send(pid: int, number: int) -> None:
    """Send a signal to a process that may have ended already."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def die_with_parent(number: int = signal.SIGTERM) -> None:
    """Ask the kernel to send this signal to the calling process when its parent ends."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(number), 0, 0, 0)


# --- PostgreSQL ---------------------------------------------------------------------------------------------


def postmaster(data: Path) -> int | None:
    """
    Return the process id of the server that runs on a data directory, or None.

    The pid file alone proves nothing: after a crash its number can belong to a dead or to a quite different
    process. A server works inside its data directory; that is what counts.
    """
    try:
        pid = int((data / "postmaster.pid").read_text().split("\n")[0])
    except (OSError, ValueError):
        return None
    if not alive(pid):
        return None
    try:
        return pid if Path(f"/proc/{pid}/cwd").readlink() == data.resolve() else None
    except PermissionError:
        return pid  # another user's process: leave it alone
    except OSError:
        return None


def servers_in(data: Path) -> list[int]:
    """Return all server processes that work in a data directory, those without a postmaster included."""
    found, place = [], data.resolve()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                if (entry / "cwd").readlink() == place and alive(int(entry.name)):
                    found.append(int(entry.name))
    return found


def stop_postmaster(data: Path, patience: float = 20.0) -> bool:
    """End the server of a data directory (fast: open transactions are rolled back); say whether one ran."""
    pid = postmaster(data)
    if pid is None:
        return False
    for number, seconds in ((signal.SIGINT, patience), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0)):
        send(pid, number)
        if wait_until(lambda: not alive(pid), seconds):
            break
    return True


# --- the processes of an installation -----------------------------------------------------------------------


def marked(mark: str) -> list[int]:
    """Return the processes, the calling one excepted, whose environment carries this mark."""
    wanted, found = f"{MARK}={mark}".encode(), []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            with contextlib.suppress(OSError):
                if wanted in (entry / "environ").read_bytes().split(b"\0") and alive(int(entry.name)):
                    found.append(int(entry.name))
    return found


def sweep(mark: str, patience: float = 5.0) -> int:
    """End every process with this mark, politely first; return how many there were."""
    left = marked(mark)
    for number, seconds in ((signal.SIGTERM, patience), (signal.SIGKILL, 5.0)):
        for pid in marked(mark):
            send(pid, number)
        if wait_until(lambda: not marked(mark), seconds):
            break
    return len(left)


# --- as a script --------------------------------------------------------------------------------------------


def tied(parent: int, command: list[str]) -> None:
    """Become this command, which ends when the parent does; do nothing if the parent is gone already."""
    die_with_parent()
    if os.getppid() == parent:
        os.execvp(command[0], command)  # noqa: S606 becoming this program is what it is for


def watch(lock: Path, own: Path, data: Path | None, mark: str | None) -> None:
    """In the background, wait until nobody holds the lock, then end the server and the marked processes."""
    mine = os.open(own, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(mine, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return  # another watcher does the same
    if os.fork():
        os._exit(0)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # ends when those that it watches have ended, not before
    theirs = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    fcntl.flock(theirs, fcntl.LOCK_EX)
    if mark:
        sweep(mark)
    if data:
        stop_postmaster(data)
    os.close(mine)  # first: whoever then gets the other lock must be able to start its own watcher


def main(arguments: list[str]) -> None:
    if arguments[:1] == ["tied"]:
        tied(int(arguments[1]), arguments[2:])
        return
    parser = argparse.ArgumentParser(prog="guard")
    parser.add_argument("watch", choices=["watch"])
    parser.add_argument("lock", type=Path)
    parser.add_argument("own", type=Path)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--mark")
    options = parser.parse_args(arguments)
    watch(options.lock, options.own, options.data, options.mark)


if __name__ == "__main__":
    main(sys.argv[1:])
