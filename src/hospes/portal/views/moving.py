"""Handing a service over to another customer, and taking one over."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from hospes.customers.models import Person
from hospes.customers.queries import Capacity
from hospes.customers.rules import Capability
from hospes.kernel import clock
from hospes.kernel.purposes import Purpose
from hospes.portal.contract_forms import SentForm
from hospes.portal.pages import customer_page, posted_from
from hospes.portal.views.prices import own_view
from hospes.sales import agreements
from hospes.services import moves
from hospes.services.models import By, MoveOffer, Service, When
from hospes.services.moves import MoveRefused
from hospes.services.services import Asked


class GiveForm(SentForm):
    """To whom it goes, and when."""

    to_number = forms.IntegerField(
        label=gettext_lazy("Customer number of the other"), min_value=1, max_value=10**12, localize=False,
        help_text=gettext_lazy("They find it in their account and on each invoice."),
    )  # fmt: skip
    to_email = forms.EmailField(
        label=gettext_lazy("E-mail address of the other"), max_length=254,
        help_text=gettext_lazy("The address with which they log in."),
    )  # fmt: skip
    when = forms.ChoiceField(
        label=gettext_lazy("From when is it theirs?"),
        widget=forms.RadioSelect,
        choices=When.choices,
        initial=When.NOW,
    )


def _held(capacity: Capacity, service_id: int) -> Service:
    found: Service = get_object_or_404(
        Service.objects.select_related("product"), customer_id=capacity.customer_id, pk=service_id
    )
    return found


@require_http_methods(["GET", "POST"])
@customer_page(Purpose.CONTRACT, Capability.HAND_OVER, nav="services")
def give(request: Any, capacity: Capacity, service_id: int) -> HttpResponseBase:
    """To whom does it go, what stays as it is, and what happens when?"""
    found = _held(capacity, service_id)
    back = redirect("portal:service", number=capacity.number, service_id=service_id)
    form = GiveForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        words = {name: form.cleaned_data[name] for name in ("to_number", "to_email", "key")}
        try:
            moves.ask(found, **words, when=When(form.cleaned_data["when"]), asked=Asked(By.CUSTOMER, request.user.pk),
                      ip=request.actor.ip, now=clock.now())  # fmt: skip
            messages.success(
                request,
                _("If number and address go together, that customer has a mail now and can accept it."),
            )
            return back
        except MoveRefused as refusal:
            form.add_error(None, str(refusal))
    if not form.errors and not moves.can_move(found):
        return back
    context = {"form": form, "service": found, "key": SentForm.new_key(), "days": moves.DAYS_TO_DECIDE}
    return render(request, "portal/service_move.html", context)


@posted_from("portal:service")
@customer_page(Purpose.CONTRACT, Capability.HAND_OVER, nav="services")
def take_back(request: Any, capacity: Capacity, service_id: int) -> HttpResponse:
    """Keep a service after all."""
    found = _held(capacity, service_id)
    held = moves.of_service(found.pk)
    if held is not None and moves.take_back(move_id=held.pk, now=clock.now()):
        messages.success(request, _("It stays yours."))
    return redirect("portal:service", number=capacity.number, service_id=service_id)


@require_safe
@customer_page(Purpose.CONTRACT, Capability.SEE_SERVICES, nav="services")
def moves_list(request: Any, capacity: Capacity) -> HttpResponse:
    """What was offered to us, what did we hand over, and what came of it?"""
    context = {"offers": moves.offers_to(capacity.customer_id), "given": moves.asked_by(capacity.customer_id)}
    return render(request, "portal/moves.html", context)


@require_http_methods(["GET", "POST"])
@customer_page(Purpose.CONTRACT, Capability.ORDER, nav="services")
def offer(request: Any, capacity: Capacity, offer_id: int) -> HttpResponse:
    """What is it, what does it cost from when, and do we take it over?"""
    found = get_object_or_404(
        MoveOffer.objects.select_related("product"), customer_id=capacity.customer_id, pk=offer_id
    )
    agreed = agreements.of_now(get_language() or "nl")
    mark = agreed.mark(f"move:{found.pk}")
    if request.method == "POST":
        accepts, declines = (request.POST.get("do") == word for word in ("accept", "decline"))
        if not accepts and not declines:  # whoever presses no button decides nothing
            pass
        elif accepts and request.POST.get("terms") != "on":
            messages.error(request, _("Please agree with the general terms first."))
        elif accepts and request.POST.get("agreed") != mark:
            messages.warning(
                request, _("Our terms have changed since this page was shown. Please look again.")
            )
        elif not moves.decide(offer_id=found.pk, accepts=accepts, person_id=request.user.pk, ip=request.actor.ip,
                              agreed=vars(agreed), now=clock.now()):  # fmt: skip
            messages.warning(request, _("This was decided upon already, or is over."))
        return redirect("portal:move_offer", number=capacity.number, offer_id=offer_id)
    decider = Person.objects.filter(pk=found.decided_by_id or 0).first()
    context = {
        "offer": found,
        "agreed": mark,
        "decider": decider,
        "view": own_view(capacity, found.product_id),
    }
    return render(request, "portal/move_offer.html", context)
