"""Crediting an invoice, deciding where a customer is for VAT, and exempting one from it; all for the purpose of billing."""

from collections.abc import Callable
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
from hospes.billing.tax import queries as tax
from hospes.billing.tax.services import DecisionRefused, decide_place, end_exemption, exempt
from hospes.kernel import clock
from hospes.kernel.acting import acting
from hospes.kernel.purposes import Purpose
from hospes.office import parts
from hospes.office.forms_tax import CreditForm, EndForm, ExemptForm
from hospes.office.pages import looking_at, office_page, open_for, show
from hospes.office.views.invoice import customer_of
from hospes.payments import crediting

_BILLING = Purpose.BILLING


@require_http_methods(["GET", "HEAD", "POST"])
@office_page(_BILLING, nav="search")
def credit(request: Any, number: str) -> HttpResponse:
    """What is given back of this invoice: all that is left of it, or so much of each line; why; and where does the money go?"""
    found = customer_of(request, number)
    with looking_at(request, _BILLING, found.customer_id, found.holders[_BILLING]):
        held = get_object_or_404(Invoice, number=number, kind=Invoice.Kind.INVOICE)
        lines, head = billing.lines(held.pk), parts.head(found.customer_id)
    form = CreditForm(request.POST or None, lines=lines, language=get_language() or "nl")
    preview: crediting.Shown | None = None
    if request.method == "POST" and form.is_valid() and request.POST.get("do") != "change":
        preview, note = _credited(request, held, form)
        if note:
            messages.success(
                request,
                _("Credit note %(number)s was made; the customer gets it by mail.") % {"number": note},
            )
            return redirect("office:invoice", number=note)
    context = {
        "head": head, "invoice": held, "form": form, "rows": form.rows(), "preview": preview,
        "what": "whole" if form.is_bound and form.is_whole else "parts", "given": form.given(),
    }  # fmt: skip
    return show(request, "office/credit.html", context, status=422 if form.errors else 200)


def _credited(request: Any, invoice: Invoice, form: CreditForm) -> tuple[crediting.Shown | None, str]:
    """What is shown first, or the number of the credit note that was made; neither when it was refused, as the form says then."""
    asked = {
        "invoice_id": invoice.pk, "reason": form.cleaned_data["reason"], "lines": form.amounts(), "today": clock.today(),
        "key": f"{invoice.pk}:{form.cleaned_data['once']}", "now": clock.now(),
    }  # fmt: skip
    left = form.cleaned_data["left"]
    try:
        # Not as the customer's twin: it may neither make invoices nor take their numbers.
        with acting(_BILLING, actor=request.actor):
            if number := crediting.made_before(asked["key"]):
                return None, number
            if request.POST.get("do") == "make" and left is not None:
                return None, crediting.make(**asked, left_cents=left).number
            return crediting.shown(**asked), ""
    except CreditRefused as refusal:
        form.add_error(None, str(refusal))
        return None, ""


@require_POST
@office_page(_BILLING, nav="search")
def decide(request: Any, number: int) -> HttpResponse:
    """Decide in which country somebody is for VAT, where the evidence does not say so by itself."""
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


@require_http_methods(["GET", "HEAD", "POST"])
@office_page(_BILLING, nav="search")
def exemption(request: Any, number: int) -> HttpResponse:
    """Is this customer exempt from VAT, on what ground, and until when?"""
    found, today = open_for(request, number, _BILLING), clock.today()
    which = request.POST.get("do") if request.method == "POST" else None
    exempting = ExemptForm(
        request.POST if which == "exempt" else None, initial={"first_day": today}, prefix="exempt"
    )
    ending = EndForm(request.POST if which == "end" else None, initial={"last_day": today}, prefix="end")
    if exempting.is_valid() and _decided(request, exempting, lambda asked: exempt(
            customer_id=found.customer_id, today=today, now=clock.now(), **asked)):  # fmt: skip
        messages.success(request, _("Noted. What is invoiced from that day on has no VAT."))
        return redirect("office:customer", number=number)
    if ending.is_valid() and _decided(request, ending, lambda asked: end_exemption(
            customer_id=found.customer_id, today=today, now=clock.now(), **asked)):  # fmt: skip
        messages.success(request, _("Noted. From the day after it there is VAT again."))
        return redirect("office:customer", number=number)
    with looking_at(request, _BILLING, found.customer_id, found.holders[_BILLING]):
        head = parts.head(found.customer_id)
    with acting(_BILLING, actor=request.actor):  # on what ground, the customer's own twin does not read
        held = tax.exemptions(found.customer_id, today=today)
    context = {"head": head, "exemptions": held, "exempting": exempting, "ending": ending, "today": today}
    wrong = exempting.is_bound or ending.is_bound
    return show(request, "office/exemption.html", context, status=422 if wrong else 200)


def _decided(request: Any, form: ExemptForm | EndForm, decide: Callable[[dict[str, Any]], Any]) -> bool:
    """Whether it was done; when it was refused, the form says so."""
    try:
        with acting(_BILLING, actor=request.actor):
            decide(dict(form.cleaned_data))
    except DecisionRefused as refusal:
        form.add_error(None, str(refusal))
        return False
    return True
