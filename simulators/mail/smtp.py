"""The SMTP side: takes every mail, or refuses as it was told to."""

import asyncio
import re
import socket
from typing import Any, Protocol

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from simulators.faults import Faults
from simulators.store import StoreClosedError

MAX_MAIL_BYTES = 30 * 1024 * 1024


class Postbox(Protocol):
    """Where mails go."""

    faults: Faults

    def refusal(self, recipient: str) -> str:
        """Return the SMTP answer that refuses a recipient, or "" to take it."""

    def keep(self, sender: str, recipients: list[str], raw: bytes) -> int:
        """Keep a mail and return its number."""


class SmtpHandler:
    """The hooks that aiosmtpd calls."""

    def __init__(self, postbox: Postbox) -> None:
        self._postbox = postbox

    async def handle_MAIL(  # noqa: N802 - a name of the library
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Let the weather strike at the beginning of a mail."""
        fate = self._postbox.faults.strike(changing=True)
        if fate.outage:
            return "421 4.3.2 The service is temporarily unavailable"
        if fate.limited:
            return "450 4.7.1 Too many mails, try again later"
        await asyncio.sleep(fate.slow_seconds)
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        session.drop = fate.drop  # type: ignore[attr-defined]
        return "250 2.1.0 Ok"

    async def handle_RCPT(  # noqa: N802 - a name of the library
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take a recipient, unless told otherwise."""
        if answer := self._postbox.refusal(address):
            return answer
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 Ok"

    async def handle_DATA(  # noqa: N802 - a name of the library
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        """Keep the mail, then hang up if the weather says so."""
        drop = getattr(session, "drop", False)
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        if not (drop and self._postbox.faults.weather.dropped_before):
            try:
                number = self._postbox.keep(envelope.mail_from or "", envelope.rcpt_tos, content)
            except StoreClosedError:
                return "421 4.3.2 The service is shutting down"
        if drop and isinstance(server.transport, asyncio.WriteTransport):
            server.transport.abort()
            return "421 4.3.2 Bye"
        return f"250 2.0.0 Ok: kept as {number}"


def answer_of(code: int, recipient: str) -> str:
    """Return the SMTP answer for a refused recipient, safe to put on the line."""
    shown = re.sub(r"[^\x21-\x7e]", "?", recipient)
    permanent = f"{code} 5.1.1 <{shown}>: no such mailbox here"
    return permanent if code >= 500 else f"{code} 4.2.0 <{shown}>: mailbox busy, try again later"


class SmtpServer(Controller):
    """An SMTP server on 127.0.0.1 that owns its port from construction on, also when 0 was asked for."""

    def __init__(self, postbox: Postbox, port: int) -> None:
        self._socket = socket.create_server(("127.0.0.1", port))
        super().__init__(
            SmtpHandler(postbox),
            hostname="127.0.0.1",
            port=int(self._socket.getsockname()[1]),
            data_size_limit=MAX_MAIL_BYTES,
            enable_SMTPUTF8=True,
            auth_require_tls=False,
            authenticator=_let_in,
            ident="hospes-simulators",
        )

    def _create_server(self) -> Any:
        # The library would bind the port itself and knows no "any free one".
        return self.loop.create_server(self._factory_invoker, sock=self._socket)


def _let_in(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
    return AuthResult(success=True)
