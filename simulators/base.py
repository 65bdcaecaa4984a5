"""What every simulator is: a web server, a store, weather, and a control API over HTTP and in Python."""

import inspect
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any, Self, get_type_hints

from simulators.faults import UNTIL_OFF, Faults
from simulators.store import Store
from simulators.wire import BadBodyError, Request, Response, Route, WebServer, as_json, dispatch

Clock = Callable[[], float]
"""Seconds since the epoch."""

STYLESHEET = Path(__file__).parent / "static" / "simulators.css"


class ControlError(ValueError):
    """A control call that cannot be carried out; the message says why."""


class Control:
    """
    Makes one simulator unpleasant; its verbs are methods, or POST /control/<verb> with a JSON object.

    Counts are numbers of API requests; -1 means until calm().
    """

    def __init__(self, simulator: "Simulator") -> None:
        self._simulator = simulator

    def verbs(self) -> Mapping[str, Callable[..., Any]]:
        """The methods that may be called over HTTP."""
        verbs = (self.outage, self.rate_limit, self.slow, self.drop, self.calm, self.reset)
        return {verb.__name__: verb for verb in verbs}

    def status(self) -> dict[str, Any]:
        """Return what is set now."""
        return {"weather": asdict(self._simulator.faults.weather)}

    def outage(self, requests: int = UNTIL_OFF, html: bool = False) -> dict[str, Any]:
        """Answer 503, as JSON or as the HTML page of a broken proxy."""
        return asdict(self._simulator.faults.change(outage=requests, outage_html=html))

    def rate_limit(self, requests: int = 1, retry_after: int = 1) -> dict[str, Any]:
        """Answer 429 with Retry-After in seconds."""
        return asdict(self._simulator.faults.change(limited=requests, retry_after=retry_after))

    def slow(self, seconds: float = 2.0, requests: int = UNTIL_OFF) -> dict[str, Any]:
        """Answer late, after the work was done."""
        return asdict(self._simulator.faults.change(slow=requests, slow_seconds=seconds))

    def drop(self, requests: int = 1, before: bool = False) -> dict[str, Any]:
        """Close the connection of requests that change something without an answer: after the work was done, or before."""
        return asdict(self._simulator.faults.change(dropped=requests, dropped_before=before))

    def calm(self) -> dict[str, Any]:
        """Let everything work again."""
        return asdict(self._simulator.faults.calm())

    def reset(self) -> dict[str, Any]:
        """Forget everything: data, settings and weather."""
        self._simulator.store.empty()
        return {}


class Simulator:
    """
    Base of the simulators: owns port and state from construction on, answers between start() and stop().

    state is the path of its SQLite file (in memory without one), port 0 takes any free port. Raises OSError
    when the port is taken.
    """

    title = ""
    api_prefix = "/api/"
    schema = ""
    control: Control

    def __init__(self, *, port: int = 0, state: Path | str | None = None, clock: Clock = time.time) -> None:
        self.clock = clock
        self.server = WebServer(port, self.answer)
        self.store = Store(Path(state) if state is not None else None, self.schema)
        self.faults = Faults(self.store)
        self.control = Control(self)
        self.stopping = threading.Event()
        self.neighbours: Sequence[tuple[str, str]] = ()
        """Title and address of the other simulators, for the navigation of the pages."""
        self._routes = [
            Route("GET", "/static/simulators.css", self._stylesheet),
            Route("GET", "/favicon.ico", lambda request: Response(status=204)),
            Route("GET", "/healthz", lambda request: Response(b"ok\n")),
            Route("GET", "/control", self._explain),
            Route("POST", "/control/(?P<verb>[a-z_]+)", self._command),
        ]

    @property
    def url(self) -> str:
        """The address of the simulator, without a slash at the end."""
        return f"http://127.0.0.1:{self.server.port}"

    def start(self) -> None:
        """Begin to answer."""
        self.server.start()

    def stop(self) -> None:
        """Stop answering and close the state."""
        self.stopping.set()
        self.server.stop()
        self.store.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def add_routes(self, routes: Sequence[Route]) -> None:
        """Answer these paths as well."""
        self._routes.extend(routes)

    def refuse(self, status: int, detail: str) -> Response:
        """Return an error in the words of the simulated API."""
        return as_json({"error": {"status": status, "message": detail}}, status)

    def answer(self, request: Request) -> Response | None:
        """Answer a request, or return None to hang up."""
        if not request.path.startswith(self.api_prefix):
            return self._routed(request)
        changing = request.method not in ("GET", "HEAD")
        fate, weather = self.faults.strike(changing=changing), self.faults.weather
        if fate.outage and weather.outage_html:
            page = b"<!doctype html><html lang=en><title>503</title><h1>503 Service Unavailable</h1></html>"
            return Response(page, 503, "text/html; charset=utf-8")
        if fate.outage:
            return self.refuse(503, "The service is temporarily unavailable.")
        if fate.limited:
            refusal = self.refuse(429, "Too many requests.")
            headers = {**refusal.headers, "Retry-After": str(weather.retry_after)}
            return Response(refusal.body, 429, refusal.content_type, headers)
        if fate.drop and weather.dropped_before:
            return None
        response = self._routed(request)
        if fate.slow_seconds:
            self.stopping.wait(fate.slow_seconds)
        return None if fate.drop else response

    def _routed(self, request: Request) -> Response:
        try:
            response = dispatch(self._routes, request)
        except BadBodyError as error:
            return self.refuse(400, str(error))
        return response or self.refuse(404, f"There is nothing at {request.path}.")

    def _stylesheet(self, request: Request) -> Response:
        return Response(STYLESHEET.read_bytes(), content_type="text/css; charset=utf-8")

    def _explain(self, request: Request) -> Response:
        verbs = {
            name: f"{name}{inspect.signature(verb)}: {inspect.getdoc(verb)}"
            for name, verb in self.control.verbs().items()
        }
        return as_json({**self.control.status(), "verbs": verbs})

    def _command(self, request: Request, verb: str) -> Response:
        # A page elsewhere can post a form to this machine, but not JSON: the browser asks leave first.
        if request.header("Content-Type").partition(";")[0] != "application/json":
            return self.refuse(415, "Send a JSON object, as application/json.")
        command = self.control.verbs().get(verb)
        if command is None:
            return self.refuse(404, f"No such verb; there are {', '.join(sorted(self.control.verbs()))}.")
        try:
            return as_json(command(**_arguments(command, request.json())))
        except ControlError as error:
            return self.refuse(422, str(error))


def _arguments(command: Callable[..., Any], given: Any) -> dict[str, Any]:
    """Check the arguments of a control call against the signature of its verb, or raise ControlError."""
    if not isinstance(given, dict):
        raise ControlError("Send a JSON object.")
    try:
        inspect.signature(command).bind(**given)
    except TypeError as error:
        raise ControlError(f"{command.__name__}: {error}.") from error
    hints = get_type_hints(command)
    for name, value in given.items():
        wanted = (int, float) if hints[name] is float else hints[name]
        if not isinstance(value, wanted) or (isinstance(value, bool) and hints[name] is not bool):
            raise ControlError(f"{name}: {value!r} is not what is wanted here.")
    return given
