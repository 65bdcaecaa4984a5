"""`hospes demo`: fills a fresh installation; a filled one is left as it is."""

import argparse
from pathlib import Path

from django.conf import settings

from hospes.cli.problems import Problem


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--catalogue-only", action="store_true", help="only what is for sale, and the VAT rates"
    )


def run(arguments: argparse.Namespace) -> int:
    from hospes.cli.demo import fill
    from hospes.cli.demo_catalogue import stock_catalogue

    if arguments.catalogue_only:
        stock_catalogue()
        return 0
    try:
        fill(Path(settings.VAR) / "demo.json")
    except RuntimeError as error:
        raise Problem(str(error)) from error
    return 0
