"""Forms of the second step: they turn text into the words of the domain, and write nothing."""

from django import forms
from django.utils.translation import gettext_lazy as _

from hospes.accounts.second import codes, rules
from hospes.customers.rules import plain_text


class CodeForm(forms.Form):
    """A code, whichever way it came."""

    code = forms.CharField(
        label=_("Code"), max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "text", "autocapitalize": "none"}),
    )  # fmt: skip


class SentCodeForm(forms.Form):
    """The six digits that were sent to a phone."""

    code = forms.CharField(
        label=_("Code"), max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
    )  # fmt: skip

    def clean_code(self) -> str:
        return rules.plain_code(self.cleaned_data["code"])


class NumberForm(forms.Form):
    """A phone number that is to get codes."""

    number = forms.CharField(
        label=_("Mobile phone number"),
        max_length=30,
        widget=forms.TextInput(attrs={"autocomplete": "tel", "inputmode": "tel"}),
    )

    def clean_number(self) -> str:
        try:
            return codes.number_for(self.cleaned_data["number"])
        except codes.CodeRefused as refused:
            raise forms.ValidationError(str(refused.why)) from None


class NameForm(forms.Form):
    """What somebody calls a passkey."""

    name = forms.CharField(
        label=_("Name"),
        max_length=60,
        help_text=_("By which you know it again, such as “my phone” or “key on my key ring”."),
    )

    def clean_name(self) -> str:
        try:
            return plain_text(" ".join(self.cleaned_data["name"].split()))
        except ValueError:
            raise forms.ValidationError(
                _("There is a sign in this that cannot be seen. Please type it anew.")
            ) from None


class PasswordForm(forms.Form):
    """The password of an account that is named elsewhere."""

    password = forms.CharField(
        label=_("Password"), strip=False, max_length=1000,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )  # fmt: skip
