"""Staff ask on behalf of a customer that a service goes to another one; that one accepts it in the portal all the same."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from hospes.kernel import clock
from hospes.kernel.purposes import Purpose
from hospes.office.pages import looking_at, office_page, once_key, open_for, show, working_on
from hospes.services import moves
from hospes.services.models import By, Service, When
from hospes.services.moves import MoveRefused
from hospes.services.services import Asked


class MovingForm(forms.Form):
    """To whom it goes, when, and why."""

    to_number = forms.IntegerField(
        label=gettext_lazy("Customer number of the other"), min_value=1, max_value=10**12, localize=False
    )
    to_email = forms.EmailField(label=gettext_lazy("E-mail address of the other"), max_length=254)
    when = forms.ChoiceField(
        label=gettext_lazy("From when is it theirs?"),
        widget=forms.RadioSelect,
        choices=When.choices,
        initial=When.NOW,
    )
    note = forms.CharField(
        label=gettext_lazy("Why?"), max_length=200, help_text=gettext_lazy("The customer can read this."),
    )  # fmt: skip


@require_http_methods(["GET", "POST"])
@office_page(Purpose.CONTRACT, nav="search")
def moving(request: Any, number: int, service_id: int) -> HttpResponse:
    """To whom does it go, when, and who asked for it?"""
    found = open_for(request, number, Purpose.CONTRACT)
    enter, form, is_asked = (
        looking_at if request.method == "GET" else working_on,
        MovingForm(request.POST or None),
        False,
    )
    with enter(request, Purpose.CONTRACT, found.customer_id, found.holders[Purpose.CONTRACT]) as scene:
        service = get_object_or_404(
            Service.objects.select_related("product"), customer_id=found.customer_id, pk=service_id
        )
        if request.method == "POST" and form.is_valid():
            try:
                moves.ask(
                    service, to_number=form.cleaned_data["to_number"], to_email=form.cleaned_data["to_email"],
                    when=When(form.cleaned_data["when"]), ip=scene.actor.ip, key=once_key(request),
                    asked=Asked(By.STAFF, scene.actor.id, form.cleaned_data["note"]), now=clock.now(),
                )  # fmt: skip
                is_asked = True
            except MoveRefused as refusal:
                form.add_error(None, str(refusal))
        under_way, can = moves.of_service(service.pk), moves.can_move(service)
    if is_asked:
        messages.success(
            request, _("If number and address go together, that customer has a mail now and can accept it.")
        )
        return redirect("office:service", number=number, service_id=service_id)
    context = {
        "form": form,
        "service": service,
        "number": number,
        "moving": under_way,
        "can": can,
    }
    return show(request, "office/moving.html", context, status=422 if form.errors else 200)
