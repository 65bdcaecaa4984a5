"""The SMS gateway."""

import hashlib
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from simulators.base import Clock, Control, Simulator
from simulators.markup import Child, tag
from simulators.outbox import RETRY_PAUSES, Outbox
from simulators.outbox import SCHEMA as OUTBOX_SCHEMA
from simulators.pages import document, moment, table
from simulators.sms.rules import SmsError, check, parts_of
from simulators.wire import BadBodyError, Handler, Request, Response, Route, as_html, as_json
from simulators.words import words

SCHEMA = """
CREATE TABLE IF NOT EXISTS message (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, recipient TEXT NOT NULL, sender TEXT NOT NULL,
    body TEXT NOT NULL, reference TEXT NOT NULL, callback_url TEXT NOT NULL, state TEXT NOT NULL,
    parts INTEGER NOT NULL, created REAL NOT NULL);
CREATE TABLE IF NOT EXISTS idempotency (
    key TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, message TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS unreachable (recipient TEXT PRIMARY KEY);
"""
LISTED = 500
TRAVEL_SECONDS = 0.2
"""How long a message is on its way."""


@dataclass(frozen=True)
class Sms:
    """A text message; state is accepted, then delivered or failed."""

    seq: int
    id: str
    recipient: str
    sender: str
    body: str
    reference: str
    callback_url: str
    state: str
    parts: int
    created: float

    def as_json(self) -> dict[str, Any]:
        """Return the message as the API writes it."""
        hidden = ("seq", "callback_url", "created")
        shown = {name: value for name, value in self.__dict__.items() if name not in hidden}
        return {**shown, "created_at": datetime.fromtimestamp(self.created, UTC).isoformat()}


class SmsControl(Control):
    """Adds to the weather: unreachable."""

    def __init__(self, gateway: "SmsGateway") -> None:
        super().__init__(gateway)
        self._gateway = gateway

    def verbs(self) -> Mapping[str, Callable[..., Any]]:
        return {**super().verbs(), "unreachable": self.unreachable}

    def unreachable(self, recipient: str) -> dict[str, Any]:
        """From now on messages to this number are accepted and then fail."""
        self._gateway.store.execute("INSERT OR IGNORE INTO unreachable VALUES (?)", (recipient,))
        return {"unreachable": recipient}


class SmsGateway(Simulator):
    """
    A gateway that delivers to a page; token is the only bearer token let in, without one any will do.

    POST /v1/messages takes recipient, sender, body and, if wanted, reference and callback_url (where the
    delivery report goes, as JSON); the header Idempotency-Key makes a repetition harmless.
    """

    title = "SMS gateway"
    api_prefix = "/v1/"
    schema = SCHEMA + OUTBOX_SCHEMA
    control: SmsControl

    def __init__(
        self,
        *,
        port: int = 0,
        state: Path | str | None = None,
        clock: Clock = time.time,
        token: str | None = None,
        retry_pauses: Sequence[float] = RETRY_PAUSES,
    ) -> None:
        super().__init__(port=port, state=state, clock=clock)
        self._token = token
        self.outbox = Outbox(
            self.store, clock, retry_pauses, tick=self._deliver, look_seconds=TRAVEL_SECONDS / 2
        )
        self.control = SmsControl(self)
        one = "/v1/messages/(?P<message_id>sms_[0-9a-f]+)"
        self.add_routes(
            [
                Route("POST", "/v1/messages", self._guarded(self._accept)),
                Route("GET", one, self._guarded(self._show)),
                Route("GET", "/messages.json", self._list),
                Route("GET", "/", self._index),
            ]
        )

    def start(self) -> None:
        super().start()
        self.outbox.start()

    def stop(self) -> None:
        self.stopping.set()
        self.outbox.stop()
        super().stop()

    def refuse(self, status: int, detail: str) -> Response:
        return as_json(SmsError(status, detail).as_json(), status)

    def messages(self, recipient: str = "") -> list[Sms]:
        """Return the messages (to one number, if given), newest first."""
        sql = "SELECT * FROM message WHERE ? IN ('', recipient) ORDER BY seq DESC LIMIT ?"
        return [Sms(**dict(row)) for row in self.store.rows(sql, (recipient, LISTED))]

    def _guarded(self, handler: Callable[..., Response]) -> Handler:
        def guarded(request: Request, **parts: str) -> Response:
            try:
                if not request.bearer or (self._token and request.bearer != self._token):
                    raise SmsError(401, "The bearer token is missing or wrong.")
                return handler(request, **parts)
            except SmsError as error:
                return as_json(error.as_json(), error.status)
            except BadBodyError as error:
                return self.refuse(400, str(error))

        return guarded

    def _accept(self, request: Request) -> Response:
        key, fingerprint = request.header("Idempotency-Key"), hashlib.sha256(request.body).hexdigest()
        with self.store.transaction():
            row = self.store.row("SELECT * FROM idempotency WHERE key = ?", (key,)) if key else None
            if row is not None:
                if row["fingerprint"] != fingerprint:
                    raise SmsError(409, "The idempotency key was used before with another body.")
                return as_json(self._get(row["message"]).as_json(), 202, Idempotent_Replayed="true")
            message_id = self._keep(check(request.json()))
            if key:
                values = (key, fingerprint, message_id)
                self.store.execute("INSERT INTO idempotency VALUES (?, ?, ?)", values)
        return as_json(self._get(message_id).as_json(), 202)

    def _keep(self, given: Mapping[str, str]) -> str:
        message_id = f"sms_{secrets.token_hex(12)}"
        names = ("recipient", "sender", "body", "reference", "callback_url")
        texts = [given.get(name, "") for name in names]
        values = [message_id, *texts, parts_of(given["body"]), self.clock()]
        self.store.execute(
            "INSERT INTO message "
            "(id, recipient, sender, body, reference, callback_url, state, parts, created) "
            "VALUES (?, ?, ?, ?, ?, ?, 'accepted', ?, ?)",
            values,
        )
        return message_id

    def _get(self, message_id: str) -> Sms:
        row = self.store.row("SELECT * FROM message WHERE id = ?", (message_id,))
        if row is None:
            raise SmsError(404, "There is no such message.")
        return Sms(**dict(row))

    def _deliver(self) -> None:
        sql = "SELECT * FROM message WHERE state = 'accepted' AND created <= ?"
        for row in self.store.rows(sql, (self.clock() - TRAVEL_SECONDS,)):
            sms = Sms(**dict(row))
            with self.store.transaction():
                lost = self.store.row("SELECT 1 FROM unreachable WHERE recipient = ?", (sms.recipient,))
                state = "failed" if lost else "delivered"
                self.store.execute("UPDATE message SET state = ? WHERE id = ?", (state, sms.id))
                if sms.callback_url:
                    report = as_json({"id": sms.id, "reference": sms.reference, "state": state}).body
                    self.outbox.post(sms.id, sms.callback_url, "application/json", report, due=self.clock())

    def _show(self, request: Request, message_id: str) -> Response:
        return as_json(self._get(message_id).as_json())

    def _list(self, request: Request) -> Response:
        return as_json([sms.as_json() for sms in self.messages(request.query.get("recipient", ""))])

    def _index(self, request: Request) -> Response:
        language, say = request.language, words(request.language)
        heads = [say(head) for head in ("Time", "To", "From", "Text", "Parts", "State")]
        rows: list[list[Child]] = [
            [moment(sms.created), sms.recipient, sms.sender, sms.body, sms.parts, say(sms.state)]
            for sms in self.messages()
        ]
        title = say("Text messages")
        body = table(title, heads, rows) if rows else tag("p", say("Nothing has arrived yet."))
        page = document(title, body, language=language, above=say(self.title), neighbours=self.neighbours)
        return as_html(page)
