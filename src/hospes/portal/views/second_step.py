"""A second step for everybody with access: whether a customer asks for it, and its holder's say in that."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from hospes.accounts import confirming
from hospes.accounts.second import demands
from hospes.customers.queries import Capacity
from hospes.customers.rules import Capability
from hospes.kernel import clock
from hospes.kernel.acting import acting
from hospes.kernel.purposes import Purpose
from hospes.portal.pages import for_customer


@require_http_methods(["GET", "HEAD", "POST"])
@for_customer(Capability.DEMAND_STEP, nav="access")
@confirming.required(doing=_("decide whether everybody with access needs a second step"))
def second_step(request: Any, capacity: Capacity) -> HttpResponseBase:
    """Does everybody with access need a second step, and who has none yet?"""
    if request.method == "POST" and "demand" in request.POST:
        _decide(request, capacity, demanded=request.POST["demand"] == "on")
        return redirect("portal:second_step", number=capacity.number)
    return _page(request, capacity)


def _decide(request: Any, capacity: Capacity, *, demanded: bool) -> None:
    now, customer_id = clock.now(), capacity.customer_id
    try:
        with acting(Purpose.SECURITY, actor=request.actor, customer=customer_id, person=request.user.pk):
            if demanded and demands.demand(customer_id=customer_id, person_id=request.user.pk, now=now):
                messages.success(
                    request, _("From now on everybody with access needs a second step. We told them.")
                )
            elif not demanded and demands.let_be(customer_id=customer_id, now=now):
                messages.success(
                    request, _("A second step is no longer needed. We told everybody with access.")
                )
    except demands.DemandRefused as refused:
        messages.warning(request, str(refused.why))


def _page(request: Any, capacity: Capacity) -> HttpResponse:
    with acting(Purpose.ACCESS, actor=request.actor):
        context = {
            "demanded": demands.is_demanded(capacity.customer_id),
            "without": demands.people_without(capacity.customer_id, now=clock.now()),
            "has_own": request.second_step,
        }
    return render(request, "portal/second_step.html", context)
