"""Leave to collect invoices: by what, since when, what is coming; and ending it."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from hospes.billing.words import method_words
from hospes.customers.queries import Capacity
from hospes.customers.rules import Capability
from hospes.kernel import clock
from hospes.kernel.purposes import Purpose
from hospes.payments import queries as payments
from hospes.payments.collecting import queries, services
from hospes.payments.collecting.models import ProviderMandate
from hospes.payments.debits import queries as debits
from hospes.portal.pages import customer_page


@require_http_methods(["GET", "HEAD", "POST"])
@customer_page(Purpose.BILLING, Capability.PAY, nav="invoices")
def collecting(request: Any, capacity: Capacity) -> HttpResponse:
    """Are my invoices collected, from where, what is next, and how do I end it?"""
    leave = queries.mandate_of(capacity.customer_id)
    if request.method == "POST":
        if leave is not None and request.POST.get("leave") == str(leave.pk):
            services.end(mandate_id=leave.pk, why=ProviderMandate.Why.CUSTOMER, now=clock.now())
            messages.success(
                request,
                _("Nothing is collected any more. What was asked of your bank already still goes on."),
            )
        return redirect("portal:collecting", number=capacity.number)
    source = payments.account_of(leave.payment_id) if leave else None
    context = {
        "leave": leave, "method": method_words(leave.method, clock.today()) if leave else "",
        "account": payments.masked(source.account) if source else "", "days": settings.HOSPES_OPERATOR.collect_notice_days,
        "coming": queries.to_come(capacity.customer_id), "own": debits.active(capacity.customer_id),
    }  # fmt: skip
    return render(request, "portal/collecting.html", context)
