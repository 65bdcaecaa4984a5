"""The work list: what waits, and for what purpose the colleague may look into it."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from hospes.kernel import clock, datamap
from hospes.kernel.acting import acting
from hospes.kernel.purposes import Purpose
from hospes.office import taking, work
from hospes.office.pages import office_page, purposes, show
from hospes.office.piles import Board

FIRST = 5
PAGE = 50


@require_safe
@office_page(nav="home")
def home(request: Any) -> HttpResponse:
    """What waits for somebody in my role: late, or odd?"""
    now = clock.now()
    piles = work.piles(purposes(request), actor=request.actor, now=now, size=FIRST)
    context = {
        "mine": work.in_hand(purposes(request), actor=request.actor, now=now, size=PAGE),
        "late": [pile for pile in piles if not pile.board.is_odd], "odd": [pile for pile in piles if pile.board.is_odd],
        "kinds": len(piles), "gaps": len(datamap.gaps()) if Purpose.SECURITY in purposes(request) else 0,
        "watched": work.boards(purposes(request)),
    }  # fmt: skip
    return show(request, "office/home.html", context)


@require_safe
@office_page(nav="home")
def board(request: Any, key: str) -> HttpResponse:
    """Everything of one kind that waits."""
    found = _board(request, key)
    after = request.GET.get("na", "")
    pile = work.pile(found, actor=request.actor, now=clock.now(), size=PAGE, after=after)
    return show(request, "office/board.html", {"pile": pile, "is_later_page": bool(after)})


@require_POST
@office_page(nav="home")
def try_again(request: Any, key: str, item_id: int) -> HttpResponse:
    """Have a piece of work done once more."""
    found = _board(request, key)
    if found.again is None:
        raise Http404
    if found.again(request, found, item_id, request.POST.get("once", "")):
        messages.success(request, _("It is being tried again. Once it is done, it is gone from this list."))
    else:
        messages.info(request, _("That was done already: nothing is done twice."))
    return redirect("office:board", key=key)


def _board(request: Any, key: str) -> Board:
    found = next((each for each in work.boards(purposes(request)) if each.key == key), None)
    if found is None:
        raise Http404
    return found


@office_page(nav="home")
def take(request: Any, key: str, item_id: int) -> HttpResponse:
    """Take a piece of work in hand, take it over from a colleague, or let go of it."""
    board, now = _board(request, key), clock.now()
    back = (
        redirect("office:board", key=key) if request.POST.get("back") == "board" else redirect("office:home")
    )
    if request.method != "POST":
        return redirect("office:board", key=key)
    with acting(board.purpose, actor=request.actor) as scene:
        if request.POST.get("do") == "release":
            if taking.release(scene, key, item_id, now=now):
                messages.info(request, _("You let go of it: a colleague can take it now."))
            return back
        if not work.is_on(board, item_id, now=now):
            messages.info(request, _("It waits here no longer: it was done, or went by itself."))
            return back
        seen = request.POST.get("instead_of", "")
        over = int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 19 else None
        is_taken = taking.take(scene, key, item_id, now=now, instead_of=over)
        hand = taking.hands(key, [item_id], me=scene.actor.id).get(item_id)
    if not is_taken and hand is not None and not hand.is_mine:
        messages.warning(request, _("%(name)s was just ahead of you and has it now.") % {"name": hand.name})
    return back
