"""`hospes billing run`: renews and invoices what is due; with --dry-run it only says what it would do."""

import argparse
import sys
from collections import Counter
from datetime import date
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from hospes.cli.problems import Problem
from hospes.cli.words import _, language

if TYPE_CHECKING:
    from hospes.billing.run.batches import Tally
    from hospes.billing.run.services import Progress as Far


def add(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    run = verbs.add_parser(
        "run", help="renew every service whose term ends within its lead time, and invoice it"
    )
    run.add_argument("--date", help="as seen from this day, such as 2026-03-02; today if it is not said")
    run.add_argument("--dry-run", action="store_true", help="only say what it would do")


def run(arguments: argparse.Namespace) -> int:
    from hospes.billing.run import services
    from hospes.kernel import clock
    from hospes.kernel.acting import SYSTEM

    now = clock.now()
    today = clock.day_of(now)
    day = _day(arguments.date) if arguments.date else today
    if day > today and not arguments.dry_run:
        raise Problem(
            _("{day} is still to come: a run of a later day can only be looked at, with --dry-run.", day=day)
        )
    with _bar() as bar:
        task = bar.add_task(_("Billing run"), total=None)

        def say(far: "Far") -> None:
            bar.update(task, total=far.due, completed=far.seen)

        if arguments.dry_run:
            tally = services.look(day, today=today, now=now, actor=SYSTEM, say=say)
            return _told(
                tally,
                _(
                    "It would renew {services} services on {invoices} invoices: {net} without VAT, {total} with it."
                ),
            )
        going = services.Going(day, today=today, now=now, actor=SYSTEM, say=say, hands=services.HANDS)
        going.whole(clock.now)
    return _told(
        going.total,
        _("Renewed: {services} services on {invoices} invoices: {net} without VAT, {total} with it."),
    )


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Problem(_("{text} is no day such as 2026-03-02.", text=text)) from None


def _bar() -> Progress:
    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn(),
    )  # fmt: skip
    return Progress(*columns, console=Console(file=sys.stderr))


def _told(tally: "Tally", sentence: str) -> int:
    """Say what came of it; exit code 1 when somebody could not be invoiced."""
    from django.utils import translation

    from hospes.billing.models.runs import problem_words

    print(
        sentence.format(
            services=tally.services,
            invoices=tally.invoices,
            net=_euro(tally.net_cents),
            total=_euro(tally.total_cents),
        )
    )
    reasons = Counter(each.reason for each in tally.problems)
    with translation.override("nl" if language() == "nl" else "en"):
        for reason, number in sorted(reasons.items()):
            print(_("Left out: {number}, because {reason}.", number=number, reason=problem_words(reason)))
    if reasons:
        print(_("They are on the work list in the office."))
    return 1 if reasons else 0


def _euro(cents: int) -> str:
    whole = f"{cents // 100:,}.{cents % 100:02d}"
    return f"€ {whole.translate(str.maketrans(',.', '.,')) if language() == 'nl' else whole}"
