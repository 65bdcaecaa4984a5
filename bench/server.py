"""A server of a benchmark's own: the portal as an installation runs it."""

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.wire import form_secret
from hospes.cli.dsn import Dsn
from hospes.cli.installation import program_environment
from hospes.cli.places import ROOT
from hospes.cli.ports import Ports
from hospes.cli.programs import running


@contextmanager
def serving(ports: Ports) -> Iterator[None]:
    """The portal as an installation runs it, with the bench database and its own database logins."""
    program = next(program for program in running(ports) if program.name == "portal")
    environment = program_environment(
        "portal",
        var=Path(os.environ["HOSPES_VAR"]),
        ports=ports,
        dsn=Dsn.from_url(os.environ["HOSPES_DATABASE_URL"]),
    ) | {"HOSPES_ROLE_PREFIX": os.environ["HOSPES_ROLE_PREFIX"]}
    log = Path(os.environ["HOSPES_VAR"]) / "log" / "bench-portal.log"
    with log.open("wb") as output:
        process = subprocess.Popen(program.command, env=environment, cwd=ROOT, stdout=output, stderr=output)  # noqa: S603
    try:
        _wait(ports["portal"], process)
        yield
    finally:
        process.terminate()
        process.wait(20)


def _wait(port: int, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(300):
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with {process.returncode}: see log/bench-portal.log")
        try:
            form_secret(port)
        except (OSError, RuntimeError):
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("the server does not answer")
