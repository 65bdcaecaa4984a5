"""`hospes worker`: works off the jobs until it is told to stop; the running ones are finished first."""

import argparse
import asyncio


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--concurrency", type=int, default=4, help="how many jobs at the same time")


def run(arguments: argparse.Namespace) -> int:
    asyncio.run(_work(arguments.concurrency))
    return 0


async def _work(concurrency: int) -> None:
    # Not by procrastinate's own command: that prints the words of an exception, and so do the log files.
    from procrastinate.contrib.django import app

    with app.replace_connector(app.connector.get_worker_connector()):  # type: ignore[attr-defined]  # it is ours, of kernel.jobs
        async with app.open_async():
            await app.run_worker_async(
                concurrency=concurrency, fetch_job_polling_interval=1.0, delete_jobs="successful",
                shutdown_graceful_timeout=20.0,
            )  # fmt: skip
