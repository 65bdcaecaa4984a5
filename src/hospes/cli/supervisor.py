"""
The supervisor of a running installation: database, web, worker, simulators, started and stopped as one.

    with Stack(var=Path("var"), port_base=8000) as stack:      # start() … stop()
        stack.wait_ready()
        stack.kill("portal")                                   # for tests of faults; it comes back by itself

Nothing outlives it. It ends its programs in order when it stops. When it is killed itself, the kernel ends
them (each is tied to it), a watcher ends what they left, and the database's own watcher stops the server;
should the watchers be killed as well, the next start cleans up before anything else.
"""

import contextlib
import http.client
import os
import shutil
import signal
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from urllib.parse import urlsplit

import psycopg

from hospes.cli import guard, locks, programs
from hospes.cli.child import Child, describe, tail
from hospes.cli.cluster import Cluster
from hospes.cli.dsn import Dsn
from hospes.cli.installation import external_database, prepare_var, program_environment, start_over
from hospes.cli.ports import Ports
from hospes.cli.problems import Problem
from hospes.cli.words import _

DATABASE = "database"
CLEANING = 30.0  # seconds that the watcher of a killed supervisor may take
DATABASE_TRIES = 3
OUTAGE = 10.0  # seconds after the database came back during which a program's death is no wonder


class Interrupted(Exception):
    """Somebody wants the installation to stop while it is still starting."""


class Stack:
    """
    One installation. Give other programs (see programs.py) to run something else under the same care, and another
    environment to inherit than this process's own.

    After start(), dsn is the owner's address of the database. failure says, once it is set, why the
    installation cannot go on; it has then ended its programs already and only stop() is left.
    """

    def __init__(
        self,
        *,
        var: Path,
        port_base: int,
        running: programs.Choice = programs.running,
        preparing: programs.Choice = programs.preparing,
        database_url: str | None = None,
        durable: bool = True,
        inherited: Mapping[str, str] | None = None,
        say: Callable[[str], None] = print,
    ) -> None:
        self.var = var.absolute()
        self.ports = Ports(port_base)
        self.cluster = None if database_url else Cluster(self.var / "postgres", durable=durable, say=say)
        self.dsn: Dsn | None = None
        self.failure: Problem | None = None
        self._database_url = database_url
        self._inherited = inherited
        self._running, self._preparing = running(self.ports), preparing(self.ports)
        self._say = say
        self._lock: int | None = None
        self._children: dict[str, Child] = {}
        self._thread: threading.Thread | None = None
        self._enough = threading.Event()
        self._interrupts = 0
        self._database_back = 0.0
        self._database_failures = 0

    def __enter__(self) -> "Stack":
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    # --- starting ------------------------------------------------------------------------------------------

    def start(self, *, fresh: bool = False) -> None:
        """
        Prepare everything and start all programs; fresh deletes the data first. Then see wait_ready().

        Raises Problem, with everything stopped again, when that is impossible or it runs already.
        """
        try:
            prepare_var(self.var)
            self._claim()
            self._enough.clear()
            self.failure = None
            guard.sweep(str(self.var))
            self.ports.refuse_if_taken()
            self._watch()
            if fresh:
                self._start_over()
            self.dsn = self._open_database()
            for program in self._preparing:
                self._run(program)
            self._children = {each.name: self._child(each) for each in self._running}
            self._thread = threading.Thread(target=self._supervise, name="supervisor", daemon=True)
            self._thread.start()
        except BaseException:
            self.stop()
            raise

    def _claim(self) -> None:
        """Take the installation's lock; a watcher that still cleans up after a killed one is waited for."""
        lock = locks.open_lock(self.var / "stack.lock")
        end = time.monotonic() + CLEANING
        while not locks.take(lock, wait=False):
            holder = os.pread(lock, 20, 0).decode().strip()
            if (holder and guard.alive(int(holder))) or time.monotonic() > end:
                os.close(lock)
                words = {"pid": holder, "var": self.var}
                raise Problem(
                    _("hospes runs already for {var} (process {pid}): end that one first.", **words)
                )
            time.sleep(0.1)
        os.ftruncate(lock, 0)
        os.pwrite(lock, str(os.getpid()).encode(), 0)
        self._lock = lock

    def _watch(self) -> None:
        locks.set_watcher(self.var / "stack.lock", self.var / "stack-watch.lock", mark=str(self.var))

    def _start_over(self) -> None:
        if self.cluster is None:
            raise Problem(
                _("FRESH=1 does not empty the database of DATABASE_URL: do that yourself, without FRESH.")
            )
        start_over(self.var, self.cluster)

    def _open_database(self) -> Dsn:
        if self.cluster is None:
            return external_database(self._database_url or "")
        self.cluster.start()
        return self.cluster.create_database()

    def _child(self, program: programs.Program) -> Child:
        environment = self.environment(program.face)
        return Child(program, environment, self.var / "log" / f"{program.name}.log")

    def _run(self, program: programs.Program) -> None:
        """Run a program that prepares something, to its end."""
        self.heed_interrupt()
        child = self._child(program)
        child.spawn()
        try:
            while (code := child.poll()) is None:
                self.heed_interrupt()
                time.sleep(0.02)
        finally:
            child.ask_to_end()
            child.end(self._in_a_hurry)
        if code != 0:
            words = {"name": program.name, "how": describe(code), "log": child.log, "lines": tail(child.log)}
            raise Problem(_("hospes {name} failed, {how} ({log}):\n{lines}", **words))

    # --- running -------------------------------------------------------------------------------------------

    def environment(self, face: str | None) -> dict[str, str]:
        """Return the environment that a program with this face (owner, portal, office, worker) gets."""
        return program_environment(
            face, var=self.var, ports=self.ports, dsn=self.dsn, inherited=self._inherited
        )

    def pid(self, name: str) -> int | None:
        """Return the process id of a program, or of the "database" server; None while it does not run."""
        if name == DATABASE:
            return self.cluster.postmaster() if self.cluster else None
        return self._children[name].pid

    def starts(self, name: str) -> int:
        """Return how often a program was started."""
        return self._children[name].starts

    def kill(self, name: str, number: int = signal.SIGKILL) -> int:
        """Send a signal to a program or to the "database", for a test; return the process id that it had."""
        if name != DATABASE:
            return self._children[name].send(number)
        pid = self.pid(DATABASE)
        if pid is None:
            raise ProcessLookupError(f"{name} does not run")
        guard.send(pid, number)
        return pid

    def kill_backend(self) -> int:
        """Kill, with SIGKILL, one of the server's processes that serves a program; return its process id."""
        if self.cluster is None or self.dsn is None:
            raise ProcessLookupError("the database is not ours")
        query = "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' ORDER BY random()"
        with contextlib.closing(self.dsn.connect()) as connection:
            others = [row[0] for row in connection.execute(query) if row[0] != connection.info.backend_pid]
            pid = int(others[0] if others else connection.info.backend_pid)
            guard.send(pid, signal.SIGKILL)
        return pid

    def wait_ready(self, seconds: float = 60.0) -> None:
        """Wait until the database and all programs answer; raise Problem when they do not in that time."""
        end = time.monotonic() + seconds
        while missing := self._not_ready():
            self.heed_interrupt()
            if self.failure:
                raise self.failure
            if time.monotonic() > end:
                log = self.var / "log" / f"{missing}.log"
                raise Problem(_("{name} does not answer; {log} may say why.", name=missing, log=log))
            time.sleep(0.1)

    def _not_ready(self) -> str | None:
        if not self._database_answers():
            return DATABASE
        for name, child in self._children.items():
            if not child.is_settled() or not all(map(answers, child.program.answers)):
                return name
        return None

    def _database_answers(self) -> bool:
        if self.dsn is None:
            return False
        with contextlib.suppress(psycopg.OperationalError):
            self.dsn.connect().close()
            return True
        return False

    def heed_interrupt(self) -> None:
        """Raise Interrupted if somebody asked to stop."""
        if self._interrupts:
            raise Interrupted

    # --- the supervising thread; it alone starts programs, since the kernel ties them to that thread -------

    def _supervise(self) -> None:
        try:
            while not self._enough.wait(0.05):
                self._look_after_database()
                for name, child in self._children.items():
                    self._look_after(name, child)
        except Problem as problem:
            self.failure = problem
        except Exception as error:  # noqa: BLE001 whatever it is, it must not die unseen
            self.failure = Problem(_("The supervisor failed: {error!r}", error=error))
        finally:
            self._end_programs()

    def _look_after_database(self) -> None:
        if self.cluster is None or self.cluster.postmaster() is not None:
            return
        self._say(_("The database stopped; starting it again."))
        try:
            self.cluster.start()
        except Problem:
            self._database_failures += 1
            if self._database_failures == DATABASE_TRIES or self._enough.wait(1.0):
                raise
        else:
            self._database_failures = 0
            self._database_back = time.monotonic()

    def _look_after(self, name: str, child: Child) -> None:
        code = child.poll()
        if code is not None:
            child.plan_restart(excused=time.monotonic() - self._database_back < OUTAGE)
            self._say(_("{name} stopped ({how}); starting it again.", name=name, how=describe(code)))
        if child.is_due():
            child.spawn()

    # --- stopping ------------------------------------------------------------------------------------------

    def interrupt(self) -> None:
        """Ask a start under way to give up; asked twice, stop without patience. Fit for signal handlers."""
        self._interrupts += 1

    def _in_a_hurry(self) -> bool:
        return self._interrupts > 1

    def _end_programs(self) -> None:
        for stage in (programs.WEB, programs.WORKERS, programs.WORLD):
            group = [child for child in self._children.values() if child.program.stage == stage]
            for child in group:
                child.ask_to_end()
            for child in group:
                child.end(self._in_a_hurry)

    def stop(self) -> None:
        """End everything, in order, and wait until it has gone; harmless when nothing runs."""
        self._enough.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        if self._lock is None:
            return
        guard.sweep(str(self.var))
        if self.cluster is not None:
            self.cluster.stop()
        os.ftruncate(self._lock, 0)
        os.close(self._lock)
        self._lock = None
        self._interrupts = 0
        guard.wait_until(lambda: locks.is_free(self.var / "stack-watch.lock"), 5.0)

    def remove(self) -> None:
        """Stop and delete the whole state directory; for tests."""
        self.stop()
        if self.cluster is not None:
            self.cluster.remove()
        shutil.rmtree(self.var, ignore_errors=True)


def answers(url: str) -> bool:
    """Say whether a web server gives an answer that is not an error of its own."""
    place = urlsplit(url)
    connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=5)
    try:
        connection.request("GET", place.path or "/")
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
