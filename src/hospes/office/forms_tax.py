"""The form of a credit note: it turns text into cents, and writes nothing."""

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from django import forms
from django.utils.translation import gettext_lazy as _

from hospes.billing.models import InvoiceLine
from hospes.kernel.money import Money, MoneyNotUnderstood
from hospes.office.forms_catalogue import DayField


class CreditForm(forms.Form):
    """
    What of each line is given back, without VAT; `whole` is all that is left. `left` is what could be credited when it was shown.
    """

    reason = forms.CharField(
        label=_("Reason"), max_length=200, help_text=_("The customer reads it on the credit note.")
    )
    once = forms.CharField(widget=forms.HiddenInput, max_length=36)
    left = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=0)

    def __init__(self, data: Any, *, lines: Sequence[InvoiceLine], language: str) -> None:
        super().__init__(data, initial={"once": uuid4().hex})
        self._lines, self._language = lines, language
        for line in lines:
            label = _("To give back of “%(line)s”") % {"line": line.description}
            self.fields[f"line_{line.pk}"] = forms.CharField(label=label, max_length=20, required=False)

    def clean(self) -> dict[str, Any]:
        """Amounts as cents with the sign of their line; nothing typed is nothing."""
        cleaned: dict[str, Any] = super().clean() or {}
        for line in self._lines:
            name = f"line_{line.pk}"
            try:
                cents = Money.parse(cleaned.get(name) or "0", language=self._language).cents
            except MoneyNotUnderstood as error:
                self.add_error(name, str(error))
                continue
            cleaned[name] = -abs(cents) if line.net_cents < 0 else cents
        return cleaned

    def amounts(self) -> dict[int, int] | None:
        """Line id to cents; None where all that is left was asked for."""
        if self.is_whole:
            return None
        return {line.pk: self.cleaned_data[f"line_{line.pk}"] for line in self._lines}

    @property
    def is_whole(self) -> bool:
        """Whether all that is left was asked for, on the form or on what was shown of it."""
        return "whole" in (self.data.get("do"), self.data.get("what"))

    def given(self) -> list[tuple[str, str]]:
        """What was typed, to be sent once more with what is shown of it."""
        names = [name for name in self.fields if name != "left"]
        return [(name, str(self.data.get(name, ""))) for name in names] if self.is_bound else []

    def rows(self) -> list[tuple[InvoiceLine, forms.BoundField]]:
        """Each line with its field."""
        return [(line, self[f"line_{line.pk}"]) for line in self._lines]


class ExemptForm(forms.Form):
    """On what ground a customer is exempt from VAT, and from when until when."""

    ground = forms.CharField(
        label=_("On what ground"), max_length=200,
        help_text=_("Which certificate we have seen: its kind, number and date."),
    )  # fmt: skip
    first_day = DayField(label=_("From"))
    last_day = DayField(
        label=_("Up to and including"), required=False, help_text=_("Empty: until somebody ends it.")
    )


class EndForm(forms.Form):
    """The last day of an exemption."""

    last_day = DayField(
        label=_("Last day of the exemption"),
        help_text=_(
            "From the day after it there is VAT again. What was still to begin by then is withdrawn."
        ),
    )


class PlaceForm(forms.Form):
    """In which of these countries somebody is for VAT, and on what ground."""

    country = forms.ChoiceField(label=_("Country for VAT"))
    reason = forms.CharField(label=_("On what ground"), max_length=200)

    def __init__(self, *, countries: set[str]) -> None:
        super().__init__(auto_id="tax_%s")
        self.fields["country"] = forms.ChoiceField(
            label=_("Country for VAT"), choices=[(code, code) for code in sorted(countries)]
        )
