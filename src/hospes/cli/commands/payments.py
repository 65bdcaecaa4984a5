"""`hospes payments reconcile`: compares a day with the payment provider and the bank, and says what does not agree."""

import argparse
import json
from datetime import date
from typing import TYPE_CHECKING, Any

from hospes.cli.problems import Problem

if TYPE_CHECKING:
    from collections import Counter

    from hospes.payments.reconciling.models import Difference


def add(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    reconcile = verbs.add_parser(
        "reconcile", help="compare a day with the payment provider and the bank; harmless to repeat"
    )
    reconcile.add_argument(
        "--date", help="the day, such as 2026-03-02; yesterday, and what was missed, if it is not said"
    )
    reconcile.add_argument("--json", action="store_true", help="print one JSON object and nothing else")


def run(arguments: argparse.Namespace) -> int:
    """Exit code 1: a day could not be finished, or something does not agree."""
    from django.utils import translation

    from hospes.kernel import clock
    from hospes.kernel.acting import SYSTEM, acting
    from hospes.kernel.purposes import Purpose
    from hospes.payments.reconciling import sweeps
    from hospes.payments.reconciling.models import Difference

    now = clock.now()
    if arguments.date:
        day = _day(arguments.date)
        if day >= clock.day_of(now):
            raise Problem(f"{day} is not over yet: a day is compared after it")
        done = [(day, sweeps.reconcile(day, now=now, actor=SYSTEM))]
    else:
        done = list(sweeps.catch_up(now=now, actor=SYSTEM))
    with translation.override("en"), acting(Purpose.BILLING, actor=SYSTEM):
        found = list(Difference.objects.filter(closed_at=None).order_by("day", "pk"))
        said = {
            "days": [_counted(day, tally) for day, tally in done],
            "open": [_told(each) for each in found],
        }
    waits = any(tally["waits"] for _day_, tally in done)
    if arguments.json:
        print(json.dumps({"ok": not waits and not found, **said}))
    else:
        _print(said)
    return 1 if waits or found else 0


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Problem(f"{text} is no day such as 2026-03-02") from None


def _counted(day: date, tally: "Counter[str]") -> dict[str, Any]:
    names = ("movements", "payouts", "costs", "arrived", "found", "gone", "open")
    return {
        "day": str(day),
        "finished": not tally["waits"],
        "provider": not tally["without_provider"],
        **{name: tally[name] for name in names},
    }


def _told(each: "Difference") -> dict[str, Any]:
    return {
        "day": str(each.day), "between": each.side, "kind": each.kind, "words": each.get_kind_display(), "about": each.about,
        "ours_cents": each.ours, "theirs_cents": each.theirs,
    }  # fmt: skip


def _print(said: dict[str, Any]) -> None:
    for each in said["days"]:
        how = "compared" if each["finished"] else "not finished: the payment provider could not be asked"
        if not each["provider"]:
            how = "books and bank compared; the books of the payment provider are not read"
        print(
            f"{each['day']}: {how}; {each['movements']} movements, {each['payouts']} new payouts, {each['arrived']} of them"
            f" at the bank; {each['found']} new differences, {each['gone']} gone"
        )
    for each in said["open"]:
        amounts = f"ours {each['ours_cents']}, theirs {each['theirs_cents']} cents"
        print(f"✗ {each['day']} {each['words']}: {each['about']} ({amounts})")
    if not said["open"]:
        whole = all(each["provider"] for each in said["days"])
        print(
            "✓ books, payment provider and bank agree"
            if whole
            else "✓ books and bank agree; what the payment provider has is not compared"
        )
