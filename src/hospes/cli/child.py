"""One program of a running installation, as the process that it is just now."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from hospes.cli import guard
from hospes.cli.places import ROOT
from hospes.cli.problems import Problem
from hospes.cli.programs import Program
from hospes.cli.words import _

LARGEST_LOG = 5_000_000  # bytes
QUICK = 5.0  # seconds; whoever lives shorter has not really started
PAUSES = (0.0, 0.5, 1.0, 2.0, 4.0)  # seconds before a new start, by the number of quick deaths before it


class Child:
    """A program's process, in a process group of its own, tied to the life of the one that spawned it."""

    def __init__(self, program: Program, environment: Mapping[str, str], log: Path) -> None:
        self.program = program
        self.log = log
        self.starts = 0
        self._environment = {**environment, **program.environment}
        self._process: subprocess.Popen[bytes] | None = None
        self._born = self._next = 0.0
        self._quick_deaths = 0
        self._excused = False

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        process = self._process
        return process.pid if process and process.returncode is None and guard.alive(process.pid) else None

    def is_settled(self) -> bool:
        """Say whether the process has been up long enough to have started really."""
        return self.pid is not None and time.monotonic() - self._born >= self.program.settles

    def spawn(self) -> None:
        """Start the process; its output is added to its log."""
        if self.log.exists() and self.log.stat().st_size > LARGEST_LOG:
            self.log.replace(self.log.with_suffix(".old"))
        tie = [sys.executable, "-I", "-S", guard.__file__, "tied", str(os.getpid())]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 programs of our own choice, no shell
                [*tie, *self.program.command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=ROOT,
                env=self._environment,
                start_new_session=True,
            )
        self._born = time.monotonic()
        self._excused = False
        self.starts += 1

    def poll(self) -> int | None:
        """Return the exit code of a process that has ended, once, or None."""
        if self._process is None or (code := self._process.poll()) is None:
            return None
        self._kill_group()  # what it left behind would hold its port
        self._process = None
        return code

    def send(self, number: int) -> int:
        """Send a signal (SIGKILL: to all its processes) for a test, and return the process id that it had."""
        pid = self.pid
        if pid is None:
            raise ProcessLookupError(f"{self.program.name} does not run")
        self._excused = True
        if number == signal.SIGKILL:
            os.killpg(pid, number)
            guard.wait_until(lambda: not guard.alive(pid), 5.0)
        else:
            os.kill(pid, number)
        return pid

    def plan_restart(self, *, excused: bool) -> None:
        """
        Decide when to start again after a death; raise Problem after five quick deaths in a row.

        A death is excused when a test or the loss of the database caused it.
        """
        quick = time.monotonic() - self._born < QUICK and not (excused or self._excused)
        self._quick_deaths = self._quick_deaths + 1 if quick else 0
        if self._quick_deaths >= len(PAUSES):
            words = {"name": self.program.name, "log": self.log, "lines": tail(self.log)}
            raise Problem(_("{name} does not stay up ({log}):\n{lines}", **words))
        self._next = time.monotonic() + PAUSES[self._quick_deaths]

    def is_due(self) -> bool:
        """Say whether it is time to start it again."""
        return self._process is None and time.monotonic() >= self._next

    def ask_to_end(self) -> None:
        """Tell the process to finish what it does and end."""
        if (pid := self.pid) is not None:
            guard.send(pid, signal.SIGTERM)

    def end(self, hurry: Callable[[], bool]) -> None:
        """Wait for the process to end, as long as its grace allows and nobody is in a hurry; then kill it."""
        process = self._process
        if process is None:
            return
        guard.wait_until(lambda: process.poll() is not None or hurry(), self.program.grace)
        self._kill_group()
        process.wait()
        self._process = None

    def _kill_group(self) -> None:
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)


def describe(code: int) -> str:
    """Say in words how a process ended."""
    if code >= 0:
        return _("exit code {code}", code=code)
    return _("killed by {signal}", signal=signal.Signals(-code).name)


def tail(log: Path, lines: int = 8) -> str:
    """Return the last lines of a log."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - 20_000))
            text = file.read().decode(errors="replace")
    except OSError:
        return ""
    return "\n".join([line for line in text.splitlines() if line.strip()][-lines:])
