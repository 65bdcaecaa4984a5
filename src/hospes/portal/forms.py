"""Forms of the portal: they turn text into the words of the domain, and write nothing."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from hospes.accounts.forms import SignupDetails
from hospes.customers.models import Person
from hospes.customers.services import Details


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

    registries = forms.BooleanField(
        label=_(
            "I have read which data the registries of my domain names get, and what of that everybody can see"
        ),
        error_messages={
            "required": _("A domain name cannot be registered without these data. Please tick this.")
        },
    )

    def __init__(self, *args: Any, has_domains: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not has_domains:
            del self.fields["registries"]
