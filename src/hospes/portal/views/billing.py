"""How a customer wants invoices, and pro-forma documents."""

from contextlib import AbstractContextManager
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from hospes.billing import queries as billing
from hospes.billing import wishes
from hospes.billing.documents import InvoiceDocument
from hospes.billing.einvoices import addresses
from hospes.billing.einvoices import queries as einvoices
from hospes.billing.einvoices.forms import EInvoiceForm
from hospes.billing.einvoices.participants import described
from hospes.billing.models import InvoiceSettings
from hospes.billing.providers.peppol import access_point
from hospes.billing.tax.queries import TaxUnknown
from hospes.customers.models import Customer
from hospes.customers.queries import Capacity
from hospes.customers.rules import Capability
from hospes.kernel import clock
from hospes.kernel.acting import acting
from hospes.kernel.purposes import Purpose
from hospes.portal.pages import for_customer, whose
from hospes.sales import pro_forma
from hospes.sales.models import Order


class WishesForm(forms.Form):
    """Together or one for each service, and what of the customer's own stands on each invoice."""

    collect = forms.ChoiceField(
        label=gettext_lazy("How do you want invoices?"),
        choices=InvoiceSettings.Collect.choices,
        widget=forms.RadioSelect,
    )
    reference = forms.CharField(
        label=gettext_lazy("Your reference"), max_length=80, required=False,
        help_text=gettext_lazy("Stands on each invoice from now on: a department or a project, for instance."),
    )  # fmt: skip
    purchase_order = forms.CharField(
        label=gettext_lazy("Purchase order number"), max_length=80, required=False,
        help_text=gettext_lazy("Only if your administration asks for one."),
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@for_customer(Capability.PAY, nav="invoices")
def invoice_wishes(request: Any, capacity: Capacity) -> HttpResponse:
    """How do I get my invoices, and what stands on them?"""
    if request.method == "POST" and request.POST.get("about") == "e-invoice":
        return _e_invoices_wished(request, capacity)
    with _billing(request, capacity):
        form = _wishes_form(request.POST or None, capacity)
        if request.method == "POST" and form.is_valid():
            wishes.wish(customer_id=capacity.customer_id, **form.cleaned_data, now=clock.now())
            messages.success(request, _("That is how your invoices are made from now on."))
            return redirect("portal:invoice_wishes", number=capacity.number)
        return _wishes_page(request, capacity, form, _e_invoice_form(capacity))


def _e_invoices_wished(request: Any, capacity: Capacity) -> HttpResponse:
    """Keep whether and where e-invoices are wanted, once the access point was asked whether that can receive them."""
    if capacity.kind != Customer.Kind.BUSINESS:
        raise Http404
    with _billing(request, capacity):
        form = EInvoiceForm(request.POST, held=einvoices.address(capacity.customer_id))
    customer_id, state = capacity.customer_id, addresses.State.UNCHECKED
    if form.is_valid() and form.participant:
        # The access point is asked outside of the transaction.
        state = addresses.state_of(form.participant, point=access_point())
        if state == addresses.State.UNKNOWN:
            form.nobody_there()
    with _billing(request, capacity):
        if not form.is_valid():
            return _wishes_page(request, capacity, _wishes_form(None, capacity), form)
        if form.participant:
            addresses.want(customer_id=customer_id, participant=form.participant, state=state, with_mail=form.with_mail,
                           now=clock.now())  # fmt: skip
        else:
            addresses.want_no_more(customer_id=customer_id, now=clock.now())
    messages.success(request, _("Kept: that is how your invoices get to you from now on."))
    return redirect("portal:invoice_wishes", number=capacity.number)


def _billing(request: Any, capacity: Capacity) -> AbstractContextManager[Any]:
    return acting(Purpose.BILLING, actor=request.actor, customer=capacity.customer_id, person=whose(request))


def _wishes_form(data: Any, capacity: Capacity) -> WishesForm:
    held = billing.wishes(capacity.customer_id)
    shown = {"collect": held.collect, "reference": held.reference, "purchase_order": held.purchase_order}
    return WishesForm(data, initial=shown)


def _e_invoice_form(capacity: Capacity) -> EInvoiceForm | None:
    """None for a private person: they have no bookkeeping that receives e-invoices."""
    if capacity.kind != Customer.Kind.BUSINESS:
        return None
    kvk_number = Customer.objects.values_list("kvk_number", flat=True).get(pk=capacity.customer_id)
    return EInvoiceForm(held=einvoices.address(capacity.customer_id), kvk_number=kvk_number)


def _wishes_page(
    request: Any, capacity: Capacity, form: WishesForm, e_form: EInvoiceForm | None
) -> HttpResponse:
    address = einvoices.address(capacity.customer_id)
    context = {
        "form": form, "days": billing.payment_days(capacity.customer_id), "e_form": e_form, "address": address,
        "participant": described(address.participant) if address else "",
    }  # fmt: skip
    return render(request, "portal/invoice_wishes.html", context)


@require_safe
@for_customer(Capability.SEE_INVOICES, nav="invoices")
def next_pro_forma(request: Any, capacity: Capacity) -> HttpResponse:
    """What will my next invoice say?"""
    today, language = clock.today(), (get_language() or "nl")[:2]
    try:
        with acting(
            Purpose.CONTRACT, actor=request.actor, customer=capacity.customer_id, person=whose(request)
        ):
            terms = pro_forma.next_terms(capacity.customer_id, today=today)
            taxes = pro_forma.taxes_of_terms(capacity.customer_id, terms, today=today)
    except TaxUnknown as unknown:
        messages.error(request, str(unknown))
        return redirect("portal:invoices", number=capacity.number)
    if not terms:
        messages.info(request, _("Nothing is going to be invoiced as things stand."))
        return redirect("portal:invoices", number=capacity.number)
    with acting(Purpose.BILLING, actor=request.actor, customer=capacity.customer_id, person=whose(request)):
        document = pro_forma.of_terms(
            capacity.customer_id, terms, taxes, language=language, today=today, contact=request.user.name
        )
    return _file(document, str(terms[0].first))


def _file(document: InvoiceDocument, name: str) -> HttpResponse:
    answer = HttpResponse(pro_forma.pdf(document), content_type="application/pdf")
    answer["Content-Disposition"] = f'attachment; filename="pro-forma-{name}.pdf"'
    return answer


@require_safe
@for_customer(Capability.SEE_ORDERS, nav="orders")
def order_pro_forma(request: Any, capacity: Capacity, order_number: str) -> HttpResponse:
    """What will the invoice of this order say, for who has to approve it?"""
    with acting(Purpose.BILLING, actor=request.actor, customer=capacity.customer_id, person=whose(request)):
        order = get_object_or_404(Order, customer_id=capacity.customer_id, number=order_number)
        if order.state != Order.State.AWAITING_PAYMENT:
            raise Http404
        document = pro_forma.of_order(
            order, language=(get_language() or "nl")[:2], today=clock.today(), contact=request.user.name
        )
    return _file(document, order.number)
