"""One service: what it is, how long it goes on, and changing, cancelling or going on with it after all."""

from collections import Counter
from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from hospes.catalogue import queries as catalogue
from hospes.catalogue.queries import Offer, words_of
from hospes.customers.queries import Capacity
from hospes.customers.rules import Capability
from hospes.faces.prices import Term, View, term_of
from hospes.hosting.services import limits_of
from hospes.kernel import clock
from hospes.kernel.purposes import Purpose
from hospes.portal.contract_forms import CancelForm, ChangeForm, SentForm
from hospes.portal.looks import next_look
from hospes.portal.pages import customer_page, posted_from
from hospes.portal.views.prices import own_view
from hospes.sales import additions as sales_additions
from hospes.sales import pro_forma, withdrawals
from hospes.sales.models import Order
from hospes.services import changes, endings, moves, queries, raises, requests, rules
from hospes.services.models import By, Content, Request, Service, State, Task
from hospes.services.services import Asked


def _held(capacity: Capacity, service_id: int) -> Service:
    found: Service = get_object_or_404(
        Service.objects.select_related("product"), customer_id=capacity.customer_id, pk=service_id
    )
    return found


@require_safe
@customer_page(Purpose.CONTRACT, Capability.SEE_SERVICES, nav="services", viewed="service")
def service(request: Any, capacity: Capacity, service_id: int) -> HttpResponse:
    """What am I entitled to, does it run, when does it renew, and what can I change?"""
    found, today = _held(capacity, service_id), clock.today()
    from hospes.hosting.queries import access as hosting_access

    asked = queries.last_request(found.pk)
    task = Task.objects.filter(service_id=found.pk).first()
    # What a person does takes longer than somebody looks at a page.
    waits = (found.state == State.PENDING and task is None) or (
        asked is not None and asked.state == Request.State.WAITING
    )
    ways = endings.ways_to_end(found, today=today) if found.state in endings.CANCELLABLE else None
    own, planned = own_view(capacity), queries.planned(found.pk)
    view, goes_on = _view_of(own, found, today), found.state in changes.CHANGEABLE and found.ends_on is None
    context = {
        "service": found, "history": queries.history(found.pk), "account": hosting_access(found.pk),
        "look": next_look(request) if waits else None, "asked": asked, "planned": planned, "ways": ways,
        "planned_view": _view_of(own, planned or found, today),
        "charges": queries.not_invoiced(found.pk), "back_cents": endings.given_back(found, found.ends_on or found.renews_on),
        "order": _can_withdraw(capacity, found, today), "term_cents": found.term_cents,
        "next_cents": pro_forma.next_term(found).cents if goes_on else found.term_cents,
        "can_change": goes_on, "can_move": moves.can_move(found),
        "coming": _coming(found), "moving": moves.of_service(found.pk),
        "options": words_of(found.choice_ids, found.choice_counts), "addable": _addable(found, today, own), "view": view,
        "additions": list(found.additions.select_related("product").order_by("pk")), "task": task,
        "limits": limits_of(found),
        "key": SentForm.new_key(), "can_cancel": ways is not None and found.ends_on is None,
    }  # fmt: skip
    return render(request, "portal/_service.html" if request.htmx else "portal/service.html", context)


def _view_of(own: View, of: Service | Content | changes.Wanted, today: date) -> View:
    """How its customer sees the price of something: with the rate that the product has."""
    return own.of(catalogue.vat_code(of.product_id, today=today))


def _coming(held: Service) -> dict[str, Any] | None:
    """The raise that was told of: what a term costs from when on."""
    row = raises.coming(held.pk)
    if row is None:
        return None
    return {"on": row.takes_effect_on, "from_on": row.plan.from_on, "cents": row.new_cents * held.quantity}


def _addable(held: Service, today: date, view: View) -> list[tuple[Offer, Term]]:
    """What can be added to a service: nothing where it ends, or is not there; and not more of a thing than there may be."""
    if held.state not in sales_additions.OPEN or held.ends_on is not None or held.belongs_to_id is not None:
        return []
    has = Counter[int]()
    for product_id, quantity in held.additions.filter(ended_on=None).values_list("product_id", "quantity"):
        has[product_id] += quantity
    found = catalogue.additions(held.product_id, months=held.months, today=today)
    return [(offer, term_of(offer, view)) for offer in found if has[offer.product.pk] < offer.product.most]


def _can_withdraw(capacity: Capacity, held: Service, today: date) -> Order | None:
    """The order that a service came of, while a private person can withdraw from it."""
    if (
        capacity.kind != "private"
        or held.state == State.TERMINATED
        or not held.origin.startswith("quote_line:")
    ):
        return None
    line_id = int(held.origin.removeprefix("quote_line:"))
    order = Order.objects.filter(customer_id=capacity.customer_id, quote__lines__pk=line_id).first()
    return order if order is not None and withdrawals.is_open(order, on=today) else None


@require_http_methods(["GET", "POST"])
@customer_page(Purpose.CONTRACT, Capability.ORDER, nav="services")
def change(request: Any, capacity: Capacity, service_id: int) -> HttpResponseBase:
    """Which package, how many and with which options; first shown with the exact amount, then asked for."""
    found, today = _held(capacity, service_id), clock.today()
    sent = request.POST if request.method == "POST" else request.GET if "choice" in request.GET else None
    own, planned = own_view(capacity), queries.planned(found.pk)
    form = ChangeForm(found, queries.choices(found, today=today), own, today=today, data=sent)
    proposal = None
    if form.is_bound and form.is_valid():
        proposal = form.proposal()
    if request.method == "POST" and proposal is not None and request.POST.get("do") == "confirm":
        words = requests.change_words(proposal)
        if form.is_as_shown(proposal):
            return _ask(request, capacity, found, words, form.cleaned_data["key"])
        messages.warning(request, _("The amount has changed since this page was shown. Please look again."))
    wanted = proposal.wanted if proposal else found
    context = _amounts(own, found, proposal, today) | {
        "view": _view_of(own, found, today), "new_view": _view_of(own, wanted, today),
        "planned_view": _view_of(own, planned or found, today),
        "service": found, "form": form, "proposal": proposal, "key": SentForm.new_key(),
        "product": form.chosen_product(),
        "is_other_package": proposal is not None and proposal.wanted.product_id != found.product_id,
        "options": words_of(found.choice_ids, found.choice_counts),
        "kept": changes.words_of_options(proposal.wanted) if proposal else "", "term_cents": found.term_cents,
        "planned": planned,
    }  # fmt: skip
    return render(request, "portal/service_change.html", context)


def _amounts(own: View, held: Service, proposal: changes.Proposal | None, today: date) -> dict[str, Any]:
    """
    What a change comes to at once, as its customer sees it. What it was and what it becomes are on one document where they have
    one rate, and otherwise on two: each with its own VAT.
    """
    if proposal is None:
        return {}
    was, becomes, sums = (
        _view_of(own, held, today),
        _view_of(own, proposal.wanted, today),
        proposal.settlement,
    )
    if was.rate == becomes.rate:
        return {"now": was.words(sums.total_cents), "now_cents": was.cents(sums.total_cents)}
    cents = becomes.cents(sums.charge_cents) - was.cents(sums.credit_cents)
    return {"now": becomes.said(cents), "now_cents": cents}


@require_http_methods(["GET", "POST"])
@customer_page(Purpose.CONTRACT, Capability.ORDER, nav="services")
def cancel(request: Any, capacity: Capacity, service_id: int) -> HttpResponseBase:
    """When can it end, what do I get back, and what goes then?"""
    found, today = _held(capacity, service_id), clock.today()
    if found.state not in endings.CANCELLABLE or found.ends_on is not None:
        return redirect("portal:service", number=capacity.number, service_id=service_id)
    ways = endings.ways_to_end(found, today=today)
    form = CancelForm(ways, request.POST or None)
    if request.method == "POST" and form.is_valid():
        on = ways.soonest if form.cleaned_data["when"] == Request.When.SOONEST else ways.at_term_end
        words = {"kind": Request.Kind.CANCEL, "when": form.cleaned_data["when"], "on": on,
                 "cents": -endings.given_back(found, on)}  # fmt: skip
        return _ask(request, capacity, found, words, form.cleaned_data["key"])
    context = {
        "view": own_view(capacity, found.product_id),
        "additions": list(found.additions.select_related("product").filter(ended_on=None)),
        "service": found, "form": form, "ways": ways, "key": SentForm.new_key(), "is_consumer": capacity.kind == "private",
        "back_cents": endings.given_back(found, ways.soonest), "order": _can_withdraw(capacity, found, today),
        "raised": ways.is_free and ways.soonest in (today, raises.raised_on(found.pk)),
        "a_year": ways.soonest != rules.renewal(today, rules.CONSUMER_NOTICE_MONTHS),
    }  # fmt: skip
    return render(request, "portal/service_cancel.html", context)


@posted_from("portal:service")
@customer_page(Purpose.CONTRACT, Capability.ORDER, nav="services")
def take_back(request: Any, capacity: Capacity, service_id: int) -> HttpResponseBase:
    """Go on after all: without the cancellation, or without the planned change."""
    found, form = _held(capacity, service_id), SentForm(request.POST)
    kind = Request.Kind.UNPLAN if request.POST.get("what") == "unplan" else Request.Kind.UNDO
    if not form.is_valid():
        return redirect("portal:service", number=capacity.number, service_id=service_id)
    words = {"kind": kind, "when": Request.When.NOW, "on": clock.today()}
    return _ask(request, capacity, found, words, form.cleaned_data["key"])


def _ask(request: Any, capacity: Capacity, held: Service, words: dict[str, Any], key: str) -> HttpResponse:
    asked = Asked(By.CUSTOMER, request.user.pk)
    requests.ask(held, words, asked=asked, key=f"portal:{key}", now=clock.now())
    return redirect("portal:service", number=capacity.number, service_id=held.pk)
