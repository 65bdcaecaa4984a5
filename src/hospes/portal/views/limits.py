"""From where one may get at a customer: its limits, the page of who is kept out by them, and the way back."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hospes.accounts import confirming
from hospes.accounts.countries import every_choice
from hospes.accounts.origins import limits
from hospes.accounts.origins.places import place_of
from hospes.customers.queries import Capacity
from hospes.customers.rules import Capability
from hospes.kernel import clock
from hospes.kernel.acting import acting
from hospes.kernel.purposes import Purpose
from hospes.portal.pages import customer_page, for_customer, posted_from
from hospes.portal.views.where_from import source


@require_safe
@customer_page(Purpose.SECURITY, Capability.OWN, nav="access", viewed="limits")
def limit_list(request: Any, capacity: Capacity) -> HttpResponse:
    """From where may one get in?"""
    return _limits_page(request, capacity)


def _limits_page(request: Any, capacity: Capacity, **more: Any) -> HttpResponse:
    held = limits.of([capacity.customer_id]).get(capacity.customer_id, [])
    here = place_of(request.actor.ip)
    context = {"limits": held, "here": here, "ip": request.actor.ip, "countries": every_choice(),
               "may_change": capacity.may(Capability.LIMIT_ACCESS), "source": source()}  # fmt: skip
    return render(request, "portal/limits.html", context | more)


@posted_from("portal:limits")
@for_customer(Capability.LIMIT_ACCESS, nav="access")
@confirming.required(doing=gettext_lazy("change from where one may get in"))
def change_limits(request: Any, capacity: Capacity) -> HttpResponse:
    """Allow one network or country more or less; who would shut themself out is asked whether they are sure."""
    network, country, gone = (request.POST.get(name, "").strip() for name in ("network", "country", "remove"))
    typed = {"network": network, "country": country}
    with acting(Purpose.ACCESS, actor=request.actor):
        try:
            _change(request, capacity, network=network, country=country, gone=gone)
        except limits.Refused as refusal:
            return _limits_page(request, capacity, refusal=str(refusal), **typed)
        except limits.ShutsYouOut:
            return _limits_page(request, capacity, unsure=True, remove=gone, **typed)
    messages.success(request, _("Saved. All who hold this account get a mail about it."))
    return redirect("portal:limits", number=capacity.number)


def _change(request: Any, capacity: Capacity, *, network: str, country: str, gone: str) -> None:
    asked = {
        "customer_id": capacity.customer_id,
        "ip": request.actor.ip,
        "sure": "sure" in request.POST,
        "now": clock.now(),
    }
    if gone:
        limits.remove(
            limit_id=int(gone) if gone.isascii() and gone.isdigit() and len(gone) < 19 else 0, **asked
        )
    elif network or not country:
        limits.add(network=limits.network(network), **asked)
    else:
        limits.add(country=country, **asked)


# --- kept out -------------------------------------------------------------------------------------------------------------


@require_POST
@login_required
def ask_lift(request: Any, number: int) -> HttpResponse:
    """Have the link mailed; for a holder who is kept out."""
    shut = next((c for c in request.shut if c.number == number and c.may(Capability.LIMIT_ACCESS)), None)
    if shut is None:
        raise Http404
    with acting(Purpose.ACCESS, actor=request.actor):
        limits.ask_lift(customer_id=shut.customer_id, person_id=request.user.pk, now=clock.now())
    return render(request, "portal/lift_asked.html", {"shut": shut})


@never_cache
@login_required
@confirming.required(doing=gettext_lazy("lift all limits to networks and countries"))
@require_http_methods(["GET", "HEAD", "POST"])
def lift(request: Any, token: str) -> HttpResponse:
    """The link from the mail: opening it shows a button; only that lifts the limits, after password or second step."""
    now = clock.now()
    with acting(Purpose.ACCESS, actor=request.actor):
        wish = limits.lift_of(token, person_id=request.user.pk, now=now)
        lifted = request.method == "POST" and wish is not None and limits.lift(wish, now=now)
    if lifted:
        messages.success(
            request,
            _("The limits are lifted: one may log in from everywhere. Set new ones if you want them."),
        )
        return redirect("home")
    return render(request, "portal/lift.html", {"works": wish is not None and request.method != "POST"})
