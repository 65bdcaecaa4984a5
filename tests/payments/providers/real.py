"""
localstripe: a server that somebody else wrote to stand in for Stripe, run as a process of its own and spoken to over HTTP.

It knows payments, customers, ways of paying, refunds and signed notices. It has no Checkout, no disputes and no idempotency keys;
those are tested with our own simulator. It refuses some fields that Stripe takes: the gate in front of it takes those out.
"""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

import httpx

from hospes.payments.providers.stripe import Stripe
from simulators.wire import Request, Response, WebServer

KEY = "sk_test_localstripe"
SECRET = "whsec_localstripe"  # of a server that lives for a test
#: Fields of Stripe's API that localstripe does not know.
UNKNOWN = ("description", "error_on_requires_action", "automatic_payment_methods[")

# It would listen at every address of the machine, and write what it holds to a file that all its processes share.
PROGRAM = """
import sys
from aiohttp import web
from localstripe import resources, server
resources.Store.dump_to_disk = lambda self: None
web.run_app(server.app, host="127.0.0.1", port=int(sys.argv[1]), print=None)
"""


@dataclass
class LocalStripe:
    """The process, the gate in front of it, and the notices that it sent."""

    port: int
    process: "subprocess.Popen[bytes]"
    gate: WebServer
    notices: list[Request] = field(default_factory=list)

    @property
    def stripe(self) -> Stripe:
        """Our adapter, asking it."""
        return Stripe(url=f"http://127.0.0.1:{self.gate.port}", key=KEY, notice_secrets=(SECRET,))

    def post(self, path: str, **form: Any) -> dict[str, Any]:
        """What the payer's browser or the operator would do, past our adapter."""
        answer = httpx.post(f"http://127.0.0.1:{self.port}{path}", data=form, auth=(KEY, ""))
        assert answer.is_success, answer.text
        return dict(answer.json()) if answer.content else {}

    def way(self, payer: str, **details: str) -> str:
        """A payer leaves a way of paying: sepa_debit[iban]=… or card[number]=…"""
        kind = "sepa_debit" if "iban" in details else "card"
        if kind == "card":
            details = {"exp_month": "12", "exp_year": "2040", "cvc": "123", **details}
        fields = {f"{kind}[{name}]": value for name, value in details.items()}
        made = self.post("/v1/payment_methods", type=kind, **fields)
        self.post(f"/v1/payment_methods/{made['id']}/attach", customer=payer)
        return str(made["id"])


@contextmanager
def localstripe(folder: Path) -> Iterator[LocalStripe]:
    """Run it until the end of the block."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(  # our own words
        [sys.executable, "-c", PROGRAM, str(port)], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )  # fmt: skip
    notices: list[Request] = []

    def passed(request: Request) -> Response:
        if request.path == "/notices":
            notices.append(request)
            return Response()
        return _forwarded(port, request)

    gate = WebServer(0, passed)
    gate.start()
    try:
        _wait(port)
        yield LocalStripe(port, process, gate, notices)
    finally:
        process.terminate()
        process.wait(10)
        gate.stop()


def _forwarded(port: int, request: Request) -> Response:
    fields = parse_qsl(request.body.decode(), keep_blank_values=True)
    known = [(name, value) for name, value in fields if not name.startswith(UNKNOWN)]
    headers = {
        "Authorization": request.header("Authorization"),
        "Content-Type": request.header("Content-Type"),
    }
    said = httpx.request(
        request.method, f"http://127.0.0.1:{port}{request.path}?{urlencode(request.query)}", content=urlencode(known),
        headers={name: value for name, value in headers.items() if value},
    )  # fmt: skip
    return Response(said.content, said.status_code, said.headers["Content-Type"])


def _wait(port: int) -> None:
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError("localstripe does not start")
