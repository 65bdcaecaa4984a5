"""
Messages to the merchant's own address (webhooks, delivery reports): sent in the background, tried again with
growing pauses, still there after a restart. As in life they come at least once.
"""

import http.client
import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from simulators.store import Store, StoreClosedError

logger = logging.getLogger(__name__)

SCHEMA = """
CREATE TABLE IF NOT EXISTS outbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT, subject TEXT NOT NULL, url TEXT NOT NULL,
    content_type TEXT NOT NULL, body BLOB NOT NULL, due REAL NOT NULL, attempts INTEGER NOT NULL DEFAULT 0,
    state TEXT NOT NULL DEFAULT 'waiting', answer TEXT NOT NULL DEFAULT '');
CREATE INDEX IF NOT EXISTS outbox_subject ON outbox (subject);
CREATE INDEX IF NOT EXISTS outbox_waiting ON outbox (due) WHERE state = 'waiting';
"""

RETRY_PAUSES: tuple[float, ...] = (2, 4, 8, 16, 32, 60, 120, 300, 600, 1800)
"""Seconds between tries. Real providers spread as many over about a day; a demo cannot wait that long."""

ANSWER_SECONDS = 15
TAKEN = (200, 204)


@dataclass(frozen=True)
class Delivery:
    """One message: waiting, done (answered 200 or 204), given_up, or refused (not on this machine)."""

    id: int
    subject: str
    url: str
    content_type: str
    body: bytes
    due: float
    attempts: int
    state: str
    answer: str


class Outbox:
    """
    The messages of one simulator and the threads that send them.

    clock gives seconds since the epoch; tick is called every look_seconds and may raise nothing.
    """

    def __init__(
        self,
        store: Store,
        clock: Callable[[], float],
        retry_pauses: Sequence[float] = RETRY_PAUSES,
        tick: Callable[[], None] = lambda: None,
        look_seconds: float = 1.0,
    ) -> None:
        self._look_seconds = look_seconds
        self._store, self._clock, self._pauses, self._tick = store, clock, tuple(retry_pauses), tick
        self._changed = threading.Condition()
        self._in_flight: set[int] = set()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, daemon=True)

    def post(
        self, subject: str, url: str, content_type: str, body: bytes, *, copies: int = 1, due: float
    ) -> list[int]:
        """Plan a message, several copies of it side by side if wanted, for a moment; return the ids."""
        sql = "INSERT INTO outbox (subject, url, content_type, body, due, state) VALUES (?, ?, ?, ?, ?, ?)"
        state = "waiting" if _on_this_machine(url) else "refused"
        with self._store.transaction():
            return [
                self._store.execute(sql, (subject, url, content_type, body, due, state))
                for _ in range(copies)
            ]

    def of(self, subject: str) -> list[Delivery]:
        """Return the messages about a subject, oldest first."""
        rows = self._store.rows("SELECT * FROM outbox WHERE subject = ? ORDER BY id", (subject,))
        return [Delivery(**dict(row)) for row in rows]

    def wake(self) -> None:
        """Look for due messages now."""
        with self._changed:
            self._changed.notify_all()

    def wait_until_tried(self, ids: Sequence[int], seconds: float) -> bool:
        """Wait until each of these messages was sent once, whatever the answer; False when time runs out."""
        self.wake()
        with self._changed:
            return self._changed.wait_for(lambda: not any(map(self._is_untried, ids)), seconds)

    def start(self) -> None:
        """Begin to send, what an earlier run left included."""
        self._thread.start()

    def stop(self) -> None:
        """Stop sending; what is still on its way may be sent again by the next run."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        if self._thread.is_alive():
            self._thread.join()

    def _is_untried(self, delivery_id: int) -> bool:
        sql = "SELECT 1 FROM outbox WHERE id = ? AND attempts = 0 AND state = 'waiting'"
        return self._store.row(sql, (delivery_id,)) is not None

    def _run(self) -> None:
        while not self._stopping:
            try:
                self._tick()
                self._send_due()
                pause = self._pause()
            except StoreClosedError:
                return
            with self._changed:
                if not self._stopping:
                    self._changed.wait(pause)

    def _send_due(self) -> None:
        sql = "SELECT * FROM outbox WHERE state = 'waiting' AND due <= ? ORDER BY due, id"
        with self._changed:  # reading and claiming under one lock, else a message just sent would go again
            due = [Delivery(**dict(row)) for row in self._store.rows(sql, (self._clock(),))]
            claimed = [delivery for delivery in due if delivery.id not in self._in_flight]
            self._in_flight.update(delivery.id for delivery in claimed)
        for delivery in claimed:
            threading.Thread(target=self._send, args=(delivery,), daemon=True).start()

    def _pause(self) -> float:
        row = self._store.row("SELECT min(due) AS due FROM outbox WHERE state = 'waiting'")
        if row is None or row["due"] is None:
            return self._look_seconds
        return min(max(float(row["due"]) - self._clock(), 0.05), self._look_seconds)

    def _send(self, delivery: Delivery) -> None:
        status, answer = send(delivery.url, delivery.content_type, delivery.body)
        attempts = delivery.attempts + 1
        state, due = "waiting", delivery.due
        if status in TAKEN:
            state = "done"
        elif attempts > len(self._pauses):
            state = "given_up"
        else:
            due = self._clock() + self._pauses[attempts - 1]
        sql = "UPDATE outbox SET state = ?, due = ?, attempts = ?, answer = ? WHERE id = ?"
        with self._changed:
            try:
                self._store.execute(sql, (state, due, attempts, answer, delivery.id))
            except StoreClosedError:
                logger.debug("stopped before the answer to message %s was noted", delivery.id)
            self._in_flight.discard(delivery.id)
            self._changed.notify_all()


def _on_this_machine(url: str) -> bool:
    """The simulators never talk to another machine, whatever address they are given."""
    try:
        host = urlsplit(url).hostname or ""
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def send(url: str, content_type: str, body: bytes) -> tuple[int, str]:
    """POST a body and return status and reason, or 0 and the error; a redirect is an answer."""
    target = urlsplit(url)
    kind = http.client.HTTPSConnection if target.scheme == "https" else http.client.HTTPConnection
    try:
        connection = kind(target.hostname or "", target.port, timeout=ANSWER_SECONDS)
        try:
            path = (target.path or "/") + (f"?{target.query}" if target.query else "")
            headers = {"Content-Type": content_type, "User-Agent": "hospes-simulators"}
            connection.request("POST", path, body, headers)
            response = connection.getresponse()
            response.read()
            return response.status, f"{response.status} {response.reason}"
        finally:
            connection.close()
    except (OSError, http.client.HTTPException, ValueError) as error:
        return 0, type(error).__name__
