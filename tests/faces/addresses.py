"""An address of every route of a face, with something in it that fits."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import translation

PORTAL, OFFICE = "hospes.config.urls_portal", "hospes.config.urls_office"

#: What stands in an address, by kind of converter or by name of a group.
_FITS = {"int": 1, "slug": "x", "str": "x", "uuid": "0" * 32, "path": "x", "uidb36": "1", "key": "x-x"}


@dataclass(frozen=True)
class Route:
    """A route: its name with its namespace, the view, and an address in each language."""

    name: str
    view: Any
    addresses: tuple[str, ...]

    def __str__(self) -> str:
        return self.name


def routes(urls: str) -> list[Route]:
    """Every route of a face; all have names."""
    found = []
    for name, entry, values in _walk(get_resolver(urls), "", {}):
        addresses = []
        for language in ("nl", "en"):
            with translation.override(language):
                addresses.append(reverse(name, urlconf=urls, kwargs=values))
        found.append(Route(name, entry.callback, tuple(dict.fromkeys(addresses))))
    return sorted(found, key=str)


def _walk(
    resolver: URLResolver, space: str, above: dict[str, Any]
) -> Iterator[tuple[str, URLPattern, dict[str, Any]]]:
    for entry in resolver.url_patterns:
        values = above | {
            name: _FITS[_kind(converter)] for name, converter in entry.pattern.converters.items()
        }
        values |= {
            name: _FITS[name] for name in getattr(entry.pattern.regex, "groupindex", {}) if name not in values
        }
        if isinstance(entry, URLResolver):
            yield from _walk(entry, f"{space}{entry.namespace}:" if entry.namespace else space, values)
        else:
            assert entry.name, f"{entry.pattern} has no name"
            yield f"{space}{entry.name}", entry, values


def _kind(converter: Any) -> str:
    return type(converter).__name__.removesuffix("Converter").replace("String", "str").lower()
