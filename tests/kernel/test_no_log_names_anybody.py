"""Real processes, as they are started: whatever fails in them and however, no log file names whom it was about."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import pytest
from django.db import connection

from hospes.cli import ports
from tests.kernel.leaks import CANARY, WAYS
from tests.support.rights import as_owner

ROOT = Path(__file__).parents[2]

pytestmark = [
    pytest.mark.promise("P16"),
    pytest.mark.django_db(transaction=True),
    pytest.mark.xdist_group("leaks"),
]

#: What each way to fail leaves in the log: of each exception its class, and what else is kept.
_OWN = {"class": "TypeError", "at": "hospes/kernel/money.py:__post_init__"}
EXPECTED: dict[str, list[dict[str, Any]]] = {
    "own_code": [_OWN],
    "chained": [{"class": "LookupError"}, _OWN | {"how": "cause"}],
    "database": [
        {"class": "django.db.utils.DataError", "at": "hospes/kernel/refusals.py:explain_refusals"},
        {"class": "psycopg.errors.InvalidTextRepresentation", "how": "cause", "sqlstate": "22P02"},
    ],
    "values_of_a_row": [
        {"class": "django.db.utils.IntegrityError", "at": "hospes/kernel/refusals.py:explain_refusals"},
        {"class": "psycopg.errors.UniqueViolation", "how": "cause", "sqlstate": "23505", "constraint": "one_address"},
    ],
    "mail_server": [{"class": "smtplib.SMTPRecipientsRefused"}],
    "payment_provider": [
        {"class": "hospes.payments.providers.ProviderRefused", "code": 422, "at": "hospes/payments/providers/mollie.py:_asking"}
    ],
    "other_payment_provider": [
        {"class": "hospes.payments.providers.ProviderRefused", "code": 422, "at": "hospes/payments/providers/stripe/wire.py:_ask"}
    ],
    "hosting_panel": [
        {"class": "hospes.hosting.providers.PanelUnavailable", "code": 422, "at": "hospes/hosting/providers/directadmin.py:_read"}
    ],
    "elsewhere": [{"class": "RuntimeError"}],
}  # fmt: skip


class _Telltale(BaseHTTPRequestHandler):
    """A provider that repeats in its errors what it was told."""

    def do_GET(self) -> None:
        error = {"message": f"{CANARY} is unknown"}
        body = json.dumps(
            {"status": 422, "title": CANARY, "detail": f"{CANARY} is unknown", "error": error}
        ).encode()
        self.send_response(422, CANARY)
        self.send_header("Content-Type", "application/hal+json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def provider() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Telltale)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@contextmanager
def running(log: Path, face: str, provider: str, *command: str) -> Iterator[None]:
    """A process with a face's own logins, its output in a log, as the supervisor starts it."""
    environment = os.environ | {
        "HOSPES_FACE": face, "DJANGO_SETTINGS_MODULE": "tests.kernel.leaky_settings", "LEAKY_PROVIDER": provider,
        "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}", "PYTHONUNBUFFERED": "1",
        "HOSPES_PORTAL_URL": "http://127.0.0.1",  # any port of it
    }  # fmt: skip
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", *command], cwd=ROOT, env=environment, stdout=output, stderr=output
        )
    try:
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def _until(look: Callable[[], bool], log: Path) -> None:
    end = time.monotonic() + 60
    while not look():
        assert time.monotonic() < end, log.read_text()
        time.sleep(0.1)


def _failures(log: Path) -> list[list[dict[str, Any]]]:
    """The exceptions of each line that has one; of the places the last one, without its number."""
    lines = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
    found = [line["exception"] for line in lines if "exception" in line]
    for each in (failure for failures in found for failure in failures):
        if places := each.pop("at", None):
            file, _number, function = places[-1].split(":")
            each["at"] = f"{file}:{function}"
    return found


def _server_log() -> str:
    """What the database's own log says; nothing of a server that is not ours."""
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("SHOW data_directory")
        log = Path(cursor.fetchone()[0]).parent / "log" / "server.log"
    return "" if os.environ.get("DATABASE_URL") else log.read_text(errors="replace")


def _quiet(text: str) -> None:
    for word in ("canary", "kraakhof", "@example.com"):
        assert word not in text, text[max(0, text.find(word) - 2000) :][:4000]


def test_no_page_that_fails_leaves_an_address_in_a_log(provider: str, tmp_path: Path) -> None:
    log, port = tmp_path / "portal.log", ports.free_base()
    command = ["granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    command += ["--blocking-threads", "2", "--no-ws", "hospes.config.wsgi:application"]
    before = len(_server_log())
    with (
        running(log, "portal", provider, *command),
        httpx.Client(base_url=f"http://127.0.0.1:{port}") as visitor,
    ):
        _until(lambda: "Started worker" in log.read_text() or _answers(visitor), log)
        assert [visitor.get(f"/{way}/?email={CANARY}").status_code for way in WAYS] == [500] * len(WAYS)
        assert visitor.get("/early/").status_code == 500
        assert visitor.get("/halfway/").content == b"first"
        assert visitor.get(f"/{CANARY}/").status_code == 404
        with httpx.Client(
            base_url=f"http://127.0.0.1:{port}", headers={"Host": CANARY.replace("@", ".")}
        ) as other:
            assert other.get("/own_code/").status_code == 400
        _until(lambda: len(_failures(log)) >= len(WAYS) + 4, log)
    _quiet(log.read_text())
    _quiet(_server_log()[before:])
    found = _failures(log)
    for way, failures in EXPECTED.items():
        assert _without_places_around(failures) in map(_without_places_around, found), (way, found)
    assert [{"class": "ValueError"}] in [_without_places_around(each) for each in found]  # /early/


def _answers(visitor: httpx.Client) -> bool:
    try:
        return visitor.get("/").status_code < 500
    except httpx.HTTPError:
        return False


def _without_places_around(failures: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Middlewares of ours are around every page; of what was raised elsewhere they are the only place."""
    around = (
        "hospes/faces/middleware.py",
        "hospes/accounts/",
        "hospes/config/wsgi.py",
        "hospes/kernel/jobs.py",
    )
    return [
        {name: value for name, value in each.items() if name != "at" or not value.startswith(around)}
        for each in failures
    ]


def test_no_job_that_fails_leaves_an_address_in_a_log(provider: str, tmp_path: Path) -> None:
    from tests.kernel.leaky_jobs import JOBS

    log, before = tmp_path / "worker.log", len(_server_log())
    with as_owner():
        for job in JOBS.values():
            job.enqueue(thing_id=7)
        with connection.cursor() as cursor:  # one that is on its last try
            cursor.execute(
                "UPDATE procrastinate_jobs SET attempts = 40 WHERE task_name = 'tests.kernel.leaky_jobs.chained'"
            )

    def done() -> bool:
        with as_owner(), connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM procrastinate_jobs WHERE attempts = 0 OR status = 'doing'")
            return bool(cursor.fetchone() == (0,))

    with running(log, "worker", provider, "hospes", "worker"):
        _until(done, log)
    _quiet(log.read_text())
    _quiet(_server_log()[before:])
    found = _failures(log)
    for way, failures in EXPECTED.items():
        assert _without_places_around(failures) in map(_without_places_around, found), (way, found)
    lines = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
    (last,) = [line for line in lines if line["event"] == "job_error"]
    assert (last["job"], last["level"], last["attempt"]) == ("tests.kernel.leaky_jobs.chained", "error", 40)
    again = [line["job"] for line in lines if line["event"] == "job_error_retry"]
    assert sorted(again) == sorted(f"tests.kernel.leaky_jobs.{way}" for way in WAYS if way != "chained")


def test_a_command_that_fails_says_no_words() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "hospes", "migrate"], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False,
        env=os.environ | {"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}", "HOSPES_DATABASE_NAME": CANARY},
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    _quiet(done.stdout + done.stderr)
    line = json.loads(done.stderr.splitlines()[-1])
    assert [each["class"] for each in line["exception"]] == [
        "django.db.utils.OperationalError", "psycopg.OperationalError",
    ]  # fmt: skip
