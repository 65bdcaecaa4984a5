"""What a clerk does by hand: paying money back, and settling what no document could be made of."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from hospes.billing import charging
from hospes.billing import queries as billing
from hospes.billing import wishes as wishing
from hospes.billing.documents import InvoiceDocument
from hospes.billing.einvoices import addresses
from hospes.billing.einvoices import queries as einvoices
from hospes.billing.einvoices.forms import EInvoiceForm
from hospes.billing.einvoices.participants import described
from hospes.billing.models import Invoice, InvoiceSettings, StuckCharge
from hospes.billing.providers.peppol import access_point
from hospes.billing.tax.queries import TaxUnknown
from hospes.customers.models import Customer
from hospes.customers.queries import addressee
from hospes.kernel import clock
from hospes.kernel.acting import acting
from hospes.kernel.purposes import Purpose
from hospes.office import actions, parts
from hospes.office.pages import Found, looking_at, office_page, open_for, show, working_on
from hospes.payments import queries as payments
from hospes.payments import unpaid
from hospes.payments.approvals import services as decisions
from hospes.payments.debits import queries as debits
from hospes.payments.models import Refund
from hospes.sales import pro_forma, withdrawals
from hospes.sales.models import Order
from hospes.sales.queries import pay_until, quote_lines
from hospes.services.models import Charge, Service

_BILLING = Purpose.BILLING

TWO_DECIDE = gettext_lazy(
    "Above our limit two decide: another colleague finds it on the work list, and approves it there."
)


class PaidBackForm(forms.Form):
    """On which day it was transferred."""

    on = forms.DateField(
        label=gettext_lazy("Transferred on"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )


class SettledForm(forms.Form):
    """How it was settled in another way."""

    note = forms.CharField(
        label=gettext_lazy("How was it settled?"), max_length=200,
        help_text=gettext_lazy("For colleagues, and in the package of the customer's own data."),
    )  # fmt: skip


class TermsForm(forms.Form):
    """How invoices are made up, and within how many days they are to be paid."""

    collect = forms.ChoiceField(
        label=gettext_lazy("How invoices are made up"),
        choices=InvoiceSettings.Collect.choices,
        widget=forms.RadioSelect,
    )
    reference = forms.CharField(
        label=gettext_lazy("Reference of the customer"), max_length=80, required=False
    )
    purchase_order = forms.CharField(
        label=gettext_lazy("Purchase order number"), max_length=80, required=False
    )
    term_days = forms.IntegerField(
        label=gettext_lazy("Payment term in days"), min_value=0, max_value=120, required=False,
        help_text=gettext_lazy("Empty: our usual term. 0: to be paid at once."),
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@office_page(_BILLING, nav="search")
def wishes(request: Any, number: int) -> HttpResponse:
    """How does this customer want invoices, where do they go, and how long does the customer have to pay?"""
    found = open_for(request, number, _BILLING)
    with looking_at(request, _BILLING, found.customer_id, found.holders[_BILLING]):
        held, head = billing.wishes(found.customer_id), parts.head(found.customer_id)
        address = einvoices.address(found.customer_id)
    names = ("collect", "reference", "purchase_order", "term_days")
    shown = {name: getattr(held, name) for name in names}
    is_business, is_about_e = (
        head["kind"] == Customer.Kind.BUSINESS,
        request.POST.get("about") == "e-invoice",
    )
    form = TermsForm(None if is_about_e else request.POST or None, initial=shown)
    e_form = EInvoiceForm(request.POST if is_about_e else None, held=address) if is_business else None
    if request.method == "POST" and (
        _e_invoices_kept(request, found, e_form) if is_about_e else _terms_kept(request, found, form)
    ):
        messages.success(request, _("That is how invoices are made from now on."))
        return redirect("office:customer", number=number)
    context = {
        "head": head, "form": form, "usual": settings.HOSPES_OPERATOR.payment_days, "e_form": e_form, "address": address,
        "participant": described(address.participant) if address else "",
    }  # fmt: skip
    return show(request, "office/wishes.html", context, status=422 if request.method == "POST" else 200)


def _terms_kept(request: Any, found: Found, form: TermsForm) -> bool:
    if not form.is_valid():
        return False
    asked, now = dict(form.cleaned_data), clock.now()
    with acting(_BILLING, actor=request.actor):
        term_days = asked.pop("term_days")
        wishing.wish(customer_id=found.customer_id, **asked, now=now)
        wishing.agree_term(customer_id=found.customer_id, term_days=term_days, now=now)
    return True


def _e_invoices_kept(request: Any, found: Found, form: EInvoiceForm | None) -> bool:
    """Keep where e-invoices go, once the access point was asked whether that can receive them."""
    if form is None:
        raise Http404
    if not form.is_valid():
        return False
    state = addresses.State.UNCHECKED
    if form.participant:
        state = addresses.state_of(form.participant, point=access_point())  # not inside a transaction
    if state == addresses.State.UNKNOWN:
        form.nobody_there()
        return False
    with acting(_BILLING, actor=request.actor):
        if form.participant:
            addresses.want(customer_id=found.customer_id, participant=form.participant, state=state,
                           with_mail=form.with_mail, now=clock.now())  # fmt: skip
        else:
            addresses.want_no_more(customer_id=found.customer_id, now=clock.now())
    return True


@require_safe
@office_page(_BILLING, nav="search")
def order_pro_forma(request: Any, number: int, order_number: str) -> HttpResponse:
    """The pro-forma of an order that was not paid yet, in the customer's language."""
    found = open_for(request, number, _BILLING)
    reader = _reader(request, found)
    with looking_at(request, _BILLING, found.customer_id, found.holders[_BILLING]):
        order = get_object_or_404(
            Order, customer_id=found.customer_id, number=order_number, state="awaiting_payment"
        )
        document = pro_forma.of_order(order, today=clock.today(), **reader)
    return _file(document, order.number)


class CancelForm(forms.Form):
    """Why the order is cancelled."""

    note = forms.CharField(
        label=gettext_lazy("Why?"), max_length=200, help_text=gettext_lazy("The customer can read this."),
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@office_page(_BILLING, nav="search")
def order_cancel(request: Any, number: int, order_number: str) -> HttpResponse:
    """What was ordered and not paid, until when can it be, and why is it cancelled now?"""
    found, form = open_for(request, number, _BILLING), CancelForm(request.POST or None)
    enter, said = looking_at if request.method != "POST" else working_on, None
    with enter(request, _BILLING, found.customer_id, found.holders[_BILLING]) as scene:
        order = get_object_or_404(
            Order.objects.with_related("quote"), customer_id=found.customer_id, number=order_number
        )
        if request.method == "POST" and form.is_valid():
            try:
                actions.cancel_order(
                    scene=scene, order=order, reason=form.cleaned_data["note"], once=request.POST.get("once", ""),
                    now=clock.now(),
                )  # fmt: skip
                said = messages.success, _("The order is cancelled, and the customer gets a mail about it.")
            except unpaid.NotCancelled as refusal:
                said = messages.error, str(refusal)
        context = {
            "form": form, "order": order, "number": number, "lines": quote_lines(order.quote_id),
            "can": order.state == Order.State.AWAITING_PAYMENT and not order.quote.on_account,
            "pay_until": pay_until(order, today=clock.today()),
        }  # fmt: skip
    if said is not None:
        tell, words = said
        tell(request, words)
        return redirect("office:customer", number=number)
    return show(request, "office/order_cancel.html", context, status=422 if form.errors else 200)


@require_safe
@office_page(_BILLING, nav="search")
def next_pro_forma(request: Any, number: int) -> HttpResponse:
    """What the next run will invoice this customer, in the customer's language."""
    found, today = open_for(request, number, _BILLING), clock.today()
    try:
        with acting(_BILLING, actor=request.actor):
            terms = pro_forma.next_terms(found.customer_id, today=today)
            taxes = pro_forma.taxes_of_terms(found.customer_id, terms, today=today)
    except TaxUnknown:
        messages.error(request, _("It cannot be told which VAT applies to this customer."))
        return redirect("office:customer", number=number)
    if not terms:
        messages.info(request, _("Nothing is going to be invoiced as things stand."))
        return redirect("office:customer", number=number)
    reader = _reader(request, found)
    with looking_at(request, _BILLING, found.customer_id, found.holders[_BILLING]):
        document = pro_forma.of_terms(found.customer_id, terms, taxes, today=today, **reader)
    return _file(document, str(terms[0].first))


def _reader(request: Any, found: Found) -> dict[str, str]:
    """In whose language it is, and for whose attention."""
    with acting(_BILLING, actor=request.actor):
        reader = addressee(found.customer_id, now=clock.now())
    return (
        {"language": reader.language, "contact": reader.name} if reader else {"language": "nl", "contact": ""}
    )


def _file(document: InvoiceDocument, name: str) -> HttpResponse:
    answer = HttpResponse(pro_forma.pdf(document), content_type="application/pdf")
    answer["Content-Disposition"] = f'attachment; filename="pro-forma-{name}.pdf"'
    return answer


@require_http_methods(["GET", "HEAD", "POST"])
@office_page(_BILLING, nav="home")
def refund(request: Any, refund_id: int) -> HttpResponse:
    """How much goes back to whom, at the latest when; and when was it transferred?"""
    found = whose(request, Refund, refund_id)
    form = PaidBackForm(request.POST or None, initial={"on": clock.today()})
    if request.method == "POST" and form.is_valid():
        try:
            with acting(_BILLING, actor=request.actor):
                made = decisions.refund_by_hand(
                    refund_id=refund_id, on=form.cleaned_data["on"], by=request.user.pk, now=clock.now()
                )
        except decisions.NotDecided as refusal:
            form.add_error("on", str(refusal))
        else:
            say_decided(request, is_done=made.state == "done")
            return redirect("office:board", key="met-de-hand-terugbetalen")
    with acting(_BILLING, actor=request.actor):  # no page of one customer reads an account number in full
        collected_from = debits.account_of(Refund.objects.get(pk=refund_id).credit_note.credits_id or 0)
    with looking_at(request, _BILLING, found.customer_id, found.holders[_BILLING]):
        held = Refund.objects.get(pk=refund_id)
        note = Invoice.objects.get(pk=held.credit_note_id)
        invoice = Invoice.objects.get(pk=note.credits_id or 0)
        context = {
            "head": parts.head(found.customer_id), "refund": held, "note": note, "invoice": invoice, "form": form,
            "source": collected_from or payments.paid_from(invoice.pk, invoice.origin),
            "is_open": held.state == Refund.State.FAILED,
            "reason": Refund.Reason(held.reason).label if held.reason else "",
        }  # fmt: skip
    return show(request, "office/refund.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@office_page(_BILLING, nav="home")
def stuck_charge(request: Any, stuck_id: int) -> HttpResponse:
    """What could not be put on a document and why; and how was it settled?"""
    found = whose(request, StuckCharge, stuck_id)
    form = SettledForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            with acting(_BILLING, actor=request.actor):
                charging.by_hand(stuck_id=stuck_id, note=form.cleaned_data["note"], now=clock.now())
                withdrawals.keep_promises(customer_id=found.customer_id, now=clock.now())
        except charging.NothingStuck:
            messages.info(request, _("That was settled already."))
        else:
            messages.success(request, _("Noted. It is gone from the list."))
        return redirect("office:board", key="bedragen-niet-verwerkt")
    with looking_at(request, _BILLING, found.customer_id, found.holders[_BILLING]):
        held = StuckCharge.objects.get(pk=stuck_id)
        charge = Charge.objects.get(pk=held.charge_id)
        context = {
            "head": parts.head(found.customer_id), "stuck": held, "charge": charge, "form": form,
            "service": Service.objects.get(pk=charge.service_id), "reason": StuckCharge.Reason(held.reason).label,
        }  # fmt: skip
    return show(request, "office/stuck_charge.html", context, status=422 if form.is_bound else 200)


def say_decided(request: Any, *, is_done: bool) -> None:
    """Say what became of money that goes back by hand: noted, or waiting for a second colleague."""
    if is_done:
        messages.success(request, _("Noted. The customer gets a mail that the money was paid back."))
    else:
        messages.info(request, str(TWO_DECIDE))


def whose(request: Any, model: Any, pk: int) -> Found:
    """Whose it is; Http404 where there is none such."""
    with acting(_BILLING, actor=request.actor):
        customer_id = model.objects.filter(pk=pk).values_list("customer_id", flat=True).first()
        number = Customer.objects.filter(pk=customer_id or 0).values_list("number", flat=True).first()
    if number is None:
        raise Http404
    return open_for(request, number, _BILLING)
