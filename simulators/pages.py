"""The frame around every page of the simulators."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from simulators.markup import Child, Markup, tag
from simulators.wire import Response, as_html
from simulators.words import words


def moment(seconds: float) -> Markup:
    """Show a moment (seconds since the epoch) as a time element, in the zone of this machine."""
    at = datetime.fromtimestamp(seconds, UTC)
    return tag("time", f"{at.astimezone():%Y-%m-%d %H:%M:%S}", datetime=at.isoformat(timespec="seconds"))


def table(caption: str, heads: Sequence[str], rows: Iterable[Sequence[Child]]) -> Markup:
    """Return a table that scrolls sideways by itself on a narrow screen."""
    head = tag("thead", tag("tr", [tag("th", each, scope="col") for each in heads]))
    body = tag("tbody", [tag("tr", [tag("td", cell) for cell in row]) for row in rows])
    whole = tag("table", tag("caption", caption, class_="unseen"), head, body)
    return tag("div", whole, class_="scroll", tabindex="0", role="region", aria_label=caption)


def document(
    title: str, body: Child, *, language: str, above: str, neighbours: Sequence[tuple[str, str]] = ()
) -> str:
    """Return a whole page: above is the name of the simulator, neighbours are the other ones."""
    say = words(language)
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("title", f"{title} · {above}"),
        tag("link", rel="stylesheet", href="/static/simulators.css"),
    )
    links = [tag("li", tag("a", say(name), href=address)) for name, address in neighbours]
    header = tag(
        "header",
        tag("p", tag("a", above, href="/"), class_="name"),
        tag("nav", tag("ul", links), aria_label=say("The simulators")) if links else None,
    )
    main = tag("main", tag("h1", title), body, id="content")
    footer = tag("footer", tag("p", say("This is a simulator. Nothing leaves this machine.")))
    skip = tag("a", say("Skip to the content"), href="#content", class_="skip")
    page = tag("html", head, tag("body", skip, header, main, footer), lang=language)
    return f"<!doctype html>\n{page}\n"


def not_found(language: str, above: str) -> Response:
    """Return the page for an address that leads nowhere."""
    say = words(language)
    body = tag("p", say("There is nothing at this address."))
    return as_html(document(say("Not found"), body, language=language, above=above), 404)
