"""Your data: what is held about a person, why, who got it, when it goes, who looked; and all of it to take along."""

from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import FileResponse, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from hospes.kernel import clock
from hospes.portal.pages import choose, posted_from
from hospes.privacy import package


@require_safe
def data(request: Any, number: int) -> HttpResponse:
    """What do they hold about me, why, who got it, when does it go, who looked?"""
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    choose(request, number)
    request.nav = "data"
    held = package.collect(
        person_id=request.user.pk, customer_ids=_held(request), actor=request.actor, now=clock.now()
    )
    return render(request, "portal/data.html", {"package": held, "looks": held.looks})


@posted_from("portal:data")
def download(request: Any, number: int) -> HttpResponseBase:
    """Everything that is held about the person, as JSON, as a page to read, and with its files, in one ZIP."""
    if not request.user.is_authenticated:
        return redirect_to_login(reverse("portal:data", kwargs={"number": number}))
    choose(request, number)
    held = package.collect(
        person_id=request.user.pk, customer_ids=_held(request), actor=request.actor, now=clock.now()
    )
    archive = package.as_zip(held, language=get_language() or "nl")
    package.note_download(person_id=request.user.pk, actor=request.actor, now=clock.now())
    return FileResponse(
        archive,
        as_attachment=True,
        filename=f"gegevens-{clock.today().isoformat()}.zip",
        content_type="application/zip",
    )


def _held(request: Any) -> list[int]:
    """The customers of which the person is the holder: only their data is the person's own."""
    return [c.customer_id for c in request.capacities if c.role == "holder"]
