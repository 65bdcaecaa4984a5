"""Invoices and payments of a customer, for the purpose of billing."""

from datetime import date
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from hospes.billing import queries as billing
from hospes.billing.models import Document, Invoice
from hospes.customers.models import Customer
from hospes.kernel import clock
from hospes.kernel.acting import acting
from hospes.kernel.purposes import Purpose
from hospes.office import actions, parts
from hospes.office.pages import Found, looking_at, office_page, open_for, show, working_on
from hospes.payments import queries as payments
from hospes.payments.chargebacks.queries import taken_back_of
from hospes.payments.models import Payment
from hospes.payments.queries import masked

PAGE = 25
_BILLING = Purpose.BILLING


@require_safe
@office_page(_BILLING, nav="search")
def invoices(request: Any, number: int) -> HttpResponse:
    """All invoices of a customer, a page at a time."""
    found = open_for(request, number, _BILLING)
    after = request.GET.get("na", "")
    with looking_at(request, _BILLING, found.customer_id, found.holders[_BILLING]):
        rows = billing.invoices(found.customer_id, limit=PAGE + 1, before=_place(after))
        head = parts.head(found.customer_id)
    last = rows[PAGE - 1] if len(rows) > PAGE else None
    context = {
        "head": head, "invoices": rows[:PAGE], "is_later_page": bool(after),
        "older": f"?na={last.issued_on.isoformat()}~{last.pk}" if last else "",
    }  # fmt: skip
    return show(request, "office/invoices.html", context)


def _place(text: str) -> tuple[date, int] | None:
    day, _tilde, pk = text.partition("~")
    try:
        return date.fromisoformat(day), int(pk)
    except ValueError:
        return None


@require_safe
@office_page(_BILLING, nav="search")
def invoice(request: Any, number: str) -> HttpResponse:
    """What was this for, was it paid, and did the customer get it?"""
    found = customer_of(request, number)
    with looking_at(request, _BILLING, found.customer_id, found.holders[_BILLING]):
        held = get_object_or_404(Invoice, number=number)
        source = payments.paid_from(held.pk, held.origin)
        context = {
            "head": parts.head(found.customer_id), "invoice": held, **billing.content(held),
            "document": billing.document(held.pk), "paid_from": masked(source.account) if source else "",
            "taken_back": taken_back_of(held.pk) if held.open_cents and not held.is_credit_note else None,
            "purpose": _BILLING, "refunds": payments.refunds_of(held.pk) if held.is_credit_note else [],
        }  # fmt: skip
    return show(request, "office/invoice.html", context)


@require_safe
@office_page(_BILLING, nav="search")
def invoice_pdf(request: Any, number: str) -> HttpResponseBase:
    """The file of an invoice."""
    found = customer_of(request, number)
    with looking_at(request, _BILLING, found.customer_id, found.holders[_BILLING]):
        path = Path(settings.MEDIA_ROOT) / get_object_or_404(Document, invoice__number=number).path
    if not path.is_file():
        raise Http404
    return FileResponse(
        path.open("rb"), as_attachment=True, filename=f"{number}.pdf", content_type="application/pdf"
    )


@require_POST
@office_page(_BILLING, nav="search")
def resend(request: Any, number: str) -> HttpResponse:
    """Mail an invoice once more, to the address that the customer has for invoices now."""
    found = customer_of(request, number)
    with working_on(request, _BILLING, found.customer_id, found.holders[_BILLING]) as scene:
        held = get_object_or_404(Document.objects.with_related("invoice"), invoice__number=number).invoice
        done = actions.mail_again(
            scene=scene, invoice=held, once=request.POST.get("once", ""), now=clock.now()
        )
    _say(request, done, _("The invoice is on its way again."))
    return redirect("office:invoice", number=number)


@require_POST
@office_page(_BILLING, nav="search")
def check_payment(request: Any, number: int, payment_id: int) -> HttpResponse:
    """Ask the provider now how a payment stands."""
    found = open_for(request, number, _BILLING)
    with working_on(request, _BILLING, found.customer_id, found.holders[_BILLING]) as scene:
        payment = get_object_or_404(Payment, customer_id=found.customer_id, pk=payment_id)
        done = actions.look_up_payment(
            scene=scene, payment=payment, once=request.POST.get("once", ""), now=clock.now()
        )
    _say(request, done, _("The payment provider is being asked. In a moment this page shows the answer."))
    return redirect("office:customer", number=number)


def _say(request: Any, done: bool, text: str) -> None:
    if done:
        messages.success(request, text)
    else:
        messages.info(request, _("That was done already."))


def customer_of(request: Any, number: str) -> Found:
    """Whose invoice it is; Http404 where there is none with this number."""
    with acting(_BILLING, actor=request.actor):
        customer_id = Invoice.objects.filter(number=number).values_list("customer_id", flat=True).first()
        whose = Customer.objects.filter(pk=customer_id or 0).values_list("number", flat=True).first()
    if whose is None:
        raise Http404
    return open_for(request, whose, _BILLING)
