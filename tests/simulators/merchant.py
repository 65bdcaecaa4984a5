"""A merchant for the tests: an address that takes notices, and Mollie's own client."""

import threading
import time
from collections.abc import Callable
from typing import Any

import httpx
from mollie.api.client import Client

from simulators import PaymentProvider
from simulators.wire import Request, Response, WebServer

http = httpx.Client()  # one for all: each new one would load the certificates of the world
RETRY_PAUSES = (0.05, 0.05, 0.05)


def until(condition: Callable[[], Any], seconds: float = 8.0) -> Any:
    """Wait until a condition holds and return its value; fail when time runs out."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if value := condition():
            return value
        threading.Event().wait(0.01)
    raise AssertionError("what was waited for did not happen")


class Merchant:
    """Takes what is posted to it; answers with the statuses that are left over, then with 200."""

    def __init__(self) -> None:
        self.received: list[Request] = []
        self.statuses: list[int] = []
        self.at_once = self.most_at_once = 0
        self.gate: threading.Barrier | None = None
        self._lock = threading.Lock()
        self.server = WebServer(0, self._take)
        self.url = f"http://127.0.0.1:{self.server.port}"

    def _take(self, request: Request) -> Response:
        with self._lock:
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        if self.gate is not None:
            self.gate.wait(8)
        with self._lock:
            self.at_once -= 1
            self.received.append(request)
            return Response(status=self.statuses.pop(0) if self.statuses else 200)


def client_at(url: str, key: str = "test_merchant") -> Client:
    """Return Mollie's own client, talking to the provider at an address."""
    client = Client(api_endpoint=url, timeout=(2, 10))
    client.set_api_key(key)
    return client


def client_of(provider: PaymentProvider, key: str = "test_merchant") -> Client:
    """Return Mollie's own client, talking to a simulated provider."""
    return client_at(provider.url, key)
