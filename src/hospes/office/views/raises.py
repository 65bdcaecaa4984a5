"""Raises of what running contracts cost: planned with a look at what they touch, and taken back before anybody was told."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from hospes.accounts.models import Power
from hospes.catalogue.models import Product
from hospes.catalogue.models.prices import TERMS
from hospes.faces.words import terms_words
from hospes.kernel import clock
from hospes.kernel.acting import acting
from hospes.kernel.purposes import Purpose
from hospes.office.forms_catalogue import DayField, EuroField
from hospes.office.pages import office_page, once_key, show
from hospes.services import raises
from hospes.services.models import Raise, RaisedService
from hospes.services.raises import RaiseRefused

_PAGE = office_page(Purpose.CONTRACT, power=Power.CATALOGUE, nav="catalogue")


class RaiseForm(forms.Form):
    """Of what, by how much, for whom, told when and from when."""

    product = forms.ModelChoiceField(
        label=gettext_lazy("Product"), queryset=Product.objects.none(), empty_label=None
    )
    months = forms.TypedChoiceField(label=gettext_lazy("Term"), coerce=int)
    percent = forms.DecimalField(
        label=gettext_lazy("By so many percent"), min_value=Decimal("0.01"), max_value=1000, decimal_places=2, required=False,
        localize=True,
    )  # fmt: skip
    price = EuroField(label=gettext_lazy("Or to this price per term, without VAT"), required=False)
    announce_on = DayField(label=gettext_lazy("Customers are told on"))
    from_on = DayField(
        label=gettext_lazy("Counts from the first renewal on or after"),
        help_text=gettext_lazy(
            "Private persons are told at least 31 days before, companies 30. What is told later counts a term later."
        ),
    )  # fmt: skip
    started_before = DayField(
        label=gettext_lazy("Only services that began before"), required=False,
        help_text=gettext_lazy("Empty: everything that runs."),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["product"].queryset = Product.objects.order_by("position", "pk")  # type: ignore[attr-defined]
        self.fields["months"].choices = [(n, terms_words(n)) for n in TERMS]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if (data.get("percent") is None) == (data.get("price") is None) and not self.errors:
            self.add_error(None, _("Give a percentage or a price, one of the two."))
        if data.get("from_on") and data.get("announce_on") and data["from_on"] <= data["announce_on"]:
            self.add_error("from_on", _("Customers are told first, and it counts from a later day."))
        return data

    def wanted(self) -> raises.Wanted:
        """The raise in the words of the domain."""
        data = self.cleaned_data
        points = None if data["percent"] is None else int(data["percent"] * 100)
        return raises.Wanted(
            data["product"].pk, data["months"], data["from_on"], data["announce_on"], points, data["price"],
            data["started_before"],
        )  # fmt: skip


@require_safe
@_PAGE
def overview(request: Any) -> HttpResponse:
    """Which raises are planned, told, or in force?"""
    with acting(Purpose.CONTRACT, actor=request.actor):
        found = list(Raise.objects.select_related("product").order_by("-planned_at", "-pk")[:100])
        context = {"raises": [(each, raises.reach_of(each.pk)) for each in found], "today": clock.today()}
    return show(request, "office/catalogue/raises.html", context)


@require_http_methods(["GET", "POST"])
@_PAGE
def new(request: Any) -> HttpResponse:
    """What would this raise touch, and what would it bring?"""
    today = clock.today()
    first = {"announce_on": today + timedelta(days=1), "from_on": today + timedelta(days=62), "months": 12}
    form, reach = RaiseForm(request.POST or None, initial=first), None
    if form.is_valid():
        key = once_key(request)
        with acting(Purpose.CONTRACT, actor=request.actor):
            if there := Raise.objects.filter(key=key).first():  # the same form again
                return redirect("office:raise", raise_id=there.pk)
            reach = raises.dry_run(form.wanted())
            if request.POST.get("do") == "plan" and request.POST.get("seen") == str(reach.services):
                try:
                    made = raises.plan(form.wanted(), key=key, today=today,
                                       now=clock.now())  # fmt: skip
                    return redirect("office:raise", raise_id=made.pk)
                except RaiseRefused as refusal:
                    form.add_error(None, str(refusal))
        if request.POST.get("do") == "plan" and not form.errors:
            messages.warning(
                request, _("What it touches has changed since this page was shown. Please look again.")
            )
    context = {"form": form, "reach": reach}
    return show(request, "office/catalogue/raise_new.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@_PAGE
def one(request: Any, raise_id: int) -> HttpResponse:
    """How does it stand, and can it still be taken back?"""
    with acting(Purpose.CONTRACT, actor=request.actor):
        held = get_object_or_404(Raise.objects.select_related("product"), pk=raise_id)
        if request.method == "POST":
            try:
                raises.withdraw(raise_id=raise_id, now=clock.now())
                messages.success(request, _("The raise is taken back. Nobody was told of it."))
            except RaiseRefused as refusal:
                messages.error(request, str(refusal))
            return redirect("office:raise", raise_id=raise_id)
        counted = raises.reach_of(raise_id)
    states = [
        (RaisedService.State(state).label, counted.get(state, 0)) for state in RaisedService.State.values
    ]
    context = {"held": held, "states": states, "total": sum(counted.values())}
    return show(request, "office/catalogue/raise.html", context)
