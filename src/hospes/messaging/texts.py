"""
What text messages say: each subject registers how its kinds of texts are made from the things they are about.

    def code(message: TextMessage, now: datetime) -> Text:
        return Text(number, _("%s is your code.") % …)

    register("account.sms_code", code, taken=forget_code)

in its `mails.py`, which is found by itself. A renderer is called when the text leaves, in the language of its reader, and
acts for the purpose of messages. It raises NobodyToReach when there is nothing left to say.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.utils import translation

from hospes.customers.models import Person
from hospes.messaging.models import TextMessage
from hospes.messaging.recipients import NobodyToReach
from hospes.messaging.rendering import UnknownKind


@dataclass(frozen=True)
class Text:
    """A text message written out: to which number (E.164), and what it says."""

    number: str
    body: str


Renderer = Callable[[TextMessage, datetime], Text]
Taken = Callable[[TextMessage], None]

_kinds: Final[dict[str, tuple[Renderer, Taken | None]]] = {}


def register(kind: str, renderer: Renderer, *, taken: Taken | None = None) -> None:
    """
    Say how texts of a kind are made; ValueError when another subject has the name already.

    `taken` is called when the text needs to be written no more, since the gateway has it or nobody will: in the transaction
    that notes so, for the purpose of messages.
    """
    if _kinds.setdefault(kind, (renderer, taken)) != (renderer, taken):
        raise ValueError(f"the kind of text message {kind!r} is registered twice")


def known(kind: str) -> None:
    """Raise UnknownKind when no subject registered this kind of text."""
    if kind not in _kinds:
        raise UnknownKind(f"{kind}: no subject says in its mails.py how this text message is made")


def write(message: TextMessage, *, now: datetime) -> Text:
    """Write a text out in its reader's language. Acts for the purpose of messages; raises NobodyToReach."""
    known(message.kind)
    reader = Person.objects.filter(pk=message.person_id).first()
    if reader is None:
        raise NobodyToReach(f"nobody to reach for text message {message.pk}")
    with translation.override(reader.language):
        return _kinds[message.kind][0](message, now)


def let_go(message: TextMessage) -> None:
    """Have the subject let go of what it kept for writing this text."""
    if (taken := _kinds[message.kind][1]) is not None:
        taken(message)
