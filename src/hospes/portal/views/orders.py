"""Quotes and orders, and paying them."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hospes.billing.models import Invoice
from hospes.catalogue.models import RegistryNotice
from hospes.customers.models import Person
from hospes.customers.queries import Capacity
from hospes.customers.rules import Capability
from hospes.kernel import clock
from hospes.kernel.acting import acting
from hospes.kernel.purposes import Purpose
from hospes.payments import jobs, unpaid
from hospes.payments import queries as payment_queries
from hospes.payments import services as payments
from hospes.payments.debits.queries import pays_by_itself
from hospes.payments.models import Payment
from hospes.payments.rules import is_notice_token, is_reference
from hospes.portal.looks import next_look
from hospes.portal.pages import customer_page, for_customer, posted_from
from hospes.portal.paying import to_provider, wish_of
from hospes.portal.views.prices import later_terms
from hospes.sales import agreements, documents, names, queries, registries, services, withdrawals
from hospes.sales.models import Order, Quote
from hospes.sales.rules import last_day_to_withdraw
from hospes.sales.services import QuoteRefused

#: So many invoices are paid at once, at most.
MOST_TOGETHER = 50


@require_safe
@customer_page(Purpose.CONTRACT, Capability.SEE_ORDERS, nav="orders", viewed="orders")
def orders(request: Any, capacity: Capacity) -> HttpResponse:
    """What did I ask for, and how does it stand?"""
    context = {"quotes": queries.quotes(capacity.customer_id), "orders": queries.orders(capacity.customer_id)}
    return render(request, "portal/orders.html", context)


@require_safe
@customer_page(Purpose.CONTRACT, Capability.SEE_ORDERS, nav="orders", viewed="quote")
def quote(request: Any, capacity: Capacity, quote_number: str) -> HttpResponse:
    """What do I get for how much, and until when can I accept it?"""
    found = _quote(capacity, quote_number, request.GET.get("versie", ""))
    order = Order.objects.filter(quote_id=found.pk).first()
    decider = Person.objects.filter(pk=found.decided_by_id or 0).first()
    is_over = found.state == Quote.State.EXPIRED
    notices = registries.of_quote(found.pk, today=clock.today())
    lines = queries.quote_lines(found.pk)
    context = {"quote": found, "lines": lines, "later": later_terms(lines, capacity), "order": order,
               "agreed": _mark(found, notices), "has_work": queries.has_work(found.pk),
               "notices": notices, "begins_late": last_day_to_withdraw(clock.today()),
               "known": registries.known(order.pk) if order else [], "versions": queries.versions(found), "decider": decider,
               "expired": is_over or (found.state == Quote.State.OPEN and found.valid_until < clock.today())}  # fmt: skip
    return render(request, "portal/quote.html", context)


def _quote(capacity: Capacity, number: str, version: str) -> Quote:
    """A quote by its number: the newest version, or the one that is asked for."""
    which = int(version) if version.isascii() and version.isdigit() and len(version) < 5 else None
    found = queries.quote(capacity.customer_id, number, which)
    if found is None:
        raise Http404
    return found


def _mark(found: Quote, notices: list[RegistryNotice]) -> str:
    """What somebody agrees to who accepts this version, as the page brings it back."""
    return _agreed().mark(_seen(f"{found.number}/{found.version}", notices))


@require_safe
@customer_page(Purpose.CONTRACT, Capability.SEE_ORDERS, nav="orders", viewed="quote_pdf")
def quote_pdf(request: Any, capacity: Capacity, quote_number: str) -> HttpResponse:
    """The file of a quote."""
    found = _quote(capacity, quote_number, request.GET.get("versie", ""))
    name = found.number if found.version == 1 else f"{found.number}-{found.version}"
    answer = HttpResponse(documents.pdf_of(found), content_type="application/pdf")
    answer["Content-Disposition"] = f'attachment; filename="{name}.pdf"'
    return answer


@posted_from("portal:quote")
@customer_page(Purpose.CONTRACT, Capability.ORDER, nav="orders")
def quote_decide(request: Any, capacity: Capacity, quote_number: str) -> HttpResponse:
    """Accept a quote (it becomes an order that must be paid), or decline it."""
    found = _quote(capacity, quote_number, request.POST.get("version", ""))
    again = redirect("portal:quote", number=capacity.number, quote_number=quote_number)
    try:
        if request.POST.get("do") == "decline":
            services.decline_quote(quote_id=found.pk, person_id=request.user.pk, ip=request.actor.ip, now=clock.now(),
                                   reason=" ".join(request.POST.get("reason", "").split()))  # fmt: skip
            return again
        if request.POST.get("do") != "accept":  # whoever presses no button decides nothing
            return again
        if request.POST.get("terms") != "on":
            messages.error(request, _("Please agree with the general terms first."))
            return again
        notices = registries.of_quote(found.pk, today=clock.today())
        if notices and request.POST.get("registries") != "on":
            messages.error(
                request, _("A domain name cannot be registered without these data. Please tick this.")
            )
            return again
        if request.POST.get("agreed") != _mark(found, notices):
            messages.warning(
                request, _("Our terms have changed since this page was shown. Please look again.")
            )
            return again
        order = services.accept_quote(quote_id=found.pk, person_id=request.user.pk, ip=request.actor.ip,
                                      agreed=_agreed(), today=clock.today(), now=clock.now(),
                                      start_asked=asked_to_start(request, capacity),
                                      told=[notice.pk for notice in notices],
                                      language=get_language() or "nl")  # fmt: skip
    except QuoteRefused as refusal:
        messages.error(request, str(refusal))
        return again
    return redirect("portal:order", number=capacity.number, order_number=order.number)


def asked_to_start(request: Any, capacity: Capacity) -> bool:
    """Whether a private person asked expressly that it begins before they can no longer withdraw."""
    return capacity.kind == "private" and request.POST.get("start_now") == "on"


def _seen(quote_number: str, notices: list[RegistryNotice]) -> str:
    """What is agreed to besides the texts: this quote, and what was said of these registries."""
    return "+".join([quote_number, *(str(notice.pk) for notice in notices)])


def _agreed() -> agreements.Agreement:
    """What somebody who reads the page in this language agrees to."""
    return agreements.of_now(get_language() or "nl")


@require_safe
@customer_page(Purpose.BILLING, Capability.SEE_ORDERS, nav="orders", viewed="order")
def order(request: Any, capacity: Capacity, order_number: str) -> HttpResponse:
    """Was it paid, what happens now, and where is my invoice?"""
    found = get_object_or_404(
        Order.objects.with_related("quote"), customer_id=capacity.customer_id, number=order_number
    )
    begun = payment_queries.of_order(found.pk)
    # "paid" while the order is not: it was booked between our two looks at the database, and the next look shows it.
    news = ("open", "pending", "paid") if found.state == Order.State.AWAITING_PAYMENT else ()
    transfer = payment_queries.transfer_of(begun) if found.state == Order.State.AWAITING_PAYMENT else None
    waiting = transfer is None and bool(begun) and begun[0].state in news and "terug" in request.GET
    waiting = waiting and not request.viewing
    if waiting:  # back from the provider, perhaps before its notice: ask by ourselves
        jobs.check.enqueue_once(f"payment:{begun[0].pk}", payment_id=begun[0].pk)
    is_awaited = found.state == Order.State.AWAITING_PAYMENT and not found.quote.on_account
    can_withdraw = (
        capacity.kind == "private"
        and found.state != Order.State.CANCELLED
        and withdrawals.is_open(found, on=clock.today())
    )
    lines = queries.quote_lines(found.quote_id)
    context = {"known": registries.known(found.pk), "can_withdraw": can_withdraw, "last_day": withdrawals.last_day(found),
               "order": found, "lines": lines, "later": later_terms(lines, capacity), "payment": begun[0] if begun else None,
               "in_use": _in_use(found), "has_leave": pays_by_itself(capacity.customer_id),
               "on_account": found.quote.on_account, "can_cancel": is_awaited and transfer is None,
               "pay_until": queries.pay_until(found, today=clock.today()),
               "transfer": transfer,
               "in_part": next((each for each in begun if each.is_part), None),
               "came_late": any(payment.state == Payment.State.SURPLUS for payment in begun),
               "waiting": waiting, "look": next_look(request) if waiting else None,
               "invoice": Invoice.objects.filter(origin=f"order:{found.pk}").first()}  # fmt: skip
    return render(request, "portal/_order.html" if request.htmx else "portal/order.html", context)


@require_http_methods(["GET", "POST"])
@customer_page(Purpose.BILLING, Capability.ORDER, nav="orders")
def cancel(request: Any, capacity: Capacity, order_number: str) -> HttpResponse:
    """Do I really not want this any more? Then it is over at once, and I owe nothing."""
    found = get_object_or_404(
        Order.objects.with_related("quote"), customer_id=capacity.customer_id, number=order_number
    )
    back = redirect("portal:order", number=capacity.number, order_number=order_number)
    if found.state != Order.State.AWAITING_PAYMENT or found.quote.on_account:
        return back
    if request.method == "GET":
        context = {"order": found, "lines": queries.quote_lines(found.quote_id)}
        return render(request, "portal/order_cancel.html", context)
    try:
        unpaid.cancel_own(order_id=found.pk, now=clock.now())
    except unpaid.NotCancelled as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("The order is cancelled. You owe nothing."))
    return back


def _in_use(order: Order) -> str:
    """What is told of an order that cannot be set up any more, before somebody pays for it; empty when all is well."""
    in_use = names.in_use_of_quote(order.quote_id) if order.state == Order.State.AWAITING_PAYMENT else []
    return names.sentence(in_use) if in_use else ""


@posted_from("portal:order")
@for_customer(Capability.PAY, nav="orders")
def pay(request: Any, capacity: Capacity, order_number: str) -> HttpResponse:
    """Begin paying an order. The provider is called between transactions, so this is no page of one."""
    back = reverse("portal:order", kwargs={"number": capacity.number, "order_number": order_number})
    with acting(Purpose.BILLING, actor=request.actor, customer=capacity.customer_id):
        found = get_object_or_404(Order, customer_id=capacity.customer_id, number=order_number)
    return _to_provider(request, capacity, back, found.number, order_id=found.pk)


@posted_from("portal:invoice")
@for_customer(Capability.PAY, nav="invoices")
def pay_invoice(request: Any, capacity: Capacity, invoice_number: str) -> HttpResponse:
    """Begin paying what is open on an invoice."""
    back = reverse("portal:invoice", kwargs={"number": capacity.number, "invoice_number": invoice_number})
    with acting(Purpose.BILLING, actor=request.actor, customer=capacity.customer_id):
        found = get_object_or_404(
            Invoice, customer_id=capacity.customer_id, number=invoice_number, kind=Invoice.Kind.INVOICE
        )
    return _to_provider(request, capacity, back, found.number, invoice_id=found.pk)


@posted_from("portal:invoices")
@for_customer(Capability.PAY, nav="invoices")
def pay_together(request: Any, capacity: Capacity) -> HttpResponse:
    """Begin paying what is open on the invoices that were chosen, at once."""
    back = reverse("portal:invoices", kwargs={"number": capacity.number})
    numbers = [each for each in request.POST.getlist("invoice")[:MOST_TOGETHER] if "\0" not in each]
    with acting(Purpose.BILLING, actor=request.actor, customer=capacity.customer_id):
        known = Invoice.objects.filter(customer_id=capacity.customer_id, number__in=numbers)
        chosen = list(known.order_by("due_on", "pk").values_list("number", flat=True))
    if not chosen:
        messages.error(request, _("Choose at least two invoices that are open."))
        return redirect(back)
    if len(chosen) == 1:  # then it is paid on its own page
        return redirect("portal:invoice", number=capacity.number, invoice_number=chosen[0])
    return to_provider(
        request, customer_id=capacity.customer_id, actor=request.actor, back=back,
        returning=reverse("payment_back", args=[chosen[0]]), layout="portal.html", numbers=numbers,
    )  # fmt: skip


def _to_provider(request: Any, capacity: Capacity, back: str, number: str, **of: int) -> HttpResponse:
    return to_provider(
        request, customer_id=capacity.customer_id, actor=request.actor, back=back,
        returning=reverse("payment_back", args=[number]), layout="portal.html", wish=wish_of(request), **of,
    )  # fmt: skip


@login_required
def payment_back(request: Any, order_number: str) -> HttpResponse:
    """Back from the provider, whom the customer's number is not told: to what was paid, whoever's of this person it is."""
    for capacity in request.capacities:
        with acting(Purpose.BILLING, actor=request.actor, customer=capacity.customer_id):
            if Order.objects.filter(customer_id=capacity.customer_id, number=order_number).exists():
                target = reverse(
                    "portal:order", kwargs={"number": capacity.number, "order_number": order_number}
                )
                return redirect(f"{target}?terug=1")
            if Invoice.objects.filter(customer_id=capacity.customer_id, number=order_number).exists():
                target = reverse(
                    "portal:invoice", kwargs={"number": capacity.number, "invoice_number": order_number}
                )
                return redirect(f"{target}?terug=1")
    raise Http404


@csrf_exempt
@require_POST
def payment_notice(request: HttpRequest, key: str, token: str) -> HttpResponse:
    """The provider's notice: a hint, stored and acknowledged. The answer is the same for what is not ours, and stores nothing."""
    reference = request.POST.get("id", "")
    if is_notice_token(key, token) and is_reference(reference):
        payments.note(reference=reference, now=clock.now())
    return HttpResponse(status=200)
