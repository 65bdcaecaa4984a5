"""`hospes check`: what is not as the data map and the settings say."""

import argparse
import json
from io import StringIO

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from hospes.kernel import datamap, journal, policies


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")


def findings() -> dict[str, list[str]]:
    """Everything that is not as it must be, by what was checked; the database's inside is looked at once it is up to date."""
    from hospes.billing.ledger import checks  # these have models: those wait until the apps are loaded
    from hospes.kernel import clock
    from hospes.payments import undecided
    from hospes.payments.bank import checks as bank
    from hospes.payments.reconciling import checks as reconciling
    from hospes.sales import agreements

    pending = _pending()
    found = {
        "the data map is complete": datamap.gaps(),
        "the settings are sane": _settings(),
        "the tables are up to date": pending,
    }
    if not pending:
        found["the database matches the data map"] = policies.drift(connection)
        found["the terms are those that were agreed to"] = agreements.changed_unsaid()
        found["the books agree"] = checks.findings(connection)
        found["the bank and the books agree"] = bank.findings(connection)
        found["books, payment provider and bank are compared"] = reconciling.findings(
            connection, now=clock.now()
        )
        found["the provider said how everything ended"] = undecided.findings(connection, now=clock.now())
        found["the journal is unbroken"] = [str(problem) for problem in journal.verify(connection)]
    return found


def _pending() -> list[str]:
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration} was not applied: run hospes migrate" for migration, _ in plan]


def _settings() -> list[str]:
    found = []
    if settings.DEBUG:
        found.append("DEBUG is on")
    if not settings.SECURE_COOKIES and not settings.ON_THIS_MACHINE:
        found.append("cookies travel without TLS (HOSPES_SECURE_COOKIES)")
    try:
        call_command(
            "check", stdout=StringIO(), stderr=StringIO()
        )  # it says that all is well, also when asked to be quiet
    except SystemCheckError as error:
        found.append(str(error))
    return found


def run(arguments: argparse.Namespace) -> int:
    found = findings()
    if arguments.json:
        print(json.dumps({"ok": not any(found.values()), "findings": found}))
    else:
        for what, problems in found.items():
            print(f"{'✗' if problems else '✓'} {what}")
            for problem in problems:
                print(f"    {problem}")
    return 1 if any(found.values()) else 0
