"""The form of a token: it turns text into the words of the domain, and writes nothing."""

from django import forms
from django.utils.translation import gettext, ngettext_lazy
from django.utils.translation import gettext_lazy as _

from hospes.accounts.models.tokens import Scope
from hospes.accounts.tokens import rules
from hospes.accounts.tokens.services import LASTS
from hospes.customers.rules import plain_text


class TokenForm(forms.Form):
    """What a program is called, what it may do, from where, and for how long."""

    name = forms.CharField(
        label=_("Name"), max_length=60, help_text=_("By which you know the program again.")
    )
    scopes = forms.MultipleChoiceField(
        label=_("What it may do"), choices=Scope.choices, widget=forms.CheckboxSelectMultiple,
        help_text=_("Never more than you may do yourself. Choose no more than it needs."),
    )  # fmt: skip
    networks = forms.CharField(
        label=_("From which networks"), required=False, max_length=1000,
        help_text=_("Addresses or networks, by commas: 192.0.2.7, 2001:db8::/48. Leave it empty for everywhere."),
    )  # fmt: skip
    days = forms.TypedChoiceField(
        label=_("How long it works"), coerce=int, initial=LASTS[1],
        choices=[(days, ngettext_lazy("%d day", "%d days", days) % days) for days in LASTS],
    )  # fmt: skip

    def clean_name(self) -> str:
        try:
            return plain_text(self.cleaned_data["name"])
        except ValueError:
            raise forms.ValidationError(
                _("There is a sign in this that cannot be seen, such as a line end. Please type it anew.")
            ) from None

    def clean_networks(self) -> list[str]:
        try:
            return rules.networks(self.cleaned_data["networks"])
        except ValueError as wrong:
            if not str(wrong):
                said = gettext("Those are too many networks: %d at most.") % rules.MOST_NETWORKS
            else:
                said = gettext("“%s” is no address or network.") % wrong
            raise forms.ValidationError(said) from None

    def clean_scopes(self) -> list[Scope]:
        return [Scope(scope) for scope in self.cleaned_data["scopes"]]
