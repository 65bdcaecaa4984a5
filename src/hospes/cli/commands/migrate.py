"""
`hospes migrate`: tables, then roles, then grants and policies, so that nothing is ever open in between.

What was changed by hand since the last time is told before it is put right, and stands in the journal.
"""

import argparse

from django.core.management import call_command
from django.db import ProgrammingError, connection, transaction

from hospes.accounts.origins import places
from hospes.kernel import by_hand, clock, journal, policies
from hospes.kernel.acting import JOB, acting
from hospes.kernel.purposes import Purpose


def add(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(quiet=True)


def run(arguments: argparse.Namespace) -> int:
    before = policies.changed_by_hand(connection)
    _tell("Changed by hand since the last time:", before)
    call_command("migrate", verbosity=0, interactive=False, skip_checks=True)
    with transaction.atomic():
        policies.ensure_roles(connection)
        policies.apply(connection)
        if before:
            _note(before)
    places.networks()  # unpacks the table that ships, which takes a second, before anybody asks for it
    return 0


def _note(before: list[str]) -> None:
    """Say what is left for a person to put right, and in the journal what was put right now."""
    left = policies.drift(connection)
    _tell("This was left as it is, and has to be put right by hand (see hospes check):", left)
    try:
        with acting(Purpose.SECURITY, actor=JOB):
            for thing, columns in sorted(by_hand.places(set(before) - set(left)).items()):
                journal.record("database.put_right", at=clock.now(), table=thing, changed=sorted(columns))
    except ProgrammingError:  # an owner that is no superuser may be a member of no purpose
        print(
            "It could not be noted in the journal: this database user may not act for the purpose of security."
        )


def _tell(what: str, sentences: list[str]) -> None:
    if sentences:
        print(what, *(f"    {sentence}" for sentence in sentences), sep="\n", flush=True)
