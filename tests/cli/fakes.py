"""Small programs in the place of web servers and workers, so that the supervisor is tested by itself."""

import sys

from hospes.cli import programs
from hospes.cli.ports import Ports
from hospes.cli.programs import Program

STUBBORN = """
import os, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
os.fork()
while True: time.sleep(1)
"""
POLITE = """
import os, signal, sys, time
def end(*_): print("asked to end", time.monotonic(), flush=True); sys.exit(0)
signal.signal(signal.SIGTERM, end)
print("face", os.environ.get("HOSPES_FACE"), flush=True)
while True: time.sleep(1)
"""
FAILING = "print('first line'); raise SystemExit('the reason')"


def python(code: str) -> tuple[str, ...]:
    return (sys.executable, "-c", code)


def web(name: str, ports: Ports) -> Program:
    command = (sys.executable, "-m", "http.server", str(ports[name]), "--bind", "127.0.0.1")
    return Program(name, (*command, "--directory", "docs"), name, (ports.url(name),), grace=2.0)


def running(ports: Ports) -> list[Program]:
    return [
        Program("simulators", python(POLITE), stage=programs.WORLD),
        web("portal", ports),
        web("office", ports),
        Program("worker", python(POLITE), "worker", stage=programs.WORKERS),
    ]


def stubborn(ports: Ports) -> list[Program]:
    return [
        web("portal", ports),
        Program("worker", python(STUBBORN), "worker", stage=programs.WORKERS, grace=0.5),
    ]


def broken(ports: Ports) -> list[Program]:
    return [Program("worker", python(FAILING), "worker", settles=2.0)]


def preparing(ports: Ports) -> list[Program]:
    return [Program("migrate", python("import os; print(os.environ['HOSPES_DATABASE_URL'])"), "owner")]


def failing(ports: Ports) -> list[Program]:
    return [Program("migrate", python(FAILING), "owner")]


def nothing(ports: Ports) -> list[Program]:
    return []
