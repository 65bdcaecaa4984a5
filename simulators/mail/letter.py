"""A received mail taken apart: headers, text, HTML, files."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage, Message
from email.policy import default
from functools import cached_property
from typing import Any


@dataclass(frozen=True)
class Part:
    """A file in a mail: an attachment, or a picture that the HTML shows."""

    index: int
    filename: str
    content_type: str
    content_id: str
    content: bytes

    def as_json(self, url: str) -> dict[str, Any]:
        """Describe the part; its content is at the url."""
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

    @cached_property
    def message(self) -> EmailMessage:
        """The mail, parsed."""
        return message_from_bytes(self.raw, policy=default)

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
        return _content(self.message.get_body(("plain",)))

    @property
    def html(self) -> str:
        """The HTML part, "" when there is none."""
        return _content(self.message.get_body(("html",)))

    @property
    def parts(self) -> list[Part]:
        """The files in the mail, in their order."""
        bodies = (self.message.get_body(("plain",)), self.message.get_body(("html",)))
        files = [leaf for leaf in _leaves(self.message) if not any(leaf is body for body in bodies)]
        return [_part(index, file) for index, file in enumerate(files)]


def _leaves(message: Message) -> Iterator[Message]:
    if message.get_content_maintype() != "multipart":
        yield message
        return
    for part in message.get_payload():
        if isinstance(part, Message):
            yield from _leaves(part)


def _part(index: int, file: Message) -> Part:
    inner = file.get_payload(0) if file.get_content_maintype() == "message" and file.is_multipart() else None
    content = inner.as_bytes() if isinstance(inner, Message) else file.get_payload(decode=True)
    return Part(
        index=index,
        filename=file.get_filename() or f"part-{index}",
        content_type=file.get_content_type(),
        content_id=str(file.get("Content-ID", "")).strip("<>"),
        content=content if isinstance(content, bytes) else b"",
    )


def _content(body: Message | None) -> str:
    if body is None:
        return ""
    raw = body.get_payload(decode=True)
    content = raw if isinstance(raw, bytes) else b""
    try:
        return content.decode(body.get_content_charset("utf-8"))
    except (LookupError, UnicodeDecodeError):
        return content.decode("utf-8", "replace")
