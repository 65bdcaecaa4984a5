"""HTML that escapes by default: tag("p", "1 < 2", class_="note")."""

from collections.abc import Iterable
from html import escape
from typing import TypeAlias

VOID = frozenset({"base", "br", "hr", "img", "input", "link", "meta"})


class Markup(str):
    """Text that is HTML already and is not escaped again."""


Child: TypeAlias = "str | int | float | Iterable[Child] | None"
Attribute = str | int | float | bool | None


def render(child: Child) -> Markup:
    """Return a child as HTML: text is escaped, Markup is not, None is nothing, lists are joined."""
    if child is None:
        return Markup()
    if isinstance(child, Markup):
        return child
    if isinstance(child, str | int | float):
        return Markup(escape(str(child)))
    return Markup("".join(render(each) for each in child))


def tag(name: str, /, *children: Child, **attributes: Attribute) -> Markup:
    """
    Return an element.

    In attribute names a trailing underscore falls away and others become hyphens (class_, aria_label); True
    gives a bare attribute, False and None none.
    """
    parts = [name]
    for key, value in attributes.items():
        if value is None or value is False:
            continue
        written = key.rstrip("_").replace("_", "-")
        parts.append(written if value is True else f'{written}="{escape(str(value))}"')
    opening = f"<{' '.join(parts)}>"
    return Markup(opening if name in VOID else f"{opening}{render(children)}</{name}>")
