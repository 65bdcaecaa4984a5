"""All simulators as one process: ports, signals, state after kill -9, a clear sentence for a taken port."""

import os
import signal
import smtplib
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.simulators.merchant import client_at, http, until

ROOT = Path(__file__).parents[2]
OFFSETS = (10, 11, 12, 13, 14, 15, 25)
ORDER = {
    "amount": {"currency": "EUR", "value": "1.00"},
    "description": "x",
    "redirectUrl": "http://127.0.0.1:1/",
}


def free_port_base() -> int:
    """Find a base whose ports are all free now."""
    for base in range(20_000 + os.getpid() % 5000 * 4, 60_000, 40):
        with ExitStack() as held:
            try:
                for offset in OFFSETS:
                    held.enter_context(closing(socket.create_server(("127.0.0.1", base + offset))))
            except OSError:
                continue
            return base
    raise AssertionError("no free ports")


class Process:
    """python -m simulators, from its start to its end."""

    def __init__(self, base: int, var: Path) -> None:
        self.base = base
        environment = {
            **os.environ,
            "HOSPES_PORT_BASE": str(base),
            "HOSPES_VAR": str(var),
            "PYTHONPATH": str(ROOT),
        }
        command = [sys.executable, "-m", "simulators"]
        self.child = subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=var
        )

    def wait_until_up(self) -> None:
        for offset in OFFSETS[:-1]:
            until(lambda offset=offset: self._is_up(offset), 20)

    def _is_up(self, offset: int) -> bool:
        assert self.child.poll() is None, self.child.communicate()
        try:
            return http.get(f"http://127.0.0.1:{self.base + offset}/healthz").text == "ok\n"
        except httpx.TransportError:
            return False

    def end(self, number: int) -> tuple[int, str, str]:
        self.child.send_signal(number)
        out, error = self.child.communicate(timeout=10)
        return self.child.returncode, out, error


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Any]:
    started: list[Process] = []

    def start(base: int) -> Process:
        started.append(Process(base, tmp_path))
        return started[-1]

    yield start
    for process in started:
        if process.child.poll() is None:
            process.end(signal.SIGKILL)


def test_all_run_in_one_process_keep_their_state_over_kill_9_and_end_at_sigterm(start: Any, tmp_path: Path):
    base = free_port_base()
    first = start(base)
    first.wait_until_up()
    client = client_at(f"http://127.0.0.1:{base + 10}")
    payment = client.payments.create(ORDER, idempotency_key="key")
    with smtplib.SMTP("127.0.0.1", base + 25, timeout=10) as smtp:
        smtp.sendmail("a@hospes.invalid", ["b@hospes.invalid"], b"Subject: kept\r\n\r\nx")
    assert first.end(signal.SIGKILL)[0] == -signal.SIGKILL

    second = start(base)
    second.wait_until_up()
    assert client.payments.create(ORDER, idempotency_key="key").id == payment.id
    assert http.get(f"http://127.0.0.1:{base + 12}/messages.json").json()[0]["subject"] == "kept"
    assert f"http://127.0.0.1:{base + 13}" in http.get(f"http://127.0.0.1:{base + 11}").text
    assert {path.name for path in (tmp_path / "simulators").glob("*.sqlite3")} == {
        "payments.sqlite3",
        "rdap.sqlite3",
        "sms.sqlite3",
        "vies.sqlite3",
        "mail.sqlite3",
        "panel.sqlite3",
        "peppol.sqlite3",
    }
    third = start(base)
    third.child.wait(20)
    out, error = third.child.communicate()
    assert (third.child.returncode, out) == (1, "")
    assert f"port {base + 10} is taken" in error
    assert error.count("\n") == 1

    code, out, error = second.end(signal.SIGTERM)
    assert (code, error) == (0, "")
    assert f"SMTP on port {base + 25}" in out
