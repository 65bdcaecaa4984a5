"""A small HTTP server of our own on the standard library: requests in, responses out, routes in between."""

import json
import logging
import re
import socket
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from email.message import Message
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

logger = logging.getLogger(__name__)

MAX_BODY_BYTES = 5 * 1024 * 1024
IDLE_SECONDS = 30

HTML_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; frame-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)


class BadBodyError(ValueError):
    """The body of a request is not what its sender says it is."""


@dataclass(frozen=True)
class Request:
    """One HTTP request, read completely."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Message
    body: bytes

    def header(self, name: str) -> str:
        """Return a header, or "" when it was not sent."""
        value = self.headers.get(name)
        return "" if value is None else str(value)

    def form(self) -> dict[str, str]:
        """Return the fields of an urlencoded form; of a field that was sent twice, the last."""
        return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))

    def json(self) -> Any:
        """Return the JSON body, or raise BadBodyError."""
        try:
            return json.loads(self.body or b"{}")
        except ValueError as error:
            raise BadBodyError(f"The body is not JSON: {error}") from error

    @property
    def language(self) -> str:
        """The language of the reader: nl where the browser asks for Dutch first, else en."""
        return "nl" if self.header("Accept-Language").lower().startswith("nl") else "en"

    @property
    def bearer(self) -> str:
        """The bearer token, or ""."""
        scheme, _, token = self.header("Authorization").partition(" ")
        return token.strip() if scheme.lower() == "bearer" else ""


@dataclass(frozen=True)
class Response:
    """One HTTP response."""

    body: bytes = b""
    status: int = 200
    content_type: str = "text/plain; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)


def as_json(data: Any, status: int = 200, content_type: str = "application/json", **headers: str) -> Response:
    """Return data as a JSON response; headers are named with underscores."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(json.dumps(data, ensure_ascii=False, indent=1).encode(), status, content_type, named)


def as_html(document: str, status: int = 200, policy: str = HTML_POLICY) -> Response:
    """Return a page that may load nothing from elsewhere and run no script."""
    headers = {"Content-Security-Policy": policy, "Referrer-Policy": "no-referrer"}
    return Response(document.encode(), status, "text/html; charset=utf-8", headers)


def redirect(location: str) -> Response:
    """Return a 303: the answer to a form, to be fetched elsewhere with GET."""
    return Response(status=HTTPStatus.SEE_OTHER, headers={"Location": location})


Handler = Callable[..., Response]


@dataclass(frozen=True)
class Route:
    """Which handler answers which method and path; groups of the pattern become keyword arguments."""

    method: str
    pattern: str
    handler: Handler


def dispatch(routes: list[Route], request: Request) -> Response | None:
    """Return the answer of the first route that fits; 405 if only the method is wrong, None if none fits."""
    path_known = False
    for route in routes:
        if match := re.fullmatch(route.pattern, request.path):
            if route.method == request.method:
                return route.handler(request, **match.groupdict())
            path_known = True
    return Response(b"Method not allowed.\n", HTTPStatus.METHOD_NOT_ALLOWED) if path_known else None


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "hospes-simulators"
    sys_version = ""
    timeout = IDLE_SECONDS
    server: "WebServer"

    def _serve(self) -> None:
        # One request per connection: a stopped simulator must not live on in a client's idle connection.
        self.close_connection = True
        response = self._respond()
        if response is None:
            self.connection.shutdown(socket.SHUT_RDWR)
        else:
            self._send(response)

    def _respond(self) -> Response | None:
        length = self.headers.get("Content-Length", "0")
        if self.headers.get("Transfer-Encoding") or not length.isdigit():
            return Response(b"Send a Content-Length.\n", HTTPStatus.LENGTH_REQUIRED)
        if int(length) > MAX_BODY_BYTES:
            return Response(b"Too large.\n", HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        target = urlsplit(self.path)
        method = "GET" if self.command == "HEAD" else self.command
        query = dict(parse_qsl(target.query, keep_blank_values=True))
        request = Request(method, target.path, query, self.headers, self.rfile.read(int(length)))
        try:
            return self.server.respond(request)
        except Exception:
            logger.exception("%s %s failed", self.command, target.path)
            return Response(b"The simulator made a mistake; its log says which.\n", 500)

    def _send(self, response: Response) -> None:
        self.send_response(int(response.status))
        headers = {
            "Content-Type": response.content_type,
            "Content-Length": str(len(response.body)),
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-store",
            "Connection": "close",
            **response.headers,
        }
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(response.body)

    do_GET = do_HEAD = do_POST = do_PATCH = do_PUT = do_DELETE = _serve  # noqa: N815 - names of the library

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: bodies and addresses of visitors do not belong in a log."""


class WebServer(ThreadingHTTPServer):
    """An HTTP server on 127.0.0.1; it owns its port from construction on and answers after start()."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, respond: Callable[[Request], Response | None]) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.respond = respond
        self._stopping = False
        self._thread = threading.Thread(target=self._accept, daemon=True)

    @property
    def port(self) -> int:
        """The port that is listened on, also when 0 was asked for."""
        return int(self.server_address[1])

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Stop answering and give the port back."""
        self._stopping = True
        if self._thread.is_alive():
            with suppress(OSError):  # a visit of our own ends the wait for the next visitor
                socket.create_connection(("127.0.0.1", self.port), 1).close()
            self._thread.join()
        self.server_close()

    def _accept(self) -> None:
        while not self._stopping:
            self.handle_request()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Keep quiet about clients that hang up; everything else was logged where it happened."""
