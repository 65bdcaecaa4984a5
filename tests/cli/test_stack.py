"""The supervisor: what it starts, keeps up and ends, and what it says when it cannot."""

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from hospes.cli import child, guard, installation, locks
from hospes.cli.places import ROOT, scratch_directory
from hospes.cli.ports import Ports, free_base
from hospes.cli.problems import Problem
from hospes.cli.programs import Choice
from hospes.cli.supervisor import DATABASE, Stack, answers
from tests.cli import fakes

RUN = """
import sys
from pathlib import Path
from hospes.cli import programs, stack
from hospes.cli.supervisor import Stack
from tests.cli import fakes
def small(**given):
    choice = dict(running=getattr(fakes, sys.argv[1]), preparing=fakes.preparing)
    return Stack(**given, **choice, durable=False)
stack.Stack = small
sys.exit(stack.run_stack(fresh="fresh" in sys.argv))
"""


@pytest.fixture(scope="module")
def var() -> Iterator[Path]:
    with scratch_directory() as path:
        yield path
        installation.start_over(
            path, Stack(var=path, port_base=free_base()).cluster or pytest.fail("no cluster")
        )


def a_stack(
    var: Path, *, running: Choice = fakes.running, preparing: Choice = fakes.preparing, url: str | None = None
) -> Stack:
    said: list[str] = []
    base = free_base()
    stack = Stack(
        var=var,
        port_base=base,
        running=running,
        preparing=preparing,
        database_url=url,
        durable=False,
        say=said.append,
    )
    stack.__dict__["said"] = said
    return stack


def nothing_left(var: Path) -> bool:
    return not guard.marked(str(var)) and not guard.servers_in(var / "postgres" / "data")


class Started(NamedTuple):
    """hospes run with small programs, as a process of its own."""

    process: subprocess.Popen[str]
    ports: Ports

    def until(self, line: str) -> list[str]:
        """Read what it prints up to a line with these words."""
        read: list[str] = []
        assert self.process.stdout is not None
        while not read or line not in read[-1]:
            read.append(self.process.stdout.readline())
            assert read[-1], f"it ended: {read}"
        return read


def run(var: Path, running: str = "running", *words: str) -> Started:
    base = free_base()
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"} | {
        "HOSPES_VAR": str(var),
        "HOSPES_PORT_BASE": str(base),
        "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}",
        "LC_ALL": "C",
    }
    process = subprocess.Popen(
        [sys.executable, "-c", RUN, running, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment,
        cwd=ROOT,
        start_new_session=True,
    )
    return Started(process, Ports(base))


def test_all_start_are_kept_up_and_end_in_order(var: Path) -> None:
    with a_stack(var) as stack:
        stack.wait_ready(20)
        for name in ("portal", "worker"):
            before = stack.kill(name)
            stack.wait_ready(20)
            assert stack.pid(name) not in (None, before)
            assert stack.starts(name) == 2
        before = stack.kill(DATABASE)
        stack.wait_ready(20)
        assert stack.pid(DATABASE) not in (None, before)
        assert stack.failure is None
        said = stack.__dict__["said"]
        assert "portal stopped (killed by SIGKILL); starting it again." in said
        assert "The database stopped; starting it again." in said
    assert nothing_left(var)
    ended = [(var / "log" / f"{name}.log").read_text().split()[-1] for name in ("worker", "simulators")]
    assert [float(moment) for moment in ended] == sorted(map(float, ended))


def test_a_killed_backend_is_nothing_to_the_programs(var: Path) -> None:
    with a_stack(var) as stack:
        stack.wait_ready(20)
        stack.kill_backend()
        stack.wait_ready(20)
        assert stack.starts("portal") == 1


def test_what_ignores_the_request_to_end_is_killed_with_its_children(var: Path) -> None:
    with a_stack(var, running=fakes.stubborn) as stack:
        stack.wait_ready(20)
        assert guard.wait_until(lambda: len(guard.marked(str(var))) == 3, 5.0)
    assert nothing_left(var)


def test_only_the_owner_gets_the_superusers_password(var: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPASSWORD", "inherited")
    monkeypatch.setenv("HOSPES_DATABASE_URL", "inherited")
    with a_stack(var, running=fakes.nothing) as stack:
        assert stack.dsn is not None
        password = stack.dsn.password
        assert password in stack.environment("owner")["HOSPES_DATABASE_URL"]
        for face in ("portal", "office", "worker", None):
            environment = stack.environment(face)
            assert password not in "".join(environment.values())
            assert "inherited" not in environment.values()
            assert environment.get("HOSPES_DATABASE_HOST") == (stack.dsn.host if face else None)
    assert len((var / "secrets" / "key").read_text()) == 64
    assert (var / "secrets" / "key").stat().st_mode & 0o777 == 0o600


def test_it_starts_again_with_its_data_and_fresh_starts_over(var: Path) -> None:
    stack = a_stack(var, running=fakes.nothing)
    stack.start()
    assert stack.dsn is not None
    with stack.dsn.connect() as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept (number int)")
    for name in ("media", "simulators"):
        (var / name).mkdir(exist_ok=True)
    (var / "demo.json").write_text("{}")
    stack.stop()
    count = "SELECT count(*) FROM pg_class WHERE relname = 'kept'"
    for fresh, expected in ((False, 1), (True, 0)):
        stack.start(fresh=fresh)
        with stack.dsn.connect() as connection:
            assert connection.execute(count).fetchone() == (expected,)
        assert [(var / name).exists() for name in ("demo.json", "media", "simulators")] == [not fresh] * 3
        stack.stop()
    assert nothing_left(var)


def test_a_port_in_use_is_named_with_the_way_out(var: Path) -> None:
    stack = a_stack(var)
    with socket.create_server(("127.0.0.1", stack.ports["office"])), pytest.raises(Problem) as refusal:
        stack.start()
    port, base = stack.ports["office"], stack.ports.base + 1000
    assert str(refusal.value) == (
        f"Port {port} (office) is in use by another program: end that one, "
        f"or choose other ports with HOSPES_PORT_BASE={base}."
    )
    assert nothing_left(var)


def test_a_second_start_is_refused_and_harms_nothing(var: Path) -> None:
    with a_stack(var, running=fakes.nothing) as stack:
        server = stack.pid(DATABASE)
        with pytest.raises(Problem, match=rf"^hospes runs already .*\(process {os.getpid()}\)"):
            a_stack(var).start()
        assert stack.pid(DATABASE) == server


def test_a_full_disk_is_one_sentence(var: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(var)._replace(free=12_345_678)
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage)
    with pytest.raises(Problem) as refusal:
        a_stack(var).start()
    assert str(refusal.value) == f"Only 12 MB are free on the disk of {var}: make room for 500 MB."


def test_a_database_that_does_not_answer_is_one_sentence(var: Path) -> None:
    base = free_base()
    with pytest.raises(Problem) as refusal:
        a_stack(var, url=f"postgresql://postgres:x@127.0.0.1:{base}/hospes").start()
    said = str(refusal.value)
    assert said.startswith(f"The database of DATABASE_URL (127.0.0.1, port {base}) does not answer:")
    assert "\n" not in said


def test_a_preparation_that_fails_says_why(var: Path) -> None:
    (var / "log").mkdir(exist_ok=True)
    (var / "log" / "migrate.log").unlink(missing_ok=True)
    with pytest.raises(Problem, match=r"hospes migrate failed, exit code 1 (?s:.*)first line\nthe reason$"):
        a_stack(var, preparing=fakes.failing).start()
    assert nothing_left(var)


def test_a_program_that_never_stays_up_is_given_up(var: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "PAUSES", (0.0, 0.01, 0.01, 0.01, 0.01))
    with a_stack(var, running=fakes.broken, preparing=fakes.nothing) as stack:
        with pytest.raises(Problem, match=r"(?s)worker does not stay up .*the reason$"):
            stack.wait_ready(20)
        assert stack.starts("worker") == 5
    assert nothing_left(var)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_all_of_it(var: Path, number: int) -> None:
    started = run(var)
    text = "".join(started.until("Ctrl-C"))
    assert started.ports.url("portal") in text
    started.process.send_signal(number)
    assert "Everything has stopped." in started.process.communicate(timeout=20)[0]
    assert started.process.returncode == 0
    assert nothing_left(var)
    assert locks.is_free(var / "stack-watch.lock")


def test_a_killed_supervisor_leaves_no_process_behind(var: Path) -> None:
    started = run(var)
    started.until("Ctrl-C")
    assert answers(started.ports.url("portal"))
    started.process.kill()
    started.process.communicate()
    again = run(var, "running", "fresh")  # it waits for the watcher of the one before
    again.until("Ctrl-C")
    again.process.terminate()
    again.process.communicate(timeout=20)
    assert not answers(started.ports.url("portal"))
    assert nothing_left(var)


def test_what_a_killed_supervisor_left_and_ignores_the_request_to_end_is_killed(tmp_path: Path) -> None:
    environment = {**os.environ, guard.MARK: str(tmp_path)}
    with subprocess.Popen(fakes.python(fakes.STUBBORN), env=environment, start_new_session=True):
        assert guard.wait_until(lambda: len(guard.marked(str(tmp_path))) == 2, 5.0)
        assert guard.sweep(str(tmp_path), patience=0.2) == 2
        assert guard.marked(str(tmp_path)) == []


def test_an_interrupt_while_it_starts_is_heeded(var: Path) -> None:
    started = run(var)
    started.until("Starting")
    started.process.send_signal(signal.SIGINT)
    started.process.communicate(timeout=20)
    assert started.process.returncode == 0
    assert nothing_left(var)
