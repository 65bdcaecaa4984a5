"""What a customer has with us: where it came from, where it went, and having it paid back."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from hospes.customers.queries import Capacity
from hospes.customers.rules import Capability
from hospes.kernel import clock
from hospes.kernel.purposes import Purpose
from hospes.payments.balances import payouts, queries
from hospes.portal.pages import customer_page


@require_http_methods(["GET", "HEAD", "POST"])
@customer_page(Purpose.BILLING, Capability.PAY, nav="invoices")
def balance(request: Any, capacity: Capacity) -> HttpResponse:
    """How much do I have with you, where is it from, and how do I get it back?"""
    cents = queries.balance_of(capacity.customer_id)
    if request.method == "POST":
        try:
            if not cents:
                raise payouts.NothingToPayOut(_("There is nothing to be paid back."))
            payouts.ask(customer_id=capacity.customer_id, person_id=request.user.pk, now=clock.now())
            messages.success(
                request, _("You get your balance back, in the way in which you paid where that can be.")
            )
        except payouts.NothingToPayOut as refusal:
            messages.error(request, str(refusal))
        return redirect("portal:balance", number=capacity.number)
    context = {
        "cents": cents, "changes": queries.changes(capacity.customer_id), "is_asked": queries.is_asked(capacity.customer_id),
        "on_their_way": queries.on_their_way(capacity.customer_id),
    }  # fmt: skip
    return render(request, "portal/balance.html", context)
