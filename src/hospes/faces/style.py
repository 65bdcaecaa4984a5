"""The living style page: every component once, on real markup. Route it only where DEBUG is on."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from hospes.faces.states import LOOKS

LAYOUTS = ("portal", "office", "site", "narrow")


class StyleForm(forms.Form):
    """One field of each kind."""

    name = forms.CharField(label=_("Name"), help_text=_("As it should stand on your invoices."))
    email = forms.EmailField(label=_("E-mail address"))
    phone = forms.CharField(label=_("Phone number"), required=False)
    term = forms.ChoiceField(label=_("Term"), choices=[("month", _("Per month")), ("year", _("Per year"))])
    kind = forms.ChoiceField(
        label=_("You order as"),
        choices=[("private", _("A private person")), ("business", _("A business"))],
        widget=forms.RadioSelect,
    )
    note = forms.CharField(label=_("Note"), required=False, widget=forms.Textarea(attrs={"rows": 3}))
    terms = forms.BooleanField(label=_("I agree with the general terms"))


def style_context(today: date) -> dict[str, Any]:
    """Return what the style page shows besides its own words; one form is empty and one refused."""
    refused = StyleForm({"name": "", "email": "x"}, auto_id="wrong_%s")
    return {
        "form": StyleForm(),
        "refused": refused,
        "states": list(LOOKS),
        "today": today,
        "sample_cents": 123456,
    }


def style_page(request: HttpRequest) -> HttpResponse:
    """Show the style page in the layout that `?layout=` names (portal, office, site or narrow)."""
    layout = request.GET.get("layout", "portal")
    layout = layout if layout in LAYOUTS else "portal"
    context = style_context(date(2026, 11, 22)) | {
        "layout": f"{layout}.html",
        "nav": "overview",
        "layouts": LAYOUTS,
    }
    return render(request, "faces/style.html", context)
