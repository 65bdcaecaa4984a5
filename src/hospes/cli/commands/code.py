"""`hospes code ROLE`: what the authenticator app of a staff member of the demo shows now."""

import argparse
import json
import time

from hospes.cli.places import var_directory
from hospes.cli.problems import Problem
from hospes.cli.totp import code


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("role", help="as in the table of make run, such as billing_clerk")


def run(arguments: argparse.Namespace) -> int:
    path = var_directory() / "demo.json"
    if not path.exists():
        raise Problem("there is no demo here: start it with make run")
    secrets = {
        entry["role"]: entry["totp"] for entry in json.loads(path.read_text())["logins"] if entry.get("totp")
    }
    if arguments.role not in secrets:
        raise Problem(f"there is no {arguments.role}: say one of {', '.join(secrets)}")
    print(code(secrets[arguments.role], time.time()))
    return 0
