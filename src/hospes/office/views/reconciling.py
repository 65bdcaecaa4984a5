"""Books, payment provider and bank: whether they agree, day by day, and what does not. All for the purpose of billing."""

from datetime import date, timedelta
from typing import Any, Final

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hospes.billing.ledger.reports.table import Column, Kind, Table
from hospes.billing.words import method_words
from hospes.customers.models import Customer
from hospes.kernel import clock, journal
from hospes.kernel.acting import acting
from hospes.kernel.purposes import Purpose
from hospes.office import shown
from hospes.office.pages import office_page, show
from hospes.office.reports import files
from hospes.payments.models import Payment
from hospes.payments.reconciling import jobs, queries, services, strays, words
from hospes.payments.reconciling.models import Difference, Stray

_BILLING: Final = Purpose.BILLING
_MANY: Final = 31
#: The key of the board on which differences wait.
BOARD: Final = "aansluiting"

_SIDES: Final = {
    "payment": gettext_lazy("What customers paid"), "refund": gettext_lazy("What was paid back to them"),
    "chargeback": gettext_lazy("What their banks took back"), "other": gettext_lazy("Something else"),
    "bank": gettext_lazy("Bank account: what came and went"), "balance": gettext_lazy("Bank account: balance in the evening"),
}  # fmt: skip


#: What has a page of its own, by what it is called in a difference and in the addresses.
_PAGES: Final = ("bank_line", "refund", "payout", "chargeback", "debit")


class ReasonForm(forms.Form):
    """Why a difference is right as it is."""

    reason = forms.CharField(
        label=gettext_lazy("Why is it right as it is?"), max_length=200, widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("It stays in the books. Write no names or account numbers."),
    )  # fmt: skip


class CustomerForm(forms.Form):
    """Of which customer a payment is that is not in our books."""

    number = forms.RegexField(
        r"^\s*[0-9]{1,12}\s*$", label=gettext_lazy("Number of the customer"),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={"invalid": gettext_lazy("A customer number has digits only.")},
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@office_page(_BILLING, nav="bank")
def reconciling(request: Any) -> HttpResponse:
    """Do our books, the payment provider and the bank agree, and until when?"""
    if request.method == "POST":
        _ask_again(request)
        return redirect("office:reconciling")
    before = _day(request.GET.get("na", ""))
    with acting(_BILLING, actor=request.actor):
        found = queries.days(limit=_MANY + 1, before=before)
        overview, payouts = queries.overview(), queries.payouts(limit=10)
    waits = overview.waiting
    context = {
        "overview": overview, "why": words.WAITS.get(waits.waits_for, "") if waits else "", "days": found[:_MANY],
        "payouts": payouts, "is_later_page": before is not None, "board": reverse("office:board", args=[BOARD]),
        "older": f"?na={found[_MANY - 1].day.day.isoformat()}" if len(found) > _MANY else "",
    }  # fmt: skip
    return show(request, "office/reconciling/days.html", context)


def _ask_again(request: Any) -> None:
    """Have the last day compared once more, by the worker; asked twice it is done once."""
    with acting(_BILLING, actor=request.actor):
        day = services.yesterday(clock.now())
        jobs.look_again.enqueue_once(f"reconcile:{day}", day_id=day.toordinal())
    messages.success(request, _("It is being compared again. Look here in a minute."))


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


@require_safe
@office_page(_BILLING, nav="bank")
def reconciled_day(request: Any, on: str) -> HttpResponse:
    """One day: what our books say, what the provider says, what the bank says."""
    day = _day(on)
    if day is None:
        raise Http404
    now = clock.now()
    with acting(_BILLING, actor=request.actor) as scene:
        compared = queries.compared(day)
        if compared is None:
            raise Http404
        found = queries.of_day(day)
        sides, settled = queries.sides(day, bank_only=compared.is_bank_only), queries.settlements_of(day)
        at_the_provider = queries.at_the_provider(day)
        shown.note_listed(
            ((each.customer_id, None) for each in found if each.customer_id), scene=scene, now=now
        )
    context = {
        "day": day, "compared": compared, "sides": [(_SIDES[each.what], each) for each in sides], "payouts": settled,
        "at_the_provider": at_the_provider, "why": words.WAITS.get(compared.day.waits_for, ""),
        "differences": [(words.about_words(each.about), each) for each in found],
        "explained": sum(each.closed == Difference.Closed.PERSON for each in found),
        "before": day - timedelta(days=1), "after": day + timedelta(days=1),
    }  # fmt: skip
    return show(request, "office/reconciling/day.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@office_page(_BILLING, nav="bank")
def difference(request: Any, difference_id: int) -> HttpResponse:
    """What does not agree, by how much, and what is to be done about it?"""
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and _explained(request, difference_id, form):
        return redirect("office:board", key=BOARD)
    return _difference(request, difference_id, form, CustomerForm())


@require_POST
@office_page(_BILLING, nav="bank")
def difference_is_of(request: Any, difference_id: int) -> HttpResponse:
    """A payment that is not in our books belongs to this customer."""
    form = CustomerForm(request.POST)
    if form.is_valid():
        number = form.cleaned_data["number"].strip()
        try:
            with acting(_BILLING, actor=request.actor):
                strays.is_customers(
                    difference_id=difference_id, number=number, by=request.user.pk, now=clock.now()
                )
        except strays.NotDecided as refusal:
            form.add_error("number", str(refusal))
        else:
            messages.success(request, _("It is on the balance of customer %(number)s.") % {"number": number})
            return redirect("office:board", key=BOARD)
    return _difference(request, difference_id, ReasonForm(), form)


@require_POST
@office_page(_BILLING, nav="bank")
def difference_give_back(request: Any, difference_id: int) -> HttpResponse:
    """A payment that is not in our books goes back to who paid it; above an amount two colleagues say so."""
    try:
        with acting(_BILLING, actor=request.actor):
            held = strays.give_back(difference_id=difference_id, by=request.user.pk, now=clock.now())
    except strays.NotDecided as refusal:
        messages.error(request, str(refusal))
        return redirect("office:difference", difference_id=difference_id)
    if held.state == Stray.State.ASKED:
        messages.success(request, _("Asked. A second colleague has to say the same on this page."))
        return redirect("office:difference", difference_id=difference_id)
    messages.success(request, _("It goes back to who paid it."))
    return redirect("office:board", key=BOARD)


def _difference(request: Any, difference_id: int, form: ReasonForm, customer: CustomerForm) -> HttpResponse:
    now = clock.now()
    with acting(_BILLING, actor=request.actor) as scene:
        held = Difference.objects.filter(pk=difference_id).first()
        if held is None:
            raise Http404
        number = Customer.objects.filter(pk=held.customer_id or 0).values_list("number", flat=True).first()
        journal.record(
            "reconciling.looked_at", at=now, table="reconciling_difference", object_id=held.pk, customer_id=held.customer_id
        )  # fmt: skip
        shown.note_listed([(held.customer_id, None)] if held.customer_id else [], scene=scene, now=now)
        invoice, stray = _invoice_of(held), strays.of_difference(held)
    context = {
        "difference": held, "about": words.about_words(held.about), "advice": words.ADVICE[held.kind], "number": number,
        "states": words.state_words(held.detail) if held.kind == "state" else None, "form": form, "invoice": invoice,
        "page": _page_of(held), "board": reverse("office:board", args=[BOARD]), "stray": stray, "customer_form": customer,
        "stray_method": method_words(stray.method) if stray else "",
        "is_mine": stray is not None and stray.asked_by_id == request.user.pk,
        "limit": settings.HOSPES_OPERATOR.four_eyes_above_cents,
    }  # fmt: skip
    status = 422 if form.is_bound or customer.is_bound else 200
    return show(request, "office/reconciling/difference.html", context, status=status)


def _explained(request: Any, difference_id: int, form: ReasonForm) -> bool:
    """Close it for the reason in the form; False, with the form saying why, when it cannot be."""
    try:
        with acting(_BILLING, actor=request.actor):
            strays.not_ours(
                difference_id=difference_id, reason=form.cleaned_data["reason"], by=request.user.pk, now=clock.now()
            )  # fmt: skip
    except services.NotExplained as refusal:
        form.add_error("reason", str(refusal))
        return False
    messages.success(request, _("Noted. It is gone from the list."))
    return True


def _invoice_of(held: Difference) -> str:
    """The invoice that a payment was of, where it was of one."""
    found = Payment.objects.with_related("invoice").filter(reference=held.about).first()
    return found.invoice.number if found is not None and found.invoice is not None else ""


def _page_of(held: Difference) -> str:
    """Where it is put right: the page of what it is about; the bank's for a statement that is missing."""
    name, _colon, number = held.about.partition(":")
    if name in _PAGES and number.isdecimal():
        return reverse(f"office:{name}", args=[int(number)])
    return reverse("office:bank") if name == "account" else ""


@require_safe
@office_page(_BILLING, nav="bank")
def differences_file(request: Any) -> HttpResponseBase:
    """What does not agree, and what of the last year did not, for a spreadsheet."""
    now = clock.now()
    last = clock.day_of(now)
    with acting(_BILLING, actor=request.actor) as scene:
        rows = queries.listed(last - timedelta(days=365), last)
        numbers = dict(
            Customer.objects.filter(pk__in={row.customer_id for row in rows} - {None}).values_list("pk", "number")
        )  # fmt: skip
        shown.note_listed(((pk, None) for pk in numbers), scene=scene, now=now)
        journal.record("reconciling.downloaded", at=now, table="reconciling_difference")
    answer = StreamingHttpResponse(
        files.csv_lines(_table(rows, numbers)), content_type="text/csv; charset=utf-8"
    )
    answer["Content-Disposition"] = f'attachment; filename="{BOARD}-{last}.csv"'
    return answer


def _table(rows: list[Difference], numbers: dict[int, int]) -> Table:
    columns = [
        Column(_("Day"), Kind.DAY), Column(_("Between what")), Column(_("What it is")), Column(_("What it is about")),
        Column(_("Customer"), Kind.CUSTOMER), Column(_("With us"), Kind.CENTS), Column(_("With the other"), Kind.CENTS),
        Column(_("Found on"), Kind.DAY), Column(_("Closed on"), Kind.DAY), Column(_("How it closed")), Column(_("Reason")),
    ]  # fmt: skip
    made = [
        (
            row.day, row.get_side_display(), row.get_kind_display(), words.about_words(row.about),
            numbers.get(row.customer_id or 0, ""), row.ours, row.theirs, clock.day_of(row.first_seen_at),
            clock.day_of(row.closed_at) if row.closed_at else "", row.get_closed_display() if row.closed else "", row.reason,
        )
        for row in rows
    ]  # fmt: skip
    return Table(columns, made)
