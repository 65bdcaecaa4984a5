"""`hospes bench NAME`: one benchmark; on a database of its own below var/bench, kept for the next time, if it needs one."""

import argparse
import logging
import os
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from hospes.cli import ports
from hospes.cli.cluster import Cluster
from hospes.cli.installation import prepare_var
from hospes.cli.places import var_directory

if TYPE_CHECKING:
    from bench.report import Measure

NAMES = ("billing-run", "documents", "enforcement", "login", "pages", "webhooks", "where-from")
_WITHOUT_DATABASE = frozenset({"documents"})
#: These fill a database of their own, each time anew.
_OWN_DATABASE = {"billing-run": "hospes_bench_run", "webhooks": "hospes_bench_notices"}


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", choices=NAMES)
    parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")


def run(arguments: argparse.Namespace) -> int:
    from bench import report

    measures = (
        _measured(arguments.name) if arguments.name in _WITHOUT_DATABASE else _on_a_database(arguments.name)
    )
    if arguments.json:
        print(report.as_json(arguments.name, measures))
    else:
        report.show(arguments.name, measures)
    return 0 if all(measure.ok for measure in measures) else 1


def _measured(name: str) -> "list[Measure]":
    measures: list[Measure] = import_module(f"bench.{name.replace('-', '_')}").run()
    return measures


def _on_a_database(name: str) -> "list[Measure]":
    var = var_directory() / "bench"
    prepare_var(var)
    cluster = Cluster(var / "postgres", durable=False, say=lambda line: print(line, file=sys.stderr),
                      settings={"max_wal_size": "4GB", "shared_buffers": "1GB"})  # fmt: skip
    cluster.start()
    try:
        _prepare(var, cluster, name)
        return _measured(name)
    finally:
        cluster.stop()


def _prepare(var: Path, cluster: Cluster, name: str) -> None:
    """Point the settings at the bench database, and fill that when it is not as the dataset makes it now."""
    dsn = cluster.create_database(_OWN_DATABASE.get(name, "hospes_bench"))
    os.environ |= {
        "HOSPES_VAR": str(var), "HOSPES_FACE": "owner", "HOSPES_DATABASE_URL": dsn.url(), "HOSPES_ROLE_PREFIX": "hospes_bench",
        "HOSPES_PORT_BASE": str(ports.free_base()), "DJANGO_SETTINGS_MODULE": "hospes.config.settings",
    }  # fmt: skip
    import django

    django.setup()
    logging.disable(logging.INFO)  # a line for each of thousands of pages
    from django.db import connection

    if name in _OWN_DATABASE:
        with connection.cursor() as cursor:
            cursor.execute(
                "DROP SCHEMA public CASCADE; CREATE SCHEMA public; GRANT USAGE ON SCHEMA public TO PUBLIC"
            )
        return
    from bench import dataset

    if not dataset.ready():
        with connection.cursor() as cursor:
            cursor.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        dataset.make()
