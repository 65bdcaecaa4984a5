"""`hospes migrate`: tables, then roles, then grants and policies, so that nothing is ever open in between."""

import argparse

from django.core.management import call_command
from django.db import connection, transaction

from hospes.kernel import policies


def add(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(quiet=True)


def run(arguments: argparse.Namespace) -> int:
    call_command("migrate", verbosity=0, interactive=False, skip_checks=True)
    with transaction.atomic():
        policies.ensure_roles(connection)
        policies.apply(connection)
    return 0
