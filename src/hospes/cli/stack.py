"""hospes run: the whole installation in the foreground, until Ctrl-C."""

import contextlib
import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from hospes.cli import guard
from hospes.cli.places import var_directory
from hospes.cli.ports import Ports
from hospes.cli.problems import Problem
from hospes.cli.supervisor import Interrupted
from hospes.cli.supervisor import Stack as Stack
from hospes.cli.words import _


def run_stack(fresh: bool = False) -> int:
    """
    Start the installation of this checkout, show where it is, and keep it running until a signal ends it.

    Ctrl-C (or SIGTERM, or a closed terminal) ends all of it; a second Ctrl-C does so without patience.
    Returns the exit code: 0 after a signal, 1 after a problem, which it has told on standard error.
    """
    if os.environ.get("HOSPES_UNDER_MAKE"):
        guard.die_with_parent()  # a killed make must not leave us behind
    try:
        ports, url = Ports.from_environment(), os.environ.get("DATABASE_URL")
        stack = Stack(var=var_directory(), port_base=ports.base, database_url=url, say=say)
        with interrupted_by_signals(stack):
            try:
                say(_("Starting hospes; the first time this takes a minute …"))
                stack.start(fresh=fresh)
                stack.wait_ready(120.0)
                show(stack.var / "demo.json", ports)
                while not stack.failure:
                    stack.heed_interrupt()
                    time.sleep(0.1)
                raise stack.failure
            except Interrupted:
                say(_("Stopping …"))
            finally:
                stack.stop()
    except Problem as problem:
        print(f"hospes: {problem}", file=sys.stderr)
        return 1
    say(_("Everything has stopped."))
    return 0


@contextlib.contextmanager
def interrupted_by_signals(stack: Stack) -> Iterator[None]:
    """For the length of a block, let the usual signals interrupt a stack instead of killing this process."""
    numbers = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup means to go on without a terminal
        numbers.append(signal.SIGHUP)
    before = {number: signal.signal(number, lambda *_: stack.interrupt()) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def say(line: str) -> None:
    """Print a line, also when the terminal has gone."""
    try:
        print(line, flush=True)
    except OSError:
        sys.stdout = Path(os.devnull).open("w")  # noqa: SIM115 for the rest of this process


def show(demo: Path, ports: Ports) -> None:
    """Print the one table: where everything is, and who can log in."""
    terminal = sys.stdout.isatty()
    console = Console(width=None if terminal else 150, highlight=False)
    try:
        console.print(overview(demo, ports))
    except OSError:
        return
    say(_("Ctrl-C stops everything."))


def overview(demo: Path, ports: Ports) -> Table:
    """Return the table of addresses and logins; demo is the file that hospes demo wrote."""
    table = Table(show_lines=False)
    for title in (_("Who or what"), _("Address"), _("Login"), _("Password"), _("Note")):
        table.add_column(title, overflow="fold")
    told = _read(demo)
    for row in [*_addresses(ports), *told.get("addresses", [])]:
        _add(table, row, "what")
    table.add_section()
    for row in told.get("logins", []):
        _add(table, row, "who")
    return table


def _read(demo: Path) -> dict[str, Any]:
    try:
        found = json.loads(demo.read_text())
    except FileNotFoundError:
        return {}
    return found if isinstance(found, dict) else {"logins": found}


def _addresses(ports: Ports) -> list[dict[str, str]]:
    simulated = _("simulated")
    return [
        {"what": _("Portal: what customers see"), "address": ports.url("portal")},
        {"what": _("Office: what staff see"), "address": ports.url("office")},
        {"what": _("Mail that was sent"), "address": ports.url("mail"), "note": simulated},
        {"what": _("SMS that was sent"), "address": ports.url("sms"), "note": simulated},
        {"what": _("Payment provider"), "address": ports.url("payments"), "note": simulated},
        {"what": _("Hosting panel"), "address": ports.url("panel"), "note": simulated},
        {"what": _("E-invoices that were sent"), "address": ports.url("peppol"), "note": simulated},
        {"what": _("Check of VAT numbers (VIES)"), "address": ports.url("vies"), "note": simulated},
        {"what": _("Domain registries (RDAP)"), "address": ports.url("rdap"), "note": simulated},
    ]


def _add(table: Table, row: dict[str, Any], title: str) -> None:
    cells = (title, "address", "login", "password", "note")
    table.add_row(*(Text(str(row.get(cell) or "")) for cell in cells))
