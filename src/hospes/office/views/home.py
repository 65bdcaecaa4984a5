"""The work list: what waits, and for what purpose the colleague may look into it."""

from typing import Any

from django.http import Http404, HttpResponse
from django.views.decorators.http import require_safe

from hospes.kernel import clock, datamap
from hospes.kernel.purposes import Purpose
from hospes.office import work
from hospes.office.pages import office_page, purposes, show

FIRST = 5
PAGE = 50


@require_safe
@office_page(nav="home")
def home(request: Any) -> HttpResponse:
    """What waits for somebody in my role: late, or odd?"""
    piles = work.piles(purposes(request), actor=request.actor, now=clock.now(), size=FIRST)
    context = {
        "late": [pile for pile in piles if not pile.board.is_odd], "odd": [pile for pile in piles if pile.board.is_odd],
        "kinds": len(piles), "gaps": len(datamap.gaps()) if Purpose.SECURITY in purposes(request) else 0,
        "watched": work.boards(purposes(request)),
    }  # fmt: skip
    return show(request, "office/home.html", context)


@require_safe
@office_page(nav="home")
def board(request: Any, key: str) -> HttpResponse:
    """Everything of one kind that waits."""
    found = next((each for each in work.boards(purposes(request)) if each.key == key), None)
    if found is None:
        raise Http404
    after = request.GET.get("na", "")
    pile = work.pile(found, actor=request.actor, now=clock.now(), size=PAGE, after=after)
    return show(request, "office/board.html", {"pile": pile, "is_later_page": bool(after)})
