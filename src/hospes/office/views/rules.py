"""Rules that count from a day on: VAT rates, the threshold of the one-stop shop, book years. For who keeps the catalogue."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from hospes.accounts.countries import name_of
from hospes.accounts.models import Power
from hospes.billing import dated
from hospes.billing.models import BookYear, MemberState, OssThreshold, VatRate
from hospes.catalogue import history
from hospes.kernel import clock
from hospes.kernel.acting import acting
from hospes.kernel.purposes import Purpose
from hospes.office.catalogue_words import told
from hospes.office.forms_catalogue import DayField, EuroField
from hospes.office.pages import office_page, show

_PAGE = office_page(power=Power.CATALOGUE, nav="catalogue")
#: So many book years, and so many changes, are shown.
_FEW: Final = 4
_CHANGES: Final = 25


class RateForm(forms.Form):
    """Which rate of which country, and from when."""

    country = forms.ChoiceField(label=gettext_lazy("Country"))
    code = forms.ChoiceField(label=gettext_lazy("Kind of rate"), choices=VatRate.Code.choices)
    percent = forms.DecimalField(
        label=gettext_lazy("Percentage"), min_value=Decimal(0), max_value=Decimal(50), decimal_places=2, localize=True
    )  # fmt: skip
    valid_from = DayField(
        label=gettext_lazy("From"), help_text=gettext_lazy("Tomorrow at the earliest. What was invoiced keeps its rate.")
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        codes = MemberState.objects.filter(member_until=None).values_list("code", flat=True)
        named = sorted(((code, name_of(code)) for code in codes), key=lambda each: each[1])
        self.fields["country"].choices = named  # type: ignore[attr-defined]

    def wanted(self) -> dict[str, Any]:
        """The rate in the words of the domain."""
        data = dict(self.cleaned_data)
        return data | {"basis_points": int(data.pop("percent") * 100)}


class ThresholdForm(forms.Form):
    """How much, and from when."""

    cents = EuroField(label=gettext_lazy("Sales a year, without VAT"))
    valid_from = DayField(label=gettext_lazy("From"))

    def wanted(self) -> dict[str, Any]:
        """The threshold in the words of the domain."""
        return dict(self.cleaned_data)


class BookYearsForm(forms.Form):
    """With which day another book year begins, and what becomes of the one before it."""

    first_day = DayField(
        label=gettext_lazy("A book year begins on"),
        help_text=gettext_lazy("The first day of a month. The years after it have twelve months each."),
    )
    longer = forms.TypedChoiceField(
        label=gettext_lazy("Until then"), coerce=lambda value: value == "longer", widget=forms.RadioSelect,
        choices=[
            ("shorter", gettext_lazy("there is a shorter book year")),
            ("longer", gettext_lazy("the book year before it goes on")),
        ],
    )  # fmt: skip

    def wanted(self) -> dict[str, Any]:
        """The years in the words of the domain."""
        return dict(self.cleaned_data)


#: By what the button says: the form, the verb, and what is said when it is done.
_KINDS: Final[dict[str, tuple[type[forms.Form], Callable[..., Any], Any]]] = {
    "rate": (RateForm, dated.add_rate, gettext_lazy("The rate counts from that day on.")),
    "threshold": (ThresholdForm, dated.add_threshold, gettext_lazy("The threshold counts from that day on.")),
    "years": (BookYearsForm, dated.book_years_from, gettext_lazy("The book years are there.")),
}


@require_http_methods(["GET", "POST"])
@_PAGE
def rules(request: Any) -> HttpResponse:
    """Which rates, threshold and book years count now, and which are to begin?"""
    which, today = request.POST.get("do") if request.method == "POST" else None, clock.today()
    made: dict[str, Any] = {
        kind: form(request.POST if kind == which else None, prefix=kind) for kind, (form, _verb, _said) in _KINDS.items()
    }  # fmt: skip
    if which in _KINDS and made[which].is_valid():
        try:
            with acting(Purpose.CONTRACT, actor=request.actor):
                _KINDS[which][1](**made[which].wanted(), today=today, now=clock.now())
        except dated.RuleRefused as refusal:
            made[which].add_error(None, str(refusal))
        else:
            messages.success(request, _KINDS[which][2])
            return redirect("office:rules")
    with acting(Purpose.CONTRACT, actor=request.actor):
        changes = told(history.rule_changes(limit=_CHANGES))
    rates = VatRate.objects.order_by("-valid_from")
    context = {
        "forms": made, "today": today, "changes": changes,
        "rates": [(each, name_of(each.country)) for each in _in_force_or_later(rates, today)],
        "thresholds": OssThreshold.objects.order_by("-valid_from"),
        "years": BookYear.objects.filter(ends_on__gte=today).order_by("begins_on")[:_FEW],
    }  # fmt: skip
    return show(request, "office/catalogue/rules.html", context, status=422 if which else 200)


def _in_force_or_later(rates: Any, today: Any) -> list[VatRate]:
    """Of each country and kind the rate of today, and those to come; given the latest first."""
    found, over = list[VatRate](), set[tuple[str, str]]()
    for rate in rates:
        if (rate.country, rate.code) not in over:
            found.append(rate)
        if rate.valid_from <= today:
            over.add((rate.country, rate.code))
    return sorted(found, key=lambda each: (name_of(each.country), each.code))


@require_POST
@_PAGE
def withdraw_rate(request: Any, rate_id: int) -> HttpResponse:
    """Withdraw a rate that has not begun."""
    return _withdraw(request, get_object_or_404(VatRate, pk=rate_id))


@require_POST
@_PAGE
def withdraw_threshold(request: Any, threshold_id: int) -> HttpResponse:
    """Withdraw a threshold that has not begun."""
    return _withdraw(request, get_object_or_404(OssThreshold, pk=threshold_id))


def _withdraw(request: Any, held: VatRate | OssThreshold) -> HttpResponse:
    try:
        with acting(Purpose.CONTRACT, actor=request.actor):
            dated.withdraw(held, today=clock.today(), now=clock.now())
        messages.success(request, _("Withdrawn: it does not begin."))
    except dated.RuleRefused as refusal:
        messages.error(request, str(refusal))
    return redirect("office:rules")
