"""Forms of the office: they turn text into the words of the domain, and write nothing."""

import hashlib
from collections.abc import Callable
from datetime import date
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from hospes.customers import rules
from hospes.customers.models import Customer
from hospes.kernel import journal

#: What the purpose of the contract reads and writes of a customer; its capacity stays what it is.
DETAILS = ("name", "street", "postcode", "town", "country", "kvk_number", "vat_number", "invoice_email")


def seen(customer: Customer) -> str:
    """A print of the details as they were shown, to notice that somebody else changed them meanwhile."""
    return hashlib.sha256(repr([getattr(customer, name) for name in DETAILS]).encode()).hexdigest()[:32]


class DetailsForm(forms.Form):
    """What a customer is called and where it is."""

    name = forms.CharField(label=_("Name"), max_length=160)
    street = forms.CharField(label=_("Street and number"), max_length=160)
    postcode = forms.CharField(label=_("Postcode"), max_length=12)
    town = forms.CharField(label=_("Town"), max_length=80)
    country = forms.RegexField(
        label=_("Country"), regex=r"^\s*[A-Za-z]{2}\s*$", max_length=4, help_text=_("Two letters, such as NL, BE or DE."),
        error_messages={"invalid": _("Give the two letters of the country, such as NL.")},
    )  # fmt: skip
    kvk_number = forms.CharField(
        label=_("KvK number"), max_length=12, required=False, help_text=_("Eight digits.")
    )
    vat_number = forms.CharField(label=_("VAT number"), max_length=20, required=False)
    invoice_email = forms.EmailField(
        label=_("E-mail address for invoices"), max_length=254,
        help_text=_("We send a link to another address, and use it once somebody there confirms it."),
    )  # fmt: skip
    seen = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, is_business: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.is_business = is_business
        if not is_business:  # a private person has none: the database refuses them
            del self.fields["kvk_number"], self.fields["vat_number"]

    @classmethod
    def of(cls, customer: Customer) -> "DetailsForm":
        """The form as it is shown first."""
        shown = {name: getattr(customer, name) for name in DETAILS} | {"seen": seen(customer)}
        return cls(initial=shown, is_business=customer.kind == Customer.Kind.BUSINESS)

    def clean_country(self) -> str:
        return str(self.cleaned_data["country"]).strip().upper()

    def clean_kvk_number(self) -> str:
        return _as(rules.kvk_number, self.cleaned_data["kvk_number"], _("A KvK number has eight digits."))

    def clean_vat_number(self) -> str:
        return _as(
            rules.vat_number,
            self.cleaned_data["vat_number"],
            _("This is no valid VAT number. Look at the digits."),
        )

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        country = values.get("country")
        for name in ("name", "street", "postcode", "town"):
            try:
                rules.plain_text(values.get(name, ""))
            except ValueError:
                self.add_error(
                    name,
                    _(
                        "There is a sign in this that cannot be seen, such as a line end. Please type it anew."
                    ),
                )
        if country and "postcode" in values:
            try:
                values["postcode"] = rules.postcode(values["postcode"], country=country)
            except ValueError:
                self.add_error(
                    "postcode", _("A Dutch postcode has four digits and two letters, such as 1234 AB.")
                )
        if self.is_business and country == "NL" and values.get("kvk_number") == "":
            self.add_error("kvk_number", _("A company in the Netherlands has a KvK number."))
        return values

    def changes(self) -> dict[str, str]:
        """The details, by column; but for the address for invoices, which its mailbox has to confirm."""
        names = [name for name in DETAILS if name in self.cleaned_data and name != "invoice_email"]
        return {name: self.cleaned_data[name] for name in names}


def _as(rule: Callable[[str], str], text: str, otherwise: str | Promise) -> str:
    if not text.strip():
        return ""
    try:
        return rule(text)
    except ValueError:
        raise forms.ValidationError(otherwise) from None  # type: ignore[arg-type]  # a lazy text does


class JournalForm(forms.Form):
    """Which entries of the journal to show; what is left open does not narrow them down."""

    customer = forms.IntegerField(label=_("Customer number"), required=False, min_value=1, max_value=10**15)
    action = forms.ChoiceField(label=_("What"), required=False)
    day = forms.DateField(
        label=_("Day"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    def __init__(self, data: Any, *, today: date) -> None:
        super().__init__(data)
        labelled = sorted(
            ((action, journal.label(action)) for action in journal.actions()),
            key=lambda pair: pair[1].lower(),
        )
        self.fields["action"].choices = [("", _("everything")), *labelled]  # type: ignore[attr-defined]  # a ChoiceField has them
        self.fields["day"].widget.attrs["max"] = today.isoformat()


class ReasonForm(forms.Form):
    """Why somebody's second step is taken off."""

    reason = forms.CharField(
        label=_("How do you know that it is this person, and what happened?"), max_length=1000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Who called, what you asked, what they answered. The person can read this."),
    )  # fmt: skip


class ViewingForm(forms.Form):
    """Why a colleague sees what a customer sees."""

    reason = forms.CharField(
        label=_("Why do you look?"), max_length=200,
        help_text=_("One sentence, such as: called about an invoice that is missing. The customer can read this."),
    )  # fmt: skip

    def clean_reason(self) -> str:
        try:
            return rules.plain_text(self.cleaned_data["reason"])
        except ValueError:
            said = _("There is a sign in this that cannot be seen, such as a line end. Please type it anew.")
            raise forms.ValidationError(said) from None
