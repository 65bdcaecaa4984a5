"""A received mail taken apart: headers, text, HTML, attachments."""

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any, cast


@dataclass(frozen=True)
class Part:
    """A file in a mail: an attachment, or a picture that the HTML shows."""

    index: int
    filename: str
    content_type: str
    content_id: str
    content: bytes

    def as_json(self, url: str) -> dict[str, Any]:
        """Return what the list of parts says of it."""
        return {
            "index": self.index,
            "filename": self.filename,
            "content_type": self.content_type,
            "size": len(self.content),
            "sha256": hashlib.sha256(self.content).hexdigest(),
            "url": url,
        }


@dataclass(frozen=True)
class Letter:
    """A mail as it was received; sender and recipients are those of the envelope."""

    id: int
    received: float
    sender: str
    recipients: tuple[str, ...]
    raw: bytes

    @property
    def message(self) -> EmailMessage:
        """The mail, parsed."""
        return cast(EmailMessage, message_from_bytes(self.raw, policy=default))

    @property
    def subject(self) -> str:
        """The subject, decoded."""
        return str(self.message.get("Subject", ""))

    @property
    def headers(self) -> list[tuple[str, str]]:
        """All headers, decoded, in their order."""
        return [(name, str(value)) for name, value in self.message.items()]

    @property
    def text(self) -> str:
        """The text part, "" when there is none."""
        return self._body("plain")

    @property
    def html(self) -> str:
        """The HTML part, "" when there is none."""
        return self._body("html")

    @property
    def parts(self) -> list[Part]:
        """The files in the mail."""
        found = []
        bodies = [id(body) for kind in ("plain", "html") if (body := self.message.get_body((kind,)))]
        shown = {part.get("Content-Type", "") for part in ()} | set(bodies)
        for part in self.message.walk():
            if part.is_multipart() or id(part) in shown:
                continue
            found.append(part)
        return []

    def _body(self, kind: str) -> str:
        body = self.message.get_body((kind,))
        return str(body.get_content()) if body is not None else ""
