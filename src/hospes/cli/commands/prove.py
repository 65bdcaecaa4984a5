"""`hospes prove`: the promises, played on a scratch installation that is thrown away afterwards."""

import argparse
import json
import os
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from hospes.cli import ports, programs
from hospes.cli.supervisor import Stack
from hospes.proofs.registry import Verdict, known, prove
from hospes.proofs.stage import Stage


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "promises", nargs="*", metavar="P01", help="which promises; all that have a proof when none are named"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")


def preparing(base: ports.Ports) -> list[programs.Program]:
    """A scratch installation has a catalogue, and nobody in it."""
    return [
        programs.Program("migrate", programs.hospes("migrate"), "owner"),
        programs.Program("catalogue", programs.hospes("demo", "--catalogue-only"), "owner"),
    ]


def run(arguments: argparse.Namespace) -> int:
    if unknown := sorted(set(arguments.promises) - set(known())):
        print(f"there is no proof of {', '.join(unknown)}: say some of {', '.join(known())}", file=sys.stderr)
        return 2
    os.environ["HOSPES_ROLE_PREFIX"] = (
        "hospes_prove"  # roles are the server's: an installation beside this one keeps its own
    )
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hospes.config.settings")
    with tempfile.TemporaryDirectory(prefix="hospes-prove-") as directory:
        stack = Stack(
            var=Path(directory), port_base=ports.free_base(), preparing=preparing, durable=False,
            say=lambda line: print(line, file=sys.stderr),
        )  # fmt: skip
        with stack:
            stack.wait_ready()
            verdicts = _play(stack, arguments.promises)
    if arguments.json:
        print(json.dumps({"promises": [asdict(verdict) for verdict in verdicts]}, ensure_ascii=False))
    else:
        _show(verdicts)
    return 0 if all(verdict.ok for verdict in verdicts) else 1


def _play(stack: Stack, promises: list[str]) -> list[Verdict]:
    stage = Stage(stack, role_prefix=os.environ["HOSPES_ROLE_PREFIX"])
    try:
        return prove(stage, promises)
    finally:
        stage.close()


def _show(verdicts: list[Verdict]) -> None:
    table = Table(title="The promises", show_lines=True)
    for heading in ("promise", "enforced by", "evidence", "verdict"):
        table.add_column(heading)
    for verdict in verdicts:
        sign = "[green]holds[/green]" if verdict.ok else "[red]BROKEN[/red]"
        table.add_row(verdict.id, verdict.enforced_by, escape(verdict.evidence), sign)
    Console().print(table)
