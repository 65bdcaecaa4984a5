"""Another package, number or term, or other options, asked by staff: with the amounts that the customer sees, and a reason."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from hospes.catalogue.queries import words_of
from hospes.faces.changing import ServiceForm
from hospes.faces.prices import View
from hospes.kernel import clock
from hospes.kernel.purposes import Purpose
from hospes.office import actions
from hospes.office.pages import looking_at, office_page, open_for, show, working_on
from hospes.services import changes, queries, requests
from hospes.services.models import Request, Service


class ChangingForm(ServiceForm):
    """What it is to become, from when, and why."""

    number_label = gettext_lazy("How many")
    note = forms.CharField(
        label=gettext_lazy("Why?"), max_length=200, help_text=gettext_lazy("The customer can read this."),
    )  # fmt: skip


#: Staff see prices without VAT.
_NET = View(0, with_vat=False)


@require_http_methods(["GET", "POST"])
@office_page(Purpose.CONTRACT, nav="search")
def changing(request: Any, number: int, service_id: int) -> HttpResponse:
    """What would it become, what does that cost or give back to the cent, and why is it done?"""
    found, today = open_for(request, number, Purpose.CONTRACT), clock.today()
    enter = looking_at if request.method == "GET" else working_on
    proposal, is_asked = None, False
    with enter(request, Purpose.CONTRACT, found.customer_id, found.holders[Purpose.CONTRACT]) as scene:
        service = get_object_or_404(
            Service.objects.select_related("product"), customer_id=found.customer_id, pk=service_id
        )
        asked = queries.last_request(service.pk)
        form = ChangingForm(
            service, queries.choices(service, today=today), _NET, today=today, data=_posted(request)
        )
        if form.is_bound and form.is_valid():
            proposal = form.proposal()
        once = request.POST.get("once", "")
        if proposal is not None and request.POST.get("do") == "confirm":
            if form.is_as_shown(proposal):
                _ask(scene, service, requests.change_words(proposal), form.cleaned_data["note"], once)
                is_asked = True
            else:
                messages.warning(
                    request, _("The amount has changed since this page was shown. Please look again.")
                )
        elif request.POST.get("do") == "unplan" and (note := request.POST.get("why", "").strip()[:200]):
            _ask(scene, service, _UNPLAN | {"on": today}, note, once)
            is_asked = True
        planned = queries.planned(service.pk)
    if is_asked:
        messages.success(request, _("It is being carried out, and the customer gets a mail about it."))
        return redirect("office:service", number=number, service_id=service_id)
    context = {
        "form": form, "service": service, "number": number, "proposal": proposal, "product": form.chosen_product(),
        "options": words_of(service.choice_ids, service.choice_counts),
        "kept": changes.words_of_options(proposal.wanted) if proposal else "",
        "planned": planned, "waits": asked is not None and asked.state == Request.State.WAITING,
        "can": service.state in changes.CHANGEABLE and service.ends_on is None,
    }  # fmt: skip
    return show(request, "office/changing.html", context, status=422 if form.errors else 200)


_UNPLAN = {"kind": Request.Kind.UNPLAN, "when": Request.When.NOW}


def _posted(request: Any) -> Any:
    """What was filled in about a change; the other form of the page has none of it."""
    return request.POST if request.method == "POST" and "choice" in request.POST else None


def _ask(scene: Any, service: Service, said: dict[str, Any], note: str, once: str) -> None:
    actions.ask_of_service(scene=scene, service=service, words=said, note=note, once=once, now=clock.now())
