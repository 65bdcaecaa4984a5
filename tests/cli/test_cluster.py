"""The embedded database: what it survives, and whom it lets in."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from hospes.cli import account, guard, locks
from hospes.cli.cluster import DEBIAN_15, Cluster, scratch_cluster
from hospes.cli.cluster import test_dsn as dsn_for_tests
from hospes.cli.dsn import Dsn
from hospes.cli.places import ROOT

START = "import sys; from pathlib import Path; from hospes.cli.cluster import Cluster; "
START += "Cluster(Path(sys.argv[1]), durable=False).start(); print('up', flush=True); sys.stdin.read()"


@pytest.fixture(scope="module")
def shared() -> Iterator[Cluster]:
    with scratch_cluster() as cluster:
        yield cluster


@pytest.fixture
def cluster(shared: Cluster) -> Cluster:
    shared.start()
    return shared


@pytest.fixture
def launcher(cluster: Cluster) -> Iterator[Callable[[], subprocess.Popen[str]]]:
    """Starts another process that starts the cluster and then waits."""
    started: list[subprocess.Popen[str]] = []

    def launch() -> subprocess.Popen[str]:
        command, pipe = [sys.executable, "-c", START, str(cluster.directory)], subprocess.PIPE
        environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
        process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=environment)
        started.append(process)
        return process

    yield launch
    for process in started:
        process.kill()
        process.communicate()


def ask(dsn: Dsn, query: str) -> list[tuple[object, ...]]:
    with dsn.connect() as connection:
        return connection.execute(query).fetchall()  # type: ignore[arg-type]


def is_up(process: subprocess.Popen[str]) -> bool:
    return process.stdout is not None and process.stdout.readline() == "up\n"


def watcher_of(cluster: Cluster) -> int:
    """Return the process id of the watcher, by the lock file that it was started with."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            line = (entry / "cmdline").read_bytes() if (entry / "cmdline").exists() else b""
            if b"watch" in line.split(b"\0") and os.fsencode(cluster.directory / "watch.lock") in line:
                return int(entry.name)
    raise AssertionError("no watcher")


def test_it_starts_stops_and_starts_again_with_its_rows(cluster: Cluster) -> None:
    dsn = cluster.create_database("kept")
    with dsn.connect() as connection:
        connection.execute("CREATE TABLE note AS SELECT 7 AS number")
    cluster.stop()
    assert cluster.postmaster() is None
    assert guard.servers_in(cluster.data) == []
    assert locks.is_free(cluster.directory / "watch.lock")
    cluster.start()
    assert ask(dsn, "SELECT number FROM note") == [(7,)]


def test_starting_a_running_one_changes_nothing(cluster: Cluster) -> None:
    before = cluster.postmaster()
    again = Cluster(cluster.directory, durable=False)
    again.start()
    assert cluster.postmaster() == before
    again.release()


def test_nobody_gets_in_without_the_password(cluster: Cluster) -> None:
    dsn = cluster.dsn()
    for password in ({}, {"password": "postgres"}):
        words = {name: value for name, value in dsn.words().items() if name != "password"} | password
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(**words)  # type: ignore[arg-type]
    rules = "SELECT DISTINCT auth_method FROM pg_hba_file_rules"
    assert ask(dsn, rules) == [("scram-sha-256",)]


def test_it_listens_on_a_private_socket_only(cluster: Cluster) -> None:
    assert ask(cluster.dsn(), "SHOW listen_addresses") == [("",)]
    assert cluster.socket_directory.stat().st_mode & 0o777 == 0o700
    assert cluster.password_file.stat().st_mode & 0o777 == 0o600
    assert ask(cluster.dsn(), "SHOW data_checksums") == [("on",)]


def test_the_log_holds_no_statement_no_value_and_no_words_of_an_error(cluster: Cluster) -> None:
    with cluster.dsn().connect() as connection:
        connection.execute("CREATE TEMP TABLE person (email text UNIQUE)")
        connection.execute("INSERT INTO person VALUES ('secret@example.org')")
        with pytest.raises(psycopg.errors.UniqueViolation, match="secret@"):
            connection.execute("INSERT INTO person VALUES ('secret@example.org')")
        with pytest.raises(psycopg.errors.InvalidTextRepresentation, match="secret@"):
            connection.execute("SELECT 'secret@example.org'::integer")
        connection.execute("DO $$ BEGIN RAISE WARNING 'secret@example.org'; END $$")
    log = (cluster.home / "log" / "server.log").read_text()
    assert "ready to accept connections" in log
    assert "secret@" not in log


def test_a_killed_server_comes_back_with_every_committed_row(cluster: Cluster) -> None:
    dsn = cluster.create_database("crash")
    with dsn.connect() as connection:
        connection.execute("CREATE TABLE note (number int)")
        for number in range(50):
            connection.execute("INSERT INTO note VALUES (%s)", [number])
        before = cluster.postmaster()
        assert before is not None
        os.kill(before, signal.SIGKILL)
    cluster.start()
    assert cluster.postmaster() not in (None, before)
    assert ask(dsn, "SELECT count(*) FROM note") == [(50,)]


def test_a_killed_backend_costs_a_moment_only(cluster: Cluster) -> None:
    with cluster.dsn().connect() as connection:
        os.kill(connection.info.backend_pid, signal.SIGKILL)
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")

    def works() -> bool:
        try:
            return ask(cluster.dsn(), "SELECT 1") == [(1,)]
        except psycopg.OperationalError:
            return False

    assert guard.wait_until(works, 10.0)


def test_the_last_one_to_go_takes_the_server_along_however_it_goes(
    cluster: Cluster, launcher: Callable[[], subprocess.Popen[str]]
) -> None:
    first, second = launcher(), launcher()
    assert is_up(first)
    assert is_up(second)
    server = cluster.postmaster()
    assert server is not None
    cluster.release()
    first.kill()
    first.wait()
    assert ask(cluster.dsn(), "SELECT 1") == [(1,)]
    second.kill()
    second.wait()
    assert guard.wait_until(lambda: not guard.alive(server), 10.0)
    assert guard.wait_until(lambda: locks.is_free(cluster.directory / "watch.lock"), 5.0)


def test_a_server_left_without_launcher_and_watcher_is_taken_over(
    cluster: Cluster, launcher: Callable[[], subprocess.Popen[str]]
) -> None:
    other = launcher()
    assert is_up(other)
    server = cluster.postmaster()
    cluster.release()
    os.kill(watcher_of(cluster), signal.SIGKILL)
    other.kill()
    other.wait()
    cluster.start()
    assert cluster.postmaster() == server
    assert not locks.is_free(cluster.directory / "watch.lock")
    cluster.stop()
    assert guard.servers_in(cluster.data) == []


def test_a_launcher_killed_while_it_makes_the_data_leaves_no_half_cluster(
    cluster: Cluster, launcher: Callable[[], subprocess.Popen[str]]
) -> None:
    cluster.remove()
    other = launcher()
    assert guard.wait_until(lambda: any(cluster.directory.glob("new-*/data/*")), 10.0)
    other.kill()
    other.wait()
    assert not cluster.data.exists()
    cluster.start()
    assert ask(cluster.dsn(), "SELECT 1") == [(1,)]
    assert list(cluster.directory.glob("new-*")) == []


def test_several_processes_that_start_it_at_once_share_one_server(
    cluster: Cluster, launcher: Callable[[], subprocess.Popen[str]]
) -> None:
    cluster.stop()
    others = [launcher() for _ in range(3)]
    assert all(map(is_up, others))
    server = cluster.postmaster()
    cluster.start()
    assert cluster.postmaster() == server


def test_a_pid_file_that_names_an_innocent_process_does_not_stop_a_start(cluster: Cluster) -> None:
    cluster.stop()
    (cluster.data / "postmaster.pid").write_text(f"{os.getpid()}\n{cluster.data}\n1\n5432\n")
    cluster.start()
    assert ask(cluster.dsn(), "SELECT 1") == [(1,)]


def test_a_lost_password_is_replaced(cluster: Cluster) -> None:
    before = cluster.password_file.read_text()
    cluster.password_file.unlink()
    cluster.start()
    assert cluster.password_file.read_text() != before
    assert ask(cluster.dsn(), "SELECT 1") == [(1,)]


def test_a_long_path_gets_a_short_socket(cluster: Cluster) -> None:
    deep = Cluster(cluster.directory / ("deep" * 30))
    assert len(os.fsencode(deep.socket_directory)) < 80
    assert deep.socket_directory != Cluster(cluster.directory / ("deep" * 31)).socket_directory


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server as another user")
def test_a_checkout_that_the_server_cannot_enter_keeps_its_data_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed, said = tmp_path / "closed", list[str]()
    closed.mkdir(mode=0o700)
    with scratch_cluster() as open_one:
        elsewhere = open_one.directory.parent / "lib"
        monkeypatch.setattr(account, "RELOCATED", elsewhere)
        cluster = Cluster(closed / "postgres", durable=False, say=said.append)
        cluster.start()
        assert cluster.data.parent.parent == elsewhere
        assert ask(cluster.dsn(), "SELECT 1") == [(1,)]
        assert len(said) == 1
        assert str(cluster.home) in said[0]
        cluster.remove()
        assert list(elsewhere.glob("*/data")) == []


@pytest.mark.skipif(not DEBIAN_15.exists(), reason="PostgreSQL 15 is not installed")
def test_debians_server_runs_the_same_way() -> None:
    with scratch_cluster(programs=DEBIAN_15) as cluster:
        assert ask(cluster.dsn(), "SHOW server_version_num")[0][0] >= "150000"  # type: ignore[operator]
        server = cluster.postmaster()
        assert server is not None
        os.kill(server, signal.SIGKILL)
        cluster.start()
        assert ask(cluster.dsn(), "SELECT 1") == [(1,)]


def test_database_url_wins_for_the_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://somebody@db.example.org/theirs")
    assert dsn_for_tests() == "postgresql://somebody@db.example.org/theirs"


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://postgres:p%40ss@/hospes?host=%2Frun%2Fpg&port=5432",
        "postgresql://hospes@db.example.org:5433/name?sslmode=require",
        "postgresql://hospes:x@[::1]:5432/name",
    ],
)
def test_an_address_reads_as_it_was_written(url: str) -> None:
    assert Dsn.from_url(url).url() == url
    assert Dsn.from_url(url).named("other").name == "other"


def test_nothing_listens_on_tcp(cluster: Cluster) -> None:
    pid, inodes = cluster.postmaster(), set[str]()
    for link in Path(f"/proc/{pid}/fd").iterdir():
        inodes.add(os.readlink(link).removeprefix("socket:[").removesuffix("]"))
    for table in ("tcp", "tcp6"):
        rows = Path(f"/proc/net/{table}").read_text().splitlines()[1:]
        assert not inodes & {row.split()[9] for row in rows}
