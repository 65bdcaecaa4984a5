"""Crediting an invoice, and deciding where a customer is for VAT; both for the purpose of billing."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from hospes.billing import queries as billing
from hospes.billing.models import Invoice
from hospes.billing.services import CreditRefused
from hospes.billing.services import credit as make_credit_note
from hospes.billing.tax.services import DecisionRefused, decide_place
from hospes.kernel import clock
from hospes.kernel.acting import acting
from hospes.kernel.purposes import Purpose
from hospes.office import parts
from hospes.office.forms_tax import CreditForm
from hospes.office.pages import looking_at, office_page, open_for, show
from hospes.office.views.invoice import customer_of

_BILLING = Purpose.BILLING


@require_http_methods(["GET", "HEAD", "POST"])
@office_page(_BILLING, nav="search")
def credit(request: Any, number: str) -> HttpResponse:
    """What is given back of this invoice: all that is left of it, or so much of each line; and why?"""
    found = customer_of(request, number)
    with looking_at(request, _BILLING, found.customer_id, found.holders[_BILLING]):
        held = get_object_or_404(Invoice, number=number, kind=Invoice.Kind.INVOICE)
        lines, head = billing.lines(held.pk), parts.head(found.customer_id)
    form = CreditForm(request.POST or None, lines=lines, language=get_language() or "nl")
    if request.method == "POST" and form.is_valid() and (note := _made(request, held, form)):
        messages.success(
            request, _("Credit note %(number)s was made; the customer gets it by mail.") % {"number": note}
        )
        return redirect("office:invoice", number=note)
    context = {"head": head, "invoice": held, "form": form, "rows": form.rows()}
    return show(request, "office/credit.html", context, status=422 if form.is_bound else 200)


def _made(request: Any, invoice: Invoice, form: CreditForm) -> str:
    """The number of the credit note; "" when it was refused, which the form says then."""
    try:
        # Not as the customer's twin: it may neither make invoices nor take their numbers.
        with acting(_BILLING, actor=request.actor):
            note = make_credit_note(
                invoice_id=invoice.pk, reason=form.cleaned_data["reason"], lines=form.amounts(), today=clock.today(),
                key=f"{invoice.pk}:{form.cleaned_data['once']}", now=clock.now(),
            )  # fmt: skip
    except CreditRefused as refusal:
        form.add_error(None, str(refusal))
        return ""
    return note.number


@require_POST
@office_page(_BILLING, nav="search")
def decide(request: Any, number: int) -> HttpResponse:
    """Decide in which country a consumer is for VAT, where the evidence does not say so by itself."""
    found = open_for(request, number, _BILLING)
    try:
        with acting(_BILLING, actor=request.actor):
            decide_place(
                customer_id=found.customer_id, country=request.POST.get("country", "").upper()[:2],
                reason=request.POST.get("reason", "")[:200], now=clock.now(),
            )  # fmt: skip
        messages.success(request, _("Decided. The page shows which VAT applies now."))
    except DecisionRefused as refusal:
        messages.error(request, str(refusal))
    return redirect("office:customer", number=number)
