"""Search: one field for everything, and the way to every page (Ctrl-K)."""

from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from hospes.kernel import clock, journal
from hospes.kernel.acting import acting
from hospes.kernel.purposes import Purpose
from hospes.office import finding, keys, work
from hospes.office.pages import office_page, places, purposes, show


@require_safe
@office_page(nav="search")
def search(request: Any) -> HttpResponse:
    """Who is meant: by a number, a name, an address, a phone number or a domain name."""
    asked = request.GET.get("q", "").strip()
    wanted = keys.read(asked)
    hits = []
    if wanted:
        now = clock.now()
        with acting(purposes(request)[0], actor=request.actor):
            journal.record("staff.searched", at=now, table="customers_customer")
        hits = finding.search(wanted, purposes=purposes(request), actor=request.actor, now=now)
    context = {
        "q": asked, "understood": bool(wanted), "hits": hits[: finding.MOST], "more": len(hits) > finding.MOST,
        "go_to": _go_to(request, asked), "takes": takes(purposes(request)),
    }  # fmt: skip
    return show(request, "office/search.html", context)


def takes(held: list[Purpose]) -> set[str]:
    """Which keys the role's purposes can find somebody by."""
    return {way.takes for way in finding.WAYS for purpose in held if way.is_open_to(purpose)}


def _go_to(request: Any, asked: str) -> list[tuple[str, str]]:
    """Pages whose name has the text in it: addresses and names."""
    pages = [(place.url, str(place.label)) for place in places(request) if place.key != "search"]
    pages += [
        (reverse("office:board", kwargs={"key": board.key}), str(board.title))
        for board in work.boards(purposes(request))
    ]
    return [(url, name) for url, name in pages if asked.lower() in name.lower()]
