"""Balances that are paid back by hand."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from hospes.kernel import clock
from hospes.kernel.acting import acting
from hospes.kernel.purposes import Purpose
from hospes.office import parts
from hospes.office.pages import looking_at, office_page, show
from hospes.office.views.money import PaidBackForm, whose
from hospes.payments import queries as payments
from hospes.payments.balances import payouts
from hospes.payments.balances.models import Payout

_BILLING = Purpose.BILLING


@require_http_methods(["GET", "HEAD", "POST"])
@office_page(_BILLING, nav="home")
def payout(request: Any, payout_id: int) -> HttpResponse:
    """How much of a balance goes back to whom, at the latest when; and when was it transferred?"""
    found = whose(request, Payout, payout_id)
    form = PaidBackForm(request.POST or None, initial={"on": clock.today()})
    if request.method == "POST" and form.is_valid():
        try:
            with acting(_BILLING, actor=request.actor):
                payouts.paid_by_hand(payout_id=payout_id, on=form.cleaned_data["on"], now=clock.now())
        except payouts.NothingToPayOut as refusal:
            form.add_error("on", str(refusal))
        else:
            messages.success(request, _("Noted. The customer gets a mail that the money was paid back."))
            return redirect("office:board", key="terug-te-betalen")
    with looking_at(request, _BILLING, found.customer_id, found.holders[_BILLING]):
        held = Payout.objects.get(pk=payout_id)
        known = payments.accounts(found.customer_id)
        source = payments.account_of(held.payment_id) if held.payment_id else None
        context = {
            "head": parts.head(found.customer_id), "payout": held, "form": form,
            "source": source or (known[0] if known else None), "is_open": held.state == Payout.State.FAILED,
        }  # fmt: skip
    return show(request, "office/payout.html", context, status=422 if form.is_bound else 200)
