"""The Peppol access point."""

import hashlib
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from simulators.base import Clock, Control, Simulator
from simulators.markup import Child, tag
from simulators.pages import document, moment, table
from simulators.peppol.rules import PARTICIPANT, TYPES, Envelope, PeppolError, check
from simulators.wire import BadBodyError, Handler, Request, Response, Route, as_html, as_json
from simulators.words import words

SCHEMA = """
CREATE TABLE IF NOT EXISTS document (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, sender TEXT NOT NULL, recipient TEXT NOT NULL, number TEXT NOT NULL,
    xml BLOB NOT NULL, state TEXT NOT NULL, reason TEXT NOT NULL, arrives REAL NOT NULL, created REAL NOT NULL,
    UNIQUE (sender, number));
CREATE TABLE IF NOT EXISTS idempotency (key TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, document TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS absent (participant TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS unwilling (recipient TEXT PRIMARY KEY, reason TEXT NOT NULL);
"""
LISTED = 500
TRAVEL_SECONDS = 0.2
"""How long a document is on its way, unless late() says longer."""


@dataclass(frozen=True)
class Sent:
    """A document that was taken; state is accepted, then delivered or failed with a reason."""

    seq: int
    id: str
    sender: str
    recipient: str
    number: str
    xml: bytes
    state: str
    reason: str
    arrives: float
    created: float

    def as_json(self) -> dict[str, Any]:
        """Return the document's way as the API writes it, without the document."""
        names = ("id", "sender", "recipient", "number", "state", "reason")
        created = datetime.fromtimestamp(self.created, UTC).isoformat()
        return {**{name: getattr(self, name) for name in names}, "created_at": created}


class PeppolControl(Control):
    """Adds to the weather: absent, unwilling, late."""

    def __init__(self, point: "PeppolAccessPoint") -> None:
        super().__init__(point)
        self._point = point

    def verbs(self) -> Mapping[str, Callable[..., Any]]:
        return {**super().verbs(), "absent": self.absent, "unwilling": self.unwilling, "late": self.late}

    def absent(self, participant: str) -> dict[str, Any]:
        """From now on nobody has this address on the network."""
        self._point.store.execute("INSERT OR IGNORE INTO absent VALUES (?)", (participant,))
        return {"absent": participant}

    def unwilling(self, recipient: str, reason: str = "receiver_refused") -> dict[str, Any]:
        """From now on documents to this address are accepted and then fail, for this reason."""
        self._point.store.execute("INSERT OR REPLACE INTO unwilling VALUES (?, ?)", (recipient, reason))
        return {"unwilling": recipient, "reason": reason}

    def late(self, seconds: float = 60.0) -> dict[str, Any]:
        """From now on documents are this long on their way."""
        self._point.store.keep_setting("travel", seconds)
        return {"late": seconds}


class PeppolAccessPoint(Simulator):
    """
    An access point that delivers to a page; token is the only bearer token let in, without one any will do.

    GET /v1/participants/<address> says whether somebody gets documents there. POST /v1/documents takes sender, recipient,
    document_type, process and document (base64); the header Idempotency-Key makes a repetition harmless, and a number that
    the sender used before is refused with the id of the first. GET /v1/documents/<id> says what became of it.
    """

    title = "Peppol access point"
    api_prefix = "/v1/"
    schema = SCHEMA
    control: PeppolControl

    def __init__(
        self,
        *,
        port: int = 0,
        state: Path | str | None = None,
        clock: Clock = time.time,
        token: str | None = None,
    ) -> None:
        super().__init__(port=port, state=state, clock=clock)
        self._token = token
        self.control = PeppolControl(self)
        one = "(?P<document_id>pep_[0-9a-f]+)"
        self.add_routes(
            [
                Route(
                    "GET", f"/v1/participants/(?P<participant>{PARTICIPANT})", self._guarded(self._look_up)
                ),
                Route("POST", "/v1/documents", self._guarded(self._accept)),
                Route("GET", f"/v1/documents/{one}", self._guarded(self._show)),
                Route("GET", f"/documents/{one}.xml", self._download),
                Route("GET", "/", self._index),
            ]
        )

    def refuse(self, status: int, detail: str) -> Response:
        return as_json(PeppolError(status, "unavailable", detail).as_json(), status)

    def documents(self) -> list[Sent]:
        """Return the documents, newest first, with what became of each by now."""
        self._arrive()
        rows = self.store.rows("SELECT * FROM document ORDER BY seq DESC LIMIT ?", (LISTED,))
        return [Sent(**dict(row)) for row in rows]

    def _guarded(self, handler: Callable[..., Response]) -> Handler:
        def guarded(request: Request, **parts: str) -> Response:
            try:
                if not request.bearer or (self._token and request.bearer != self._token):
                    raise PeppolError(401, "unauthorized", "The bearer token is missing or wrong.")
                return handler(request, **parts)
            except PeppolError as error:
                return as_json(error.as_json(), error.status)
            except BadBodyError as error:
                return self.refuse(400, str(error))

        return guarded

    def _look_up(self, request: Request, participant: str) -> Response:
        self._must_be_there(participant)
        return as_json({"participant": participant, "document_types": sorted(TYPES.values())})

    def _accept(self, request: Request) -> Response:
        key, fingerprint = request.header("Idempotency-Key"), hashlib.sha256(request.body).hexdigest()
        with self.store.transaction():
            row = self.store.row("SELECT * FROM idempotency WHERE key = ?", (key,)) if key else None
            if row is not None:
                if row["fingerprint"] != fingerprint:
                    said = "The idempotency key was used before with another body."
                    raise PeppolError(409, "key_reused", said, row["document"])
                return as_json(self._get(row["document"]).as_json(), 202, Idempotent_Replayed="true")
            document_id = self._keep(check(request.json()))
            if key:
                values = (key, fingerprint, document_id)
                self.store.execute("INSERT INTO idempotency VALUES (?, ?, ?)", values)
        return as_json(self._get(document_id).as_json(), 202)

    def _keep(self, envelope: Envelope) -> str:
        self._must_be_there(envelope.recipient)
        parties = (envelope.sender, envelope.number)
        if first := self.store.row("SELECT id FROM document WHERE sender = ? AND number = ?", parties):
            raise PeppolError(
                409, "duplicate_document", "A document with this number was sent before.", first["id"]
            )
        document_id, now = f"pep_{secrets.token_hex(12)}", self.clock()
        arrives = now + float(self.store.setting("travel", TRAVEL_SECONDS))
        self.store.execute(
            "INSERT INTO document (id, sender, recipient, number, xml, state, reason, arrives, created) "
            "VALUES (?, ?, ?, ?, ?, 'accepted', '', ?, ?)",
            (
                document_id,
                envelope.sender,
                envelope.recipient,
                envelope.number,
                envelope.document,
                arrives,
                now,
            ),
        )
        return document_id

    def _must_be_there(self, participant: str) -> None:
        if self.store.row("SELECT 1 FROM absent WHERE participant = ?", (participant,)):
            raise PeppolError(404, "unknown_participant", "Nobody has this address on the network.")

    def _get(self, document_id: str) -> Sent:
        self._arrive()
        row = self.store.row("SELECT * FROM document WHERE id = ?", (document_id,))
        if row is None:
            raise PeppolError(404, "unknown_document", "There is no such document.")
        return Sent(**dict(row))

    def _arrive(self) -> None:
        """What was on its way long enough is delivered, or fails when its recipient does not want it."""
        self.store.execute(
            "UPDATE document SET reason = coalesce((SELECT reason FROM unwilling u WHERE u.recipient = document.recipient), ''), "
            "state = CASE WHEN recipient IN (SELECT recipient FROM unwilling) THEN 'failed' ELSE 'delivered' END "
            "WHERE state = 'accepted' AND arrives <= ?",
            (self.clock(),),
        )

    def _show(self, request: Request, document_id: str) -> Response:
        return as_json(self._get(document_id).as_json())

    def _download(self, request: Request, document_id: str) -> Response:
        try:
            return Response(self._get(document_id).xml, content_type="application/xml")
        except PeppolError as error:
            return as_json(error.as_json(), error.status)

    def _index(self, request: Request) -> Response:
        language, say = request.language, words(request.language)
        heads = [say(head) for head in ("Time", "To", "From", "Number", "State")]
        rows: list[list[Child]] = [
            [moment(sent.created), sent.recipient, sent.sender,
             tag("a", sent.number, href=f"/documents/{sent.id}.xml"), f"{say(sent.state)} {sent.reason}".strip()]
            for sent in self.documents()
        ]  # fmt: skip
        title = say("E-invoices")
        body = table(title, heads, rows) if rows else tag("p", say("Nothing has arrived yet."))
        page = document(title, body, language=language, above=say(self.title), neighbours=self.neighbours)
        return as_html(page)
