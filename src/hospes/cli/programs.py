"""What an installation consists of: the programs that run, and those that prepare it."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from hospes.cli.ports import HOST, Ports

WEB, WORKERS, WORLD = range(3)
"""When a program is ended: first what people talk to, then the workers, then the world around them."""


@dataclass(frozen=True, slots=True)
class Program:
    """
    One program: name as in the log's file name, face as in HOSPES_FACE (None: no business in the database).

    It is ready when all its addresses answer and it has been up for as many seconds as it takes to settle; grace
    is how many seconds it may take to end.
    """

    name: str
    command: tuple[str, ...]
    face: str | None = None
    answers: tuple[str, ...] = ()
    stage: int = WEB
    settles: float = 0.0
    grace: float = 10.0
    environment: Mapping[str, str] = field(default_factory=dict)


def hospes(*words: str) -> tuple[str, ...]:
    """Return the command line of a hospes command."""
    return (sys.executable, "-m", "hospes", *words)


def _web(face: str, ports: Ports) -> Program:
    command = [
        sys.executable,
        "-m",
        "granian",
        "--interface",
        "wsgi",
        "--host",
        HOST,
        "--port",
        str(ports[face]),
    ]
    command += ["--workers", "1", "--blocking-threads", "8", "--workers-kill-timeout", "5", "--no-ws"]
    return Program(face, (*command, "hospes.config.wsgi:application"), face, (ports.url(face),))


def running(ports: Ports) -> list[Program]:
    """Return the programs of a running installation, in the order in which they start."""
    world = tuple(ports.url(name) for name in ("payments", "sms", "mail", "panel", "peppol"))
    return [
        Program("simulators", (sys.executable, "-m", "simulators"), answers=world, stage=WORLD),
        _web("portal", ports),
        _web("office", ports),
        Program("worker", hospes("worker"), "worker", stage=WORKERS, settles=2.0, grace=30.0),
    ]


def preparing(ports: Ports) -> list[Program]:
    """Return the programs that prepare the database, each harmless to repeat."""
    return [
        Program("migrate", hospes("migrate"), "owner"),
        Program("demo", hospes("demo"), "owner"),
    ]


Choice = Callable[[Ports], list[Program]]
