"""Decisions about money that two colleagues take: writing off, and what goes back by hand above an amount."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from hospes.billing.models import Invoice
from hospes.customers.models import Person
from hospes.kernel import clock
from hospes.kernel.acting import acting
from hospes.kernel.purposes import Purpose
from hospes.office import parts
from hospes.office.forms_catalogue import EuroField
from hospes.office.pages import looking_at, office_page, show
from hospes.office.views.invoice import customer_of
from hospes.office.views.money import TWO_DECIDE, whose
from hospes.payments.approvals import services
from hospes.payments.approvals.models import Decision

_BILLING = Purpose.BILLING


class WriteOffForm(forms.Form):
    """How much is written off, and why."""

    cents = EuroField(label=gettext_lazy("Amount"), help_text=gettext_lazy("In euros, with VAT."))
    reason = forms.CharField(
        label=gettext_lazy("Why?"), max_length=200,
        help_text=gettext_lazy("For colleagues, and in the package of the customer's own data."),
    )  # fmt: skip


def told(request: Any, decision: Decision) -> None:
    """Say what became of it: carried out, or waiting for a second colleague."""
    if decision.state == Decision.State.DONE:
        messages.success(request, _("Noted, and booked."))
    else:
        messages.info(request, str(TWO_DECIDE))


def _written(cents: int) -> str:
    """An amount as the form takes it back, in the language of the page."""
    point = "," if (get_language() or "nl").startswith("nl") else "."
    return f"{cents // 100}{point}{cents % 100:02d}"


@require_http_methods(["GET", "HEAD", "POST"])
@office_page(_BILLING, nav="search")
def write_off(request: Any, number: str) -> HttpResponse:
    """How much of this invoice do we give up, and why?"""
    found = customer_of(request, number)
    with looking_at(request, _BILLING, found.customer_id, found.holders[_BILLING]):
        held = get_object_or_404(Invoice, number=number, kind=Invoice.Kind.INVOICE)
        head = parts.head(found.customer_id)
    form = WriteOffForm(request.POST or None, initial={"cents": _written(held.open_cents)})
    if request.method == "POST" and form.is_valid():
        try:
            with acting(_BILLING, actor=request.actor):
                decision = services.write_off(
                    invoice_id=held.pk, cents=form.cleaned_data["cents"], reason=form.cleaned_data["reason"],
                    by=request.user.pk, now=clock.now(),
                )  # fmt: skip
        except services.NotDecided as refusal:
            form.add_error(None, str(refusal))
        else:
            told(request, decision)
            return redirect("office:invoice", number=number)
    context = {
        "head": head,
        "invoice": held,
        "form": form,
        "limit": settings.HOSPES_OPERATOR.four_eyes_above_cents,
    }
    return show(request, "office/write_off.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@office_page(_BILLING, nav="home")
def decision(request: Any, decision_id: int) -> HttpResponse:
    """What does a colleague want to pay back or write off, and do I agree?"""
    found = whose(request, Decision, decision_id)
    if request.method == "POST":
        try:
            with acting(_BILLING, actor=request.actor):
                services.decide(
                    decision_id=decision_id, approve=request.POST.get("do") == "approve", by=request.user.pk, now=clock.now()
                )  # fmt: skip
            messages.success(request, _("Decided."))
            return redirect("office:board", key="tweede-paar-ogen")
        except services.NotDecided as refusal:
            messages.error(request, str(refusal))
    with looking_at(request, _BILLING, found.customer_id, found.holders[_BILLING]):
        head = parts.head(found.customer_id)
    with acting(_BILLING, actor=request.actor):  # a colleague is not seen from among one customer's rows
        held = Decision.objects.with_related("invoice").get(pk=decision_id)
        note = Invoice.objects.filter(refunds=held.refund_id or 0).first()
        by = Person.objects.filter(pk=held.asked_by_id).first()
    context = {
        "head": head, "decision": held, "by": by.name if by else "", "is_own": held.asked_by_id == request.user.pk,
        "note": note, "goes_by_itself": held.kind == Decision.Kind.GIVE_BACK,
        "is_open": held.state == Decision.State.ASKED,
    }  # fmt: skip
    return show(request, "office/decision.html", context)
