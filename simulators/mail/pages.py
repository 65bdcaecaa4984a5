"""The pages and the JSON of the mail catcher."""

import re
from datetime import UTC, datetime
from html import escape
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from simulators.mail.letter import Letter
from simulators.markup import Child, Markup, tag
from simulators.pages import document, moment, not_found, table
from simulators.wire import Request, Response, Route, as_html, as_json
from simulators.words import Words, words

if TYPE_CHECKING:
    from simulators.mail.catcher import MailCatcher

# A mail may show its own styles and pictures and open links in a new window; no script, nothing remote.
LETTER_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; form-action 'none'; "
    "base-uri 'none'; frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox"
)
SANDBOX = "allow-popups allow-popups-to-escape-sandbox"


class MailPages:
    """What the web side of the catcher shows."""

    def __init__(self, catcher: "MailCatcher") -> None:
        self._catcher = catcher

    def routes(self) -> list[Route]:
        """The list, one mail, and everything in it."""
        one = r"/messages/(?P<number>\d+)"
        return [
            Route("GET", "/", self._index),
            Route("GET", "/messages[.]json", self._list),
            Route("GET", one, self._show),
            Route("GET", one + "[.]json", self._describe),
            Route("GET", one + "[.]eml", self._source),
            Route("GET", one + "/html", self._html),
            Route("GET", one + r"/parts/(?P<index>\d+)", self._part),
        ]

    def _index(self, request: Request) -> Response:
        say, to = words(request.language), request.query.get("to", "")
        letters = self._catcher.letters(to=to)
        rows: list[list[Child]] = [
            [
                moment(letter.received),
                tag("a", letter.subject or say("(no subject)"), href=f"/messages/{letter.id}"),
                ", ".join(letter.recipients),
                letter.sender,
            ]
            for letter in letters
        ]
        heads = [say(head) for head in ("Time", "Subject", "To", "From")]
        listed = table(say("Mail"), heads, rows) if rows else tag("p", say("Nothing has arrived yet."))
        return self._page(request, say("Mail"), [_search(say, to), listed])

    def _show(self, request: Request, number: str) -> Response:
        letter, say = self._catcher.letter(int(number)), words(request.language)
        if letter is None:
            return self._nothing(request)
        body: list[Child] = [
            tag("p", tag("a", say("Back to the list"), href="/")),
            tag("p", say("From"), " ", tag("strong", letter.sender), " · ", moment(letter.received)),
            tag("p", say("To"), " ", tag("strong", ", ".join(letter.recipients))),
        ]
        if letter.html:
            title = say("The mail, as a mail program shows it; remote images and scripts are blocked")
            frame = tag("iframe", src=f"/messages/{letter.id}/html", sandbox=SANDBOX, title=title)
            body += [tag("h2", say("As HTML")), frame]
        if letter.text:
            body += [tag("h2", say("As text")), tag("pre", _with_links(letter.text), tabindex="0")]
        if letter.parts:
            files = [
                tag(
                    "li",
                    tag("a", part.filename, href=_address(letter, part.index)),
                    f" ({part.content_type})",
                )
                for part in letter.parts
            ]
            body += [tag("h2", say("Attachments")), tag("ul", files)]
        source = tag("p", tag("a", say("The source"), href=f"/messages/{letter.id}.eml"))
        heads = "".join(f"{name}: {value}\n" for name, value in letter.headers)
        body += [tag("h2", say("Headers")), tag("pre", heads, tabindex="0"), source]
        return self._page(request, letter.subject or say("(no subject)"), body)

    def _html(self, request: Request, number: str) -> Response:
        letter = self._catcher.letter(int(number))
        if letter is None:
            return self._nothing(request)
        html = letter.html
        for part in letter.parts:
            if part.content_id:
                html = html.replace(f"cid:{part.content_id}", _address(letter, part.index))
        # Links open outside the frame, in which no other site lets itself be shown.
        with_base = re.sub(r"(?i)(<head[^>]*>)", r'\1<base target="_blank">', html, count=1)
        return as_html(
            with_base if with_base != html else f'<base target="_blank">{html}', policy=LETTER_POLICY
        )

    def _part(self, request: Request, number: str, index: str) -> Response:
        letter = self._catcher.letter(int(number))
        found = [part for part in letter.parts if part.index == int(index)] if letter else []
        if not found:
            return self._nothing(request)
        disposition = f"attachment; filename*=UTF-8''{quote(found[0].filename, safe='')}"
        headers = {
            "Content-Disposition": disposition,
            "Content-Security-Policy": "default-src 'none'; sandbox",
        }
        return Response(found[0].content, content_type=found[0].content_type, headers=headers)

    def _source(self, request: Request, number: str) -> Response:
        letter = self._catcher.letter(int(number))
        return Response(letter.raw) if letter else self._nothing(request)

    def _list(self, request: Request) -> Response:
        wanted = {name: request.query.get(name, "") for name in ("to", "subject")}
        return as_json([self._outline(letter) for letter in self._catcher.letters(**wanted)])

    def _describe(self, request: Request, number: str) -> Response:
        letter = self._catcher.letter(int(number))
        if letter is None:
            return as_json({"error": "not found"}, 404)
        parts = [part.as_json(self._catcher.url + _address(letter, part.index)) for part in letter.parts]
        return as_json(
            {**self._outline(letter), "headers": letter.headers, "html": letter.html, "parts": parts}
        )

    def _outline(self, letter: Letter) -> dict[str, Any]:
        return {
            "id": letter.id,
            "received_at": datetime.fromtimestamp(letter.received, UTC).isoformat(),
            "from": letter.sender,
            "to": list(letter.recipients),
            "subject": letter.subject,
            "text": letter.text,
            "url": f"{self._catcher.url}/messages/{letter.id}",
        }

    def _page(self, request: Request, title: str, body: Child) -> Response:
        above = words(request.language)(self._catcher.title)
        neighbours = self._catcher.neighbours
        return as_html(document(title, body, language=request.language, above=above, neighbours=neighbours))

    def _nothing(self, request: Request) -> Response:
        return not_found(request.language, words(request.language)(self._catcher.title))


def _address(letter: Letter, index: int) -> str:
    return f"/messages/{letter.id}/parts/{index}"


def _search(say: Words, to: str) -> Markup:
    box = tag("label", say("Recipient"), tag("input", type="search", name="to", value=to))
    return tag("form", box, tag("button", say("Search")), method="get", class_="search", role="search")


def _with_links(text: str) -> Markup:
    """Make the addresses in a text clickable: the demo needs the links that were mailed."""
    pieces = re.split(r"(https?://[^\s<>\"]*[^\s<>\".,;:!?)])", text)
    return Markup(
        "".join(
            tag("a", piece, href=piece, target="_blank", rel="noopener") if position % 2 else escape(piece)
            for position, piece in enumerate(pieces)
        )
    )
