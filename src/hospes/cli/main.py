"""
The `hospes` command.

Exit codes: 0 done, 1 a check failed, 2 wrong use. With --json a command prints one JSON object on standard output, no more.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module

from hospes.cli.installation import use_database
from hospes.cli.problems import Problem

#: Name → what it does, and whether it needs Django and a database.
COMMANDS: dict[str, tuple[str, bool]] = {
    "run": ("start the whole demo: database, web, worker, simulators; Ctrl-C ends it", False),
    "migrate": ("bring the database up to date: tables, roles, grants and policies", True),
    "demo": ("fill a fresh installation with generated customers and staff", True),
    "code": ("the second step of a staff member of the demo: what the app shows now", False),
    "staff": ("who works in the office: `staff first EMAIL` lets the first administrator in", True),
    "worker": ("work off the jobs", True),
    "networks": ("which country and network an IP address belongs to; load a table of one's own", False),
    "billing": ("the billing run: renew and invoice what is due, or say what that would be", True),
    "ledger": ("the books: book what is missing, close a month, look whether everything agrees", True),
    "payments": ("compare books, payment provider and bank, and say what does not agree", True),
    "check": ("is the data map complete, does the database match it, are the settings sane?", True),
    "prove": ("play what each promise says and what it forbids, in a scratch database", False),
    "bench": ("run one benchmark, with its floor and ratio", False),
    "screenshots": ("make the screenshots of the README", False),
}


def main(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code."""
    parser = argparse.ArgumentParser(
        prog="hospes", description="Runs the relation of a hosting company with its customers."
    )
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, (summary, _) in COMMANDS.items():
        command = subparsers.add_parser(name, help=summary, description=summary)
        if len(arguments) > 0 and arguments[0] == name:
            import_module(f"hospes.cli.commands.{name}").add(command)
    chosen = parser.parse_args(arguments)
    try:
        if COMMANDS[chosen.command][1]:
            use_database()
            _set_up_django()
        return int(import_module(f"hospes.cli.commands.{chosen.command}").run(chosen))
    except Problem as problem:
        print(problem, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _set_up_django() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hospes.config.settings")
    import django

    django.setup()
    from hospes.config.logs import catch_everything

    catch_everything()
