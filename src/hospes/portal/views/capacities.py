"""One more customer for a person: for a company, or as themself (P03)."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render

from hospes.customers.services import open_another
from hospes.kernel import clock
from hospes.kernel.acting import acting
from hospes.kernel.purposes import Purpose
from hospes.portal.forms import CapacityForm


@login_required
def new_customer(request: Any) -> HttpResponse:
    """In which other capacity do I want to buy?"""
    form = CapacityForm(request.user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        with acting(Purpose.ACCESS, actor=request.actor):
            opened = open_another(person_id=request.user.pk, details=form.details(), now=clock.now())
        return redirect("portal:overview", number=opened.number)
    return render(request, "portal/new_customer.html", {"form": form})
