"""What a bank took back: which invoices are open again by that, and what is to be collected by hand."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from hospes.kernel import clock
from hospes.kernel.acting import acting
from hospes.kernel.purposes import Purpose
from hospes.office import parts
from hospes.office.pages import looking_at, office_page, show
from hospes.office.views.money import whose
from hospes.payments.bank.words import return_words
from hospes.payments.chargebacks import services
from hospes.payments.chargebacks.models import Chargeback, ChargebackPart

_BILLING = Purpose.BILLING


class ReceivedForm(forms.Form):
    """On which day it came in."""

    on = forms.DateField(
        label=gettext_lazy("Received on"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@office_page(_BILLING, nav="home")
def chargeback(request: Any, chargeback_id: int) -> HttpResponse:
    """What was taken back of which payment, what is open again by that, and what is left to collect?"""
    found = whose(request, Chargeback, chargeback_id)
    form = ReceivedForm(request.POST or None, initial={"on": clock.today()})
    if request.method == "POST" and form.is_valid():
        try:
            with acting(_BILLING, actor=request.actor):
                services.settled_by_hand(
                    chargeback_id=chargeback_id, on=form.cleaned_data["on"], now=clock.now()
                )
        except services.NotOpen as refusal:
            form.add_error("on", str(refusal))
        else:
            messages.success(request, _("Noted. It is gone from the list."))
            return redirect("office:board", key="teruggeboekt")
    with looking_at(request, _BILLING, found.customer_id, found.holders[_BILLING]):
        held = Chargeback.objects.with_related("payment").get(pk=chargeback_id)
        opened = ChargebackPart.objects.with_related("invoice").filter(chargeback_id=held.pk).order_by("pk")
        context = {
            "head": parts.head(found.customer_id), "chargeback": held, "parts": list(opened), "form": form,
            "reason": return_words(held.reason),
            "is_open": held.reversed_at is None and any(part.invoice.open_cents for part in opened),
            "has_rest": bool(held.rest_cents) and held.settled_on is None and held.reversed_at is None,
        }  # fmt: skip
    return show(request, "office/chargeback.html", context, status=422 if form.is_bound else 200)
