"""The mail catcher: SMTP in, pages and JSON out."""

import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from simulators.base import Clock, Control, ControlError, Simulator
from simulators.faults import UNTIL_OFF
from simulators.mail.letter import Letter
from simulators.mail.pages import MailPages
from simulators.mail.smtp import SmtpServer, answer_of

SCHEMA = """
CREATE TABLE IF NOT EXISTS letter (
    id INTEGER PRIMARY KEY, received REAL NOT NULL, sender TEXT NOT NULL, recipients TEXT NOT NULL,
    raw BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS refusal (
    recipient TEXT PRIMARY KEY, code INTEGER NOT NULL, times INTEGER NOT NULL);
"""
LISTED = 500
EVERYBODY = "*"


class MailControl(Control):
    """Adds refuse and accept; the weather strikes mails here: 421, 450, late, taken and then hung up."""

    def __init__(self, catcher: "MailCatcher") -> None:
        super().__init__(catcher)
        self._catcher = catcher

    def verbs(self) -> Mapping[str, Callable[..., Any]]:
        return {**super().verbs(), "refuse": self.refuse, "accept": self.accept}

    def refuse(self, recipient: str, code: int = 550, times: int = UNTIL_OFF) -> dict[str, Any]:
        """Refuse a recipient (* is everybody) with a code such as 451 or 550, some times or until accept."""
        if not 400 <= code <= 599:
            raise ControlError("The code is 400 to 599.")
        values = (recipient.lower(), code, times)
        self._catcher.store.execute("INSERT OR REPLACE INTO refusal VALUES (?, ?, ?)", values)
        return {"recipient": recipient, "code": code, "times": times}

    def accept(self, recipient: str) -> dict[str, Any]:
        """Take mail for a recipient again."""
        self._catcher.store.execute("DELETE FROM refusal WHERE recipient = ?", (recipient.lower(),))
        return {"recipient": recipient}


class MailCatcher(Simulator):
    """
    A mail server on smtp_port that keeps every mail for its page and sends none on.

    It takes any login, offers no TLS, and knows no spam.
    """

    title = "Mail catcher"
    api_prefix = "/no-api/"
    schema = SCHEMA
    control: MailControl

    def __init__(
        self,
        *,
        port: int = 0,
        smtp_port: int = 0,
        state: Path | str | None = None,
        clock: Clock = time.time,
    ) -> None:
        super().__init__(port=port, state=state, clock=clock)
        self.control = MailControl(self)
        try:
            self.smtp = SmtpServer(self, smtp_port)
        except OSError:
            super().stop()
            raise
        self.add_routes(MailPages(self).routes())

    @property
    def smtp_port(self) -> int:
        """The port on which mail is taken."""
        return int(self.smtp.port)

    def start(self) -> None:
        super().start()
        self.smtp.start()

    def stop(self) -> None:
        self.smtp.stop(no_assert=True)
        super().stop()

    def keep(self, sender: str, recipients: list[str], raw: bytes) -> int:
        """Keep a mail and return its number."""
        sql = "INSERT INTO letter (received, sender, recipients, raw) VALUES (?, ?, ?, ?)"
        return self.store.execute(sql, (self.clock(), sender, json.dumps(recipients), raw))

    def refusal(self, recipient: str) -> str:
        """Return the SMTP answer that refuses a recipient, or "" to take it."""
        sql = "SELECT * FROM refusal WHERE recipient IN (?, ?) AND times <> 0 ORDER BY recipient DESC"
        with self.store.transaction():
            row = self.store.row(sql, (recipient.lower(), EVERYBODY))
            if row is None:
                return ""
            sql = "UPDATE refusal SET times = times - 1 WHERE recipient = ? AND times > 0"
            self.store.execute(sql, (row["recipient"],))
            return answer_of(row["code"], recipient)

    def letters(self, *, to: str = "", subject: str = "") -> list[Letter]:
        """Return mails, newest first: with this in the address of a recipient, with this in the subject."""
        sql = "SELECT * FROM letter WHERE instr(lower(recipients), ?) ORDER BY id DESC LIMIT ?"
        letters = [_letter(dict(row)) for row in self.store.rows(sql, (to.lower(), LISTED))]
        return [letter for letter in letters if not subject or subject.lower() in letter.subject.lower()]

    def letter(self, number: int) -> Letter | None:
        """Return one mail."""
        row = self.store.row("SELECT * FROM letter WHERE id = ?", (number,))
        return _letter(dict(row)) if row else None


def _letter(row: dict[str, Any]) -> Letter:
    return Letter(**{**row, "recipients": tuple(json.loads(row["recipients"]))})
