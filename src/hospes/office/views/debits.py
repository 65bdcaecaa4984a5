"""Direct debit: the files for the bank, what it says of them, and the mandates of a customer. For the purpose of billing."""

from datetime import date
from typing import Any, Final

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hospes.billing.models import Invoice
from hospes.customers.models import Customer
from hospes.faces.middleware import take_files
from hospes.kernel import clock
from hospes.kernel.acting import acting
from hospes.kernel.purposes import Purpose
from hospes.office import parts, shown
from hospes.office.pages import looking_at, office_page, open_for, show
from hospes.payments.debits import queries, services
from hospes.payments.debits.models import Batch, Debit, Mandate

_BILLING: Final = Purpose.BILLING
#: So many files, and collections of a customer, are on a page.
SHOWN: Final = 50

take_files("office:debit_report", 10_000_000)


class DayForm(forms.Form):
    """On which day it happened."""

    on = forms.DateField(
        label=gettext_lazy("On which day"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )


class ReturnForm(DayForm):
    """That the bank gave a collection back: when, and with which reason."""

    code = forms.ChoiceField(label=gettext_lazy("Reason of the bank"))

    def __init__(self, *args: Any, reasons: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].choices = reasons  # type: ignore[attr-defined]


class ReportForm(forms.Form):
    """A status report as the bank gives it."""

    report = forms.FileField(label=gettext_lazy("Status report of the bank (pain.002)"))


@require_safe
@office_page(_BILLING, nav="reports")
def debits(request: Any) -> HttpResponse:
    """Is there a file for the bank, until when does the bank take it, and what comes?"""
    with acting(_BILLING, actor=request.actor):
        batches = queries.last_batches(SHOWN)
        context = {
            "batches": batches, "coming": queries.coming(), "form": ReportForm(), "is_offered": services.is_offered(),
            "waiting": [(each, queries.submit_until(each)) for each in batches if each.state == Batch.State.MADE],
        }  # fmt: skip
    return show(request, "office/debits.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@office_page(_BILLING, nav="reports")
def debit_batch(request: Any, batch_id: int) -> HttpResponse:
    """What is in this file, should it still go to the bank, and did it?"""
    form, now = DayForm(request.POST or None, initial={"on": clock.today()}), clock.now()
    if request.method == "POST" and (request.POST.get("do") == "cancel" or form.is_valid()):
        try:
            _do(request, batch_id, form)
            return redirect("office:debit_batch", batch_id=batch_id)
        except services.BatchRefused as refusal:
            form.add_error("on" if form.is_bound and "on" in form.fields else None, str(refusal))
    with acting(_BILLING, actor=request.actor) as scene:
        batch = get_object_or_404(Batch.objects.defer("sealed_file"), pk=batch_id)
        inside = queries.in_batch(batch)
        numbers = dict(
            Customer.objects.filter(pk__in=[each.customer_id for each in inside]).values_list("pk", "number")
        )
        shown.note_listed([(each.customer_id, None) for each in inside], scene=scene, now=now)
        over = {each.pk for each in queries.over_in(batch)}
    context = {
        "batch": batch, "debits": [(each, numbers.get(each.customer_id), each.pk in over) for each in inside], "over": len(over),
        "until": queries.submit_until(batch), "form": form, "is_open": batch.state == Batch.State.MADE,
    }  # fmt: skip
    return show(request, "office/debit_batch.html", context, status=422 if form.errors else 200)


def _do(request: Any, batch_id: int, form: DayForm) -> None:
    """Hand a file in, or take it back."""
    with acting(_BILLING, actor=request.actor):
        if not Batch.objects.filter(pk=batch_id).exists():
            raise Http404
        if request.POST.get("do") == "cancel":
            services.cancel(batch_id=batch_id, now=clock.now())
            messages.success(
                request, _("The file was taken back. What is still to be collected goes into the next one.")
            )
        else:
            services.submitted(batch_id=batch_id, on=form.cleaned_data["on"], now=clock.now())
            messages.success(request, _("Noted. What is in it is booked the day after it is collected."))


@require_POST
@office_page(_BILLING, nav="reports")
def debit_file(request: Any, batch_id: int) -> HttpResponse:
    """The file for the bank, the same bytes each time."""
    with acting(_BILLING, actor=request.actor):
        found = get_object_or_404(Batch.objects.defer("sealed_file"), pk=batch_id)
    try:
        with acting(_BILLING, actor=request.actor):
            is_over = services.take_back_if_over(batch_id=batch_id, now=clock.now())
        if is_over:
            messages.warning(
                request,
                _(
                    "Something in this file was paid or withdrawn meanwhile. It was taken back; a new one is made tonight."
                ),
            )
            return redirect("office:debit_batch", batch_id=batch_id)
        with acting(_BILLING, actor=request.actor):
            content = services.download(batch_id=batch_id, now=clock.now())
    except services.BatchRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("office:debit_batch", batch_id=batch_id)
    answer = HttpResponse(content, content_type="application/xml")
    answer["Content-Disposition"] = f'attachment; filename="{found.reference}.xml"'
    return answer


@require_POST
@office_page(_BILLING, nav="reports")
def debit_report(request: Any) -> HttpResponse:
    """Take in what the bank says of a file."""
    form = ReportForm(request.POST, request.FILES)
    if not form.is_valid():
        messages.error(
            request, _("Choose the status report that the bank gave you (pain.002, a file of XML).")
        )
        return redirect("office:debits")
    try:
        with acting(_BILLING, actor=request.actor):
            batch, tally = services.take_in(content=form.cleaned_data["report"].read(), now=clock.now())
    except services.ReportRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("office:debits")
    messages.success(request, _what_it_said(batch, tally))
    return redirect("office:debit_batch", batch_id=batch.pk)


def _what_it_said(batch: Batch, tally: dict[str, int]) -> str:
    if batch.state == Batch.State.REFUSED:
        return _("The bank refused the whole file. What is in it goes into the next one.")
    sent_back = tally.get("rejected", 0) + tally.get("returned", 0)
    if not sent_back:
        return _("The bank took the file, and nothing new is refused.")
    return ngettext(
        "The bank refused one collection. The customer has a mail about it.",
        "The bank refused %(n)d collections. The customers have a mail about it.",
        sent_back,
    ) % {"n": sent_back}


@require_http_methods(["GET", "HEAD", "POST"])
@office_page(_BILLING, nav="reports")
def debit(request: Any, debit_id: int) -> HttpResponse:
    """How does this collection stand; does it go on, did the bank give it back, is something to be put right?"""
    customer_id, number = _whose(request, debit_id)
    found = open_for(request, number, _BILLING)
    with acting(_BILLING, actor=request.actor):
        reasons = [(each.code, f"{each.code}: {each.name}") for each in queries.reasons()]
    form = ReturnForm(request.POST or None, reasons=reasons, initial={"on": clock.today(), "code": "MD06"})
    day = DayForm(request.POST or None, initial={"on": clock.today()})
    if request.method == "POST" and _changed(request, debit_id, form, day):
        return redirect("office:debit", debit_id=debit_id)
    with looking_at(request, _BILLING, customer_id, found.holders[_BILLING]):
        held = Debit.objects.get(pk=debit_id)
        context = {
            "head": parts.head(customer_id), "debit": held, "invoice": Invoice.objects.get(pk=held.invoice_id),
            "mandate": Mandate.objects.get(pk=held.mandate_id), "reason": dict(reasons).get(held.code, held.code), "form": form,
            "day": day, "can_come_back": held.state in (Debit.State.SUBMITTED, Debit.State.COLLECTED),
            "to_claim": held.claim_cents and held.claimed_on is None,
        }  # fmt: skip
    bad = request.method == "POST"
    return show(request, "office/debit.html", context, status=422 if bad else 200)


def _whose(request: Any, debit_id: int) -> tuple[int, int]:
    with acting(_BILLING, actor=request.actor):
        customer_id = Debit.objects.filter(pk=debit_id).values_list("customer_id", flat=True).first()
        number = Customer.objects.filter(pk=customer_id or 0).values_list("number", flat=True).first()
    if customer_id is None or number is None:
        raise Http404
    return customer_id, number


def _changed(request: Any, debit_id: int, form: ReturnForm, day: DayForm) -> bool:
    """Carry out what the clerk says; False when the form has to be shown again."""
    do, now = request.POST.get("do", ""), clock.now()
    try:
        with acting(_BILLING, actor=request.actor):
            if do == "call_off":
                services.call_off(debit_id=debit_id, now=now)
                messages.success(request, _("It is not collected. The customer gets a mail."))
            elif do == "returned" and form.is_valid():
                if _come_back(debit_id, form.cleaned_data["code"], form.cleaned_data["on"]) != "returned":
                    messages.error(request, _("Nothing was booked: it is not at the bank (any more)."))
                else:
                    messages.success(
                        request, _("Booked: the invoice is open again. The customer gets a mail.")
                    )
            elif do == "put_right" and day.is_valid():
                services.put_right(debit_id=debit_id, on=day.cleaned_data["on"], now=now)
                messages.success(request, _("Noted and booked. It is gone from the list."))
            else:
                return False
    except (services.NotAnnounced, services.NotPutRight) as refusal:
        messages.error(request, str(refusal))
    return True


def _come_back(debit_id: int, code: str, on: date) -> str:
    key = Debit.objects.values_list("end_to_end_id", flat=True).get(pk=debit_id)
    return services.returned(end_to_end_id=key, code=code, on=min(on, clock.today()), now=clock.now())


@require_http_methods(["GET", "HEAD", "POST"])
@office_page(_BILLING, nav="search")
def customer_debits(request: Any, number: int) -> HttpResponse:
    """Does this customer pay by direct debit, since when, and how did it go?"""
    found = open_for(request, number, _BILLING)
    if request.method == "POST":
        with acting(_BILLING, actor=request.actor):
            mandate = queries.active(found.customer_id)
            if mandate is not None and services.end(mandate_id=mandate.pk, why="office", now=clock.now()):
                messages.success(request, _("The mandate has ended. The customer gets a mail."))
        return redirect("office:customer_debits", number=number)
    with looking_at(request, _BILLING, found.customer_id, found.holders[_BILLING]):
        context = {
            "head": parts.head(found.customer_id), "mandate": queries.active(found.customer_id),
            "mandates": queries.mandates(found.customer_id), "debits": queries.debits(found.customer_id, limit=SHOWN),
        }  # fmt: skip
    return show(request, "office/customer_debits.html", context)
