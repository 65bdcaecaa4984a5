"""See as the customer sees: asking for it with a reason, and stopping. The pages themselves are shown by the middleware."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from hospes.accounts.models import Power
from hospes.accounts.viewing import services as viewing
from hospes.accounts.viewing.middleware import URLCONF
from hospes.customers.models import Person
from hospes.kernel import clock
from hospes.kernel.purposes import Purpose
from hospes.office import parts
from hospes.office.forms import ViewingForm
from hospes.office.pages import Found, looking_at, office_page, open_for_one, purposes, show


def may_view(request: Any, found: Found) -> bool:
    """Whether the colleague can begin it for this customer."""
    return Power.VIEW in request.staff.powers and any(found.holders.get(purpose) for purpose in viewing.FOR)


@require_http_methods(["GET", "HEAD", "POST"])
@office_page(*viewing.FOR, power=Power.VIEW, nav="search")
def view_as(request: Any, number: int) -> HttpResponse:
    """Why do I want to see what this customer sees?"""
    wanted = [purpose for purpose in viewing.FOR if purpose in purposes(request)]
    found, purpose = open_for_one(request, number, wanted)
    person_id = found.holders[purpose]
    if person_id is None:
        raise Http404
    form = ViewingForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        viewing.begin(
            customer_id=found.customer_id, person_id=person_id, purpose=purpose, opened_id=request.opened.pk,
            reason=form.cleaned_data["reason"], actor=request.actor, now=clock.now(),
        )  # fmt: skip
        return redirect(reverse("portal:overview", URLCONF, kwargs={"number": number}))
    with looking_at(request, purpose, found.customer_id, person_id):
        context = {"head": parts.head(found.customer_id), "holder": Person.objects.get(pk=person_id)}
    context |= {"form": form, "missing": _missing(request), "minutes": viewing.LASTS.seconds // 60}
    return show(request, "office/view_as.html", context, status=422 if form.errors else 200)


def _missing(request: Any) -> list[str]:
    """What the pages do not show, since the colleague's roles do not act for it."""
    shown = (Purpose.CONTRACT, Purpose.BILLING, Purpose.SUPPORT, Purpose.SECURITY, Purpose.RIGHTS)
    return [str(purpose.declared.label) for purpose in shown if purpose not in request.staff.purposes]


@require_POST
@office_page(*viewing.FOR, power=Power.VIEW, nav="search")
def stop(request: Any, number: int, viewing_id: int) -> HttpResponse:
    """Enough seen."""
    for purpose in viewing.FOR:
        if purpose in purposes(request):
            viewing.end(viewing_id, purpose=purpose, actor=request.actor, now=clock.now())
    messages.success(request, _("You no longer see as the customer sees."))
    return redirect("office:customer", number=number)
