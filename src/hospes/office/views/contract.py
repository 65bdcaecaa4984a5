"""What staff do with a contract: cancel it, let it go on, or drop what was never delivered, each for a reason."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from hospes.faces import words
from hospes.kernel import clock
from hospes.kernel.purposes import Purpose
from hospes.office import actions
from hospes.office.pages import looking_at, office_page, open_for, show, working_on
from hospes.sales import dropping
from hospes.services import endings
from hospes.services.models import Request, Service


class EndingForm(forms.Form):
    """What is to happen, and why."""

    what = forms.ChoiceField(label=gettext_lazy("What is to happen?"), widget=forms.RadioSelect)
    note = forms.CharField(
        label=gettext_lazy("Why?"), max_length=200, help_text=gettext_lazy("The customer can read this."),
    )  # fmt: skip

    def __init__(self, service: Service, ways: dict[str, tuple[Any, int]], data: Any = None) -> None:
        super().__init__(data)
        if service.ends_on is not None:
            choices = [("undo", _("It goes on after all"))]
        else:
            named = {
                "soonest": _("It ends as soon as the customer can end it, on %(day)s"),
                "term_end": _("It ends at the end of the term, on %(day)s"), "now": _("It ends today, %(day)s"),
            }  # fmt: skip
            choices = [
                (when, f"{named[when] % {'day': words.day(on)}}: {_('to be given back')} {words.euro(back)}")
                for when, (on, back) in ways.items()
            ]
        self.fields["what"].choices = choices  # type: ignore[attr-defined]  # a ChoiceField has them


@require_http_methods(["GET", "POST"])
@office_page(Purpose.CONTRACT, nav="search")
def ending(request: Any, number: int, service_id: int) -> HttpResponse:
    """When can this contract end, what is given back, and who decided so?"""
    found = open_for(request, number, Purpose.CONTRACT)
    enter = looking_at if request.method == "GET" else working_on
    with enter(request, Purpose.CONTRACT, found.customer_id, found.holders[Purpose.CONTRACT]) as scene:
        service = get_object_or_404(
            Service.objects.select_related("product"), customer_id=found.customer_id, pk=service_id
        )
        ways = _ways(service)
        form = EndingForm(service, ways, request.POST or None)
        is_asked = request.method == "POST" and form.is_valid()
        if is_asked:
            actions.ask_of_service(
                scene=scene, service=service, words=_words(form.cleaned_data["what"], ways), note=form.cleaned_data["note"],
                once=request.POST.get("once", ""), now=clock.now(),
            )  # fmt: skip
    if is_asked:
        messages.success(request, _("It is being carried out, and the customer gets a mail about it."))
        return redirect("office:service", number=number, service_id=service_id)
    context = {
        "form": form,
        "service": service,
        "number": number,
        "can": bool(ways) or service.ends_on is not None,
    }
    return show(request, "office/ending.html", context, status=422 if form.errors else 200)


def _ways(service: Service) -> dict[str, tuple[Any, int]]:
    """The days on which it can end, each with what is given back then (cents without VAT)."""
    if service.state not in endings.CANCELLABLE or service.ends_on is not None:
        return {}
    today = clock.today()
    found = endings.ways_to_end(service, today=today)
    days = {"soonest": found.soonest, "term_end": found.at_term_end, "now": today}
    return {when: (on, endings.given_back(service, on)) for when, on in days.items()}


def _words(what: str, ways: dict[str, tuple[Any, int]]) -> dict[str, Any]:
    if what == "undo":
        return {"kind": Request.Kind.UNDO, "when": Request.When.NOW, "on": clock.today()}
    on, back = ways[what]
    return {"kind": Request.Kind.CANCEL, "when": what, "on": on, "cents": -back}


class DropForm(forms.Form):
    """Why it is not delivered."""

    note = forms.CharField(
        label=gettext_lazy("Why?"), max_length=200, help_text=gettext_lazy("The customer can read this."),
    )  # fmt: skip


@require_http_methods(["GET", "POST"])
@office_page(Purpose.CONTRACT, nav="search")
def dropped(request: Any, number: int, service_id: int) -> HttpResponse:
    """What was never delivered, what does the customer get back for it, and why is it dropped?"""
    found, form = open_for(request, number, Purpose.CONTRACT), DropForm(request.POST or None)
    enter, done = looking_at if request.method == "GET" else working_on, None
    with enter(request, Purpose.CONTRACT, found.customer_id, found.holders[Purpose.CONTRACT]) as scene:
        service = get_object_or_404(
            Service.objects.select_related("product"), customer_id=found.customer_id, pk=service_id
        )
        if request.method == "POST" and form.is_valid():
            once = request.POST.get("once", "")
            done = actions.drop_service(
                scene=scene, service=service, note=form.cleaned_data["note"], once=once, now=clock.now()
            )
        can = service.state in endings.NOT_DELIVERED
        additions = Service.objects.select_related("product").filter(
            belongs_to_id=service.pk, customer_id=found.customer_id, state__in=endings.NOT_DELIVERED
        )
        backs = [(each, dropping.left(each)) for each in (service, *additions)] if can and not done else []
    if done is not None:
        said = messages.success if done else messages.info
        said(request, _("It was dropped, and the customer gets a mail about it.") if done
             else _("That was done already, or the service was set up meanwhile."))  # fmt: skip
        return redirect("office:service", number=number, service_id=service_id)
    context = {"form": form, "service": service, "number": number, "can": can, "backs": backs}
    return show(request, "office/dropping.html", context, status=422 if form.errors else 200)
