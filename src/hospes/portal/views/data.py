"""Your data: what is held about a person, why, who got it, when it goes, who looked; and all of it to take along."""

from typing import Any

from django.http import FileResponse, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from hospes.accounts import confirming
from hospes.accounts.viewing.middleware import Shows
from hospes.customers.queries import Capacity
from hospes.customers.rules import Capability
from hospes.kernel import clock
from hospes.kernel.purposes import Purpose
from hospes.portal.pages import for_customer, posted_from, whose
from hospes.privacy import package


@require_safe
@for_customer(Capability.OWN, nav="data", viewed=Shows("data", frozenset({Purpose.RIGHTS})))
def data(request: Any, capacity: Capacity) -> HttpResponse:
    """What do they hold about me, why, who got it, when does it go, who looked?"""
    held = _held(request)
    return render(request, "portal/data.html", {"package": held, "looks": held.looks})


@posted_from("portal:data")
@for_customer(Capability.OWN, nav="data")
@confirming.required(doing=_("download all your data"))
def download(request: Any, capacity: Capacity) -> HttpResponseBase:
    """Everything that is held about the person, as JSON, as a page to read, and with its files, in one ZIP."""
    archive = package.as_zip(_held(request), language=get_language() or "nl")
    package.note_download(person_id=request.user.pk, actor=request.actor, now=clock.now())
    return FileResponse(
        archive,
        as_attachment=True,
        filename=f"gegevens-{clock.today().isoformat()}.zip",
        content_type="application/zip",
    )


def _held(request: Any) -> package.Package:
    """What is held about the person, and about the customers whose data are theirs to take."""
    customers = [c.customer_id for c in request.capacities if c.may(Capability.TAKE_DATA)]
    return package.collect(
        person_id=whose(request), customer_ids=customers, actor=request.actor, now=clock.now()
    )
