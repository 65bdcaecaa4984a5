"""
What messages say: each subject registers how its kinds of messages are made from the things they are about.

A subject has a module `mails.py`, which is found by itself:

    def invoice(message: Message) -> Rendered:
        invoice = Invoice.objects.get(pk=message.about_id)
        return Rendered(_("Invoice %s") % invoice.number, "mail/billing.invoice", {"invoice": invoice})

    register("billing.invoice", invoice)

and the templates `mail/billing.invoice.mjml` and `mail/billing.invoice.txt`, which extend `mail/base.mjml`
and `mail/base.txt`. A renderer is called when the message leaves, in the language of its reader, and acts
for the purpose of messages: it reads what that purpose may read and nothing else, and changes nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.conf import settings
from django.template import Context, TemplateDoesNotExist
from django.template.loader import get_template
from django.utils import translation
from mjml import mjml2html

from hospes.messaging.models import Message
from hospes.messaging.recipients import Reader, reader_of

#: File name, content and media type.
Attachment = tuple[str, bytes, str]


@dataclass(frozen=True)
class Rendered:
    """
    What a message says, before it is written out.

    template: without its extension; .txt must exist, .mjml may be left out for a message that is text only.
    address: where it goes when that is not the reader's usual address, such as one that is to be confirmed.

    The context also gets `name` (of the reader: mails open with it, P01), `language`, `operator`,
    `portal_url` (no slash at the end), `subject` and `customer_number` (None for a message to a person as
    such).
    """

    subject: str
    template: str
    context: Mapping[str, Any] = field(default_factory=dict)
    attachments: Sequence[Attachment] = ()
    address: str | None = None


@dataclass(frozen=True)
class Letter:
    """A message written out; `html` is empty when it is text only."""

    reader: Reader
    subject: str
    text: str
    html: str
    attachments: Sequence[Attachment]


Renderer = Callable[[Message], Rendered]
FindReader = Callable[[Message, datetime], Reader]

_renderers: dict[str, Renderer] = {}
_readers: dict[str, FindReader] = {}


class UnknownKind(LookupError):
    """No subject registered this kind of message."""


def register(kind: str, renderer: Renderer, *, reader: FindReader | None = None) -> None:
    """
    Say how messages of a kind are made; ValueError when another subject has the name already.

    `reader` says who reads them where that is nobody whom we know: somebody who is invited, say.
    """
    if _renderers.setdefault(kind, renderer) is not renderer:
        raise ValueError(f"the kind of message {kind!r} is registered twice")
    if reader is not None:
        _readers[kind] = reader


def kinds() -> list[str]:
    """All kinds of messages, sorted."""
    return sorted(_renderers)


def renderer_of(kind: str) -> Renderer:
    """How messages of a kind are made; raises UnknownKind."""
    try:
        return _renderers[kind]
    except KeyError:
        raise UnknownKind(f"{kind}: no subject says in its mails.py how this message is made") from None


def render(message: Message, *, now: datetime) -> Letter:
    """
    Write a message out in its reader's language. Acts for the purpose of messages; raises NobodyToReach.
    """
    renderer = renderer_of(message.kind)
    find = _readers.get(message.kind)
    reader = find(message, now) if find else reader_of(message, now=now)
    with translation.override(reader.language):
        said = renderer(message)
        subject = " ".join(said.subject.split())  # a line break in a header would be refused
        context = {
            "name": reader.name, "language": reader.language, "customer_number": reader.customer_number,
            "operator": settings.HOSPES_OPERATOR, "portal_url": settings.HOSPES_PORTAL_URL,
            "subject": subject, **said.context,
        }  # fmt: skip
        text = _filled(f"{said.template}.txt", context, escape=False)
        html = _html(f"{said.template}.mjml", context)
        to = replace(reader, address=said.address or reader.address)
        return Letter(to, subject, _tidy(text), html, said.attachments)


def _html(template: str, context: dict[str, Any]) -> str:
    try:
        mjml = _filled(template, context, escape=True)
    except TemplateDoesNotExist as missing:
        if str(missing) != template:  # what it extends is missing, which is another matter
            raise
        return ""
    # Without this the library asks other hosts for the fonts that it knows by name.
    return mjml2html(mjml, disable_comments=True, fonts={})


def _filled(template: str, context: dict[str, Any], *, escape: bool) -> str:
    # Django's own render() escapes for HTML whatever the file is, which would put &#x27; into a plain text.
    return str(get_template(template).template.render(Context(dict(context), autoescape=escape)))  # type: ignore[attr-defined]


def _tidy(text: str) -> str:
    """Plain text without the empty lines that template tags leave behind."""
    lines: list[str] = []
    for line in text.strip().splitlines():
        if line.strip() or (lines and lines[-1]):
            lines.append(line.rstrip())
    return "\n".join(lines) + "\n"
