"""Balances that are paid back by hand."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from hospes.kernel import clock
from hospes.kernel.acting import acting
from hospes.kernel.purposes import Purpose
from hospes.office import parts
from hospes.office.pages import looking_at, office_page, show
from hospes.office.views.money import PaidBackForm, say_decided, whose
from hospes.payments import queries as payments
from hospes.payments.approvals import services as decisions
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
                made = decisions.payout_by_hand(
                    payout_id=payout_id, on=form.cleaned_data["on"], by=request.user.pk, now=clock.now()
                )
        except decisions.NotDecided as refusal:
            form.add_error("on", str(refusal))
        else:
            say_decided(request, is_done=made.state == "done")
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
