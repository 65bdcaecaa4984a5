"""`hospes networks`: which country and network an IP address belongs to, and loading a table of one's own."""

import argparse
import os
from pathlib import Path

from hospes.cli.installation import prepare_var
from hospes.cli.places import var_directory
from hospes.cli.problems import Problem


def add(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    load = verbs.add_parser("load", help="use these files from now on, instead of the table that ships")
    load.add_argument("files", nargs="+", type=Path, metavar="FILE",
                      help="CSV: first address, last address, country[, AS number, name]")  # fmt: skip
    load.add_argument(
        "--about", default="", help="where they come from; the portal says so beside its list of logins"
    )
    verbs.add_parser("unload", help="use the table that ships again")
    look = verbs.add_parser("look", help="say what is known about addresses")
    look.add_argument("addresses", nargs="+", metavar="ADDRESS")


def run(arguments: argparse.Namespace) -> int:
    """Needs the settings, but no database."""
    prepare_var(var_directory())
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hospes.config.settings")
    import django

    django.setup()
    return {"load": _load, "unload": _unload, "look": _look}[arguments.verb](arguments)


def _load(arguments: argparse.Namespace) -> int:
    from django.conf import settings

    from hospes.accounts.origins.building import Draft, WrongLine, write
    from hospes.accounts.origins.places import LOADED

    draft = Draft()
    try:
        for path in arguments.files:
            print(f"{path.name}: {draft.read(path)} ranges")
    except (WrongLine, OSError, UnicodeDecodeError) as error:
        raise Problem(f"nothing was loaded: {error}") from None
    about = arguments.about or ", ".join(path.name for path in arguments.files)
    table = write(draft.table(about), settings.VAR / LOADED)
    print(f"{len(table)} ranges are in use within half a minute")
    return 0


def _unload(arguments: argparse.Namespace) -> int:
    from django.conf import settings

    from hospes.accounts.origins.places import LOADED

    (settings.VAR / LOADED).unlink(missing_ok=True)
    return 0


def _look(arguments: argparse.Namespace) -> int:
    from hospes.accounts.origins.places import place_of

    for address in arguments.addresses:
        print(f"{address}: {place_of(address)}")
    return 0
