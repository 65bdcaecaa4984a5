"""Quotes that staff make for a customer: writing, sending, a next version, withdrawing. For who has the power to."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hospes.accounts.models import Power
from hospes.customers.models import Person
from hospes.kernel import clock
from hospes.kernel.acting import acting
from hospes.kernel.purposes import Purpose
from hospes.office import parts
from hospes.office.forms_quotes import QuoteForm, lines_form
from hospes.office.pages import Found, looking_at, office_page, once_key, open_for, show
from hospes.sales import documents, queries, quoting
from hospes.sales.models import Order, Quote, QuoteDraft, QuoteDraftLine
from hospes.sales.quoting import Words
from hospes.sales.services import QuoteRefused

_PAGE = office_page(Purpose.CONTRACT, power=Power.QUOTE, nav="search")


def _head(request: Any, found: Found) -> dict[str, Any]:
    """Who it is for; leaves in the journal that somebody looked."""
    with looking_at(request, Purpose.CONTRACT, found.customer_id, found.holders[Purpose.CONTRACT]):
        return parts.head(found.customer_id)


@require_POST
@_PAGE
def new(request: Any, number: int) -> HttpResponse:
    """Begin a quote."""
    found, today = open_for(request, number, Purpose.CONTRACT), clock.today()
    until = today + timedelta(days=settings.HOSPES_OPERATOR.quote_days)
    with acting(Purpose.CONTRACT, actor=request.actor):
        made = quoting.begin(customer_id=found.customer_id, author_id=request.actor.id, words=Words(until), now=clock.now(),
                             key=once_key(request))  # fmt: skip
    return redirect("office:quote_draft", number=number, draft_id=made.pk)


@require_http_methods(["GET", "POST"])
@_PAGE
def draft(request: Any, number: int, draft_id: int) -> HttpResponse:
    """What do we offer, for how much, and until when?"""
    found, today = open_for(request, number, Purpose.CONTRACT), clock.today()
    head = _head(request, found) if request.method == "GET" else {}
    with acting(Purpose.CONTRACT, actor=request.actor):
        held = QuoteDraft.objects.filter(pk=draft_id, customer_id=found.customer_id).first()
        if held is None:  # sent, or let go of, by a colleague
            messages.info(request, _("This draft is not there any more: it was sent or thrown away."))
            return redirect("office:customer", number=number)
        form = QuoteForm(request.POST) if request.method == "POST" else QuoteForm.of(held)
        rows = list(QuoteDraftLine.objects.filter(draft_id=held.pk).order_by("position"))
        lines = lines_form(today, request.POST if request.method == "POST" else None, rows)
        if request.method == "POST" and (done := _carry_out(request, number, held, form, lines)):
            return done
        priced, refusal = _priced(held) if rows else (None, "")
        before = Quote.objects.filter(pk=held.replaces_id or 0).first()
        head = head or parts.head(found.customer_id)
    context = {
        "head": head, "draft": held, "form": form, "lines": lines, "priced": priced, "refusal": refusal, "before": before,
        "number": number,
    }  # fmt: skip
    wrong = bool(form.errors or (lines.is_bound and not lines.is_valid()))
    return show(request, "office/quote_draft.html", context, status=422 if wrong else 200)


def _priced(held: QuoteDraft) -> tuple[quoting.Priced | None, str]:
    try:
        return quoting.priced(held, today=clock.today()), ""
    except QuoteRefused as refusal:
        return None, str(refusal)


def _carry_out(request: Any, number: int, held: QuoteDraft, form: Any, lines: Any) -> HttpResponse | None:
    """Save it, and send it if that is asked; or let go of it. None where something in the forms is wrong."""
    now, today = clock.now(), clock.today()
    if request.POST.get("do") == "discard":
        quoting.discard(draft=held, now=now)
        return redirect("office:customer", number=number)
    if not (form.is_valid() and lines.is_valid()):
        return None
    try:
        seen = datetime.fromisoformat(form.cleaned_data["seen"])
        wanted = [line for each in lines if (line := each.line())]
        quoting.save(draft=held, words=form.said(), lines=wanted, seen=seen, today=today, now=now)
        if request.POST.get("do") != "send":
            messages.success(request, _("Saved. The customer sees nothing of it yet."))
            return redirect("office:quote_draft", number=number, draft_id=held.pk)
        sent = quoting.send(draft=held, seen=now, today=today, now=now)
    except (QuoteRefused, ValueError) as refusal:
        form.add_error(None, str(refusal))
        return None
    messages.success(request, _("The quote is sent: the customer gets a mail with a link to it."))
    return redirect("office:quote", number=number, quote_id=sent.pk)


@require_http_methods(["GET", "POST"])
@_PAGE
def quote(request: Any, number: int, quote_id: int) -> HttpResponse:
    """How does it stand, who decided upon it, when and from where; and what can still be done?"""
    found = open_for(request, number, Purpose.CONTRACT)
    head = _head(request, found) if request.method == "GET" else {}
    with acting(Purpose.CONTRACT, actor=request.actor):
        held = get_object_or_404(Quote, pk=quote_id, customer_id=found.customer_id)
        if request.method == "POST":
            return _decide(request, number, held)
        decider = Person.objects.filter(pk=held.decided_by_id or 0).first()
        context = {
            "head": head, "quote": held, "lines": queries.quote_lines(held.pk), "versions": queries.versions(held),
            "order": Order.objects.filter(quote_id=held.pk).first(), "decider": decider, "number": number,
            "expired": held.state == Quote.State.EXPIRED or (held.is_open and held.valid_until < clock.today()),
            "is_newest": queries.versions(held)[0].pk == held.pk, "copied": quoting.can_be_copied(held),
        }  # fmt: skip
    return show(request, "office/quote.html", context)


def _decide(request: Any, number: int, held: Quote) -> HttpResponse:
    try:
        if request.POST.get("do") == "withdraw":
            quoting.withdraw(quote=held, now=clock.now())
            messages.success(request, _("The quote is withdrawn, and the customer is told."))
        elif request.POST.get("do") == "version":
            until = clock.today() + timedelta(days=settings.HOSPES_OPERATOR.quote_days)
            said = Words(
                until, held.intro, held.reference, held.purchase_order, held.on_account, held.term_days
            )
            made = quoting.begin(customer_id=held.customer_id, author_id=request.actor.id, words=said, replaces=held,
                                 key=once_key(request), now=clock.now())  # fmt: skip
            return redirect("office:quote_draft", number=number, draft_id=made.pk)
    except QuoteRefused as refusal:
        messages.error(request, str(refusal))
    return redirect("office:quote", number=number, quote_id=held.pk)


@require_safe
@_PAGE
def pdf(request: Any, number: int, quote_id: int) -> HttpResponse:
    """The file of a quote."""
    found = open_for(request, number, Purpose.CONTRACT)
    _head(request, found)
    with acting(Purpose.CONTRACT, actor=request.actor):
        held = get_object_or_404(Quote, pk=quote_id, customer_id=found.customer_id)
        answer = HttpResponse(documents.pdf_of(held), content_type="application/pdf")
    name = held.number if held.version == 1 else f"{held.number}-{held.version}"
    answer["Content-Disposition"] = f'attachment; filename="{name}.pdf"'
    return answer
