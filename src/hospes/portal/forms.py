"""Forms of the portal: they turn text into the words of the domain, and write nothing."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from hospes.accounts.forms import SignupDetails
from hospes.customers.models import Person
from hospes.customers.services import Details
from hospes.faces.words import terms_words
from hospes.sales.rules import domain_name


class CapacityForm(SignupDetails):
    """What somebody tells about themself in another capacity: as at sign-up, less what is known of the person."""

    given_name = family_name = phone = None  # type: ignore[assignment]  # Django's way to leave out inherited fields

    def __init__(self, person: Person, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.person = person
        self.fields["capacity"].initial = "business"

    def details(self) -> Details:
        """The customer that was described."""
        self.cleaned_data |= {
            "given_name": self.person.given_name, "family_name": self.person.family_name, "email": self.person.email
        }  # fmt: skip
        return super().details()


class CartForm(forms.Form):
    """Which product, for how long, and for which domain name."""

    product = forms.SlugField(widget=forms.HiddenInput)
    months = forms.TypedChoiceField(
        label=_("Term"),
        coerce=int,
        widget=forms.RadioSelect,
    )
    label = forms.CharField(
        label=_("Domain name"), max_length=253,
        help_text=_("The name that the website will have, such as example.nl. You can point it to us later."),
        widget=forms.TextInput(attrs={"autocapitalize": "none", "autocomplete": "off", "spellcheck": "false"}),
    )  # fmt: skip

    def __init__(self, *args: Any, terms: Sequence[int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["months"].choices = [(months, terms_words(months)) for months in terms]  # type: ignore[attr-defined]

    def clean_label(self) -> str:
        try:
            return domain_name(self.cleaned_data["label"])
        except ValueError:
            raise forms.ValidationError(_("This is not a domain name. Write it like example.nl.")) from None


class CheckoutForm(forms.Form):
    """The last look before it costs money."""

    version = forms.CharField(widget=forms.HiddenInput)
    terms = forms.BooleanField(
        label=_(
            "I agree with the general terms, and with the processor agreement "
            "(how we treat the personal data that you keep with us)"
        ),
        error_messages={"required": _("Without this we cannot make a contract.")},
    )
