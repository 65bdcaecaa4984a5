"""Programs that tests kill: started with the settings of the tests, and over when the server has noticed."""

import os
import subprocess
import sys
import time

from django.db import connection

from tests.support.rights import as_owner


def started(program: str, *arguments: str, **world: str) -> "subprocess.Popen[str]":
    """A program in a process of its own, in the test's database; what it prints can be read. `world` is added to the environment."""
    return subprocess.Popen(
        [sys.executable, "-c", program, *arguments], stdout=subprocess.PIPE, text=True,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "hospes.config.settings"} | world,
    )  # fmt: skip


def until_nobody_works() -> None:
    """The server notices that its client is dead after the statement that it is at, which may be the commit."""
    for _try in range(200):
        with as_owner(), connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                           " AND pid <> pg_backend_pid() AND state <> 'idle'")  # fmt: skip
            if cursor.fetchone() == (0,):
                return
        time.sleep(0.05)
    raise AssertionError("the server goes on without its client")
