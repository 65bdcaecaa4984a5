"""VIES: a question about a VAT number, an answer with a consultation number, and member states that are often not there."""

import re
import secrets
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from simulators.base import Clock, Control, ControlError, Simulator
from simulators.markup import Child, tag
from simulators.pages import document, moment, table
from simulators.wire import Request, Response, Route, as_html, as_json
from simulators.words import words

SCHEMA = """
CREATE TABLE IF NOT EXISTS number (number TEXT PRIMARY KEY, is_valid INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS absent (country TEXT PRIMARY KEY, error TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS question (
    seq INTEGER PRIMARY KEY, country TEXT NOT NULL, number TEXT NOT NULL, requester TEXT NOT NULL,
    verdict TEXT NOT NULL, identifier TEXT NOT NULL, asked REAL NOT NULL);
"""
PREFIX = "/taxation_customs/vies/rest-api"
STATES = frozenset({
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "EL", "ES", "FI", "FR", "HR", "HU", "IE", "IT", "LT", "LU", "LV", "MT", "NL",
    "PL", "PT", "RO", "SE", "SI", "SK", "XI",
})  # fmt: skip
ERRORS = frozenset(
    {"MS_UNAVAILABLE", "MS_MAX_CONCURRENT_REQ", "GLOBAL_MAX_CONCURRENT_REQ", "TIMEOUT", "SERVICE_UNAVAILABLE"}
)
LISTED = 200


class ViesControl(Control):
    """Adds to the weather: number, unavailable, available."""

    def __init__(self, register: "VatNumberCheck") -> None:
        super().__init__(register)
        self._store = register.store

    def verbs(self) -> Mapping[str, Callable[..., Any]]:
        own: dict[str, Callable[..., Any]] = {
            "number": self.number,
            "unavailable": self.unavailable,
            "available": self.available,
        }
        return {**super().verbs(), **own}

    def number(self, number: str, valid: bool = True) -> dict[str, Any]:
        """From now on this number (with its prefix) is in use, or not."""
        self._store.execute("INSERT OR REPLACE INTO number VALUES (?, ?)", (number.upper(), int(valid)))
        return {"number": number.upper(), "valid": valid}

    def unavailable(self, country: str, error: str = "MS_UNAVAILABLE") -> dict[str, Any]:
        """The register of this member state answers with this error until it is available again."""
        if error not in ERRORS:
            raise ControlError(f"{error!r} is no error of VIES.")
        self._store.execute("INSERT OR REPLACE INTO absent VALUES (?, ?)", (country.upper(), error))
        return {"country": country.upper(), "error": error}

    def available(self, country: str) -> dict[str, Any]:
        """The register of this member state answers again."""
        self._store.execute("DELETE FROM absent WHERE country = ?", (country.upper(),))
        return {"country": country.upper()}


class VatNumberCheck(Simulator):
    """
    VIES as its REST interface is: GET /ms/<country>/vat/<number>, with the asker's own number for a consultation number.

    A number with letters or digits only counts as in use unless control.number says otherwise or it ends in 00. A member state
    that is not there is answered with status 200 and an error in userError, as by the real one.
    """

    title = "VAT number check"
    api_prefix = PREFIX
    schema = SCHEMA
    control: ViesControl

    def __init__(self, *, port: int = 0, state: Path | str | None = None, clock: Clock = time.time) -> None:
        super().__init__(port=port, state=state, clock=clock)
        self.control = ViesControl(self)
        self.add_routes(
            [
                Route("GET", f"{PREFIX}/ms/(?P<country>[A-Z]{{2}})/vat/(?P<number>[^/]+)", self._check),
                Route("GET", f"{PREFIX}/check-status", self._status),
                Route("GET", "/", self._index),
            ]
        )

    def refuse(self, status: int, detail: str) -> Response:
        error = (
            "SERVICE_UNAVAILABLE"
            if status >= 500
            else "GLOBAL_MAX_CONCURRENT_REQ"
            if status == 429
            else "INVALID_INPUT"
        )
        return as_json(
            {"actionSucceed": False, "errorWrappers": [{"error": error, "message": detail}]}, status
        )

    def questions(self) -> list[dict[str, Any]]:
        """What was asked, newest first."""
        return [
            dict(row)
            for row in self.store.rows("SELECT * FROM question ORDER BY seq DESC LIMIT ?", (LISTED,))
        ]

    def _check(self, request: Request, country: str, number: str) -> Response:
        if country not in STATES:
            return self.refuse(400, f"{country} is no member state.")
        requester = request.query.get("requesterMemberStateCode", "") + request.query.get(
            "requesterNumber", ""
        )
        verdict = self._verdict(country, number)
        answered = verdict in ("VALID", "INVALID")
        identifier = f"WAPIAAA{secrets.token_hex(5).upper()}" if requester and answered else ""
        self.store.execute(
            "INSERT INTO question (country, number, requester, verdict, identifier, asked) VALUES (?, ?, ?, ?, ?, ?)",
            (country, number, requester, verdict, identifier, self.clock()),
        )
        return as_json(
            {
                "isValid": verdict == "VALID", "requestDate": datetime.fromtimestamp(self.clock(), UTC).isoformat(),
                "userError": verdict, "name": "---", "address": "---", "requestIdentifier": identifier,
                "originalVatNumber": number, "vatNumber": number,
            }
        )  # fmt: skip

    def _verdict(self, country: str, number: str) -> str:
        absent = self.store.row("SELECT error FROM absent WHERE country = ?", (country,))
        if absent is not None:
            return str(absent["error"])
        known = self.store.row("SELECT is_valid FROM number WHERE number = ?", (country + number,))
        if known is not None:
            return "VALID" if known["is_valid"] else "INVALID"
        return "VALID" if re.fullmatch(r"[0-9A-Z]{2,13}", number) and not number.endswith("00") else "INVALID"

    def _status(self, request: Request) -> Response:
        absent = {row["country"] for row in self.store.rows("SELECT country FROM absent", ())}
        states = [
            {"countryCode": code, "availability": "Unavailable" if code in absent else "Available"}
            for code in sorted(STATES)
        ]
        return as_json({"vow": {"available": True}, "countries": states})

    def _index(self, request: Request) -> Response:
        language, say = request.language, words(request.language)
        heads = [say(head) for head in ("Time", "VAT number", "Asked by", "Answer", "Consultation number")]
        rows: list[list[Child]] = [
            [
                moment(q["asked"]),
                q["country"] + q["number"],
                q["requester"],
                say(q["verdict"]),
                q["identifier"],
            ]
            for q in self.questions()
        ]
        title = say("VAT numbers")
        body = table(title, heads, rows) if rows else tag("p", say("Nothing was asked yet."))
        page = document(title, body, language=language, above=say(self.title), neighbours=self.neighbours)
        return as_html(page)
