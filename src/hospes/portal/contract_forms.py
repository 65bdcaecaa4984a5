"""Forms about services: which package, how many, when to end; they write nothing."""

from typing import Any
from uuid import uuid4

from django import forms
from django.utils.translation import gettext_lazy as _

from hospes.customers.rules import plain_text
from hospes.faces import words
from hospes.faces.changing import ServiceForm
from hospes.services import changes
from hospes.services.models import Request
from hospes.services.rules import Ways


class SentForm(forms.Form):
    """What makes a form one request, however often it is sent."""

    key = forms.RegexField(regex=r"^[0-9a-f]{32}$", required=True, widget=forms.HiddenInput)

    @staticmethod
    def new_key() -> str:
        """For a form that is shown."""
        return uuid4().hex


class ChangeForm(ServiceForm):
    """Another package for a service, another number or other options, now or from the next term on. Nothing goes back at once."""

    gives_back = False
    key = forms.RegexField(regex=r"^[0-9a-f]{32}$", required=False, widget=forms.HiddenInput)

    def is_as_shown(self, proposal: changes.Proposal) -> bool:
        """Whether this is the page that was shown, with these amounts."""
        return bool(self.cleaned_data["key"]) and super().is_as_shown(proposal)


class CancelForm(SentForm):
    """When a service is to end; the choice is there where there is one."""

    when = forms.ChoiceField(label=_("When does it end?"), widget=forms.RadioSelect)

    def __init__(self, ways: Ways, data: Any = None) -> None:
        super().__init__(data)
        choices = [
            (
                Request.When.TERM_END,
                _("On %(day)s, at the end of the term") % {"day": words.day(ways.at_term_end)},
            )
        ]
        if ways.is_free:
            choices.insert(
                0,
                (
                    Request.When.SOONEST,
                    _("On %(day)s, as soon as possible") % {"day": words.day(ways.soonest)},
                ),
            )
        self.fields["when"].choices = choices  # type: ignore[attr-defined]  # a ChoiceField has them
        self.initial["when"] = choices[0][0]


class WithdrawForm(forms.Form):
    """Who withdraws from which contract, and where the confirmation goes."""

    name = forms.CharField(
        label=_("Your name"), max_length=160, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    contract = forms.CharField(
        label=_("Order number or domain name"), max_length=253,
        help_text=_("The order number stands in the mail that confirmed your order, such as B2026-00042."),
    )  # fmt: skip
    email = forms.EmailField(
        label=_("E-mail address"), max_length=254, help_text=_("The confirmation goes to this address."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )  # fmt: skip
    form_id = forms.UUIDField(widget=forms.HiddenInput)

    def clean_name(self) -> str:
        return _plain(self.cleaned_data["name"])

    def clean_contract(self) -> str:
        return _plain(self.cleaned_data["contract"])


def _plain(text: str) -> str:
    try:
        return plain_text(text)
    except ValueError:
        raise forms.ValidationError(_("This holds signs that cannot be seen. Type it again.")) from None
