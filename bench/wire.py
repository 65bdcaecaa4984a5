"""The login form on the wire, with as little in between as possible."""

import re
import socket
from dataclasses import dataclass
from urllib.parse import urlencode


@dataclass(frozen=True)
class Secret:
    """What a form carries to show that it is of this site: the cookie, and the value in the form."""

    cookie: str
    field: str


def form_secret(port: int) -> Secret:
    """Open the login page once; the same secret does for all."""
    answer = _exchange(
        port,
        "127.0.0.1",
        f"GET /account/login/ HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: close\r\n\r\n".encode(),
    )
    cookie = re.search(rb"hospes_csrf=([^;]+)", answer, re.IGNORECASE)
    field = re.search(rb'name="csrfmiddlewaretoken" value="([^"]+)"', answer)
    if cookie is None or field is None:
        raise RuntimeError(f"no login form: {answer[:300]!r}")
    return Secret(cookie[1].decode(), field[1].decode())


def login_request(port: int, secret: Secret, address: str, password: str, *, cookies: str = "") -> bytes:
    """A filled-in login form, as a browser sends it."""
    body = urlencode({"csrfmiddlewaretoken": secret.field, "login": address, "password": password}).encode()
    head = (
        f"POST /account/login/ HTTP/1.1\r\nHost: localhost:{port}\r\nOrigin: http://localhost:{port}\r\n"
        f"Cookie: hospes_csrf={secret.cookie}{cookies}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


@dataclass(frozen=True)
class Answer:
    """What a login was answered with; `retry_after` in seconds."""

    status: int
    retry_after: float


def answer_to(port: int, network: str, request: bytes) -> Answer:
    """Send a login from a loopback address."""
    received = _exchange(port, network, request.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n", 1))
    told = re.search(rb"\r\nRetry-After: (\d+)", received, re.IGNORECASE)
    return Answer(int(received[9:12]), float(told[1]) if told else 0.0)


def _exchange(port: int, network: str, request: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=30, source_address=(network, 0)) as connection:
        connection.sendall(request)
        received = b""
        while part := connection.recv(65536):
            received += part
    return received
