"""Whether domain names are free: asked of their registries all at once, and never guessed."""

import time
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

import structlog
from django.core.cache import cache

from hospes.catalogue.models import Product
from hospes.catalogue.queries import Offer, notices, offers
from hospes.domains.providers import Lookup, LookupUnavailable, lookup
from hospes.sales.domain_names import Sought, readable

logger = structlog.get_logger(__name__)

#: How long somebody waits for the slowest registry, in seconds.
PATIENCE: Final = 2.5
#: How long an answer is good, in seconds: a free name is soon somebody's, a taken one stays so.
_KEPT: Final = {True: 600, False: 60}
#: All lookups of a process together: registries that do not answer hold up one another, and not the pages.
_WORKERS = ThreadPoolExecutor(max_workers=16, thread_name_prefix="rdap")


class Availability(StrEnum):
    """What a registry said of a name; UNKNOWN where it said nothing."""

    FREE = "free"
    TAKEN = "taken"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Found:
    """A name with the offers of its extension (the shortest term first), and whether it is free."""

    name: str
    shown: str
    product: Product
    offers: tuple[Offer, ...]
    availability: Availability
    is_refused: bool = False  # the extension takes no letters beyond a to z

    @property
    def can_be_ordered(self) -> bool:
        """Whether it may be free; where the registry does not answer, it is looked at before it is registered."""
        return not self.is_refused and self.availability != Availability.TAKEN


def extensions(*, today: date) -> list[tuple[Product, tuple[Offer, ...]]]:
    """The extensions that can be ordered today with their offers: those of which is said what their registry gets (P42)."""
    found: dict[int, list[Offer]] = {}
    for each in offers(today=today):
        if each.product.kind == Product.Kind.DOMAIN:
            found.setdefault(each.product.pk, []).append(each)
    said = notices(found, today=today)
    return [(held[0].product, tuple(held)) for pk, held in found.items() if pk in said]


def search(sought: Sought, *, today: date, seconds: float = PATIENCE) -> list[Found]:
    """A name under all extensions that can be ordered, the one that was typed first; asked at the same time, within so long."""
    held = sorted(extensions(today=today), key=lambda each: each[0].extension != sought.extension)
    refused = {product.pk for product, _ in held if sought.is_idn and not product.takes_idn}
    asked = [(sought.label + p.extension, p.lookup_url) for p, _ in held if p.pk not in refused]
    said = availability(asked, seconds=seconds)
    return [
        Found(name := sought.label + product.extension, readable(name), product, of_product,
              said.get(name, Availability.UNKNOWN), product.pk in refused)
        for product, of_product in held
    ]  # fmt: skip


def availability(asked: Iterable[tuple[str, str]], *, seconds: float = PATIENCE) -> dict[str, Availability]:
    """Of pairs of a name and the address of its registry, whether the name is free; what is not answered in time is unknown."""
    found, ends = dict[str, Availability](), time.monotonic() + seconds
    source, waiting = lookup(), dict[str, Future[bool]]()
    for name, url in asked:
        kept = cache.get(_key(name))
        if kept in ("free", "taken"):
            found[name] = Availability(kept)
        else:
            waiting[name] = _WORKERS.submit(_ask, source, name, url, ends)
    wait(waiting.values(), timeout=max(ends - time.monotonic(), 0))
    for name, future in waiting.items():
        found[name] = _outcome(name, future)
    return found


def _ask(source: Lookup, name: str, url: str, ends: float) -> bool:
    """Ask one registry, unless nobody waits for it any more."""
    left = ends - time.monotonic()
    if left <= 0:
        raise LookupUnavailable("no time left")
    return source.is_registered(name, url=url, seconds=left)


def _outcome(name: str, future: "Future[bool]") -> Availability:
    if not future.done():
        future.cancel()
        return Availability.UNKNOWN
    try:
        is_registered = future.result()
    except LookupUnavailable:
        logger.info("a registry gave no answer", provider="rdap")
        return Availability.UNKNOWN
    kept = Availability.TAKEN if is_registered else Availability.FREE
    cache.set(_key(name), kept.value, _KEPT[is_registered])
    return kept


def _key(name: str) -> str:
    return f"availability:{name}"
