"""`hospes ledger`: books what is missing, closes a month, looks whether everything agrees."""

import argparse
import json
from datetime import date

from hospes.cli.problems import Problem


def add(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    verbs.add_parser(
        "backfill",
        help="book issued invoices, payments and revenue of months that are not booked yet; harmless to repeat",
    )
    closing = verbs.add_parser(
        "close", help="close a month and all before it; nothing is booked there any more"
    )
    closing.add_argument("month", help="such as 2026-03")
    check = verbs.add_parser(
        "check", help="look whether the books agree with themselves and with the invoices"
    )
    check.add_argument("--json", action="store_true", help="print one JSON object and nothing else")


def run(arguments: argparse.Namespace) -> int:
    return {"backfill": _backfill, "close": _close, "check": _check}[arguments.verb](arguments)


def _backfill(arguments: argparse.Namespace) -> int:
    from hospes.billing.ledger import sweeps
    from hospes.kernel import clock
    from hospes.kernel.acting import SYSTEM
    from hospes.payments.sweeps import book_missing

    now = clock.now()
    done = sweeps.keep_up(now=now, actor=SYSTEM)
    payments = book_missing(now=now, actor=SYSTEM)
    print(
        f"booked: {done['documents']} documents, {payments} payments, {done['releases']} amounts of revenue of a month"
    )
    return 0


def _close(arguments: argparse.Namespace) -> int:
    from django.utils import translation

    from hospes.billing.ledger import services
    from hospes.kernel import clock
    from hospes.kernel.acting import SYSTEM, acting
    from hospes.kernel.purposes import Purpose

    try:
        month = date.fromisoformat(f"{arguments.month}-01")
    except ValueError:
        raise Problem(f"{arguments.month} is no month such as 2026-03") from None
    with translation.override("en"):
        try:
            with acting(Purpose.BILLING, actor=SYSTEM):
                services.close(month, now=clock.now())
        except services.BookingRefused as refusal:
            raise Problem(str(refusal)) from None
    print(f"{arguments.month} and everything before it is closed")
    return 0


def _check(arguments: argparse.Namespace) -> int:
    from django.db import connection

    from hospes.billing.ledger import checks

    found = checks.findings(connection)
    if arguments.json:
        print(json.dumps({"ok": not found, "findings": found}))
    else:
        print("\n".join(found) or "✓ the books agree")
    return 1 if found else 0
