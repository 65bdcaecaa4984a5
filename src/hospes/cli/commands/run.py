"""`hospes run`."""

import argparse

from hospes.cli.stack import run_stack


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--fresh", action="store_true", help="start over: throw away the demo's database and files"
    )


def run(arguments: argparse.Namespace) -> int:
    return run_stack(fresh=arguments.fresh)
