"""`hospes worker`: works off the jobs until it is told to stop; the running ones are finished first."""

import argparse

from django.core.management import call_command


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--concurrency", type=int, default=4, help="how many jobs at the same time")


def run(arguments: argparse.Namespace) -> int:
    call_command(
        "procrastinate", "worker", "--concurrency", str(arguments.concurrency), "--fetch-job-polling-interval", "1",
        "--delete-jobs", "successful", "--shutdown-graceful-timeout", "20",
    )  # fmt: skip
    return 0
