"""The customer's own pages: overview, services, invoices, access."""

from datetime import date
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import FileResponse, Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe

from hospes.accounts.viewing.middleware import Shows
from hospes.billing import queries as billing
from hospes.billing.collection import collection_of
from hospes.billing.models import Document, Invoice
from hospes.billing.words import method_words
from hospes.customers.queries import Capacity
from hospes.customers.rules import Capability
from hospes.kernel import clock
from hospes.kernel.acting import acting
from hospes.kernel.purposes import Purpose
from hospes.payments import jobs as payment_jobs
from hospes.payments import queries as payment_queries
from hospes.payments.balances.queries import balance_of
from hospes.payments.chargebacks.queries import taken_back_of
from hospes.payments.collecting.queries import mandate_of as leave_of
from hospes.payments.collecting.queries import of_invoice as collected_of
from hospes.payments.debits.queries import pays_by_itself
from hospes.payments.models import UNDECIDED
from hospes.payments.queries import masked
from hospes.portal.looks import next_look
from hospes.portal.pages import customer_page, for_customer, shows, whose
from hospes.portal.views import debits
from hospes.portal.views.orders import MOST_TOGETHER
from hospes.sales.models import Order
from hospes.services import moves
from hospes.services import queries as services
from hospes.services.models import State

PAGE = 25


@require_safe
def home(request: Any) -> HttpResponse:
    """The front door: a customer's overview, or the shop."""
    if request.user.is_authenticated and (held := request.capacities or request.shut):
        return redirect("portal:overview", number=held[0].number)
    return redirect("shop:catalogue")


@require_safe
@for_customer(
    Capability.OWN, nav="overview", viewed=Shows("overview", frozenset({Purpose.BILLING, Purpose.CONTRACT}))
)
def overview(request: Any, capacity: Capacity) -> HttpResponse:
    """Is all well, and what do I have to do?"""
    # A colleague who looks, and does not act for billing, sees it without the invoices.
    purpose = Purpose.BILLING if shows(request, Purpose.BILLING) else Purpose.CONTRACT
    with acting(purpose, actor=request.actor, customer=capacity.customer_id, person=whose(request)):
        context = _overview(capacity, with_invoices=purpose is Purpose.BILLING)
        return render(request, "portal/overview.html", context)


def _overview(capacity: Capacity, *, with_invoices: bool) -> dict[str, Any]:
    customer_id, today = capacity.customer_id, clock.today()
    context: dict[str, Any] = {"left_out": None if with_invoices else Purpose.BILLING.declared.label}
    if capacity.may(Capability.SEE_SERVICES):
        entitled = services.entitlements(customer_id, today=today)
        coming = min((s.renews_on for s in entitled if s.renews_on >= today), default=None)
        context |= {"services": entitled[:6], "service_count": len(entitled), "next_renewal": coming}
        context["refused"] = next((service for service in entitled if service.state == State.REFUSED), None)
    if capacity.may(Capability.SEE_INVOICES) and with_invoices:
        open_invoices, open_cents = billing.open_total(customer_id)
        context |= {
            "open_invoices": open_invoices,
            "open_cents": open_cents,
            "invoices": billing.invoices(customer_id, limit=4),
        }
    if capacity.may(Capability.SEE_ORDERS):
        unpaid = Order.objects.filter(customer_id=customer_id, state=Order.State.AWAITING_PAYMENT)
        context["waiting"] = list(unpaid[:5])
    return context


@require_safe
@customer_page(Purpose.CONTRACT, Capability.SEE_SERVICES, nav="services", viewed="services")
def service_list(request: Any, capacity: Capacity) -> HttpResponse:
    """What am I entitled to?"""
    return render(
        request,
        "portal/services.html",
        {
            "services": services.entitlements(capacity.customer_id, today=clock.today()),
            "offers": [offer for offer in moves.offers_to(capacity.customer_id) if offer.is_open],
            "tasks": services.work(capacity.customer_id),
        },
    )


@require_safe
@customer_page(Purpose.BILLING, Capability.SEE_INVOICES, nav="invoices", viewed="invoices")
def invoices(request: Any, capacity: Capacity) -> HttpResponse:
    """What is open, and what was invoiced?"""
    found = billing.invoices(capacity.customer_id, limit=PAGE + 1, before=_after(request.GET.get("na", "")))
    open_invoices, open_cents = billing.open_total(capacity.customer_id)
    first_due = billing.open_invoices(capacity.customer_id, limit=MOST_TOGETHER if open_invoices > 1 else 1)
    leave = leave_of(capacity.customer_id)
    last = found[PAGE - 1] if len(found) > PAGE else None
    context = {
        "invoices": found[:PAGE], "older": f"?na={last.issued_on.isoformat()}:{last.pk}" if last else "",
        "is_later_page": "na" in request.GET, "open_invoices": open_invoices, "open_cents": open_cents,
        "debits_offered": settings.HOSPES_DIRECT_DEBIT.is_offered,
        "together": first_due if open_invoices > 1 else [], "leave": leave,
        "first_due": first_due[0] if first_due and not pays_by_itself(capacity.customer_id) else None,
        "balance_cents": balance_of(capacity.customer_id),
    }  # fmt: skip
    return render(request, "portal/invoices.html", context)


def _after(text: str) -> tuple[date, int] | None:
    day, _, pk = text.partition(":")
    try:
        return date.fromisoformat(day), int(pk)
    except ValueError:
        return None


@require_safe
@customer_page(Purpose.BILLING, Capability.SEE_INVOICES, nav="invoices", viewed="invoice")
def invoice(request: Any, capacity: Capacity, invoice_number: str) -> HttpResponse:
    """What was this for, is it paid, and where is the document?"""
    found = get_object_or_404(Invoice, customer_id=capacity.customer_id, number=invoice_number)
    source, begun = payment_queries.paid_from(found.pk, found.origin), payment_queries.of_invoice(found.pk)
    payment = begun[0] if begun and found.open_cents and not found.is_credit_note else None
    # "paid" while the invoice is open: it was booked between our two looks at the database, or a part was paid before.
    transfer = payment_queries.transfer_of(begun) if payment is not None else None
    waiting = (
        transfer is None
        and payment is not None
        and payment.state in UNDECIDED
        and "terug" in request.GET
        and not request.viewing
    )
    if waiting and payment is not None:  # back from the provider, perhaps before its notice: ask by ourselves
        payment_jobs.check.enqueue_once(f"payment:{payment.pk}", payment_id=payment.pk)
    context = {
        "invoice": found, "document": billing.document(found.pk), "paid_from": masked(source.account) if source else "",
        "paid_with": method_words(found.paid_with, clock.day_of(found.paid_at)) if found.paid_at else "",
        "has_leave": pays_by_itself(capacity.customer_id), "collected": collected_of(found.pk),
        "will_be": collection_of(found, today=clock.today()),
        "taken_back": taken_back_of(found.pk) if found.open_cents and not found.is_credit_note else None,
        "payment": payment, "transfer": transfer, "waiting": waiting, "look": next_look(request) if waiting else None,
        "refunds": payment_queries.refunds_of(found.pk) if found.is_credit_note else [], **billing.content(found),
        **debits.of_invoice(found),
    }  # fmt: skip
    return render(request, "portal/_invoice.html" if request.htmx else "portal/invoice.html", context)


@require_safe
@customer_page(Purpose.BILLING, Capability.SEE_INVOICES, nav="invoices", viewed="invoice_pdf")
def invoice_pdf(request: Any, capacity: Capacity, invoice_number: str) -> HttpResponseBase:
    """The file of an invoice."""
    found = get_object_or_404(Document, customer_id=capacity.customer_id, invoice__number=invoice_number)
    path = Path(settings.MEDIA_ROOT) / found.path
    if not path.is_file():
        raise Http404
    return FileResponse(
        path.open("rb"), as_attachment=True, filename=f"{invoice_number}.pdf", content_type="application/pdf"
    )
