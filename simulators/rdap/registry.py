"""RDAP: what registries tell of a domain name to anybody (RFC 9082 and 9083), with all that can be wrong with it."""

import re
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from simulators.base import Clock, Control, Simulator
from simulators.markup import Child, tag
from simulators.pages import document, moment, table
from simulators.wire import Request, Response, Route, as_html, as_json
from simulators.words import words

SCHEMA = """
CREATE TABLE IF NOT EXISTS name (name TEXT PRIMARY KEY, is_taken INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS question (
    seq INTEGER PRIMARY KEY, name TEXT NOT NULL, verdict TEXT NOT NULL, asked REAL NOT NULL);
"""
LISTED = 200
NAME = re.compile(r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]*")


class RegistryControl(Control):
    """Adds to the weather: taken, free, broken."""

    def __init__(self, registry: "DomainRegistry") -> None:
        super().__init__(registry)
        self._store = registry.store

    def verbs(self) -> Mapping[str, Callable[..., Any]]:
        own: dict[str, Callable[..., Any]] = {"taken": self.taken, "free": self.free, "broken": self.broken}
        return {**super().verbs(), **own}

    def taken(self, name: str) -> dict[str, Any]:
        """From now on this name is registered."""
        self._store.execute("INSERT OR REPLACE INTO name VALUES (?, 1)", (name.lower(),))
        return {"name": name.lower(), "taken": True}

    def free(self, name: str) -> dict[str, Any]:
        """From now on this name is free."""
        self._store.execute("INSERT OR REPLACE INTO name VALUES (?, 0)", (name.lower(),))
        return {"name": name.lower(), "taken": False}

    def broken(self, extension: str, how: str = "gone") -> dict[str, Any]:
        """
        The registry of an extension (".nl") is not itself: "gone" (a 404 page of something else), "moved" (a redirect),
        "other" (it answers about another name), "nonsense" (no JSON), "drip" (a byte now and then), or "" for well again.
        """
        self._store.keep_setting(f"broken{extension.lower()}", how)
        return {"extension": extension.lower(), "how": how}


class DomainRegistry(Simulator):
    """
    The registries of all extensions in one: GET /domain/<name>.

    A name is free unless control.taken says otherwise, or one of its first part is on everybody's lips: those that begin with
    "bezet" or "taken", and the usual examples.
    """

    title = "Domain registries"
    api_prefix = "/domain/"
    schema = SCHEMA
    control: RegistryControl

    def __init__(self, *, port: int = 0, state: Path | str | None = None, clock: Clock = time.time) -> None:
        super().__init__(port=port, state=state, clock=clock)
        self.control = RegistryControl(self)
        self.add_routes([Route("GET", "/domain/(?P<name>[^/]+)", self._look), Route("GET", "/", self._index)])

    def refuse(self, status: int, detail: str) -> Response:
        return as_json({"errorCode": status, "title": detail, "description": [detail]}, status)

    def questions(self) -> list[dict[str, Any]]:
        """What was asked, newest first."""
        rows = self.store.rows("SELECT * FROM question ORDER BY seq DESC LIMIT ?", (LISTED,))
        return [dict(row) for row in rows]

    def _look(self, request: Request, name: str) -> Response:
        if not NAME.fullmatch(name):
            return self.refuse(400, "This is no domain name in ASCII.")
        if how := self._broken(name):
            return self._odd(how, name)
        is_taken = self._is_taken(name)
        self.store.execute(
            "INSERT INTO question (name, verdict, asked) VALUES (?, ?, ?)",
            (name, "TAKEN" if is_taken else "FREE", self.clock()),
        )
        if not is_taken:
            return self.refuse(404, "The domain name is not registered.")
        return as_json(self._domain(name), 200)

    def _domain(self, name: str) -> dict[str, Any]:
        since = datetime.fromtimestamp(self.clock() - 86_400 * 900, UTC).isoformat()
        return {
            "rdapConformance": ["rdap_level_0"], "objectClassName": "domain", "ldhName": name.upper(), "status": ["active"],
            "events": [{"eventAction": "registration", "eventDate": since}],
        }  # fmt: skip

    def _is_taken(self, name: str) -> bool:
        row = self.store.row("SELECT is_taken FROM name WHERE name = ?", (name,))
        if row is not None:
            return bool(row["is_taken"])
        return name.startswith(("bezet", "taken")) or name.split(".")[0] in {"example", "voorbeeld", "test"}

    def _broken(self, name: str) -> str:
        parts = name.split(".")
        for first in range(1, len(parts)):
            if how := self.store.setting(f"broken.{'.'.join(parts[first:])}", ""):
                return str(how)
        return ""

    def _odd(self, how: str, name: str) -> Response:
        if how == "moved":
            return Response(b"", 302, headers={"Location": "/"})
        if how == "other":
            return as_json(self._domain(f"other-{name}"), 200)
        if how == "nonsense":
            return Response(b"<xml>", 200, content_type="application/rdap+json")
        if how == "drip":
            time.sleep(10)
        return Response(b"<h1>Not Found</h1>", 404, content_type="text/html")

    def _index(self, request: Request) -> Response:
        language, say = request.language, words(request.language)
        heads = [say(head) for head in ("Time", "Domain", "Answer")]
        rows: list[list[Child]] = [
            [moment(q["asked"]), q["name"], say(q["verdict"])] for q in self.questions()
        ]
        title = say("Domain names")
        body = table(title, heads, rows) if rows else tag("p", say("Nothing was asked yet."))
        page = document(title, body, language=language, above=say(self.title), neighbours=self.neighbours)
        return as_html(page)
