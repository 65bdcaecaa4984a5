"""Balances that are paid back."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from hospes.kernel import clock
from hospes.kernel.acting import acting
from hospes.kernel.purposes import Purpose
from hospes.office import parts
from hospes.office.pages import looking_at, office_page, open_for, show
from hospes.office.views.money import PaidBackForm, say_decided, whose
from hospes.payments import queries as payments
from hospes.payments.approvals import services as decisions
from hospes.payments.balances import payouts
from hospes.payments.balances.models import Payout
from hospes.payments.balances.queries import balance_of

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


@require_POST
@office_page(_BILLING, nav="search")
def balance_back(request: Any, number: int) -> HttpResponse:
    """Have what a customer has with us paid back, as they asked by phone or mail."""
    found = open_for(request, number, _BILLING)
    try:
        with acting(_BILLING, actor=request.actor):
            if not balance_of(found.customer_id):
                raise payouts.NothingToPayOut(_("There is nothing to be paid back."))
            payouts.ask(customer_id=found.customer_id, person_id=request.user.pk, now=clock.now())
        messages.success(
            request,
            _("It goes back in the way in which it was paid. What has to go by hand comes on the work list."),
        )
    except payouts.NothingToPayOut as refusal:
        messages.error(request, str(refusal))
    return redirect("office:customer", number=number)
